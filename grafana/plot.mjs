// Draws a dashboard as SVG, from its JSON and from what Prometheus answered to its queries: the grid as Grafana lays it out,
// each panel with its title, its unit, its thresholds and its legend. For pictures where no Grafana is at hand; knows the
// kinds of panel that src/panels.ts makes, and no other.
import { axis, shown } from './plot_units.mjs';

const width = 1440;
const margin = 16;
const gap = 8;
const rowUnit = 36;
const headHeight = 64;
const font = "'DejaVu Sans', sans-serif";
const lines = ['#3b76a8', '#d9822b', '#3f8f4f', '#8560ad', '#8a5a44', '#c665a0', '#6f7680', '#9c9a2c', '#2497a6', '#b54545', '#5468c4', '#77a63b'];
const states = {
  green: { ink: '#1f6f3a', ground: '#e4f3e8' }, orange: { ink: '#8f5300', ground: '#fdf0da' },
  red: { ink: '#b0271f', ground: '#fbe5e3' }, blue: { ink: '#23598f', ground: '#fff' }, text: { ink: '#3a424d', ground: '#fff' },
};
const calm = { ink: '#1d232b', soft: '#667080', rule: '#e3e7ec', card: '#fff', page: '#f3f5f7', edge: '#d8dde3' };

const safe = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);
const long = (text, size) => String(text).length * size * 0.61; // about as wide as DejaVu Sans sets it
const text = (x, y, words, { size = 12, ink = calm.ink, anchor = 'start', weight = 400 } = {}) =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size.toFixed(1)}" fill="${ink}" text-anchor="${anchor}" font-weight="${weight}">${safe(words)}</text>`;
const cut = (words, room, size) => (long(words, size) <= room ? words : `${words.slice(0, Math.max(1, Math.floor(room / size / 0.61) - 1))}…`);

// Words in at most two lines that fit the room.
function wrapped(words, room, size) {
  if (long(words, size) <= room) return [words];
  const parts = words.split(' ');
  let first = parts.shift();
  while (parts.length > 0 && long(`${first} ${parts[0]}`, size) <= room) first += ` ${parts.shift()}`;
  return [cut(first, room, size), ...(parts.length > 0 ? [cut(parts.join(' '), room, size)] : [])];
}

const nameOf = (legend, metric) => legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '').trim();
const stepsOf = (panel) => panel.fieldConfig.defaults.thresholds.steps;
const colourOf = (panel, value) => stepsOf(panel).filter((step) => step.value === null || value >= step.value).at(-1).color;

// The series of all queries: [{name, values: [[ms, number]], refId}]. A panel of lines has overrides by query.
function seriesOf(panel, answers) {
  return panel.targets.flatMap(({ refId, legendFormat }) => (answers[refId] ?? []).map(({ metric, values }) => ({
    refId,
    name: nameOf(legendFormat, metric),
    values: values.map(([at, value]) => [at * 1000, Number(value)]),
  })));
}

// What the last value says: [{name, words, colour}].
function numbersOf(panel, answers) {
  const { unit, decimals, mappings = [] } = panel.fieldConfig.defaults;
  return seriesOf(panel, answers).flatMap(({ name, values }) => {
    const value = values.map(([, one]) => one).filter((one) => !Number.isNaN(one)).at(-1);
    if (value === undefined) return [];
    const mapped = mappings.map(({ options }) => options[String(value)]).find(Boolean);
    return [{ name, value, words: mapped?.text ?? shown(value, unit, decimals), colour: mapped?.color ?? colourOf(panel, value) }];
  });
}

