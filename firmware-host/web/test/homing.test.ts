import assert from "node:assert/strict";
import { test } from "node:test";
import type { State, Status } from "../src/api.ts";
import { slide_state } from "../src/homing.ts";

const state = (more: Partial<State>, status: Partial<Status> = {}): State => ({
  live: true, you_control: true, controlled_by: "Anna", ...more, status: { homing_enabled: false, missing: [], locked: null, ...status } as Status,
});

test("homing can be enabled only when nothing speaks against it", () => {
  assert.deepEqual(slide_state(state({}), false), { is_on: false, reasons: [] });
  assert.deepEqual(slide_state(state({}, { homing_enabled: true }), false), { is_on: true, reasons: [] });
});

test("each reason that it cannot is told, control first", () => {
  assert.match(slide_state(null, false).reasons[0]!, /no link/);
  assert.match(slide_state(state({}), true).reasons[0]!, /old/);
  assert.match(slide_state(state({ live: false }), false).reasons[0]!, /no flight/);
  assert.match(slide_state({ ...state({}), status: null }, false).reasons[0]!, /no flight/);
  assert.deepEqual(slide_state(state({ you_control: false }, { missing: ["a", "b"] }), false).reasons, ["Anna controls: take over first", "a", "b"]);
  assert.match(slide_state(state({ you_control: false, controlled_by: null }), false).reasons[0]!, /take control first/);
  assert.deepEqual(slide_state(state({}, { locked: "starting" }), false).reasons, ["starting"]);
});

test("an old picture never shows homing as something that may be enabled", () => {
  assert.equal(slide_state(state({}, { homing_enabled: true }), true).is_on, false);
  assert.equal(slide_state(state({}), true).reasons.length, 1);
});
