import { render } from "preact";
import { fetchWall, login, logout } from "../console/api.js";
import { seconds, useBell } from "../console/live.js";
import { Login } from "../console/login.js";
import { demoWords } from "../console/words.js";
import { Head } from "./head.js";
import { Look, keepAwake, toggleFullScreen } from "./look.js";
import { WallModel, pageMax } from "./model.js";
import { Tile } from "./tile.js";
import { words } from "./words.js";

function App({ model, look }: { model: WallModel; look: Look }) {
  useBell(model.changes);
  useBell(seconds);
  const { stage } = model;
  if (stage === "login") return <Login model={model} title={words.name} purpose={words.purpose} />;
  if (stage !== "wall") return <main class="lonely"><p role="status">{stage === "connecting" ? words.connecting : words.unreachable}</p></main>;
  const { shown, elsewhere, page, pages, size } = model.turn(model.queues);
  const demo = demoWords(model.clockSpeed);
  return (
    <div class="wall" data-testid="wall" data-stale={model.feed.stale} data-speed={model.clockSpeed}>
      <Head model={model} look={look} elsewhere={elsewhere} page={page} pages={pages} />
      {demo ? <p class="demo" data-testid="demo-clock">{demo}</p> : null}
      <main class={`tiles n${size}`}>
        {shown.length === 0 ? <p class="none">{model.emptyWords}</p> : shown.map((queue) => <Tile key={queue.name} queue={queue} />)}
      </main>
    </div>
  );
}

const look = new Look();
const model = new WallModel({
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random, ask: fetchWall, login, logout,
}, new URLSearchParams(location.search).getAll("queue"), "en-GB");

const scrolls = matchMedia("(max-width: 640px), (max-height: 560px)"); // as in wall.css
const fit = () => {
  model.pageMax = scrolls.matches ? Infinity : pageMax;
  model.changes.ring();
};
scrolls.addEventListener("change", fit);

setInterval(() => {
  model.tick();
  seconds.ring();
}, 1_000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") model.feed.soon();
});
addEventListener("online", () => model.feed.soon());
addEventListener("keydown", (event) => {
  if (model.stage !== "wall" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const act: Record<string, () => void> = {
    f: toggleFullScreen, t: () => { look.next(); model.changes.ring(); }, ArrowRight: () => model.step(1), ArrowLeft: () => model.step(-1),
  };
  act[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.();
});
render(<App model={model} look={look} />, document.getElementById("app")!);
fit();
keepAwake();
model.start();