// "● below 50 %  ● from 50 %": what the colours of a panel mean.
function thresholdsLine(panel, x, y, room) {
  const steps = stepsOf(panel);
  if (steps.length < 2) return '';
  const { unit } = panel.fieldConfig.defaults;
  const words = steps.map((step, index) => (index === 0 ? `below ${shown(steps[1].value, unit)}` : `from ${shown(step.value, unit)}`));
  const size = Math.min(10, room / (words.join('').length + 3 * words.length) / 0.61);
  let at = x;
  return steps.map((step, index) => {
    const drawn = `<circle cx="${at + 4}" cy="${y - 3.5}" r="3.5" fill="${states[step.color].ink}"/>${text(at + 11, y, words[index], { size, ink: calm.soft })}`;
    at += 20 + long(words[index], size);
    return drawn;
  }).join('');
}

function nothing(panel, box) {
  return text(box.x + box.w / 2, box.y + box.h / 2, panel.fieldConfig.defaults.noValue ?? 'No data', { size: 15, ink: calm.soft, anchor: 'middle' });
}

function stat(panel, answers, box) {
  const { textMode, colorMode } = panel.options;
  const numbers = numbersOf(panel, answers).map((one) => (textMode === 'name' ? { ...one, words: one.name, name: '' } : one));
  if (numbers.length === 0) return nothing(panel, box);
  const beside = box.w / numbers.length >= 100 || box.h / numbers.length < 44;
  const cell = beside ? { w: box.w / numbers.length, h: box.h } : { w: box.w, h: box.h / numbers.length };
  return numbers.map(({ name, words, colour }, index) => {
    const x = box.x + (beside ? index * cell.w : 0);
    const y = box.y + (beside ? 0 : index * cell.h);
    const { ink, ground } = states[colour];
    const under = name === '' ? [] : wrapped(name, cell.w - 14, 11);
    const size = Math.min(38, cell.h * 0.42, (cell.w - 24) / words.length / 0.7);
    const middle = y + cell.h / 2 + size * 0.36 - under.length * 7;
    return (colorMode === 'background' ? `<rect x="${x + 2}" y="${y + 2}" width="${cell.w - 4}" height="${cell.h - 4}" rx="4" fill="${ground}"/>` : '')
      + text(x + cell.w / 2, middle, words, { size, ink, anchor: 'middle', weight: 600 })
      + under.map((line, row) => text(x + cell.w / 2, middle + 19 + row * 14, line, { size: 11, ink: calm.soft, anchor: 'middle' })).join('');
  }).join('');
}

function bars(panel, answers, box) {
  const numbers = numbersOf(panel, answers);
  if (numbers.length === 0) return nothing(panel, box);
  const most = Math.max(...numbers.map(({ value }) => value), ...stepsOf(panel).map((step) => step.value ?? 0), Number.MIN_VALUE);
  const each = Math.min(54, box.h / numbers.length);
  const label = Math.min(box.w * 0.42, Math.max(...numbers.map(({ name }) => long(name, 11))) + 12);
  const room = box.w - label - 70;
  return numbers.map(({ name, value, words, colour }, index) => {
    const y = box.y + index * each;
    const height = Math.min(22, each - 8);
    const top = y + (each - height) / 2;
    return text(box.x, top + height / 2 + 4, cut(name, label, 11), { size: 11 })
      + `<rect x="${box.x + label}" y="${top}" width="${room}" height="${height}" rx="3" fill="${calm.rule}"/>`
      + `<rect x="${box.x + label}" y="${top}" width="${Math.max(1, (room * value) / most)}" height="${height}" rx="3" fill="${states[colour].ink}" fill-opacity="0.75"/>`
      + text(box.x + box.w, top + height / 2 + 5, words, { size: 13, ink: states[colour].ink, anchor: 'end', weight: 600 });
  }).join('');
}

