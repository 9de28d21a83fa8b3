// protocol.gen.ts from ../protocol/schemas/all.json. A test runs generate() and compares, so the two cannot drift apart.
import { compileFromFile } from "json-schema-to-typescript";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const schemas = join(here, "..", "protocol", "schemas");
export const target = join(here, "client", "protocol.gen.ts");

export async function generate() {
  return compileFromFile(join(schemas, "all.json"), {
    cwd: schemas,
    additionalProperties: false,
    bannerComment: "// Made by `npm run types` from protocol/schemas/all.json. Do not edit: change the schemas.",
    style: { printWidth: 120 },
    strictIndexSignatures: true,
    unreachableDefinitions: false,
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = await generate();
  const same = readFileSync(target, { encoding: "utf8", flag: "a+" }) === text;
  if (!same) writeFileSync(target, text);
  console.log(same ? "protocol.gen.ts is up to date" : "protocol.gen.ts written");
}
