// For the support lead, on the wall or beside the console: does anybody wait, is anybody there, will the next hour hold.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { amberFrom, bars, head, layOut, lines, number, redBelow, redFrom } from "./panels.js";
import { gauge, grown, picked, quantile } from "./promql.js";

const staffed = `max by (workspace, queue) (sum by (instance, workspace, queue) (heti_agents{${picked},status=~"free|full"}))`;
const promised = (sla: string) => gauge("heti_slo_threshold_seconds", [`sla="${sla}"`]);
const serviceLevel = gauge("queue:heti_sla_good_per_judged:ratio_increase1d", ['sla="first_response"']);
const goal = gauge("heti_slo_target_ratio", ['sla="first_response"']);

function answerTimes(title: string, metric: string, sla: string, what: string) {
  return lines({
    title, width: 8, unit: units.Seconds,
    description: `${what} Of the answers of the last hour, half were quicker than the p50 line, nine of ten quicker than the p90 line. `
      + "The red dashed line is the promise. Only time in opening hours counts.",
    queries: [
      { expr: quantile(0.5, metric, "1h"), legend: "{{queue}} p50" },
      { expr: quantile(0.9, metric, "1h"), legend: "{{queue}} p90" },
      { expr: promised(sla), legend: "{{queue}} target", target: true },
    ],
  });
}

