// Light or dark as chosen on this screen, and what keeps the screen awake.
import { openStore } from "../client/browser.js";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];
const key = "heti:1:wall:theme";

export class Look {
  theme: Theme;
  private readonly store = openStore("localStorage");

  constructor() {
    const kept = this.store.get(key);
    this.theme = themes.find((one) => one === kept) ?? "auto";
    this.apply();
  }

  next(): void {
    this.theme = themes[(themes.indexOf(this.theme) + 1) % themes.length]!;
    this.store.set(key, this.theme);
    this.apply();
  }

  // The colours stand once, under a media query; a choice makes that query always or never true.
  private apply(): void {
    const media = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" }[this.theme];
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (!(rule instanceof CSSMediaRule)) continue;
        if (dark.has(rule) || /prefers-color-scheme/.test(rule.media.mediaText)) {
          dark.add(rule);
          rule.media.mediaText = media;
        }
      }
    }
    document.documentElement.style.colorScheme = this.theme === "auto" ? "" : this.theme;
  }
}

const dark = new WeakSet<CSSMediaRule>();

// Where the browser lets a page ask for it. It is lost whenever the page is hidden, so it is asked for again; a refusal
// is nobody's business on a wall.
export function keepAwake(): void {
  const ask = () => {
    if (document.visibilityState === "visible" && "wakeLock" in navigator) navigator.wakeLock.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

export function toggleFullScreen(): void {
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
  done?.catch(() => undefined);
}
