// What stands in the place of the composer when there is no chat to write in: the rating, the message form, a word.
import { useEffect, useRef, useState } from "preact/hooks";
import { FaceIcon } from "../common/icons.js";
import { Card, type WithModel } from "./parts.js";

export function Ended({ model }: WithModel) {
  const { strings } = model;
  const canRate = model.session.current?.canRate === true || model.rated === "sending";
  const words = model.rated === "done" ? strings.rated : model.rated === "failed" ? strings.rateFailed : "";
  return (
    <div class="after">
      {words ? <p class="thanks" data-testid={model.rated === "done" ? "rated" : undefined} role="status">{words}</p>
        : canRate ? <Rating model={model} /> : <p class="thanks">{strings.ended}</p>}
      <button type="button" class="secondary" onClick={() => model.writeAgain()}>{strings.again}</button>
    </div>
  );
}

function Rating({ model }: WithModel) {
  const { strings } = model;
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const busy = model.rated === "sending";
  return (
    <form class="rating" onSubmit={(event) => { event.preventDefault(); if (score) model.rate(score, comment); }}>
      <h2 id="rate">{strings.rateAsk}</h2>
      <div class="faces" role="group" aria-labelledby="rate">
        {[1, 2, 3, 4, 5].map((n) => (
          <button type="button" class="face" data-testid={`rate-${n}`} aria-pressed={score === n} title={strings.rateNames[n - 1]}
            aria-label={strings.rateNames[n - 1]} disabled={busy} onClick={() => setScore(n)}>
            <FaceIcon score={n} />
          </button>
        ))}
      </div>
      <div class={score ? "more" : "more unready"}>
        <textarea rows={2} maxLength={2000} data-testid="rate-comment" aria-label={strings.rateComment} placeholder={strings.rateComment}
          value={comment} disabled={busy} onInput={(event) => setComment(event.currentTarget.value)} />
        <button type="submit" class="primary" data-testid="rate-send" disabled={!score || busy}>{strings.rateSend}</button>
      </div>
    </form>
  );
}

export function MessageForm({ model }: WithModel) {
  const { strings } = model;
  const [name, setName] = useState(model.session.name);
  const [email, setEmail] = useState("");
  const [text, setText] = useState(model.draft);
  const [problem, setProblem] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);

  // Words that came too late for a chat arrive here after the form is up.
  useEffect(() => {
    if (model.draft && !text) setText(model.draft);
  }, [model.draft]);

  return (
    <form class="sheet" data-testid="offline-form" noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const result = model.leaveMessage(name, email, text);
        setProblem(result === "too_long" ? strings.tooLong : "");
        if (result === "empty") area.current?.focus();
      }}>
      <h2>{strings.offlineTitle(model.opening)}</h2>
      <p>{model.wording?.closed || strings.offlineIntro}</p>
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <label>{strings.offlineText}
        <textarea ref={area} rows={4} required data-testid="offline-text" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <label>{strings.offlineName}
        <input type="text" maxLength={100} autocomplete="name" data-testid="offline-name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>{strings.offlineEmail}
        <input type="email" maxLength={200} autocomplete="email" data-testid="offline-email" aria-describedby="why" value={email}
          onInput={(event) => setEmail(event.currentTarget.value)} />
        <small id="why">{strings.offlineEmailWhy}</small>
      </label>
      <button type="submit" class="primary" data-testid="offline-send" disabled={text.trim() === ""}>{strings.offlineSend}</button>
    </form>
  );
}

// Said only when it is true: every word has its tick.
export function MessageLeft({ model }: WithModel) {
  const { strings, session } = model;
  if (session.outbox.pending > 0 || session.outbox.failed.length > 0 || !session.current?.opened) return null;
  return (
    <Card title={strings.offlineDone} testid="offline-done">
      <p>{strings.offlineDoneMore(model.opening)}</p>
    </Card>
  );
}

export function Sheet({ title, text }: { title: string; text: string }) {
  return <div class="sheet"><h2>{title}</h2><p>{text}</p></div>;
}
