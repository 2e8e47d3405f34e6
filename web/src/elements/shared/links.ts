/* links.ts - finds addresses in what people wrote. Text stays text: parts, never markup. Pure. */

export interface Part {
  text: string;
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const TRAILING = /[.,;:!?)\]}»”’]+$/;

export function linkParts(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const found = match[0].replace(balanced(match[0]) ? /[.,;:!?]+$/ : TRAILING, '');
    if (!isAddress(found)) continue;
    if (match.index > done) parts.push({text: text.slice(done, match.index)});
    parts.push({text: found, href: found});
    done = match.index + found.length;
  }
  if (done < text.length) parts.push({text: text.slice(done)});
  return parts;
}

/** "(https://x/(a))": a closing bracket belongs to the address when it was opened in it. */
function balanced(text: string): boolean {
  return text.includes('(') && text.split('(').length === text.split(')').length;
}

function isAddress(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.');
  } catch {
    return false;
  }
}
