// Made by `npm run types` from protocol/schemas/all.json. Do not edit: change the schemas.

/**
 * Everything that goes over the wire: the one file to generate types from.
 */
export type AnyMessage =
  ClientFrame | ServerFrame | Login | Account | Ticket | Site | ClosedChats | Transcript | Wall | HttpFailure;
/**
 * Whatever a client sends.
 */
export type ClientFrame =
  | VisitorHello
  | AgentHello
  | Start
  | Open
  | History
  | Post
  | Typing
  | Close
  | Rate
  | Status
  | Accept
  | Decline
  | Done
  | Transfer
  | SetStatus;
/**
 * Whatever the server sends.
 */
export type ServerFrame =
  | VisitorWelcome
  | AgentWelcome
  | Opened
  | Page
  | EntryAdded
  | Acked
  | Ok
  | Refused
  | PostRefused
  | StateChanged
  | ChatChanged
  | ChatGone
  | AgentChanged
  | QueueChanged
  | Colleagues
  | PeerTyping
  | Failed;
/**
 * What becomes of a contact while the queue is closed: a message is left, the visitor waits for the opening, or nothing is taken.
 */
export type AfterHours = "message" | "queue" | "refuse";
/**
 * Where a conversation is. new: nothing said yet. offered: an agent is being asked. wrapup: closed for the visitor, the agent still writes notes. final: nothing changes any more. offline_message: text left while the queue was closed.
 */
export type ConversationState =
  "new" | "queued" | "offered" | "assigned" | "wrapup" | "closed" | "final" | "offline_message";
/**
 * finishing: no new chats, the present ones go on. lost: all sockets of the agent are gone and the grace runs.
 */
export type AgentStatus = "offline" | "away" | "online" | "finishing" | "lost";
/**
 * Why an agent has the status. offers_missed: two offers in a row expired. service: Heti itself was down. supervisor: somebody else said so.
 */
export type StatusReason =
  | "chosen"
  | "connected"
  | "disconnected"
  | "reconnected"
  | "grace_over"
  | "offers_missed"
  | "service"
  | "removed"
  | "last_chat_closed"
  | "supervisor";
/**
 * Who wrote a message. auto: sent by a rule.
 */
export type AuthorRole = "visitor" | "agent" | "bot" | "auto" | "system";
/**
 * One line of a conversation.
 */
export type Entry = MessageEntry | AssignedEntry | LeftEntry | ClosedEntry | RatedEntry | ReopenedEntry;
/**
 * Why a wish was turned down. The socket goes on.
 */
export type RefusalCode =
  | "not_found"
  | "not_allowed"
  | "wrong_state"
  | "queue_closed"
  | "already_assigned"
  | "conflict"
  | "resend_from"
  | "agent_unavailable"
  | "too_long"
  | "empty"
  | "rate_limited"
  | "try_later"
  | "overloaded";
/**
 * Who sits at the other end of a socket.
 */
export type Role = "visitor" | "agent";
/**
 * Why the socket is about to be closed.
 */
export type ErrorCode =
  | "bad_json"
  | "bad_frame"
  | "unknown_event"
  | "too_big"
  | "auth_timeout"
  | "auth_failed"
  | "forbidden"
  | "rate_limited";

/**
 * First frame on /ws/visitor. Answer: welcome.
 */
export interface VisitorHello {
  /**
   * Names the frame.
   */
  t: "hello";
  /**
   * The role of this socket.
   */
  role: "visitor";
  /**
   * The token of an earlier welcome. Absent: a new visitor.
   */
  token?: string;
  /**
   * Name of the queue that the page belongs to.
   */
  queue: string;
}
/**
 * First frame on /ws/agent. Answer: welcome.
 */
export interface AgentHello {
  /**
   * Names the frame.
   */
  t: "hello";
  /**
   * The role of this socket.
   */
  role: "agent";
  /**
   * From POST /api/ticket: good for 30 seconds and one use.
   */
  ticket: string;
}
/**
 * Begins a conversation, or gives the one that is not yet final. Answer: opened or refused.
 */
