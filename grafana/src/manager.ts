// For the manager: the last 28 days. Four whole weeks, so that each weekday weighs the same.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { bars, head, layOut, lines, number, redBelow } from "./panels.js";
import { gauge, grown, picked, share, total } from "./promql.js";

const days = "28d";
const first = 'sla="first_response"';
const kept = (window: string) => total("heti_sla_verdicts_total", window, first, 'verdict="good"');
const judged = (window: string) => total("heti_sla_verdicts_total", window, first, 'verdict=~"good|bad"');
const ended = (outcome: string) => total("heti_contacts_ended_total", days, `outcome=~"${outcome}"`);
const rated = (survey: string, ...score: string[]) => total("heti_survey_responses_total", days, `survey="${survey}"`, ...score);
const promoters = rated("nps", 'score=~"9|10"');
const detractors = rated("nps", 'score=~"[0-6]"');
const asked = `(${rated("nps")} >= 10)`;
const slots = (state: string, window: string) => `sum by (workspace) (rate(heti_slot_seconds_total{state="${state}"}[${window}]))`;

/** A share of a survey's answers with its Wilson interval of 95 % and how many answered; no score from fewer than 10. */
function satisfaction(title: string, survey: string, scores: string, description: string) {
  const good = rated(survey, `score=~"${scores}"`);
  const n = `(${rated(survey)} >= 10)`;
  const part = `(${good} / ${n})`;
  const z = 1.96;
  const edge = (sign: string) => `(${part} + ${z} ^ 2 / (2 * ${n}) ${sign} ${z} * sqrt(${part} * (1 - ${part}) / ${n} + ${z} ^ 2 / (4 * ${n} ^ 2))) `
    + `/ (1 + ${z} ^ 2 / ${n})`;
  return [
    number({
      title, width: 6, unit: units.PercentUnit, decimals: 0, noValue: "fewer than 10 answers",
      description: `${description} "From" and "to" are the 95 % interval: two months whose intervals overlap may well be the same.`,
      queries: [{ expr: part, legend: title }, { expr: edge("-"), legend: "from" }, { expr: edge("+"), legend: "to" }],
    }),
    number({
      title: `${title}: answers`, width: 2, unit: units.NoUnit, decimals: 0,
      description: "How many visitors have answered. Below about 30, read no trend into the number beside it.",
      queries: [{ expr: rated(survey), legend: "n" }],
    }),
  ];
}

