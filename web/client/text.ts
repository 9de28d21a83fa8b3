// Message text is plain text from a stranger. Nothing here makes HTML: links() cuts a text into pieces that the faces
// put into text nodes and <a> elements.
import { textBytesMax } from "./protocol.js";

// What may be sent: no NUL, no half of a surrogate pair (the server would call the frame broken), no blank ends.
export function clean(text: string): string {
  return wellFormed(text).trim();
}

// Cuts by code points, as the schemas count.
export function cut(text: string, lengthMax: number): string {
  const sound = wellFormed(text);
  return sound.length <= lengthMax ? sound : [...sound].slice(0, lengthMax).join("");
}

export function tooLong(text: string): boolean {
  return text.length > textBytesMax || new TextEncoder().encode(text).length > textBytesMax;
}

// A pair stays, a lone half becomes the replacement character. (No look-behind: older Safari cannot read it.)
function wellFormed(text: string): string {
  return text.replace(/\0/g, "").replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, (found) => (found.length === 2 ? found : "\uFFFD"));
}

// Controls that turn the direction of writing can make "moc.live" read "evil.com". They are shown, not obeyed.
const bidi: Record<string, string> = {
  "\u061C": "ALM", "\u200E": "LRM", "\u200F": "RLM", "\u202A": "LRE", "\u202B": "RLE", "\u202C": "PDF",
  "\u202D": "LRO", "\u202E": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
};
const bidiPattern = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

export function visible(text: string): string {
  return text.replace(bidiPattern, (control) => `\u27E8${bidi[control]}\u27E9`);
}

export interface Piece {
  text: string;
  href?: string; // http or https, and nothing else
}

const addressMax = 2_000;
const candidate = /\bhttps?:\/\/[^\s<>"'`\u27E8\u27E9]+/gi;

export function links(raw: string): Piece[] {
  const text = visible(raw);
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(candidate)) {
    if (match[0].length > addressMax) continue;
    const shown = withoutTail(match[0]);
    const href = safeHref(shown);
    if (!href) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

// A full stop or a bracket at the end belongs to the sentence, unless the bracket was opened in the address.
function withoutTail(address: string): string {
  const surplus: Record<string, number> = {};
  for (const [open, close] of ["()", "[]", "{}"] as const) {
    surplus[close!] = count(address, close!) - count(address, open!);
  }
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1]!;
    if (".,;:!?*_".includes(last)) continue;
    if ((surplus[last] ?? 0) <= 0) break;
    surplus[last] = surplus[last]! - 1;
  }
  return address.slice(0, end);
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

// An address with a name or password in it ("https://bank.example@evil.example") is left as text: it is there to deceive.
function safeHref(address: string): string | null {
  try {
    const url = new URL(address);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && url.hostname !== "" && url.username === "" && url.password === "" ? url.href : null;
  } catch {
    return null;
  }
}
