// What independent clients write down, in the order in which it happened. All clients of a run live in one process, so
// that this order is real time: what stands before something else was known before it.
//
//   joined  {role, stream}             who will write in this conversation, under which stream
//   sent    {n, text}                  a post leaves, for the first time or again
//   acked   {n, seq}                   everything up to n is durable; n stands at seq (0: it does not say where)
//   refused {n, code}                  a post was refused for good
//   recalled {n}                       the server asks again for a post that it had acknowledged
//   asked   {connection, after}        the conversation is opened again after what is known
//   resumed {connection, history, last_seq}   the answer to that
//   saw     {connection, how, entry}   an entry arrives: how is opened, page or push
//   ended   {}                         the client has waited until all was quiet, and looks no more
export class Recorder {
  events = [];

  note(what, who, conversation, more) {
    this.events.push({ what, who, conversation, at: performance.now(), ...more });
  }
}
