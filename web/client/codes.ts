// How a socket may end, and what a client does then. This is the only place in web/ that knows the numbers; everything
// else asks afterClose(). Unknown codes are read by their range, so that the server may add some.

export const closeCode = {
  bye: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidText: 1007,
  policyViolation: 1008,
  frameTooBig: 1009,
  slowConsumer: 4008,
  draining: 4012,
  overloaded: 4013,
  rateLimited: 4029,
  historyChanged: 4040,
  authTimeout: 4501,
  authFailed: 4503,
  forbidden: 4504,
  badFrame: 4505,
} as const;

export interface AfterClose {
  // False: only a person may ask for the next try.
  reconnect: boolean;
  // The back-off starts at this attempt at least; above 0 where the server has said that it has too much to do.
  attemptMin: number;
}

// Faults of the framing, and a policy broken, would only happen again.
const faults: readonly number[] = [closeCode.bye, closeCode.protocolError, 1003, closeCode.invalidText,
  closeCode.policyViolation, closeCode.frameTooBig, 1010];

export function afterClose(code: number): AfterClose {
  if (code >= 4500 && code <= 4999) return { reconnect: false, attemptMin: 0 };
  if (faults.includes(code)) return { reconnect: false, attemptMin: 0 };
  const busy = code === closeCode.overloaded || code === closeCode.rateLimited;
  return { reconnect: true, attemptMin: busy ? 3 : 0 };
}