export const manager = () => layOut(head({
  title: "Heti: manager, 28 days", uid: "heti-manager", refresh: "1h", from: "now-28d", timezone: "browser",
  description: "For the manager: what was promised and kept in the last 28 days, with how many people, and what visitors thought of it. "
    + "Numbers taken by Prometheus come within a few of the exact ones in Heti's reports. By hour and weekday: see the reports in Heti, "
    + "which know the opening hours.",
}), [
  {
    title: "Promises", panels: [
      number({
        title: "Service level, 28 days", width: 6, unit: units.PercentUnit, decimals: 1, noValue: "none due",
        description: "Of all promises of a first answer that came due, the share that was kept; and the lowest goal of the queues picked. "
          + "Visitors who left before the promise came due do not count.",
        queries: [
          { expr: share(kept(days), judged(days)), legend: "kept" },
          { expr: `min(heti_slo_target_ratio{${picked},${first}})`, legend: "goal" },
        ],
      }),
      number({
        title: "Above the goal", width: 4, unit: units.PercentUnit, decimals: 1, colours: redBelow(0), noValue: "none due",
        description: "The service level of 28 days less the goal, for each queue. Red: the goal is missed.",
        queries: [{
          expr: `${grown("heti_sla_verdicts_total", days, [first, 'verdict="good"'])} / `
            + `(${grown("heti_sla_verdicts_total", days, [first, 'verdict=~"good|bad"'])} > 0) - on (workspace, queue) `
            + gauge("heti_slo_target_ratio", [first]),
          legend: "{{queue}}",
        }],
      }),
      number({
        title: "Budget left", width: 5, unit: units.PercentUnit, decimals: 0, colours: redBelow(0, 0.25),
        description: "The goal allows for a number of promises to be broken in 28 days. This much of that number is left. Red: more were broken "
          + "than the goal allows.",
        queries: [{
          expr: `1 - ${grown("heti_sla_verdicts_total", days, ['verdict="bad"', first])} / on (workspace, queue) `
            + gauge("heti_slo_budget_contacts", [first]),
          legend: "{{queue}}",
        }],
      }),
      number({
        title: "Staffed, 28 days", width: 5, unit: units.PercentUnit, decimals: 1, noValue: "not open",
        description: "Of the opening time, the share in which at least the minimum of agents was there. Exact.",
        queries: [{ expr: gauge("heti_queue_staffed_ratio", ['period="month"']), legend: "{{queue}}" }],
      }),
      number({
        title: "Agent-hours missing", width: 4, unit: units.Hours, decimals: 1,
        description: "Hours of agents that were missing to the minimum, added up: two agents too few for one hour are two hours.",
        queries: [{ expr: `${grown("heti_queue_shortfall_agent_seconds_total", days)} / 3600`, legend: "{{queue}}" }],
      }),
      lines({
        title: "Service level by day", width: 24, unit: units.PercentUnit,
        description: "At each point, the promises of a first answer of the 24 hours before it that were kept. The red dashed line is the lowest "
          + "goal of the queues picked.",
        queries: [
          { expr: share(kept("1d"), judged("1d")), legend: "kept" },
          { expr: `min(heti_slo_target_ratio{${picked},${first}})`, legend: "goal", target: true },
        ],
      }),
    ],
  },
  {
    title: "Visitors", panels: [
      lines({
        title: "Chats a day", width: 9, unit: units.NoUnit, decimals: 0,
        description: "At each point, the visitors who asked for a person in the 24 hours before it.",
        queries: [{ expr: grown("heti_contacts_total", "1d"), legend: "{{queue}}" }],
      }),
      number({
        title: "Left without an answer", width: 5, height: 8, unit: units.PercentUnit, decimals: 1, noValue: "no chats",
        description: "Of the visitors who asked for a person, the share that left before anyone wrote. Those who left within the first seconds "
          + "are not counted, nor is spam.",
        queries: [{
          expr: share(`(${ended("abandoned_within|abandoned_after")})`,
            `(${total("heti_contacts_total", days)} - ${ended("spam|abandoned_short")})`),
          legend: "left",
        }],
      }),
      bars({
        title: "How chats ended", width: 10, height: 8, unit: units.NoUnit, decimals: 0,
        description: "Chats of 28 days by their end: answered, left by the visitor (at once, in time, after the promise was broken), or missed "
          + "by us: closing time, timeout, closed unanswered, error.",
        queries: [{ expr: `sum by (outcome) (increase(heti_contacts_ended_total{${picked}}[${days}]))`, legend: "{{outcome}}" }],
      }),
    ],
  },
  {
    title: "What visitors thought", panels: [
      ...satisfaction("CSAT", "csat", "4|5", "Share of 4 and 5 on the question how satisfied a visitor was, from 1 to 5."),
      ...satisfaction("CES", "ces", "5|6|7", "Share of 5 to 7 on the statement that it was easy to get a problem solved, from 1 to 7."),
      number({
        title: "NPS", width: 6, unit: units.NoUnit, decimals: 0, noValue: "fewer than 10 answers",
        description: "Would recommend (9, 10) less would not (0 to 6), per hundred answers, from -100 to 100. The margin is that of 95 %: two "
          + "months that differ by less may well be the same.",
        queries: [
          { expr: `100 * (${promoters} - ${detractors}) / ${asked}`, legend: "NPS" },
          {
            expr: `196 * sqrt(((${promoters} + ${detractors}) / ${asked} - ((${promoters} - ${detractors}) / ${asked}) ^ 2) / ${asked})`,
            legend: "± margin",
          },
        ],
      }),
      number({
        title: "NPS: answers", width: 2, unit: units.NoUnit, decimals: 0,
        description: "How many visitors have answered. Below about 30, read no trend into the number beside it.",
        queries: [{ expr: rated("nps"), legend: "n" }],
      }),
      number({
        title: "Answered the survey", width: 12, unit: units.PercentUnit, decimals: 0, noValue: "none asked",
        description: "Of the visitors who were asked, the share that answered, for each survey. Few answers come from the very glad and the very "
          + "cross.",
        queries: [{
          expr: `sum by (survey) (increase(heti_survey_responses_total{${picked}}[${days}])) / `
            + `(sum by (survey) (increase(heti_survey_invitations_total{${picked}}[${days}])) > 0)`,
          legend: "{{survey}}",
        }],
      }),
      number({
        title: "Solved at the first contact", width: 12, unit: units.PercentUnit, decimals: 0, noValue: "none judged",
        description: "Of the visitors whose chat was solved, the share that did not come back with the same queue within 7 days. The last 7 days "
          + "are not judged yet.",
        queries: [{
          expr: share(total("heti_first_contact_verdicts_total", days, 'verdict="resolved"'), total("heti_first_contact_verdicts_total", days)),
          legend: "solved at once",
        }],
      }),
    ],
  },
  {
    title: "Work", panels: [
      lines({
        title: "Occupancy", width: 8, unit: units.PercentUnit,
        description: "Of the places for chats that agents held ready, the share that was taken, over the 24 hours before each point. Above about "
          + "85 % waits grow fast.",
        queries: [{ expr: `${slots("busy", "1d")} / on (workspace) (${slots("capacity", "1d")} > 0)`, legend: "{{workspace}}" }],
      }),
      lines({
        title: "Handle time", width: 8, unit: units.Seconds,
        description: "Mean time that an agent is bound by a chat, wrap-up included, over the 24 hours before each point.",
        queries: [{
          expr: `${grown("heti_handle_seconds_sum", "1d")} / (${grown("heti_handle_seconds_count", "1d")} > 0)`, legend: "{{queue}}",
        }],
      }),
      lines({
        title: "Chats at a time", width: 8, unit: units.NoUnit, decimals: 1,
        description: "Mean number of chats that an agent who was there held at the same time, over the 24 hours before each point.",
        queries: [{
          expr: `${slots("busy", "1d")} / on (workspace) `
            + '(sum by (workspace) (rate(heti_agent_presence_seconds_total{status="online"}[1d])) > 0)',
          legend: "{{workspace}}",
        }],
      }),
    ],
  },
]);
