// Values in the units of the dashboards, as words, and the ticks of an axis.

// From which value on a unit is written how: [from, factor, suffix].
const scales = {
  none: [[0, 1, ''], [10_000, 1000, ' k']],
  percentunit: [[0, 0.01, ' %']],
  s: [[0, 1e-6, ' µs'], [1e-3, 1e-3, ' ms'], [1, 1, ' s'], [180, 60, ' min'], [7200, 3600, ' h']],
  m: [[0, 1, ' min']],
  h: [[0, 1, ' h']],
  bytes: [[0, 1, ' B'], [1024, 1024, ' KiB'], [1024 ** 2, 1024 ** 2, ' MiB'], [1024 ** 3, 1024 ** 3, ' GiB']],
  Bps: [[0, 1, ' B/s'], [1000, 1000, ' kB/s'], [1e6, 1e6, ' MB/s']],
  cps: [[0, 1, ' /s']],
  eps: [[0, 1, ' /s']],
};

function scaleOf(value, unit) {
  if (!(unit in scales)) throw new Error(`plot: the unit "${unit}" is not known here; add it to grafana/plot_units.mjs`);
  const size = Math.abs(value);
  if (size === 0 && unit === 's') return [0, 1, ' s'];
  return scales[unit].filter(([from]) => size >= from).at(-1);
}

// A value in at most three digits of worth, or with so many decimals.
export function shown(value, unit, decimals) {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const [, factor, suffix] = scaleOf(value, unit);
  const scaled = value / factor;
  const digits = decimals ?? (Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2);
  return `${Number(scaled.toFixed(digits))}${suffix}`;
}

// From 0 to a little more than `most`, in steps that people count in.
export function axis(most, unit) {
  const up = most > 0 ? most : 1;
  const [, factor, suffix] = scaleOf(up, unit);
  const rough = up / factor / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const whole = unit === 'percentunit' && most <= 1 && most > 0.75; // nobody reads 125 % of a share
  const count = whole ? Math.ceil(100 / step) : Math.ceil((up / factor / step) * 1.0001);
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({
    value: index * step * factor, words: `${Number((index * step).toPrecision(6))}${suffix}`,
  }));
  return { ticks, top: count * step * factor };
}
