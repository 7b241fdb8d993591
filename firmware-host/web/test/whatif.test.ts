import assert from "node:assert/strict";
import { test } from "node:test";
import type { Estimate } from "../src/api.ts";
import type { Detection } from "../src/picture.ts";
import { beside, read_sets, type Course } from "../src/replay/other.ts";
import { decades } from "../src/views/whatif.ts";

test("settings are read by line or semicolon; what is none is named", () => {
  assert.deepEqual(read_sets("analytics.trigger_db = 9;\n beacon.0.frequency_hz=1e6 ; "), ["analytics.trigger_db=9", "beacon.0.frequency_hz=1e6"]);
  assert.throws(() => read_sets("analytics.trigger_db=9; louder"), /louder is no setting/);
  assert.throws(() => read_sets("analytics.trigger_db="), /no setting/);
  assert.throws(() => read_sets(" \n"), /at least one/);
});

test("two flights stand on one axis, each beacon by its name, and a time of one is no hole of the other", () => {
  const course = (name: string, beacons: string[], more: Partial<Course>): Course => ({ name, beacons, snr: [], estimates: [], detections: [], region_times_us: [], ...more });
  const flown = course("a", ["owl", "fox"], {
    snr: [{ at_us: 11e6, channel: 1, snr_db: 4 }, { at_us: 11e6, channel: 0, snr_db: 30 }, { at_us: 13e6, channel: 1, snr_db: null }],
    estimates: [{ at_us: 12e6, beacon: "fox", radius_95_m: 80 } as Estimate, { at_us: 12e6, beacon: "owl", radius_95_m: 1 } as Estimate],
    detections: [{ channel: 1, began_us: 12e6, ended_us: null } as Detection, { channel: 0, began_us: 11e6, ended_us: 12e6 } as Detection],
  });
  const other = course("b", ["fox"], { snr: [{ at_us: 11e6, channel: 0, snr_db: 5 }], estimates: [{ at_us: 13e6, beacon: "fox", radius_95_m: NaN } as Estimate] });
  const lines = beside([flown, other], "fox", 10e6, 20e6);
  assert.deepEqual(lines.at_s, [1, 2, 3]);
  assert.deepEqual(lines.snr_db, [[4, undefined, null], [5, undefined, undefined]]);
  assert.deepEqual(lines.radius_95_m, [[undefined, 80, undefined], [undefined, undefined, null]]);
  assert.deepEqual(lines.heard_s, [[[2, 10]], []]);
});

test("the steps of a logarithmic axis lie within its ends", () => {
  assert.deepEqual(decades(10, 1000, [1]), [10, 100, 1000]);
  assert.deepEqual(decades(10, 200, [1, 2, 5]), [10, 20, 50, 100, 200]);
});
