/* scroll-place.ts - keeps what a person reads where it is while the list grows above it: remembers the first row in view
 * and where it stands, and puts it back there. Browsers anchor scrolling by themselves, but not at the very top, and
 * not all of them do. */

export class ScrollPlace {
  private row: Element | undefined;
  private offset = 0;

  /** rows: in the order of the page */
  constructor(private readonly scroller: () => HTMLElement | undefined, private readonly rows: () => HTMLCollection) {}

  /** Remembers. Call when the person has scrolled, and before the list changes. */
  note(): void {
    const scroller = this.scroller();
    if (!scroller) return;
    const top = scroller.getBoundingClientRect().top;
    this.row = firstBelow(this.rows(), top);
    this.offset = this.row ? this.row.getBoundingClientRect().top - top : 0;
  }

  /** Puts the row back. Call after the list has changed, or its rows have got other heights. */
  restore(): void {
    const scroller = this.scroller();
    if (!scroller || !this.row?.isConnected) return;
    const moved = this.row.getBoundingClientRect().top - scroller.getBoundingClientRect().top - this.offset;
    if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
  }
}

/** The first row that ends below this line. */
function firstBelow(rows: HTMLCollection, y: number): Element | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom > y) high = middle;
    else low = middle + 1;
  }
  return rows[low];
}
