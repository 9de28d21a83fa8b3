// Bundles the sources, because TypeScript is not what Node 18 reads, and runs them.
//   node run.mjs build    writes dashboards/ and provisioning/
//   node run.mjs check    fails when those differ from what the sources give, or break a rule of src/check.ts
//   node run.mjs test     the tests; a name after it picks files
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [mode, ...words] = process.argv.slice(2);
if (mode !== "build" && mode !== "check" && mode !== "test") {
  console.error("usage: node run.mjs build|check|test [name]");
  process.exit(2);
}
const out = join(here, "node_modules", ".cache", `heti-grafana-${mode}`);
rmSync(out, { recursive: true, force: true });

const names = mode !== "test" ? ["src/main.ts"] : readdirSync(join(here, "tests"))
  .filter((name) => name.endsWith(".test.ts") && (words.length === 0 || words.some((word) => name.includes(word))))
  .map((name) => `tests/${name}`);
await build({
  absWorkingDir: here, entryPoints: names, outdir: out, entryNames: "[name]", outExtension: { ".js": ".mjs" },
  bundle: true, format: "esm", platform: "node", target: "node18", packages: "external", sourcemap: "inline", logLevel: "warning",
});
const files = names.map((name) => join(out, name.replace(/^.*\//, "").replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, mode === "test" ? ["--enable-source-maps", "--test", ...files] : ["--enable-source-maps", ...files, mode],
  { stdio: "inherit", cwd: here });
process.exit(run.status ?? 1);
