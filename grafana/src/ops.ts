// For whoever runs Heti: does it run, do people reach it, does it write what it confirms, has it room.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { head, layOut, lines, number, redBelow, redFrom } from "./panels.js";
import { nodeQuantile } from "./promql.js";

function quantiles(title: string, metric: string, description: string, redAt?: number) {
  return lines({
    title, width: 8, unit: units.Seconds, description, ...(redAt === undefined ? {} : { colours: redFrom(redAt) }),
    queries: [
      { expr: nodeQuantile(0.5, metric), legend: "{{instance}} p50" },
      { expr: nodeQuantile(0.99, metric), legend: "{{instance}} p99" },
    ],
  });
}

export const ops = () => layOut(head({
  title: "Heti: operations", uid: "heti-ops", refresh: "30s", from: "now-6h", timezone: "utc",
  description: "For whoever runs Heti: process, connections, errors, journal. Times are in UTC, as in Heti's own log.",
}), [
  {
    title: "Does it run?", panels: [
      number({
        title: "Up", width: 5, unit: units.NoUnit, colours: redBelow(1), noValue: "no target",
        description: "Whether Prometheus can read this node. Red: nobody sees how long visitors wait.",
        queries: [{ expr: 'up{job="heti"}', legend: "{{instance}}" }],
        words: { 0: { text: "down", color: "red" }, 1: { text: "up", color: "green" } },
      }),
      number({
        title: "Version", width: 5, unit: units.NoUnit, named: true,
        description: "The version that each node runs.",
        queries: [{ expr: "heti_build_info", legend: "{{version}}" }],
      }),
      number({
        title: "Since a test chat came through", width: 6, unit: units.Seconds, decimals: 0, colours: redFrom(180, 90), noValue: "no probe",
        description: "Each minute a test chat goes in by the front door, like a customer's. Seconds since one last came through whole.",
        queries: [{ expr: "time() - max by (instance) (heti_probe_last_success_timestamp_seconds)", legend: "{{instance}}" }],
      }),
      number({
        title: "Alerts that fire", width: 8, unit: units.NoUnit, decimals: 0, noValue: "none", colours: redFrom(1),
        description: "What Prometheus calls about now. The alert that always fires, to prove that alerting works, is left out.",
        queries: [{
          expr: 'count by (alertname, severity, queue) (ALERTS{alertstate="firing",alertname!="Watchdog",queue=~"$queue|"})',
          legend: "{{alertname}} {{queue}} ({{severity}})",
        }],
      }),
    ],
  },
  {
    title: "Do people reach it?", panels: [
      lines({
        title: "Connections", width: 8, unit: units.NoUnit, decimals: 0,
        description: "Sockets that are open now: visitors, agents, programs.",
        queries: [{ expr: "sum by (instance, role) (heti_connections)", legend: "{{instance}} {{role}}" }],
      }),
      lines({
        title: "Connections opened and closed", width: 8, unit: units.CountsPerSecond,
        description: "A burst of closings is a network or a deployment; openings that follow it are clients coming back.",
        queries: [
          { expr: "sum by (role) (rate(heti_connections_opened_total[5m]))", legend: "{{role}} opened" },
          { expr: "sum by (role, reason) (rate(heti_connections_closed_total[5m]))", legend: "{{role}} closed: {{reason}}" },
        ],
      }),
      lines({
        title: "Bytes in and out", width: 8, unit: units.BytesPerSecondSI,
        description: "What Heti receives from clients and sends to them, per second.",
        queries: [
          { expr: "sum by (role) (rate(heti_received_bytes_total[5m]))", legend: "{{role}} received" },
          { expr: "sum by (role) (rate(heti_sent_bytes_total[5m]))", legend: "{{role}} sent" },
        ],
      }),
      lines({
        title: "Protocol errors", width: 8, unit: units.EventsPerSecond,
        description: "Frames that Heti had to refuse, per second and by kind. More than a trickle after a release is a client that is out of step.",
        queries: [{ expr: "sum by (kind) (rate(heti_protocol_errors_total[5m]))", legend: "{{kind}}" }],
      }),
      lines({
        title: "Slow clients dropped, per hour", width: 8, unit: units.NoUnit,
        description: "Connections that took what was sent to them too slowly and were closed; they come back and miss nothing.",
        queries: [{ expr: "sum by (instance) (increase(heti_slow_consumers_dropped_total[1h]))", legend: "{{instance}}" }],
      }),
      lines({
        title: "Longest line of bytes to one client", width: 8, unit: units.BytesIEC,
        description: "The most that waits to be sent to any single connection. It grows before slow clients are dropped.",
        queries: [{ expr: "max by (instance) (heti_send_queue_max_bytes)", legend: "{{instance}}" }],
      }),
    ],
  },
  {
    title: "Does it keep up?", panels: [
      quantiles("Journal: write and sync", "heti_journal_append_seconds",
        "How long it takes until a batch is on stable storage. Every confirmation waits for this. Red line: where the alert stands.", 0.1),
      quantiles("Loop lag", "heti_loop_lag_seconds",
        "How late the network loop comes to a task that is due. It grows when a thread does too much at once."),
      quantiles("Routing step", "heti_routing_step_seconds", "How long the core takes for one command: deciding, and applying what it decided."),
      lines({
        title: "Processor", width: 6, unit: units.PercentUnit,
        description: "Processor time that Heti uses; 100 % is one core.",
        queries: [{ expr: 'rate(process_cpu_seconds_total{job="heti"}[5m])', legend: "{{instance}}" }],
      }),
      lines({
        title: "Memory", width: 6, unit: units.BytesIEC,
        description: "Memory that Heti's process holds.",
        queries: [{ expr: 'process_resident_memory_bytes{job="heti"}', legend: "{{instance}}" }],
      }),
      lines({
        title: "Open files", width: 6, unit: units.NoUnit, decimals: 0,
        description: "Files and sockets that are open, and the most that the system allows. At the limit nobody can connect.",
        queries: [
          { expr: 'process_open_fds{job="heti"}', legend: "{{instance}}" },
          { expr: 'process_max_fds{job="heti"}', legend: "{{instance}} limit", target: true },
        ],
      }),
      lines({
        title: "Journal size", width: 6, unit: units.BytesIEC,
        description: "Bytes of the journal on disk. Compare its growth with the room that is left.",
        queries: [{ expr: "max by (instance) (heti_journal_bytes)", legend: "{{instance}}" }],
      }),
      number({
        title: "Journal writes failed, last hour", width: 8, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Batches that could not be written. Heti confirms nothing that is not written.",
        queries: [{ expr: "sum by (instance) (increase(heti_journal_append_errors_total[1h]))", legend: "{{instance}}" }],
      }),
      number({
        title: "Rules of the core broken, last hour", width: 8, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Heti checks itself while it runs. Anything but 0 is a bug of Heti's: keep the journal and report it.",
        queries: [{ expr: "sum by (instance) (increase(heti_invariant_violations_total[1h]))", legend: "{{instance}}" }],
      }),
      number({
        title: "Clock steps, last hour", width: 8, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Jumps of the machine's clock by more than two seconds. Heti does not follow them; look at time synchronisation.",
        queries: [{ expr: "sum by (instance) (increase(heti_clock_steps_total[1h]))", legend: "{{instance}}" }],
      }),
    ],
  },
  {
    title: "Do the nodes agree?",
    panels: [
      lines({
        title: "Nodes", width: 6, unit: units.NoUnit, decimals: 0,
        description: "Nodes of the workspace, as each of them hears the others, and those that lead. Fewer than there should be: one is down or cut off. None or two that lead for more than some seconds: read the runbook.",
        queries: [
          { expr: "min by (workspace) (heti_nodes)", legend: "heard" },
          { expr: "sum by (workspace) (heti_node_leads)", legend: "lead" },
        ],
      }),
      lines({
        title: "Behind the owner", width: 6, unit: units.NoUnit, decimals: 0,
        description: "Batches of the journal that the owner has told of and a node does not have yet. Its clients see everything that much later.",
        queries: [{ expr: "max by (instance) (heti_node_behind_batches)", legend: "{{instance}}" }],
      }),
      lines({
        title: "Nothing heard from Redis", width: 6, unit: units.Seconds,
        description: "For how long a node has heard nothing from Redis. After five seconds it sends its clients to the other nodes.",
        queries: [{ expr: "max by (instance) (heti_node_cut_off_seconds)", legend: "{{instance}}" }],
      }),
      number({
        title: "Owners changed, nodes lost, last hour", width: 6, unit: units.NoUnit, decimals: 0, colours: redFrom(2),
        description: "How often another node became the owner, and how often one was taken for lost.",
        queries: [
          { expr: "sum(increase(heti_node_took_over_total[1h]))", legend: "owners" },
          { expr: "sum(increase(heti_nodes_lost_total[1h]))", legend: "lost" },
        ],
      }),
      number({
        title: "Disagreements", width: 6, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Files: nodes whose settings file has other rules than another's. States, last day: positions of the journal of which two nodes made different things. Undecidable, last day: wishes that would have broken a rule of the program and were refused.",
        queries: [
          { expr: "max(heti_node_other_rules)", legend: "files" },
          { expr: "sum(increase(heti_node_state_mismatches_total[1d]))", legend: "states" },
          { expr: "sum(increase(heti_commands_undecidable_total[1d]))", legend: "undecidable" },
        ],
      }),
      number({
        title: "Batches lost, and got again, last day", width: 6, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Batches of the journal that storage lost: those that are gone, and those that a node still had and gave it again.",
        queries: [
          { expr: "max(increase(heti_journal_lost_batches_total[1d]))", legend: "lost" },
          { expr: "sum(increase(heti_journal_healed_batches_total[1d]))", legend: "got again" },
        ],
      }),
      number({
        title: "Every acknowledgement synced", width: 6, unit: units.NoUnit, decimals: 0,
        description: "1: what was acknowledged survives a power cut of the machine that stores it. 0: its last seconds may not (a Redis with appendfsync everysec).",
        queries: [{ expr: "min(heti_journal_synced)", legend: "synced" }],
      }),
    ],
  },
]);