export interface Start {
  /**
   * Names the frame.
   */
  t: "start";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * The page that the visitor looks at.
   */
  page_url?: string;
  /**
   * Its title.
   */
  page_title?: string;
  /**
   * What the visitor wants to be called.
   */
  name?: string;
  /**
   * Where an answer may be sent later.
   */
  email?: string;
}
/**
 * Subscribes to a conversation, and takes up where the client left off. Answer: opened or refused.
 */
export interface Open {
  /**
   * Names the frame.
   */
  t: "open";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * The last seq that the client has; 0: nothing.
   */
  after: number;
}
/**
 * Asks for older entries. Answer: page or refused.
 */
export interface History {
  /**
   * Names the frame.
   */
  t: "history";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Only entries with a smaller seq.
   */
  before: number;
  /**
   * How many, the latest of them.
   */
  limit?: number;
}
/**
 * Says something. Answer: acked or refused.
 */
export interface Post {
  /**
   * Names the frame.
   */
  t: "post";
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Chosen at random once for each load of the page.
   */
  stream: string;
  /**
   * 1, 2, 3 ... of this stream in this conversation.
   */
  n: number;
  /**
   * Plain text, at most 16,000 bytes of UTF-8, not only white space.
   */
  text: string;
}
/**
 * Somebody is typing: send at most once in 3 seconds. No answer.
 */
export interface Typing {
  /**
   * Names the frame.
   */
  t: "typing";
  /**
   * Public id of the conversation.
   */
  conversation: string;
}
/**
 * Ends the chat. Answer: ok or refused.
 */
export interface Close {
  /**
   * Names the frame.
   */
  t: "close";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * It was spam: counts nowhere.
   */
  spam?: boolean;
}
/**
 * Rates a closed chat. Answer: ok or refused.
 */
export interface Rate {
  /**
   * Names the frame.
   */
  t: "rate";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * 1 (worst) to 5 (best).
   */
  score: number;
  /**
   * In the visitor's own words.
   */
  comment?: string;
}
/**
 * Takes chats, or does not. Answer: ok or refused.
 */
export interface Status {
  /**
   * Names the frame.
   */
  t: "status";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * online: give me chats.
   */
  status: "online" | "away";
}
/**
 * Takes the chat that is offered, or claims one that waits. Answer: ok or refused.
 */
export interface Accept {
  /**
   * Names the frame.
   */
  t: "accept";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
}
/**
 * Does not take the chat that is offered. Answer: ok or refused.
 */
export interface Decline {
  /**
   * Names the frame.
   */
  t: "decline";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
}
/**
 * Ends the wrap-up. Answer: ok or refused.
 */
export interface Done {
  /**
   * Names the frame.
   */
  t: "done";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
}
/**
 * Hands a chat on that you have: with agent to that agent as an offer, with queue to the line of that queue, with both to an agent of that queue, with neither back to the line it came from. Its place in time and its promises stay. Answer: ok or refused.
 */
export interface Transfer {
  /**
   * Names the frame.
   */
  t: "transfer";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Name of a queue.
   */
  queue?: string;
  /**
   * Login name of a colleague, who must be online, with a free slot.
   */
  agent?: string;
}
/**
 * A supervisor sends a colleague away, into the end of the shift, or off. For everybody else, and for oneself, it is refused: not_allowed. Answer: ok or refused.
 */
export interface SetStatus {
  /**
   * Names the frame.
   */
  t: "set_status";
  /**
   * Chosen by the client, named in the answer.
   */
  ref: number;
  /**
   * Login name of the colleague.
   */
  agent: string;
  /**
   * away: no new chats. finishing: none, and offline when the last one is done. offline: at once, and the present chats go back to the line.
   */
  status: "away" | "finishing" | "offline";
}
/**
 * Answer to the hello of a visitor.
 */
