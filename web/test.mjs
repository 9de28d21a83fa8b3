// Bundles each test file and runs them all with node's own test runner. Bundles, because TypeScript is not what Node 18
// reads; packages stay outside.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "node_modules", ".cache", "heti-tests");
rmSync(out, { recursive: true, force: true });

const wanted = process.argv.slice(2);
const names = readdirSync(join(here, "tests"))
  .filter((name) => name.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((word) => name.includes(word))));
await build({
  entryPoints: names.map((name) => join(here, "tests", name)),
  outdir: out, outExtension: { ".js": ".mjs" },
  bundle: true, format: "esm", platform: "node", target: "node18", packages: "external", sourcemap: "inline", logLevel: "warning",
});

const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit", cwd: here });
process.exit(run.status ?? 1);
