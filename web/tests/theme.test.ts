import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync("common/tokens.css", "utf8");
const blocks = css.split("@media (prefers-color-scheme: dark)");

function colours(block: string): Record<string, string> {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

// What is written on what.
const pairs: [string, string][] = [
  ["text", "ground"], ["text", "ground-2"], ["text", "ground-3"], ["text-2", "ground"], ["text-2", "ground-2"], ["text-2", "ground-3"],
  ["on-accent", "accent"], ["on-accent", "accent-strong"], ["on-accent-soft", "accent-soft"], ["accent", "ground"], ["accent", "ground-3"],
  ["good", "ground"], ["warn", "ground"], ["warn", "ground-2"], ["warn", "warn-soft"], ["bad", "ground"], ["bad", "ground-2"], ["bad", "bad-soft"],
  ["text", "bad-soft"], ["ground", "bad"], ["bad", "accent-soft"],
];

for (const [name, block] of [["light", blocks[0]!], ["dark", blocks[1]!]] as const) {
  test(`${name}: every text on its ground has a contrast of at least 4.5`, () => {
    const colour = colours(block);
    for (const [text, ground] of pairs) {
      const ratio = contrast(colour[text]!, colour[ground]!);
      assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  });
}

test("black on white is 21, so the sum is right", () => assert.equal(Math.round(contrast("#000000", "#ffffff")), 21));
