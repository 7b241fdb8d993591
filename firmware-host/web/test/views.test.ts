import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flight } from "../src/api.ts";
import { age, bytes, clock, count, frequency, metres, microseconds, number, percent } from "../src/format.ts";
import { offset_text, spacing_m } from "../src/map/grid.ts";
import { levels_e1, PALETTE } from "../src/palette.ts";
import { median } from "../src/views/detections.ts";
import { read_tags } from "../src/views/about.ts";
import { fits } from "../src/views/flights.ts";
import { throttled } from "../src/views/health.ts";
import { message_text } from "../src/views/where.ts";
import { parted } from "../src/views/locks.ts";

test("numbers are written as people read them, unknown is no zero", () => {
  assert.deepEqual([number(null, 1, "dB"), number(-3.25, 1, "dB"), number(NaN, 0), number(-0.3, 0)], ["–", "−3.3 dB", "–", "0"]);
  assert.deepEqual([clock(7), clock(754.9), clock(3723), clock(59.96, 1), clock(-5)], ["0:07", "12:34", "1:02:03", "0:59.9", "−0:05"]);
  assert.deepEqual([metres(8.74), metres(312.4), metres(12_340), metres(null)], ["8.7 m", "312 m", "12.3 km", "–"]);
  assert.deepEqual([bytes(0), bytes(3_616_768), bytes(999_600)], ["0 B", "3.6 MB", "1.0 MB"]);
  assert.deepEqual([frequency(433_960_000), frequency(150_123_400), frequency(0)], ["433.960 MHz", "150.1234 MHz", "–"]);
  assert.deepEqual([count(1234567), percent(0.973), percent(null)], ["1\u202f234\u202f567", "97 %", "–"]);
  assert.deepEqual([age(3.14), age(75), age(7300)], ["3.1 s", "1 min 15 s", "2.0 h"]);
  assert.deepEqual([microseconds(20_000), microseconds(2300), microseconds(1_200_000), microseconds(null)], ["20 ms", "2.30 ms", "1.200 s", "–"]);
});

test("the grid's spacing is 1, 2 or 5 of a power of ten", () => {
  assert.deepEqual([0.7, 1, 3, 12, 51, 199, 2100].map(spacing_m), [1, 1, 5, 20, 100, 200, 5000]);
  assert.deepEqual([offset_text(0), offset_text(-300), offset_text(2500)], ["0 m", "−300 m", "+2.5 km"]);
});

test("levels leave the noise dark, and spread over 20 dB at least", () => {
  const quiet = Array.from({ length: 256 }, (_, bin) => -900 + (bin % 5));
  assert.deepEqual(levels_e1([quiet, quiet]), { low: -919, high: -719 });
  assert.equal(levels_e1([[...quiet, -300]]).high, -300);
  assert.ok(levels_e1([]).low < levels_e1([]).high);
  assert.equal(PALETTE.length, 256);
  assert.equal(PALETTE[0], 0xff4c2000);
});

test("flights are found by each word in name, date, tags, note or what was heard, and by what the server finds", () => {
  const flight: Flight = { name: "20261130T201049Z-b59f546b", file_bytes: 1, started_utc: "2026-11-30T20:10:49", duration_s: 1, state: "closed", is_live: false, tags: ["training"], note: "Fox by the lake", heard: ["plb"] };
  for (const [text, state, tag, is] of [["", "", "", true], ["fox TRAINING", "", "", true], ["fox hill", "", "", false], ["2026-11-30", "closed", "training", true], ["plb", "", "", true],
    ["", "recovered", "", false], ["", "live", "", false], ["", "", "rescue", false]] as const) {
    assert.equal(fits(flight, { text, state, tag, found: null }), is, `${text}/${state}/${tag}`);
  }
  // what the server finds in its records counts too, but not against state and tag
  const found = new Set([flight.name]);
  assert.deepEqual([fits(flight, { text: "hill", state: "", tag: "", found }), fits(flight, { text: "hill", state: "", tag: "rescue", found })], [true, false]);
  assert.deepEqual(read_tags(" night, fox  hunt;night,, "), ["night", "fox hunt"]);
});

test("a reason is parted into what and mend", () => {
  assert.deepEqual(parted("battery low: 18 % left: land"), ["battery low", "18 % left: land"]);
  assert.deepEqual(parted("the flight is starting"), ["the flight is starting", ""]);
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
});

test("what a distress beacon says is told, a test as one", () => {
  const message = { until_us: 1, sought: "plb", id: "ADCC40A5F080D6D", test: false, country: "Norway", beacon: "PLB", identity: "serial 1", says_lat_deg: 47.3769, says_lon_deg: 8.5417, resolution_arcsec: 4 };
  assert.equal(message_text(message, null), "DISTRESS · PLB · ADCC40A5F080D6D · Norway · serial 1 · says it is at 47.376900, 8.541700 (32T MT 65403 47150, to 124 m)");
  assert.match(message_text(message, { lat_deg: 47.3769, lon_deg: 8.5317 }), /, 755 m to 090°\)$/);
  assert.equal(message_text({ ...message, test: true, says_lat_deg: null, country: null, identity: null }, null), "TEST, nobody is in distress · PLB · ADCC40A5F080D6D");
});

test("what holds a Pi back is told in words, of now before of earlier", () => {
  assert.deepEqual([throttled(null), throttled(0), throttled(0x5), throttled(0x50000)], ["–", "well", "under-voltage, throttled", "well now; earlier under-voltage, throttled"]);
});
