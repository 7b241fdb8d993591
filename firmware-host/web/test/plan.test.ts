import assert from "node:assert/strict";
import { test } from "node:test";
import { degrees_text, moved } from "../src/geo.ts";
import { asked_of, chance, field_of, NEW_DRAFT, read_corners, with_corner, type Draft } from "../src/plan.ts";

const HOME = { lat_deg: 47.397742, lon_deg: 8.545594 };
const SQUARE = [[0, 0], [0, 100], [100, 100], [100, 0]].map(([north, east]) => degrees_text(moved(HOME, north!, east!))).join("\n");
const draft = (more: Partial<Draft>): Draft => ({ ...NEW_DRAFT, corners: SQUARE, ...more });

test("what is drawn is asked as it was typed, and what was left out is left to the program", () => {
  const { asked } = asked_of(draft({ heading_deg: "45", power_dbm: "−40,5" }));
  assert.deepEqual([asked?.polygon?.length, asked?.pattern, asked?.spacing_m, asked?.power_dbm, asked?.height_m, asked?.speed_mps, asked?.heading_deg], [4, "ps", 60, -40.5, null, null, 45]);
  const disc = asked_of(draft({ shape: "disc", centre: "32T MT 65403 47150", radius_m: "250" })).asked!;
  assert.deepEqual([disc.polygon, disc.radius_m, disc.centre?.map((deg) => deg.toFixed(3))], [undefined, 250, ["47.377", "8.542"]]);
});

test("what is wrong is told at its field, and nothing is asked", () => {
  const wrong = (more: Partial<Draft>) => {
    const { asked, troubles } = asked_of(draft(more));
    assert.equal(asked, null);
    return Object.fromEntries(troubles);
  };
  assert.deepEqual(wrong({ speed_mps: "40", height_m: "high" }), { speed_mps: "from 0.1 to 20 m/s", height_m: "from 1 to 1000 m" });
  assert.deepEqual(wrong({ spacing_m: "" }), { spacing_m: "write it, or the beacon's power" });
  assert.equal(asked_of(draft({ spacing_m: "", pattern: "vs" })).troubles.size, 0);
  assert.match(wrong({ corners: `${SQUARE}\nnowhere` })["corners"]!, /^line 5: NOWHERE is no place/);
  assert.match(wrong({ corners: SQUARE.split("\n").slice(0, 2).join("\n") })["all"]!, /^1 more corner and/);
  assert.equal(wrong({ shape: "disc", centre: "", radius_m: "" })["radius_m"], "write how far around");
  // a radius out of bounds is nothing to a polygon
  assert.equal(asked_of(draft({ radius_m: "0" })).troubles.size, 0);
});

test("a corner is moved, added and taken out, and the others stay as they were typed", () => {
  const lines = "32T MT 65403 47150\n\n47.1, 8.5";
  const place = { lat_deg: 47.2, lon_deg: 8.6 };
  assert.equal(with_corner(lines, 1, place), "32T MT 65403 47150\n47.200000, 8.600000");
  assert.equal(with_corner(lines, Infinity, place), "32T MT 65403 47150\n47.1, 8.5\n47.200000, 8.600000");
  assert.equal(with_corner("", Infinity, place), "47.200000, 8.600000");
  assert.equal(with_corner(lines, 0, null), "47.1, 8.5");
  assert.equal(read_corners(lines).places.length, 2);
});

test("a refusal stands at the field that it names first", () => {
  for (const [said, field] of [
    ["skyhound: --spacing: write it, or --power-dbm for that at which the beacon is heard between two tracks", "spacing_m"], ["its edges 1 and 3 cross: draw it without crossings", "area"],
    ["radius_m: from 1 to 20000 m", "area"], ["speed_mps: at most 20", "speed_mps"], ["the server cannot be reached", "all"],
  ] as const) assert.equal(field_of(said), field, said);
});

test("no probability is rounded up to certainty", () => {
  assert.deepEqual([0, 0.5, 0.984, 0.9861, 0.9989, 0.99951, 1, null].map((ratio) => chance(ratio)), ["0 %", "50 %", "98 %", "98.6 %", "99.9 %", "> 99.9 %", "> 99.9 %", "–"]);
});
