import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { ChatIcon, DownIcon } from "../common/icons.js";
import type { WidgetModel } from "./model.js";
import { Panel } from "./panel.js";
import { Dot, type WithModel } from "./parts.js";

export function App({ model }: { model: WidgetModel }) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => model.subscribe(() => redraw(undefined)), []);
  if (!model.visible) return null;
  return (
    <div class={model.isOpen ? "widget open" : "widget"} lang={model.lang}
      // The page's own shortcuts must not hear what is typed here.
      onKeyUp={(event) => event.stopPropagation()} onKeyPress={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape" && model.isOpen) model.close();
      }}>
      {model.isOpen ? <Panel model={model} /> : null}
      <Launcher model={model} />
    </div>
  );
}

function Launcher({ model }: WithModel) {
  const { strings } = model;
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !model.isOpen) button.current?.focus({ preventScroll: true });
    wasOpen.current = model.isOpen;
  }, [model.isOpen]);

  if (model.isOpen) {
    return (
      <button type="button" ref={button} class="launcher round" data-testid="launcher" aria-label={strings.hide} aria-expanded="true"
        aria-controls="panel" onClick={() => model.close()}><DownIcon size={26} /></button>
    );
  }
  return (
    <button type="button" ref={button} class="launcher" data-testid="launcher" aria-expanded="false" onClick={() => model.open()}>
      <ChatIcon size={26} />
      <span class="words">
        <b>{model.title}</b>
        <span class="state"><Dot on={model.openForNew} /><span data-testid="state-text">{model.stateText}</span></span>
      </span>
      {model.unread > 0 ? <span class="badge" data-testid="unread">{model.unread}<span class="unseen"> {strings.unread(model.unread)}</span></span> : null}
    </button>
  );
}
