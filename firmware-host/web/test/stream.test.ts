import assert from "node:assert/strict";
import { test } from "node:test";
import { read_rows, Refusal } from "../src/door.ts";
import { backoff_ms, StreamParser } from "../src/stream.ts";

test("events come whole, however the stream is cut", () => {
  const text = ": \n\nevent: state\ndata: {\"a\":1}\n\nevent: log\r\ndata: one\r\ndata: two\r\n\r\n: alive\n\ndata: bare\n\n";
  const wanted = [{ name: "state", text: '{"a":1}' }, { name: "log", text: "one\ntwo" }, { name: "message", text: "bare" }];
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new StreamParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
    assert.deepEqual(found, wanted, `in pieces of ${size}`);
  }
});

test("waits longer after each failure, and never longer than 5 s", () => {
  const waits = [0, 1, 2, 3, 4, 5, 50].map(backoff_ms);
  assert.equal(waits[0], 400);
  assert.deepEqual([...waits].sort((a, b) => a - b), waits);
  assert.equal(waits.at(-1), 5000);
});

test("rows are read, and what is no number is unknown", () => {
  assert.deepEqual(read_rows(""), []);
  assert.deepEqual(read_rows('[\n{"a":1,"b":"NaN","c":"-Infinity","d":"x"}\n]'), [{ a: 1, b: null, c: null, d: "x" }]);
});

test("who is told to try again is told that it is busy", () => {
  assert.ok(new Refusal("2 questions are being answered already; try again", 409).is_busy);
  assert.ok(new Refusal("slower", 429).is_busy);
  assert.ok(!new Refusal("nothing flies here", 409).is_busy);
  assert.ok(!new Refusal("no column x", 400).is_busy);
});
