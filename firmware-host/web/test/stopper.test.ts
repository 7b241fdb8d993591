import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../src/api.ts";
import { STOP_FOR_MS, Stopper } from "../src/stopper.ts";

function stopper(answers: (() => Promise<Answer>)[]) {
  let now_ms = 0;
  let sent = 0;
  const seen: string[] = [];
  const made: Stopper = new Stopper(async () => {
    const answer = answers[Math.min(sent, answers.length - 1)]!;
    sent += 1;
    now_ms += 20;
    return answer();
  }, () => seen.push(made.state.kind), () => now_ms, async (ms) => void (now_ms += ms));
  return { made, seen, sent: () => sent, now_ms: () => now_ms };
}
const yes = async (): Promise<Answer> => ({ ok: true });
const no = async (): Promise<Answer> => ({ ok: false, said: "busy" });
const lost = async (): Promise<Answer> => {
  throw new Error("no link");
};

test("a Stop that arrives is told with its time", async () => {
  const { made, sent } = stopper([yes]);
  await made.stop();
  assert.deepEqual(made.state, { kind: "stopped", took_ms: 20 });
  assert.equal(sent(), 1);
});

test("a Stop that does not arrive is tried again until it does", async () => {
  const { made, seen, sent } = stopper([lost, no, lost, yes]);
  await made.stop();
  assert.equal(made.state.kind, "stopped");
  assert.equal(sent(), 4);
  assert.ok(seen.every((kind) => kind === "sending" || kind === "stopped"));
});

test("after a minute in vain it says so, with the reason", async () => {
  const { made, now_ms, sent } = stopper([lost]);
  await made.stop();
  assert.deepEqual(made.state, { kind: "failed", why: "no link" });
  assert.ok(now_ms() >= STOP_FOR_MS && sent() > 100);
});

test("a second press sends at once and takes over from the first", async () => {
  let free = (_: Answer): void => {};
  let sent = 0;
  const made: Stopper = new Stopper(() => (sent++ === 0 ? new Promise((resolve) => (free = resolve)) : yes()), () => {}, () => 0, async () => {});
  const first = made.stop();
  await made.stop();
  assert.equal(sent, 2);
  assert.equal(made.state.kind, "stopped");
  free({ ok: false, said: "late" });
  await first;
  assert.equal(made.state.kind, "stopped");
});

test("that it was taken stands until homing is enabled anew, an older state does not clear it", async () => {
  const { made } = stopper([yes]);
  await made.stop();
  made.sees(true);
  assert.equal(made.state.kind, "stopped");
  made.sees(false);
  assert.equal(made.state.kind, "stopped");
  made.sees(true);
  assert.equal(made.state.kind, "idle");
});
