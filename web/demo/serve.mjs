// A stranger's website with the widget in it, on an origin of its own, as in real life. No dependencies.
//   node web/demo/serve.mjs --port 8081 --heti http://localhost:8080 --queue support [--bind 127.0.0.1]
// Its Content-Security-Policy is strict on purpose: what it allows for Heti is all that a site has to allow.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const known = { "--port": "8081", "--heti": "http://localhost:8080", "--queue": "support", "--bind": "127.0.0.1" };
for (let i = 2; i < process.argv.length; i += 2) {
  const [name, value] = process.argv.slice(i, i + 2);
  if (!(name in known) || value === undefined) fail(`unknown or incomplete option ${name}; the options are ${Object.keys(known).join(", ")}`);
  known[name] = value;
}
const port = Number(known["--port"]);
if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`--port ${known["--port"]} is no port`);
let heti;
try {
  heti = new URL(known["--heti"]);
} catch {
  fail(`--heti ${known["--heti"]} is no address; expected for instance http://localhost:8080`);
}
const queue = known["--queue"];
if (!/^[\w.-]{1,64}$/.test(queue)) fail(`--queue ${queue} is no name of a queue`);

const socket = `${heti.protocol === "https:" ? "wss:" : "ws:"}//${heti.host}`;
const policy = [
  "default-src 'none'", "style-src 'self'", "img-src 'self' data:", `script-src ${heti.origin}`, `connect-src ${heti.origin} ${socket}`,
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
].join("; ");

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, "index.html"), "utf8").replaceAll("{{HETI}}", heti.origin).replaceAll("{{QUEUE}}", queue);
const files = {
  "/": ["text/html; charset=utf-8", page],
  "/shop.css": ["text/css; charset=utf-8", readFileSync(join(here, "shop.css"), "utf8")],
};

const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://demo").pathname;
  const found = files[path === "/index.html" ? "/" : path];
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cache-Control", "no-cache");
  if (!found || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(found ? 405 : 404, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(found ? "Only GET is answered here.\n" : "There is no such page.\n");
    return;
  }
  response.setHeader("Content-Security-Policy", policy);
  response.writeHead(200, { "Content-Type": found[0] });
  response.end(request.method === "HEAD" ? undefined : found[1]);
});
server.on("error", (error) => fail(`cannot listen on ${known["--bind"]}:${port}: ${error.message}`));
server.listen(port, known["--bind"], () => {
  console.log(`demo site on http://localhost:${server.address().port}/ with Heti from ${heti.origin}, queue ${queue}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections?.();
  });
}

function fail(message) {
  console.error(`demo: ${message}`);
  process.exit(1);
}
