// One script tag: <script src="https://HETI/widget.js" data-queue="support" async></script>
// Everything lives in a shadow root of one element; the page gets one global, window.Heti = { open, close }.
import { render } from "preact";
import { browserPorts, openStore } from "../client/browser.js";
import { App } from "./app.js";
import { WidgetModel } from "./model.js";
import { stringsFor } from "./strings.js";
import css from "./widget.css";

declare global {
  interface Window {
    Heti?: { open(): void; close(): void };
  }
}

function ownScript(): HTMLScriptElement | null {
  const current = document.currentScript;
  if (current instanceof HTMLScriptElement) return current;
  return document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]'); // put in by another script
}

function begin(script: HTMLScriptElement): void {
  const queue = script.dataset["queue"];
  if (!queue) {
    console.warn('Heti: the script tag needs data-queue, for instance data-queue="support".');
    return;
  }
  const { lang, strings } = stringsFor(script.dataset["lang"] || document.documentElement.lang || "en");
  const model = new WidgetModel(browserPorts("localStorage"), openStore("sessionStorage"), {
    base: new URL("./", script.src).href, queue, lang, strings,
  });

  const host = document.createElement("heti-chat");
  const root = host.attachShadow({ mode: "open" });
  dress(root);
  document.body.append(host);
  render(<App model={model} />, root);
  window.Heti = { open: () => model.open(), close: () => model.close() };
  model.start();
}

// A constructed style sheet is not "inline style": it works under any Content-Security-Policy of the page.
function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style"); // browsers before 2023
    style.textContent = css;
    root.append(style);
  }
}

const script = ownScript();
if (script && !window.Heti) {
  if (document.body) begin(script);
  else addEventListener("DOMContentLoaded", () => begin(script));
}
