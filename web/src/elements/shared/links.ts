/* links.ts - finds addresses in what people wrote. Text stays text: parts, never markup. Pure. */

export interface Part {
  text: string;
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
export function linkParts(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const found = trimmed(match[0]);
    if (!isAddress(found)) continue;
    if (match.index > done) parts.push({text: text.slice(done, match.index)});
    parts.push({text: found, href: found});
    done = match.index + found.length;
  }
  if (done < text.length) parts.push({text: text.slice(done)});
  return parts;
}

/** Without the punctuation of the sentence around it; a closing bracket stays where the address itself opened it. */
function trimmed(text: string): string {
  for (;;) {
    const last = text[text.length - 1]!;
    const open = {')': '(', ']': '['}[last];
    const isLoose = open !== undefined && text.split(open).length < text.split(last).length;
    if (!isLoose && !'.,;:!?}»”’'.includes(last)) return text;
    text = text.slice(0, -1);
  }
}

function isAddress(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.');
  } catch {
    return false;
  }
}
