// Times and durations as people read them. The language and the zone are the reader's own.

// "Monday at 08:00", or "today at 14:30", or with the date when it is further away than a week.
export interface OpeningWords {
  today: string;
  tomorrow: string;
  at: (day: string, time: string) => string;
}

export function openingTime(iso: string, now: number, words: OpeningWords, lang: string, zone?: string): string {
  const when = new Date(iso);
  const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(when);
  const days = dayNumber(when, zone) - dayNumber(new Date(now), zone);
  let day: string;
  if (days === 0) day = words.today;
  else if (days === 1) day = words.tomorrow;
  else if (days > 1 && days < 7) day = new Intl.DateTimeFormat(lang, { weekday: "long", timeZone: zone }).format(when);
  else day = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long", timeZone: zone }).format(when);
  return words.at(day, time);
}

// The number of the calendar day in that zone; days of 23 and 25 hours count as one.
function dayNumber(when: Date, zone?: string): number {
  const parts = new Intl.DateTimeFormat("en", { year: "numeric", month: "numeric", day: "numeric", timeZone: zone }).formatToParts(when);
  const part = (type: string) => Number(parts.find((one) => one.type === type)!.value);
  return Math.round(Date.UTC(part("year"), part("month") - 1, part("day")) / 86_400_000);
}

export function clockTime(iso: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(iso));
}

// 0:07, 12:30, 1:02:03. Always the same width while it runs, so nothing moves.
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, "");
}