export interface VisitorWelcome {
  /**
   * Names the frame.
   */
  t: "welcome";
  /**
   * The role of this socket.
   */
  role: "visitor";
  /**
   * Keep it: the next hello brings it back.
   */
  token: string;
  /**
   * Public id of the visitor.
   */
  visitor: string;
  /**
   * Another value than last time means that positions have lost their meaning.
   */
  history: string;
  /**
   * The clock that all times here are of.
   */
  server_time: string;
  /**
   * The queue of hello.
   */
  queue: QueueState;
  /**
   * The present conversation, if there is one.
   */
  conversation?: PresentConversation;
  /**
   * What the visitor wanted to be called.
   */
  name?: string;
  /**
   * The server's times run so many times as fast as real time: a demonstration. Absent: 1.
   */
  clock_speed?: number;
}
/**
 * A queue (a department) as it is now.
 */
export interface QueueState {
  /**
   * The name in the configuration and in hello.
   */
  name: string;
  /**
   * The name for people.
   */
  display_name: string;
  /**
   * Open by its hours.
   */
  open: boolean;
  /**
   * Closed by its hours, yet those who already wait are still served.
   */
  closing: boolean;
  /**
   * When it opens or closes next. Absent: none in sight.
   */
  next_change?: string;
  /**
   * What becomes of a contact while the queue is closed.
   */
  after_hours: AfterHours;
  /**
   * Contacts that wait for an agent.
   */
  waiting?: number;
  /**
   * Agents who are online for this queue, busy or not.
   */
  staffed?: number;
}
/**
 * The conversation of the visitor in that queue that is not final.
 */
export interface PresentConversation {
  /**
   * Public id.
   */
  id: string;
  /**
   * Where it is.
   */
  state: ConversationState;
  /**
   * The newest entry; 0: none yet.
   */
  last_seq: number;
}
/**
 * Answer to the hello of an agent.
 */
export interface AgentWelcome {
  /**
   * Names the frame.
   */
  t: "welcome";
  /**
   * The role of this socket.
   */
  role: "agent";
  /**
   * Another value than last time means that positions have lost their meaning.
   */
  history: string;
  /**
   * The clock that all times here are of.
   */
  server_time: string;
  /**
   * Who you are.
   */
  agent: AgentSelf;
  /**
   * The queues of this agent.
   */
  queues: QueueState[];
  /**
   * All live chats of these queues.
   */
  chats: Chat[];
  /**
   * The server's times run so many times as fast as real time: a demonstration. Absent: 1.
   */
  clock_speed?: number;
}
/**
 * The agent who sits at this socket.
 */
export interface AgentSelf {
  /**
   * Login name.
   */
  name: string;
  /**
   * Name that visitors see.
   */
  display_name: string;
  /**
   * Availability of the person, the same at all of their sockets.
   */
  status: AgentStatus;
  /**
   * Why.
   */
  reason?: StatusReason;
  /**
   * Chats at a time.
   */
  capacity: number;
  /**
   * How many of them are taken, wrap-up and offers included.
   */
  busy: number;
}
/**
 * One line in the console's list.
 */
export interface Chat {
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Name of its queue.
   */
  queue: string;
  /**
   * Where it is.
   */
  state: ConversationState;
  /**
   * Who wrote.
   */
  visitor: ChatVisitor;
  /**
   * Login name of the agent who has it.
   */
  agent?: string;
  /**
   * Display name of that agent.
   */
  agent_name?: string;
  /**
   * Login name of the agent who is being asked.
   */
  offered_to?: string;
  /**
   * What remains of the offer at as_of.
   */
  offer_ms?: number;
  /**
   * The beginning of the last message, in one line.
   */
  preview?: string;
  /**
   * Who wrote that message.
   */
  preview_role?: AuthorRole;
  /**
   * The newest entry; 0: none yet.
   */
  last_seq: number;
  /**
   * The visitor has a socket.
   */
  visitor_online: boolean;
  /**
   * When the conversation began.
   */
  created: string;
  /**
   * There while somebody waits for an answer.
   */
  wait?: Wait;
  /**
   * The server time at which this was true.
   */
  as_of: string;
  /**
   * The rating given.
   */
  rating?: number;
}
/**
 * The visitor of a chat in the list.
 */
