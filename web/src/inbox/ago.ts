/* ago.ts - "hace 5 s", in the words of the language. Pure. */

export function ago(ms: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, {style: 'short', numeric: 'always'});
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return format.format(-seconds, 'second');
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86400) return format.format(-Math.floor(seconds / 3600), 'hour');
  return format.format(-Math.floor(seconds / 86400), 'day');
}
