import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, cut, links, tooLong, visible } from "../client/text.js";

const hrefs = (text: string) => links(text).flatMap((piece) => (piece.href ? [piece.href] : []));

test("http and https become links, nothing else does", () => {
  assert.deepEqual(hrefs("see https://shop.example/a?b=1#c and http://old.example"), ["https://shop.example/a?b=1#c", "http://old.example/"]);
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "//a.example", "www.a.example", "vbscript:x",
    "java\nscript:alert(1)", "file:///etc/passwd", "mailto:a@b.example", "xhttps://a.example", "https://", "http://:80"]) {
    assert.deepEqual(hrefs(text), [], text);
  }
});

test("the text of all pieces together is the text", () => {
  for (const text of ["", "plain", "a https://x.example, b", "https://x.example", "(https://x.example/(a))", "x https://y.example z https://z.example!"]) {
    assert.equal(links(text).map((piece) => piece.text).join(""), text);
  }
});

test("the full stop and the bracket of the sentence stay outside", () => {
  assert.deepEqual(hrefs("Look at https://x.example/a."), ["https://x.example/a"]);
  assert.deepEqual(hrefs("(see https://x.example/a)"), ["https://x.example/a"]);
  assert.deepEqual(hrefs("https://x.example/a_(b)"), ["https://x.example/a_(b)"]);
});

test("markup is text", () => {
  const text = '<img src=x onerror=alert(1)> https://x.example/"><script>';
  assert.equal(links(text).map((piece) => piece.text).join(""), text);
  assert.deepEqual(hrefs(text), ["https://x.example/"]);
});

test("an address that carries a name before the host is no link", () => {
  assert.deepEqual(hrefs("https://bank.example@evil.example/login"), []);
});

test("controls of writing direction are shown, in links too", () => {
  assert.equal(visible("abc\u202Ecba"), "abc\u27E8RLO\u27E9cba");
  const pieces = links("https://x.example/\u202Egpj.exe");
  assert.deepEqual(pieces[0], { text: "https://x.example/", href: "https://x.example/" });
  assert.ok(pieces.every((piece) => !piece.text.includes("\u202E")));
});

test("a very long text is cut into links in no time", () => {
  const begun = Date.now();
  links("https://".repeat(2_000));
  links(`https://x.example/${"(".repeat(15_000)}`);
  links(`https://x.example/${")".repeat(15_000)}`);
  assert.ok(Date.now() - begun < 1_000, `${Date.now() - begun} ms`);
});

test("a limit counts bytes for the text and code points for the rest", () => {
  assert.equal(tooLong("a".repeat(16_000)), false);
  assert.equal(tooLong("a".repeat(16_001)), true);
  assert.equal(tooLong("€".repeat(5_334)), true);
  assert.equal(cut("🙂🙂🙂", 2), "🙂🙂");
});

test("clean() keeps line breaks inside, drops blank ends, NUL and broken characters", () => {
  assert.equal(clean("  a\n\nb \0 "), "a\n\nb");
  assert.equal(clean("🙂\ud83d"), "🙂\ufffd");
});
