// Whom a chat can be handed to, out of what the server tells of colleagues and queues. Pure.
import type { Chat, Colleague, TransferQueue } from "./protocol.js";

// With an agent it rings at that colleague, with a queue it goes to that line, with neither back to the line it came from.
export interface TransferTo {
  agent?: string; // login name
  queue?: string;
}

export interface AgentTarget {
  colleague: Colleague;
  to: TransferTo;
  free: boolean;
}

export interface QueueTarget {
  name: string;
  to: TransferTo;
}

export function isFree(colleague: Colleague): boolean {
  return colleague.status === "online" && colleague.busy < colleague.capacity;
}

export function byName(a: Colleague, b: Colleague): number {
  return a.display_name.localeCompare(b.display_name) || a.name.localeCompare(b.name);
}

// Who is there besides the one who has the chat, the free ones first. Whoever does not serve the line of this chat gets it through a queue
// that he or she does serve. A line that takes nothing now is none to hand anything to: nobody would be asked.
export function agentTargets(chat: Chat, colleagues: Iterable<Colleague>, takes: (queue: string) => boolean): AgentTarget[] {
  const targets: AgentTarget[] = [];
  for (const colleague of colleagues) {
    if (colleague.name === chat.agent || colleague.status === "offline" || colleague.status === "lost") continue;
    const queue = colleague.queues.includes(chat.queue) && takes(chat.queue) ? chat.queue : colleague.queues.find(takes);
    if (queue === undefined) continue;
    const to = queue === chat.queue ? { agent: colleague.name } : { agent: colleague.name, queue };
    targets.push({ colleague, to, free: isFree(colleague) });
  }
  return targets.sort((a, b) => Number(b.free) - Number(a.free) || byName(a.colleague, b.colleague));
}

// The line that it came from, then the other lines.
export function queueTargets(chat: Chat, queues: Iterable<TransferQueue>, takes: (queue: string) => boolean): QueueTarget[] {
  const open = [...queues].filter((queue) => takes(queue.name));
  open.sort((a, b) => Number(b.name === chat.queue) - Number(a.name === chat.queue) || a.display_name.localeCompare(b.display_name));
  return open.map((queue) => ({ name: queue.display_name, to: queue.name === chat.queue ? {} : { queue: queue.name } }));
}