export interface ChatVisitor {
  /**
   * Public id of the visitor.
   */
  id: string;
  /**
   * As the visitor says: not verified.
   */
  name?: string;
  /**
   * Title of the page where the chat began.
   */
  page_title?: string;
}
/**
 * Somebody waits for an answer. The screen shows elapsed_ms, and while running adds the server time that has passed since as_of of the chat.
 */
export interface Wait {
  /**
   * Which promise is measured.
   */
  sla: "first_response" | "reply";
  /**
   * Business time waited at as_of.
   */
  elapsed_ms: number;
  /**
   * False: the queue is closed, or the visitor is away.
   */
  running: boolean;
  /**
   * The promise.
   */
  target_ms: number;
  /**
   * The promise is already broken.
   */
  breached: boolean;
}
/**
 * Answer to start and open. From now on entries of this conversation are pushed.
 */
export interface Opened {
  /**
   * Names the frame.
   */
  t: "opened";
  /**
   * The ref of the frame that this answers.
   */
  ref: number;
  /**
   * The conversation as it is now.
   */
  conversation: ConversationView;
  /**
   * Entries with seq > after, ascending, as far as memory reaches back. If the first is not after + 1, ask for the rest with history.
   */
  entries: Entry[];
}
/**
 * A conversation as it is now.
 */
export interface ConversationView {
  /**
   * Public id of the conversation.
   */
  id: string;
  /**
   * Name of its queue.
   */
  queue: string;
  /**
   * Where it is.
   */
  state: ConversationState;
  /**
   * The newest entry; 0: none yet.
   */
  last_seq: number;
  /**
   * Display name of the agent who has it.
   */
  agent?: string;
  /**
   * The visitor has a socket.
   */
  visitor_online: boolean;
  /**
   * The agent who has it has a socket.
   */
  agent_online: boolean;
  /**
   * While queued: 1 is next.
   */
  position?: number;
  /**
   * The rating given.
   */
  rating?: number;
  /**
   * The visitor may rate it now.
   */
  can_rate: boolean;
  /**
   * Who the visitor claims to be.
   */
  visitor?: VisitorView;
}
/**
 * Who the visitor claims to be.
 */
export interface VisitorView {
  /**
   * Public id of the visitor.
   */
  id: string;
  /**
   * As the visitor says: not verified.
   */
  name?: string;
  /**
   * As the visitor says: not verified.
   */
  email?: string;
  /**
   * Where the chat began. As the browser says: not verified.
   */
  page_url?: string;
  /**
   * Title of that page.
   */
  page_title?: string;
}
/**
 * Somebody wrote.
 */
export interface MessageEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "message";
  /**
   * Who wrote it.
   */
  author: Author;
  /**
   * Plain text, exactly as it was posted: never HTML.
   */
  text: string;
  /**
   * With n: by these the sender knows its own post.
   */
  stream?: string;
  /**
   * The number of the post in its stream.
   */
  n?: number;
}
/**
 * Who wrote a message.
 */
export interface Author {
  /**
   * Visitor, human agent, or a machine.
   */
  role: AuthorRole;
  /**
   * Display name.
   */
  name?: string;
}
/**
 * An agent took the chat.
 */
export interface AssignedEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "assigned";
  /**
   * Display name.
   */
  agent: string;
}
/**
 * The agent was lost, or handed the chat on.
 */
export interface LeftEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "left";
  /**
   * Display name.
   */
  agent: string;
}
/**
 * The chat was closed.
 */
export interface ClosedEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "closed";
  /**
   * Who closed it.
   */
  by: "visitor" | "agent" | "system";
  /**
   * Why.
   */
  reason: "closed" | "abandoned" | "queue_closed" | "spam" | "timeout";
}
/**
 * The visitor rated the chat.
 */
export interface RatedEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "rated";
  /**
   * 1 (worst) to 5 (best).
   */
  score: number;
}
/**
 * The visitor came back to a closed chat.
 */
