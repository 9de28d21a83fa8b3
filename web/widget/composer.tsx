import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { SendIcon } from "../common/icons.js";
import type { WithModel } from "./parts.js";

const heightMax = 120;

// Enter sends, Shift+Enter begins a new line. A word that is still being composed (Japanese, for one) is not sent.
export function Composer({ model }: WithModel) {
  const { strings } = model;
  const box = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState("");

  useLayoutEffect(() => {
    const area = box.current!;
    area.style.height = "auto";
    area.style.height = `${Math.min(heightMax, area.scrollHeight)}px`;
  }, [model.draft]);

  const send = () => {
    const result = model.send();
    setProblem(result === "too_long" ? strings.tooLong : result === "full" ? strings.full : "");
    box.current?.focus({ preventScroll: true });
  };

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <textarea ref={box} rows={1} data-testid="composer" aria-label={model.wording?.placeholder || strings.placeholder}
        placeholder={model.wording?.placeholder || strings.placeholder} value={model.draft}
        onInput={(event) => { setProblem(""); model.typed(event.currentTarget.value); }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          send();
        }} />
      <button type="submit" class="send" data-testid="send" aria-label={strings.send} disabled={model.draft.trim() === ""}>
        <SendIcon />
      </button>
    </form>
  );
}
