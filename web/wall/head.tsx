// The line above the queues: how fresh the figures are, what is wrong on a page that is not shown, the time.
import { ChatIcon } from "../common/icons.js";
import type { QueueView } from "./figures.js";
import { type Look, toggleFullScreen } from "./look.js";
import type { WallModel } from "./model.js";
import { MarkLine, Sign } from "./signs.js";
import { words } from "./words.js";

export function Head({ model, look, elsewhere, page, pages }: { model: WallModel; look: Look; elsewhere: QueueView[]; page: number; pages: number }) {
  const old = model.oldWords;
  const hint = words.themeHint(words.theme[look.theme]);
  const next = () => {
    look.next();
    model.changes.ring();
  };
  return (
    <header class="head">
      <span class="brand"><ChatIcon size={24} /><b>Heti</b></span>
      <div class="news">
        {old ? (
          <p class="old" role="status" data-testid="wall-old"><Sign tone="bad" /><span>{old}</span></p>
        ) : (
          elsewhere.map((queue) => <MarkLine key={queue.name} mark={{ tone: queue.verdict.tone, word: words.elsewhere(queue.title, queue.verdict.word) }} class="verdict" />)
        )}
      </div>
      {pages > 1 ? <button type="button" class="pages" data-testid="wall-pages" onClick={() => model.step(1)}>{words.page(page + 1, pages)}</button> : null}
      {old ? null : <p class="mark t-good live" data-testid="wall-live"><Sign tone="good" /><span>{words.live}</span></p>}
      <p class="time" data-testid="wall-time">{model.timeOfDay}</p>
      <div class="keys">
        <button type="button" class="icon" aria-label={hint} title={hint} data-testid="wall-theme" data-theme={look.theme} onClick={next}><ThemeIcon /></button>
        <button type="button" class="icon wide" aria-label={words.fullScreen} title={words.fullScreen} onClick={toggleFullScreen}><ScreenIcon /></button>
        <button type="button" class="icon" aria-label={words.logOut} title={words.logOut} data-testid="wall-logout" onClick={() => void model.logout()}><LeaveIcon /></button>
      </div>
    </header>
  );
}

const drawn = (d: string, fill?: string) => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    {fill ? <path d={fill} fill="currentColor" stroke="none" /> : null}<path d={d} />
  </svg>
);
const ThemeIcon = () => drawn("M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 1 1 0-17z", "M12 3.5a8.5 8.5 0 0 1 0 17z");
const ScreenIcon = () => drawn("M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5");
const LeaveIcon = () => drawn("M10 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20H10M10 12h10M16 8l4 4-4 4");