// Legend entries as lines of the room; what does not fit into three lines is counted.
function legend(entries, box) {
  const rows = [[]];
  let at = 0;
  let left = entries.length;
  for (const entry of entries) {
    const wide = 22 + long(entry.words, 10);
    if (at + wide > box.w && at > 0) {
      if (rows.length === 3) break;
      rows.push([]);
      at = 0;
    }
    rows.at(-1).push({ ...entry, x: at });
    at += wide + 8;
    left -= 1;
  }
  const height = rows.length * 15 + (left > 0 ? 15 : 0);
  const top = box.y + box.h - height + 11;
  const drawn = rows.flatMap((row, index) => row.map(({ x, words, colour, dashed }) => {
    const y = top + index * 15;
    return `<line x1="${box.x + x}" x2="${box.x + x + 14}" y1="${y - 4}" y2="${y - 4}" stroke="${colour}" stroke-width="2.5"${dashed ? ' stroke-dasharray="4 3"' : ''}/>`
      + text(box.x + x + 18, y, cut(words, box.w - x - 18, 10), { size: 10, ink: calm.soft });
  }));
  if (left > 0) drawn.push(text(box.x, top + rows.length * 15, `and ${left} more`, { size: 10, ink: calm.soft }));
  return { drawn: drawn.join(''), height };
}

// Each unbroken stretch of a series, by the step at which it was asked.
function stretches(values, step) {
  const found = [];
  let last = -Infinity;
  for (const [at, value] of values) {
    if (Number.isFinite(value)) {
      if (at - last > step * 1500) found.push([]);
      found.at(-1).push([at, value]);
      last = at;
    } else last = -Infinity;
  }
  return found;
}

function timeSeries(panel, answers, box, view) {
  const { unit, custom, decimals } = panel.fieldConfig.defaults;
  const targets = new Set(panel.fieldConfig.overrides.map(({ matcher }) => matcher.options));
  const stacked = custom.stacking.mode === 'normal';
  const floor = new Map(); // of a stack, by instant
  const series = seriesOf(panel, answers).filter(({ values }) => values.some(([, value]) => Number.isFinite(value))).map((one) => {
    const target = targets.has(one.refId);
    if (!stacked || target) return { ...one, target, base: null };
    const base = one.values.map(([at]) => [at, floor.get(at) ?? 0]);
    const values = one.values.map(([at, value]) => [at, (floor.get(at) ?? 0) + (Number.isFinite(value) ? value : 0)]);
    for (const [at, value] of values) floor.set(at, value);
    return { ...one, own: one.values, values, target, base };
  });
  if (series.length === 0) return nothing(panel, box);
  let next = 0;
  for (const one of series) one.colour = one.target ? states.red.ink : lines[next++ % lines.length];

  // What never was more than 0 stands last in the legend, where the room may end.
  const moved = ({ values, own }) => (own ?? values).some(([, value]) => value > 0);
  const { drawn: keys, height } = legend([...series.filter(moved), ...series.filter((one) => !moved(one))].map(({ name, values, own, colour, target }) => (
    { words: `${name} · ${shown((own ?? values).at(-1)[1], unit, decimals)}`, colour, dashed: target })), box);
  const drawnSteps = custom.thresholdsStyle.mode === 'off' ? [] : stepsOf(panel).filter((step) => step.value !== null);
  const most = Math.max(...series.flatMap(({ values }) => values.map(([, value]) => value).filter(Number.isFinite)), ...drawnSteps.map((step) => step.value));
  const { ticks, top } = axis(most, unit);
  const left = Math.max(...ticks.map((tick) => long(tick.words, 10))) + 8;
  const plot = { x: box.x + left, y: box.y + 6, w: box.w - left - 6, h: box.h - height - 34 };
  const X = (at) => plot.x + (plot.w * (at - view.from)) / (view.to - view.from);
  const Y = (value) => plot.y + plot.h * (1 - value / top);
  const point = ([at, value]) => `${X(at).toFixed(1)},${Y(value).toFixed(1)}`;
  const parts = ticks.map(({ value, words }) => `<line x1="${plot.x}" x2="${plot.x + plot.w}" y1="${Y(value)}" y2="${Y(value)}" stroke="${calm.rule}"/>`
    + text(plot.x - 6, Y(value) + 3.5, words, { size: 10, ink: calm.soft, anchor: 'end' }));
  const every = Math.ceil((view.ticks.length * 48) / plot.w);
  for (const { at, words } of view.ticks.filter((_, index) => index % every === 0)) {
    parts.push(`<line x1="${X(at)}" x2="${X(at)}" y1="${plot.y}" y2="${plot.y + plot.h}" stroke="${calm.rule}"/>`
      + text(X(at), plot.y + plot.h + 14, words, { size: 10, ink: calm.soft, anchor: 'middle' }));
  }
  for (const { values, base, colour, target } of series) {
    if (base) parts.push(`<polygon points="${values.map(point).join(' ')} ${base.map(point).reverse().join(' ')}" fill="${colour}" fill-opacity="0.35"/>`);
    for (const stretch of stretches(values, view.step)) {
      parts.push(stretch.length === 1 ? `<circle cx="${X(stretch[0][0])}" cy="${Y(stretch[0][1])}" r="2" fill="${colour}"/>`
        : `<polyline points="${stretch.map(point).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"${target ? ' stroke-dasharray="7 5"' : ''}/>`);
    }
  }
  for (const { value, color } of drawnSteps) {
    parts.push(`<line x1="${plot.x}" x2="${plot.x + plot.w}" y1="${Y(value)}" y2="${Y(value)}" stroke="${states[color].ink}" stroke-dasharray="3 4"/>`
      + text(plot.x + plot.w - 4, Y(value) - 4, shown(value, unit), { size: 10, ink: states[color].ink, anchor: 'end' }));
  }
  return parts.join('') + keys;
}

