// Queries in the words of the catalogue. Every node of Heti shows the same state, so gauges are folded over nodes by `max`;
// counters count what each node has seen, so they are added up.

/** What is open now is seen through the queues that the reader has picked. */
export const picked = 'queue=~"$queue"';

export function select(metric: string, ...matchers: string[]): string {
  return `${metric}{${[picked, ...matchers].join(",")}}`;
}

/** A gauge of each queue, by the labels named besides the queue's own. */
export function gauge(metric: string, matchers: string[] = [], by: string[] = []): string {
  return `max by (${["workspace", "queue", ...by].join(", ")}) (${select(metric, ...matchers)})`;
}

/** How much a counter of each queue has grown in the window. */
export function grown(metric: string, window: string, matchers: string[] = [], by: string[] = []): string {
  return `sum by (${["workspace", "queue", ...by].join(", ")}) (increase(${select(metric, ...matchers)}[${window}]))`;
}

/** How much a counter has grown in the window, over all picked queues in one number. */
export function total(metric: string, window: string, ...matchers: string[]): string {
  return `sum(increase(${select(metric, ...matchers)}[${window}]))`;
}

/** Parts of a whole; no data, rather than 0 or 100 %, while the whole is empty. */
export function share(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** A quantile of each queue, from the buckets. */
export function quantile(share: number, metric: string, window: string): string {
  return `histogram_quantile(${share}, sum by (le, workspace, queue) (rate(${select(`${metric}_bucket`)}[${window}])))`;
}

/** A quantile of each node: for what the machine does, which knows no queue. */
export function nodeQuantile(share: number, metric: string): string {
  return `histogram_quantile(${share}, sum by (le, instance) (rate(${metric}_bucket[$__rate_interval])))`;
}
