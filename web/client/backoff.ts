// Full jitter: any moment between now and a ceiling that doubles from half a second to half a minute. When a server
// with ten thousand visitors restarts, this is what keeps them from coming back in the same instant.

export const backoffFirstMs = 500;
export const backoffMaxMs = 30_000;

export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(attempt, 16));
  return Math.floor(random * ceiling);
}
