// Takes what Alertmanager sends to its receivers and prints one line for each alert, so that somebody who tries Heti sees
// whom it would have told. No dependencies; a page, a chat room or a telephone stands here in real life.
//   node deploy/monitoring/sink.mjs --port 9094 [--bind 127.0.0.1]
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

// "ALERT page support ChatVisitorWaitingTooLong queue=support sla=first_response: A visitor of ... (docs/runbooks/RB-01.md)"
export function line(alert) {
  const { alertname, severity, audience, ...rest } = alert.labels;
  const word = alert.status === 'firing' ? 'ALERT' : 'ENDED';
  // The names that say where come first; job and workspace are the same for all in a small set-up, and stay last.
  const order = ['queue', 'sla', 'instance', 'invariant', 'job', 'workspace'];
  const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const labels = Object.keys(rest).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map((name) => `${name}=${rest[name]}`);
  const told = `${word} ${severity} ${audience} ${[alertname, ...labels].join(' ')}`;
  if (alert.status !== 'firing') return told;
  const { summary, action, runbook_url: runbook } = alert.annotations ?? {};
  return `${told}${summary ? `: ${summary}.` : ''}${action ? ` ${action}` : ''}${runbook ? ` (${runbook})` : ''}`;
}

// `take(receiver, alerts)` is called for each notification; the receiver is the last part of the path.
export function sink(take) {
  return createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      let alerts;
      try {
        ({ alerts } = JSON.parse(Buffer.concat(chunks).toString()));
        if (!Array.isArray(alerts)) throw new Error('no alerts');
      } catch {
        response.writeHead(400).end('expected a notification of Alertmanager\n');
        return;
      }
      take(request.url.split('/').at(-1), alerts);
      response.writeHead(200).end();
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { '--port': '9094', '--bind': '127.0.0.1' };
  for (let i = 2; i < process.argv.length; i += 2) {
    if (!(process.argv[i] in options) || process.argv[i + 1] === undefined) {
      console.error(`sink: unknown or incomplete option ${process.argv[i]}; the options are ${Object.keys(options).join(' ')}`);
      process.exit(2);
    }
    options[process.argv[i]] = process.argv[i + 1];
  }
  let alive = false;
  const server = sink((receiver, alerts) => {
    // The dead man's switch comes each minute; once is enough to know that the way is open.
    if (receiver === 'deadman') {
      if (!alive) console.log('The dead man\'s switch arrives: Prometheus and Alertmanager are alive.');
      alive = true;
      return;
    }
    for (const alert of alerts) console.log(line(alert));
  });
  server.on('error', (error) => {
    console.error(`sink: cannot listen on ${options['--bind']}:${options['--port']}: ${error.message}`);
    process.exit(1);
  });
  server.listen(Number(options['--port']), options['--bind']);
}
