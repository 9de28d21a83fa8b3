import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const folders = ["client", "common", "widget", "console", "wall"];
const sources = folders.flatMap((folder) => readdirSync(folder).filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name)));
const read = (file: string) => readFileSync(file, "utf8");

// A stranger's text reaches the screen as text nodes only, and no page has to weaken its policy for us.
const forbidden: [RegExp, string][] = [
  [/\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|DOMParser|createContextualFragment)\b/, "text nodes and elements"],
  [/\bdocument\.write|\beval\(|new Function\(/, "nothing that runs text"],
  [/\bstyle=["'{]|setAttribute\(["']style/, "a class, or element.style"],
  [/postMessage|window\.on\w+ ?=/, "addEventListener, and no messages to the page"],
  [/https?:\/\/(?!HETI|localhost)[\w.-]+\//, "nothing is fetched from elsewhere"],
];

for (const file of sources) {
  test(`${file} builds the screen from text nodes and asks for no exception from a policy`, () => {
    for (const [pattern, instead] of forbidden) {
      assert.ok(!pattern.test(read(file)), `${file} has ${String(pattern.exec(read(file))?.[0])}; use ${instead}`);
    }
  });
}

test("the SDK knows no framework, no face and no page", () => {
  for (const file of sources.filter((name) => name.startsWith("client"))) {
    const imports = [...read(file).matchAll(/from "([^"]+)"/g)].map((match) => match[1]!);
    for (const one of imports) assert.match(one, /^\.\/[\w.]+\.js$/, `${file} imports ${one}`);
    if (!file.endsWith("browser.ts")) assert.doesNotMatch(read(file), /\b(window|document|localStorage|navigator|WebSocket)\.|new WebSocket/, file);
    if (!file.endsWith("browser.ts")) assert.doesNotMatch(read(file), /\bDate\.now\(|Math\.random\(|\bsetTimeout\(/, `${file}: time and dice come in`);
  }
});

for (const page of ["console/index.html", "wall/index.html"]) {
  test(`${page} has no script, style or handler of its own`, () => {
    assert.doesNotMatch(read(page), /<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/i);
  });
}

test("close codes are numbers in one file only", () => {
  for (const file of sources.filter((name) => !name.endsWith("codes.ts") && !name.endsWith(".gen.ts"))) {
    const numbers = [...read(file).replace(/\/\/.*$/gm, "").matchAll(/\b(4[05]\d\d)\b/g)].map((match) => match[1]);
    assert.deepEqual(numbers, [], file);
  }
});
