// A stranger's text on the screen: text nodes and <a> elements, nothing that could become markup.
import { links } from "../client/text.js";

export function MessageText({ text }: { text: string }) {
  return (
    <span class="text" data-testid="message-text">
      {links(text).map((piece) => piece.href
        ? <a href={piece.href} target="_blank" rel="noopener nofollow noreferrer">{piece.text}</a>
        : piece.text)}
    </span>
  );
}

export function initial(name: string): string {
  return ([...name.trim()][0] ?? "?").toUpperCase();
}
