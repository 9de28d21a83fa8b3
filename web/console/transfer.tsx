// Handing the open chat on: to a colleague who is free, to another line, or back to the line it came from.
import { agentTargets, queueTargets } from "../client/colleagues.js";
import type { Chat } from "../client/protocol.js";
import { TransferIcon } from "../common/icons.js";
import { type Group, Menu } from "./menu.js";
import type { ConsoleModel } from "./model.js";
import { availability, chatsOf } from "./words.js";

export function TransferMenu({ model, chat }: { model: ConsoleModel; chat: Chat }) {
  return (
    <Menu label="Transfer this chat" testid="transfer" class="secondary transfer" disabled={model.session!.phase !== "ready"}
      groups={() => groupsOf(model, chat)}>
      <TransferIcon size={18} /><span>Transfer</span>
    </Menu>
  );
}

function groupsOf(model: ConsoleModel, chat: Chat): Group[] {
  const session = model.session!;
  const queueName = (queue: string) => session.transferQueues.get(queue)?.display_name ?? queue;
  const takes = (queue: string) => session.takes(queue, chat.queue);
  // The menu is gone with the chat; the keyboard goes on where it can still be read.
  const hand = async (to: { agent?: string; queue?: string }, words: string) => {
    if (await model.transfer(to, words)) document.querySelector<HTMLElement>(".title h1")?.focus({ preventScroll: true });
  };
  const agents = agentTargets(chat, session.colleagues.values(), takes).map(({ colleague, to, free }) => {
    const where = to.queue ? `${queueName(to.queue)} · ` : "";
    const how = free || colleague.status === "online" ? chatsOf(colleague) : availability(colleague.status);
    const name = colleague.name === model.account?.name ? `${colleague.display_name} (you)` : colleague.display_name;
    return { key: `agent:${colleague.name}`, name, note: where + how, choose: free ? () => void hand(to, `Offered to ${name}`) : null };
  });
  const queues = queueTargets(chat, session.transferQueues.values(), takes).map(({ name, to }) => ({
    key: `queue:${to.queue ?? ""}`,
    name: to.queue ? name : `Back to ${name}`,
    note: note(session.transferQueues.get(to.queue ?? chat.queue)?.staffed, session.queues.get(to.queue ?? chat.queue)?.waiting),
    choose: () => void hand(to, to.queue ? `Handed to ${name}` : `Back in the line of ${name}`),
  }));
  const nobody = { key: "nobody", name: takes(chat.queue) ? "No colleague is there now" : `${queueName(chat.queue)} is closed now`, choose: null };
  const nothing = { key: "nothing", name: "No queue takes chats now", choose: null };
  return [
    { title: "Colleagues", choices: agents.length > 0 ? agents : [nobody] },
    { title: "Queues", choices: queues.length > 0 ? queues : [nothing] },
  ];
}

// A line that nobody serves at the moment is open, but says so.
function note(staffed: number | undefined, waiting: number | undefined): string {
  if (staffed === 0) return "Nobody is ready";
  return waiting === undefined ? "" : `${waiting} waiting`;
}
