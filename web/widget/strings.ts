// Every word that the widget says. A language is one more table; a missing language falls back to English.

const en = {
  open: "Open now",
  closed: "Closed",
  closedUntil: (when: string) => `Closed. Opens ${when}`,
  withAgent: (agent: string) => `Chatting with ${agent}`,
  today: "today",
  tomorrow: "tomorrow",
  dayAt: (day: string, time: string) => `${day} at ${time}`,

  launch: "Chat with us",
  unread: (n: number) => (n === 1 ? "new message" : "new messages"),
  hide: "Hide the chat",

  greeting: "Hello! How can we help?",
  placeholder: "Write a message",
  send: "Send",
  you: "You",
  log: "Messages",
  agentFallback: "Support",

  sending: "Sending",
  late: "Not sent yet",
  sent: "Sent",
  failed: "Not sent. Tap to retry",
  failedClosed: "Not sent: we are closed",
  remove: "Remove",
  tooLong: "This message is too long. Please send it in parts.",
  full: "Too many messages are waiting to be sent.",

  joined: (agent: string) => `${agent} joined the chat`,
  left: (agent: string) => `${agent} left the chat`,
  closedByVisitor: "You ended the chat",
  closedByAgent: "The chat has ended",
  closedBySystem: "The chat has ended",
  closedAbandoned: "The chat ended because nobody was there",
  closedQueue: "We have closed, and could not answer in time. We are sorry.",
  closedTimeout: "The chat ended because nothing was said for a while",
  reopened: "The chat goes on",
  typing: (agent: string) => `${agent} is typing`,
  next: "You are next",
  position: (n: number) => `You are number ${n} in the queue`,
  waiting: "Somebody will be with you shortly",
  waitingClosed: "We are closed now. You keep your place, and we answer when we open.",

  reconnecting: "Connection lost. Reconnecting …",
  offline: "You are offline",
  stopped: "The connection was closed.",
  tryAgain: "Try again",
  forgotten: "This chat cannot be continued.",
  startOver: "Start over",
  reloaded: "The history was reloaded.",
  demo: (speed: number) => `Demo: this clock runs ${speed} times as fast`,
  noStorage: "This browser keeps nothing for this site: the chat ends when you leave the page.",
  unreachable: "The chat cannot be reached at the moment. Please try again later.",

  end: "End chat",
  endAsk: "End this chat?",
  endYes: "End chat",
  endNo: "Keep chatting",
  again: "Start a new chat",
  ended: "This chat has ended.",

  rateAsk: "How was it?",
  rateNames: ["Very bad", "Bad", "All right", "Good", "Very good"],
  rateComment: "Would you like to add something? (optional)",
  rateSend: "Send rating",
  rated: "Thank you for your rating!",
  rateFailed: "Your rating could not be taken any more.",

  offlineTitle: (when: string) => (when ? `We open ${when}` : "We are closed at the moment"),
  offlineIntro: "Leave us a message, and we will answer when we are back.",
  offlineName: "Your name (optional)",
  offlineEmail: "E-mail (optional)",
  offlineEmailWhy: "So that we can answer if you have left this page.",
  offlineText: "Your message",
  offlineSend: "Send message",
  offlineDone: "Your message has arrived.",
  offlineDoneMore: (when: string) => (when ? `We open ${when} and will answer then.` : "We will answer as soon as we are back."),
  refused: "Please come back when we are open.",
};

export type Strings = typeof en;

const tables: Record<string, Strings> = { en };

export function stringsFor(lang: string): { lang: string; strings: Strings } {
  const short = lang.toLowerCase().split("-")[0] ?? "en";
  return tables[short] ? { lang: short, strings: tables[short] } : { lang: "en", strings: en };
}
