// The schemas and fixtures of the protocol, as the C++ tests read them too.
import Ajv2020 from "ajv/dist/2020.js";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

// Tests run from web/.
export const protocolFolder = join(process.cwd(), "..", "protocol");
const folder = join(protocolFolder, "schemas");

const ajv = new Ajv2020({ strict: false, allErrors: true });
for (const name of readdirSync(folder)) ajv.addSchema(JSON.parse(readFileSync(join(folder, name), "utf8")) as object, name);

// Answers with what is wrong, or null.
export function fault(schema: string, value: unknown): string | null {
  const check = ajv.getSchema(`${schema}.json`);
  if (!check) throw new Error(`no schema ${schema}`);
  return check(value) ? null : ajv.errorsText(check.errors);
}

export function checkClientFrame(frame: unknown): void {
  const wrong = fault("client_frame", frame);
  if (wrong) throw new Error(`the client sent ${JSON.stringify(frame)}: ${wrong}`);
}

export function checkServerFrame(frame: unknown): void {
  const wrong = fault("server_frame", frame);
  if (wrong) throw new Error(`the fake server sent ${JSON.stringify(frame)}: ${wrong}`);
}

export interface Fixture {
  name: string;
  direction?: "client" | "server";
  role?: "visitor" | "agent";
  schema?: string;
  frame?: unknown;
  body?: unknown;
  raw?: string;
  seen_by_schema?: boolean;
}

export function fixtures(kind: "valid" | "invalid" | "http"): Fixture[] {
  const place = join(protocolFolder, "fixtures", kind);
  return readdirSync(place).filter((name) => name.endsWith(".json")).sort().map((name) => {
    const fixture = JSON.parse(readFileSync(join(place, name), "utf8")) as Fixture;
    return { ...fixture, name: basename(name, ".json") };
  });
}
