// The people, as a supervisor sees them: who takes chats, how many, and a way to send somebody away or off.
import { byName } from "../client/colleagues.js";
import type { Colleague } from "../client/protocol.js";
import { initial } from "../common/message_text.js";
import { type Group, Menu } from "./menu.js";
import type { ConsoleModel } from "./model.js";
import { availability, chatsOf } from "./words.js";

type WithModel = { model: ConsoleModel };

export function Team({ model }: WithModel) {
  const team = [...model.session!.colleagues.values()].sort(byName);
  return <div class="rows">{team.map((colleague) => <Member key={colleague.name} colleague={colleague} model={model} />)}</div>;
}

function Member({ colleague, model }: { colleague: Colleague } & WithModel) {
  const session = model.session!;
  const { name, display_name, status, queues } = colleague;
  const where = queues.map((queue) => session.transferQueues.get(queue)?.display_name ?? queue).join(", ");
  return (
    <div class="row member" data-testid="team-item" data-agent={name} data-status={status}>
      <span class="avatar" aria-hidden="true">{initial(display_name)}</span>
      <span class="middle">
        <span class="name"><span class="cut">{display_name}</span></span>
        <span class="preview"><span class={`words ${status}`}>{availability(status)}</span>{where ? ` · ${where}` : ""}</span>
      </span>
      {status === "offline" ? null : <span class="state" title={chatsOf(colleague)}>{`${colleague.busy} of ${colleague.capacity}`}</span>}
      {name === model.account?.name ? <span class="you">You</span> : (
        <Menu label={`Status of ${display_name}`} testid="team-status" class="icon" disabled={status === "offline" || session.phase !== "ready"}
          groups={() => groupsOf(model, colleague)}>⋯</Menu>
      )}
    </div>
  );
}

// What the rules allow from where the colleague is; ready is what people say of themselves.
function groupsOf(model: ConsoleModel, colleague: Colleague): Group[] {
  const { status, busy } = colleague;
  const set = (to: "away" | "finishing" | "offline", allowed: boolean) => (allowed ? () => void model.setStatusOf(colleague, to) : null);
  const back = `${busy === 1 ? "1 chat" : `${busy} chats`} back to the line`;
  return [{
    choices: [
      { key: "away", name: "Away", note: "No new chats", choose: set("away", status === "online") },
      { key: "finishing", name: "End of shift", note: busy > 0 ? "After these chats" : "", choose: set("finishing", status === "online" || status === "away") },
      { key: "offline", name: "Off now", note: busy > 0 ? back : "", choose: set("offline", status !== "offline") },
    ],
  }];
}
