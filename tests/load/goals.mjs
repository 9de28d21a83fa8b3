// What the figures must be, as ratios or sums within one round: the median of the rounds counts.
const microseconds = (value) => `${value.toFixed(0)} µs`;
const times = (value) => `${value.toFixed(2)} ×`;

// Each: which runs of a round it needs, as case/peer, and what it makes of their figures.
const goals = [
  { what: 'CPU a message one at a time, to raw', needs: ['closed/heti', 'closed/raw'], most: 2.0, shown: times,
    of: (heti, raw) => heti.cpu_us_per_message / raw.cpu_us_per_message },
  { what: 'the same to Node ws', needs: ['closed/heti', 'closed/node'], most: 0.85, shown: times,
    of: (heti, node) => heti.cpu_us_per_message / node.cpu_us_per_message },
  { what: 'the same to mosquitto QoS 1', needs: ['closed/heti', 'closed/mosquitto'], most: 0.7, shown: times,
    of: (heti, mosquitto) => heti.cpu_us_per_message / mosquitto.cpu_us_per_message },
  { what: 'CPU a message pipelined, to raw', needs: ['pipelined/heti', 'pipelined/raw'], most: 1.5, shown: times,
    of: (heti, raw) => heti.cpu_us_per_message / raw.cpu_us_per_message },
  { what: '5,000/s: p50 of delivery beyond raw, in p50 of a sync', needs: ['open5k/heti', 'open5k/raw', 'disk/disk'], most: 1.5, shown: times,
    of: (heti, raw, disk) => (heti.delivery_p50_us - raw.delivery_p50_us) / disk.sync_p50_us },
  { what: '5,000/s: p50 of ack beyond raw, in p50 of a sync', needs: ['open5k/heti', 'open5k/raw', 'disk/disk'], most: 1.5, shown: times,
    of: (heti, raw, disk) => (heti.ack_p50_us - raw.delivery_p50_us) / disk.sync_p50_us },
  { what: '5,000/s: p99 of delivery beyond raw', needs: ['open5k/heti', 'open5k/raw'], most: 1000, shown: microseconds,
    of: (heti, raw) => heti.delivery_p99_us - raw.delivery_p99_us },
  { what: '20,000/s: p50 of delivery', needs: ['open20k/heti'], most: 1000, shown: microseconds, of: (heti) => heti.delivery_p50_us },
  { what: '20,000/s: p99 of delivery', needs: ['open20k/heti'], most: 3000, shown: microseconds, of: (heti) => heti.delivery_p99_us },
  { what: 'memory of an idle visitor', needs: ['idle/heti'], most: 4500, shown: (value) => `${value.toFixed(0)} B`,
    of: (heti) => heti.bytes_per_connection },
  { what: 'memory after a mass disconnect, to the start', needs: ['idle/heti'], most: 1.2, shown: times, of: (heti) => heti.rss_after_to_start },
  { what: 'CPU of a handshake beyond twice raw', needs: ['handshakes/heti', 'handshakes/raw'], most: 30, shown: microseconds,
    of: (heti, raw) => heti.cpu_us_per_handshake - 2 * raw.cpu_us_per_handshake },
  { what: 'storm: all have their state', needs: ['storm/heti'], most: 1.2, shown: (value) => `${value.toFixed(2)} s`, of: (heti) => heti.all_back_s },
];

export function judge(runs, median) {
  const rounds = [...new Set(runs.map((run) => run.round))];
  return goals.flatMap((goal) => {
    const values = rounds.map((round) => {
      const figures = goal.needs.map((need) => runs.find((run) => run.round === round && `${run.case}/${run.peer}` === need && run.code === 0)?.figures);
      return figures.every(Boolean) ? goal.of(...figures) : NaN;
    });
    const value = median(values);
    if (value === undefined) return [];
    return [{ what: goal.what, value: goal.shown(value), bound: `at most ${goal.shown(goal.most)}`, met: value <= goal.most }];
  });
}