export interface ReopenedEntry {
  /**
   * 1, 2, 3 ... in this conversation without gaps, the same for everybody.
   */
  seq: number;
  /**
   * When the server took it.
   */
  at: string;
  /**
   * What kind of line this is.
   */
  kind: "reopened";
}
/**
 * Answer to history.
 */
export interface Page {
  /**
   * Names the frame.
   */
  t: "page";
  /**
   * The ref of the frame that this answers.
   */
  ref: number;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Ascending. Empty: there is nothing before.
   */
  entries: Entry[];
}
/**
 * A new line of a conversation that this socket has opened: in order of seq, each once.
 */
export interface EntryAdded {
  /**
   * Names the frame.
   */
  t: "entry";
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * The line.
   */
  entry: Entry;
}
/**
 * Every post of this stream up to n is durable.
 */
export interface Acked {
  /**
   * Names the frame.
   */
  t: "acked";
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * The stream.
   */
  stream: string;
  /**
   * High-water mark.
   */
  n: number;
  /**
   * Where post n stands in the conversation.
   */
  seq: number;
}
/**
 * Done as wished.
 */
export interface Ok {
  /**
   * Names the frame.
   */
  t: "ok";
  /**
   * The ref of the frame that this answers.
   */
  ref: number;
  /**
   * When it was done.
   */
  at?: string;
}
/**
 * A frame with a ref was turned down.
 */
export interface Refused {
  /**
   * Names the frame.
   */
  t: "refused";
  /**
   * Why.
   */
  code: RefusalCode;
  /**
   * The ref of the frame that this answers.
   */
  ref: number;
  /**
   * With rate_limited, try_later and overloaded: not before.
   */
  retry_after_ms?: number;
}
/**
 * A post was turned down. Its number is still free.
 */
export interface PostRefused {
  /**
   * Names the frame.
   */
  t: "refused";
  /**
   * Why.
   */
  code: RefusalCode;
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * The stream of the post.
   */
  stream: string;
  /**
   * Its number.
   */
  n: number;
  /**
   * With resend_from: the number that the server expects.
   */
  resend_from?: number;
  /**
   * With rate_limited, try_later and overloaded: not before.
   */
  retry_after_ms?: number;
}
/**
 * Something about the visitor's conversation changed.
 */
export interface StateChanged {
  /**
   * Names the frame.
   */
  t: "state";
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Where it is.
   */
  state: ConversationState;
  /**
   * Display name of the agent who has it.
   */
  agent?: string;
  /**
   * The visitor has a socket.
   */
  visitor_online: boolean;
  /**
   * The agent who has it has a socket.
   */
  agent_online: boolean;
  /**
   * The visitor may rate it now.
   */
  can_rate: boolean;
  /**
   * While queued: 1 is next.
   */
  position?: number;
}
/**
 * A chat for the list: add it, or put it in the place of the old one.
 */
export interface ChatChanged {
  /**
   * Names the frame.
   */
  t: "chat";
  /**
   * The chat.
   */
  chat: Chat;
}
/**
 * Take this chat off the list.
 */
export interface ChatGone {
  /**
   * Names the frame.
   */
  t: "gone";
  /**
   * Public id of the conversation.
   */
  conversation: string;
}
/**
 * The status of this agent changed, at whichever socket.
 */
export interface AgentChanged {
  /**
   * Names the frame.
   */
  t: "agent";
  /**
   * Availability.
   */
  status: AgentStatus;
  /**
   * Why.
   */
  reason?: StatusReason;
  /**
   * Chats at a time.
   */
  capacity: number;
  /**
   * How many of them are taken, wrap-up and offers included.
   */
  busy: number;
}
/**
 * A queue changed.
 */
export interface QueueChanged {
  /**
   * Names the frame.
   */
  t: "queue";
  /**
   * The queue.
   */
  queue: QueueState;
}
/**
 * Whom a chat can be handed to. All of it follows welcome; later come those that changed: put each in the place of the old one of the same name.
 */
