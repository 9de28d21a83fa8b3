// web/dist: widget.js, and console/ and console/wall/, each with its page, script and styles. Nothing is fetched; all of
// it is in node_modules.
//   node build.mjs           once
//   node build.mjs --dev     with source maps and readable names
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const dev = process.argv.includes("--dev");
// The whole widget, gzipped. A build over it fails: a page that merely carries the chat must not pay for it.
const widgetGzipMax = 25_000;

const common = {
  absWorkingDir: here, bundle: true, minify: !dev, sourcemap: dev ? "inline" : false, target: ["es2021", "safari15", "firefox100", "chrome100"],
  jsx: "automatic", jsxImportSource: "preact", charset: "utf8", legalComments: "none", logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

// The widget carries its styles as text, for a constructed style sheet.
const cssAsText = {
  name: "css-as-text",
  setup(plugin) {
    plugin.onLoad({ filter: /\.css$/ }, async (file) => {
      const sheet = await build({ ...common, entryPoints: [file.path], sourcemap: false, write: false, target: ["safari15", "chrome100", "firefox100"] });
      return { contents: sheet.outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "console"), { recursive: true });
await build({ ...common, entryPoints: ["widget/index.tsx"], outfile: join(dist, "widget.js"), format: "iife", plugins: [cssAsText] });
await build({ ...common, entryPoints: ["console/console.tsx", "console/console.css"], outdir: join(dist, "console"), format: "esm" });
copyFileSync(join(here, "console", "index.html"), join(dist, "console", "index.html"));
await build({ ...common, entryPoints: ["wall/wall.tsx", "wall/wall.css"], outdir: join(dist, "console", "wall"), format: "esm" });
copyFileSync(join(here, "wall", "index.html"), join(dist, "console", "wall", "index.html"));

const pages = ["console/index.html", "console/console.js", "console/console.css", "console/wall/index.html", "console/wall/wall.js", "console/wall/wall.css"];
for (const name of ["widget.js", ...pages]) {
  const file = join(dist, name);
  const gzip = gzipSync(readFileSync(file), { level: 9 }).length;
  console.log(`${name.padEnd(24)} ${String(statSync(file).size).padStart(7)} bytes ${String(gzip).padStart(6)} gzipped`);
  if (name === "widget.js" && !dev && gzip > widgetGzipMax) {
    console.error(`widget.js is over its budget of ${widgetGzipMax} bytes gzipped`);
    process.exitCode = 1;
  }
}