const kinds = { stat, bargauge: bars, timeseries: timeSeries };

// `answers` is {panel id: {refId: series as query_range gives them}}. `view`: `from` and `to` (ms), `step` (s) of the queries,
// `ticks` [{at, words}] of the time axis, `note`: what the reader has to know. Gives the SVG and how many panels were drawn.
export function plot(dashboard, answers, view) {
  const cell = (width - 2 * margin + gap) / 24;
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const height = headHeight + bottom * rowUnit + margin;
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}">`,
    `<rect width="${width}" height="${height}" fill="${calm.page}"/>`,
    text(margin, 30, dashboard.title, { size: 19, weight: 600 }), text(margin, 51, view.note, { size: 12, ink: calm.soft })];
  let panels = 0;
  for (const panel of dashboard.panels) {
    const { x, y, w, h } = panel.gridPos;
    const card = { x: margin + x * cell, y: headHeight + y * rowUnit, w: w * cell - gap, h: h * rowUnit - gap };
    if (panel.type === 'row') {
      parts.push(text(card.x + 2, card.y + 21, panel.title, { size: 14, weight: 600 }));
      continue;
    }
    if (!(panel.type in kinds)) throw new Error(`plot: "${panel.title}" is a ${panel.type}, which is not drawn yet`);
    const title = wrapped(panel.title, card.w - 20, 12);
    const hint = panel.type === 'timeseries' ? '' : thresholdsLine(panel, card.x + 10, card.y + card.h - 9, card.w - 20);
    const top = 14 + title.length * 15;
    const inner = { x: card.x + 10, y: card.y + top, w: card.w - 20, h: card.h - top - (hint ? 24 : 10) };
    parts.push(`<rect x="${card.x}" y="${card.y}" width="${card.w}" height="${card.h}" rx="5" fill="${calm.card}" stroke="${calm.edge}"/>`,
      ...title.map((line, row) => text(card.x + 10, card.y + 19 + row * 15, line, { size: 12, weight: 600 })),
      kinds[panel.type](panel, answers[panel.id] ?? {}, inner, view), hint);
    panels += 1;
  }
  return { svg: `${parts.join('\n')}\n</svg>\n`, panels, width, height };
}