export interface Colleagues {
  /**
   * Names the frame.
   */
  t: "colleagues";
  /**
   * The agents of your queues, you among them; all agents for a supervisor.
   */
  agents: Colleague[];
  /**
   * All queues, also those that you do not serve.
   */
  queues: TransferQueue[];
  /**
   * You may send these agents away or off (set_status).
   */
  supervisor: boolean;
}
/**
 * One of the people who take chats.
 */
export interface Colleague {
  /**
   * Login name.
   */
  name: string;
  /**
   * Name that visitors see.
   */
  display_name: string;
  /**
   * Availability.
   */
  status: AgentStatus;
  /**
   * Chats at a time.
   */
  capacity: number;
  /**
   * How many of them are taken, wrap-up and offers included: below capacity there is a free slot.
   */
  busy: number;
  /**
   * Names of the queues that this agent serves.
   */
  queues: string[];
}
/**
 * A queue that a chat can be handed to.
 */
export interface TransferQueue {
  /**
   * The name in the configuration.
   */
  name: string;
  /**
   * The name for people.
   */
  display_name: string;
  /**
   * Takes chats now; else a transfer to it is refused: queue_closed.
   */
  open: boolean;
  /**
   * Agents who are online for it, busy or not. 0: a chat would wait there for nobody.
   */
  staffed: number;
}
/**
 * The other side is typing: show it for 6 seconds, or until a message comes.
 */
export interface PeerTyping {
  /**
   * Names the frame.
   */
  t: "typing";
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Which side.
   */
  role: Role;
  /**
   * Display name.
   */
  name?: string;
}
/**
 * The socket will be closed: the close code says whether to come back.
 */
export interface Failed {
  /**
   * Names the frame.
   */
  t: "error";
  /**
   * Why.
   */
  code: ErrorCode;
}
/**
 * Body of POST /api/login.
 */
export interface Login {
  /**
   * Login name.
   */
  name: string;
  /**
   * Password.
   */
  password: string;
}
/**
 * Answer of POST /api/login and GET /api/me.
 */
export interface Account {
  /**
   * Login name.
   */
  name: string;
  /**
   * Name that visitors see.
   */
  display_name: string;
}
/**
 * Answer of POST /api/ticket.
 */
export interface Ticket {
  /**
   * For hello: good for 30 seconds and one use.
   */
  ticket: string;
}
/**
 * Answer of GET /api/site.
 */
export interface Site {
  /**
   * The queue.
   */
  queue: QueueState;
  /**
   * What the widget says.
   */
  wording: Wording;
  /**
   * Path of the visitors' socket on the same host.
   */
  websocket: string;
}
/**
 * What the widget says.
 */
export interface Wording {
  /**
   * Head of the panel.
   */
  title: string;
  /**
   * Above an empty chat.
   */
  greeting: string;
  /**
   * While the queue is closed.
   */
  closed: string;
  /**
   * In the empty input field.
   */
  placeholder: string;
}
/**
 * Answer of GET /api/chats/closed, the latest first.
 */
export interface ClosedChats {
  /**
   * The chats.
   */
  chats: ClosedChat[];
}
/**
 * One line in the list of closed chats.
 */
export interface ClosedChat {
  /**
   * Public id of the conversation.
   */
  conversation: string;
  /**
   * Name of its queue.
   */
  queue: string;
  /**
   * Where it is.
   */
  state: ConversationState;
  /**
   * Who wrote.
   */
  visitor: ChatVisitor;
  /**
   * Login name of the agent who has it.
   */
  agent?: string;
  /**
   * Display name of that agent.
   */
  agent_name?: string;
  /**
   * Login name of the agent who is being asked.
   */
  offered_to?: string;
  /**
   * What remains of the offer at as_of.
   */
  offer_ms?: number;
  /**
   * The beginning of the last message, in one line.
   */
  preview?: string;
  /**
   * Who wrote that message.
   */
  preview_role?: AuthorRole;
  /**
   * The newest entry; 0: none yet.
   */
  last_seq: number;
  /**
   * The visitor has a socket.
   */
  visitor_online: boolean;
  /**
   * When the conversation began.
   */
  created: string;
  /**
   * There while somebody waits for an answer.
   */
  wait?: Wait;
  /**
   * The server time at which this was true.
   */
  as_of: string;
  /**
   * The rating given.
   */
  rating?: number;
  /**
   * When it was closed.
   */
  closed_at: string;
}
/**
 * Answer of GET /api/chats/ID.
 */
