// The right side: what the visitor has told, as plain text. None of it is proved, and none of it becomes a link.
import { visible } from "../client/text.js";
import type { ConversationView } from "../client/protocol.js";
import type { ConsoleModel } from "./model.js";
import { visitorName } from "./words.js";

export function Side({ model }: { model: ConsoleModel }) {
  const past = model.transcript && typeof model.transcript === "object" ? model.transcript.conversation : null;
  const visitor: ConversationView["visitor"] = past ? past.visitor : (model.conversation?.visitor ?? model.chat?.visitor);
  if (!model.selected || !visitor) return <aside class="side" aria-label="Visitor" />;
  const queue = past?.queue ?? model.chat?.queue ?? model.conversation?.queue ?? "";
  const created = model.chat?.created;
  return (
    <aside class="side" aria-label="Visitor">
      <h2>Visitor</h2>
      <dl>
        <Fact name="Name" value={visitorName(visitor)} />
        <Fact name="E-mail" value={visitor.email} />
        <Fact name="Page" value={visitor.page_title} />
        <Fact name="Address" value={visitor.page_url} mono />
        <Fact name="Queue" value={model.session?.transferQueues.get(queue)?.display_name ?? queue} />
        <Fact name="Began" value={created ? new Date(created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : undefined} />
        <Fact name="Visitor id" value={visitor.id.slice(0, 8)} mono />
      </dl>
      <p class="hint">What visitors say about themselves is not verified.</p>
    </aside>
  );
}

function Fact({ name, value, mono }: { name: string; value: string | undefined; mono?: boolean }) {
  if (!value) return null;
  return <><dt>{name}</dt><dd class={mono ? "mono" : undefined}>{visible(value)}</dd></>;
}