export const live = () => layOut(head({
  title: "Heti: support, live", uid: "heti-live", refresh: "10s", from: "now-3h", timezone: "browser",
  description: "For the support lead: who waits, who is there, and whether the promises hold. Renews itself every 10 seconds.",
}), [
  {
    title: "Now", panels: [
      number({
        title: "Open?", width: 4, unit: units.NoUnit,
        description: "Whether visitors can start a chat in this queue now, by its opening hours.",
        queries: [{ expr: gauge("heti_queue_open"), legend: "{{queue}}" }],
        words: { 0: { text: "closed", color: "text" }, 1: { text: "open", color: "green" } },
      }),
      number({
        title: "Staffed and required", width: 8, unit: units.NoUnit, decimals: 0,
        description: "Agents who are there for the queue, with or without a free place; the minimum that is set; and how many the present "
          + "demand needs. An agent of several queues is counted in each.",
        queries: [
          { expr: staffed, legend: "{{queue}} staffed" },
          { expr: gauge("heti_agents_required", ['basis="configured"']), legend: "{{queue}} minimum" },
          { expr: gauge("heti_agents_required", ['basis="model"']), legend: "{{queue}} needed for this demand" },
        ],
      }),
      number({
        title: "Agents above the minimum, while open", width: 6, unit: units.NoUnit, decimals: 0, colours: redBelow(0), noValue: "closed",
        description: "How many more agents are there than the set minimum. Red: fewer than the minimum while the queue is open.",
        queries: [{
          expr: `${staffed} - on (workspace, queue) ${gauge("heti_agents_required", ['basis="configured"'])}`
            + ` and on (workspace, queue) ${gauge("heti_queue_open")} == 1`,
          legend: "{{queue}}",
        }],
      }),
      number({
        title: "Waiting now", width: 6, unit: units.NoUnit, decimals: 0,
        description: "Visitors who have asked for a person and whom no agent has taken yet.",
        queries: [{ expr: gauge("heti_queue_waiting"), legend: "{{queue}}" }],
      }),
      bars({
        title: "Oldest unanswered, of its target", width: 8, height: 8, unit: units.PercentUnit, decimals: 0, colours: redFrom(1, 0.5),
        description: "The visitor who has been without an answer for longest, whether in the line or with an agent, measured against what is "
          + "promised. 100 % is the moment at which the promise is broken: red from there on.",
        queries: [{
          expr: `${gauge("heti_queue_oldest_unanswered_seconds", [], ["sla"])} / on (workspace, queue, sla) `
            + gauge("heti_slo_threshold_seconds", [], ["sla"]),
          legend: "{{queue}} {{sla}}",
        }],
      }),
      lines({
        title: "Oldest unanswered", width: 16, unit: units.Seconds,
        description: "How long the visitor who has been without an answer for longest has waited, in opening hours. The red dashed line is the "
          + "promise; a line above it is a visitor who has waited too long.",
        queries: [
          { expr: gauge("heti_queue_oldest_unanswered_seconds", [], ["sla"]), legend: "{{queue}} {{sla}}" },
          { expr: gauge("heti_slo_threshold_seconds", [], ["sla"]), legend: "{{queue}} {{sla}} target", target: true },
        ],
      }),
      number({
        title: "Overdue", width: 8, unit: units.NoUnit, decimals: 0, colours: redFrom(1),
        description: "Visitors who at this moment wait longer for an answer than was promised, for a first answer or for a reply.",
        queries: [{ expr: gauge("heti_queue_overdue", [], ["sla"]), legend: "{{queue}} {{sla}}" }],
      }),
      number({
        title: "Predicted breaches", width: 8, unit: units.NoUnit, decimals: 1, colours: amberFrom(1),
        description: "Of those who wait now, how many are expected to wait longer than promised if nothing changes.",
        queries: [{ expr: gauge("heti_queue_predicted_breaches"), legend: "{{queue}}" }],
      }),
      number({
        title: "Estimated wait", width: 8, unit: units.Seconds, decimals: 0, noValue: "not known",
        description: "How long a visitor who comes now is expected to wait for an agent. Empty while there is too little to tell from.",
        queries: [{ expr: gauge("heti_queue_estimated_wait_seconds"), legend: "{{queue}}" }],
      }),
    ],
  },
  {
    title: "The team", panels: [
      lines({
        title: "Agents by status", width: 10, unit: units.NoUnit, stacked: true, decimals: 0,
        description: "Agents with a free place, with all places taken, away, finishing their last chats, or whose connection is lost. "
          + "An agent of several queues is counted in each.",
        queries: [{ expr: gauge("heti_agents", ['status!="offline"'], ["status"]), legend: "{{queue}} {{status}}" }],
      }),
      number({
        title: "Free places", width: 4, height: 8, unit: units.NoUnit, decimals: 0, colours: redBelow(1, 2),
        description: "Chats that the whole team could take this instant, each place counted once however many queues its agent serves. "
          + "Red: the next visitor has to wait.",
        queries: [{ expr: 'max by (workspace) (heti_slots{state="free"})', legend: "{{workspace}}" }],
      }),
      lines({
        title: "Service level, last 24 hours", width: 6, unit: units.PercentUnit,
        description: "Of the promises of a first answer that came due in the last 24 hours, the share that was kept. The red dashed line is the "
          + "goal. Empty while nothing has come due.",
        queries: [{ expr: serviceLevel, legend: "{{queue}}" }, { expr: goal, legend: "{{queue}} goal", target: true }],
      }),
      number({
        title: "Above the goal", width: 4, height: 8, unit: units.PercentUnit, decimals: 1, colours: redBelow(0), noValue: "none due",
        description: "The service level of the last 24 hours less its goal. Red: below the goal.",
        queries: [{ expr: `${serviceLevel} - on (workspace, queue) ${goal}`, legend: "{{queue}}" }],
      }),
    ],
  },
  {
    title: "Today", panels: [
      answerTimes("First answer", "heti_first_response_seconds", "first_response",
        "From a visitor's wish to talk until a person has written the first word."),
      answerTimes("Replies", "heti_reply_seconds", "reply", "Within a chat: from a visitor's first unanswered message to the agent's next."),
      lines({
        title: "Arrivals and answered", width: 8, unit: units.NoUnit,
        description: "Visitors who came within 15 minutes, and chats that ended answered within 15 minutes. Arrivals that stay above for long "
          + "are a line that grows.",
        queries: [
          { expr: grown("heti_contacts_total", "15m"), legend: "{{queue}} came" },
          { expr: grown("heti_contacts_ended_total", "15m", ['outcome="answered"']), legend: "{{queue}} answered" },
        ],
      }),
      number({
        title: "Staffed today", width: 12, unit: units.PercentUnit, decimals: 1, noValue: "not open yet today",
        description: "Of today's opening time so far, the share in which at least the minimum of agents was there. Measured, not sampled.",
        queries: [{ expr: gauge("heti_queue_staffed_ratio", ['period="today"']), legend: "{{queue}}" }],
      }),
      number({
        title: "Minutes with nobody there, last 24 hours", width: 12, unit: units.Minutes, decimals: 1, colours: amberFrom(1),
        description: "Minutes in the last 24 hours in which the queue was open and no agent was there.",
        queries: [{ expr: `${grown("heti_queue_unstaffed_seconds_total", "1d")} / 60`, legend: "{{queue}}" }],
      }),
    ],
  },
]);