export interface Transcript {
  /**
   * The conversation as it is now.
   */
  conversation: ConversationView;
  /**
   * All of it, ascending.
   */
  entries: Entry[];
}
/**
 * Answer of GET /api/wall: what a screen on the wall shows of the queues that the asker sees.
 */
export interface Wall {
  /**
   * When the figures were true: Unix time in ms on Heti's clock.
   */
  at: number;
  /**
   * How many times as fast as the world Heti's clock runs: 1, except in a demo.
   */
  clock_speed: number;
  /**
   * The queues of the asker, all of them for a supervisor, in the order of the configuration.
   */
  queues: WallQueue[];
}
/**
 * A queue on the wall. A ratio or a forecast without a base is absent, never 0.
 */
export interface WallQueue {
  /**
   * The name in the configuration.
   */
  name: string;
  /**
   * The name for people.
   */
  display_name: string;
  /**
   * Open by its hours: the clocks of its promises run.
   */
  open: boolean;
  /**
   * Closed by its hours, yet those who already wait are still served.
   */
  closing: boolean;
  /**
   * When it opens or closes next: Unix time in ms. Absent: none in sight.
   */
  next_change?: number;
  /**
   * Contacts that wait for an agent.
   */
  waiting: number;
  /**
   * Business time that the oldest waiting contact has waited; 0 when nobody waits.
   */
  oldest_wait_ms: number;
  /**
   * Business time since the oldest contact without a first answer began, accepted by an agent or not; 0 when there is none. This is the clock that runs towards target_ms.
   */
  oldest_unanswered_ms: number;
  /**
   * The promise of a first answer.
   */
  target_ms: number;
  /**
   * The share of first answers that is to be in time.
   */
  goal: number;
  /**
   * Contacts without a first answer that are past target_ms.
   */
  overdue: number;
  /**
   * How many of those who wait are expected to be answered too late.
   */
  predicted_breaches: number;
  /**
   * Wait of a visitor who would come now. Absent: not known.
   */
  estimated_wait_ms?: number;
  /**
   * Agents who are online for this queue, busy or not.
   */
  staffed: number;
  /**
   * Chats that they could take at once.
   */
  free_slots: number;
  /**
   * Agents that are to be there while it is open.
   */
  min_agents: number;
  /**
   * Agents that the present load needs. Absent: not known.
   */
  agents_required?: number;
  /**
   * Share of today's open time with min_agents there. Absent: not open yet today.
   */
  staffed_today?: number;
  /**
   * good_today of good_today and bad_today. Absent: none of either.
   */
  service_level_today?: number;
  /**
   * First answers promised and given in time since midnight of the queue's zone.
   */
  good_today: number;
  /**
   * First answers promised and not given in time since midnight of the queue's zone.
   */
  bad_today: number;
  /**
   * What the next hour is expected to bring. Absent: not known.
   */
  next_hour?: WallHour;
}
/**
 * What the next hour is expected to bring to a queue.
 */
export interface WallHour {
  /**
   * Contacts expected.
   */
  arrivals: number;
  /**
   * Agents that they need.
   */
  agents_required: number;
}
/**
 * Body of every answer other than 2xx.
 */
export interface HttpFailure {
  /**
   * Why.
   */
  code:
    | "bad_request"
    | "wrong_password"
    | "signed_out"
    | "origin"
    | "not_found"
    | "wrong_method"
    | "too_big"
    | "wrong_type"
    | "rate_limited"
    | "internal"
    | "try_later";
}
