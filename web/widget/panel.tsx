import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { closeCode } from "../client/codes.js";
import { Ended, MessageForm, MessageLeft, Sheet } from "./after.js";
import { Composer } from "./composer.js";
import { DownIcon, EndIcon } from "../common/icons.js";
import { initial } from "../common/message_text.js";
import { Dot, type WithModel } from "./parts.js";
import { Transcript } from "./transcript.js";

// A line that drops for a moment is nobody's business; the banner waits this long.
const bannerAfterMs = 1_000;

export function Panel({ model }: WithModel) {
  const { strings, view } = model;
  const agent = model.session.current?.state === "assigned" ? model.session.current.agent : undefined;
  const panel = useRef<HTMLElement>(null);
  const inside = useRef(model.takesFocus); // the keyboard was last in here, and not on the page around
  const shown = useRef(false);

  useEffect(() => {
    const moved = (event: FocusEvent) => {
      inside.current = event.composedPath().includes(panel.current!);
    };
    document.addEventListener("focusin", moved);
    return () => document.removeEventListener("focusin", moved);
  }, []);

  // What had the focus may be gone with the view it was in. Whoever was working in here goes on in here.
  useLayoutEffect(() => {
    const root = panel.current!.getRootNode() as ShadowRoot;
    const busy = shown.current && root.activeElement !== null;
    shown.current = true;
    if (!inside.current || busy || !matchMedia("(pointer: fine)").matches) return;
    (panel.current!.querySelector<HTMLElement>(".composer textarea, .face, .sheet textarea") ?? panel.current!).focus({ preventScroll: true });
  }, [view, model.confirming]);

  return (
    <section class="panel" id="panel" ref={panel} tabIndex={-1} role="dialog" aria-label={model.title} data-testid="panel">
      <div class="head">
        <span class="face-of" aria-hidden="true">{initial(agent ?? model.title)}</span>
        <div class="who">
          <h1>{model.title}</h1>
          <p class="state" role="status"><Dot on={model.openForNew} /><span data-testid="state-text">{model.stateText}</span></p>
        </div>
        {model.canClose ? (
          <button type="button" class="icon" data-testid="close-chat" aria-label={strings.end} title={strings.end} onClick={() => model.ask(true)}>
            <EndIcon />
          </button>
        ) : null}
        <button type="button" class="icon" aria-label={strings.hide} title={strings.hide} onClick={() => model.close()}><DownIcon /></button>
      </div>
      <div class="body">
        <Banner model={model} />
        {view === "chat" || view === "ended" ? <Transcript model={model} /> : null}
        {view === "message_left" ? <><Transcript model={model} /><MessageLeft model={model} /></> : null}
        {view === "message_form" ? <MessageForm model={model} /> : null}
        {view === "refused" ? <Sheet title={strings.offlineTitle(model.opening)} text={model.wording?.closed || strings.refused} /> : null}
        {view === "unreachable" ? <Sheet title={model.title} text={strings.unreachable} /> : null}
        {model.confirming && model.canClose ? <Confirm model={model} /> : null}
      </div>
      {view === "chat" || view === "message_left" ? <Composer model={model} /> : null}
      {view === "ended" ? <Ended model={model} /> : null}
      {model.session.clockSpeed > 1 ? <p class="foot" data-testid="demo-clock">{strings.demo(model.session.clockSpeed)}</p> : null}
      {model.session.current && !model.lasting ? <p class="foot">{strings.noStorage}</p> : null}
    </section>
  );
}

function Banner({ model }: WithModel) {
  const { strings, session } = model;
  const { phase } = session;
  const away = phase === "waiting" || ((phase === "connecting" || phase === "greeting") && session.everReady);
  const [due, setDue] = useState(false);
  useEffect(() => {
    if (!away) return setDue(false);
    const timer = setTimeout(() => setDue(true), bannerAfterMs);
    return () => clearTimeout(timer);
  }, [away]);

  if (phase === "stopped") {
    const forgotten = session.link.stopCode === closeCode.authFailed;
    return (
      <p class="banner bad" role="alert" data-testid="banner">
        {forgotten ? strings.forgotten : strings.stopped}
        <button type="button" class="link" onClick={() => (forgotten ? session.forgetMe() : session.link.retryNow())}>
          {forgotten ? strings.startOver : strings.tryAgain}
        </button>
      </p>
    );
  }
  if (away && due) {
    return (
      <p class="banner" role="status" data-testid="banner">
        {navigator.onLine ? strings.reconnecting : strings.offline}
        <button type="button" class="link" onClick={() => session.link.retryNow()}>{strings.tryAgain}</button>
      </p>
    );
  }
  return null;
}

function Confirm({ model }: WithModel) {
  const { strings } = model;
  const yes = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => yes.current?.focus(), []);
  return (
    <div class="confirm" role="alertdialog" aria-label={strings.endAsk}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        model.ask(false);
      }}>
      <p>{strings.endAsk}</p>
      <div class="pair">
        <button type="button" class="secondary" onClick={() => model.ask(false)}>{strings.endNo}</button>
        <button type="button" class="primary" data-testid="confirm-close" ref={yes} onClick={() => model.end()}>{strings.endYes}</button>
      </div>
    </div>
  );
}
