// Known points: UTM by PROJ (pyproj), MGRS by NGA's GEOTRANS (PyPI mgrs), geodesics by GeographicLib (pyproj.Geod).
import assert from "node:assert/strict";
import { test } from "node:test";
import { compass_point, ellipse, mgrs_text, moved, offset_m, place_of_mgrs, place_of_utm, utm_text, way } from "../src/geo.ts";
import { read_place } from "../src/place.ts";

const KNOWN: [number, number, number, boolean, number, number, string][] = [
  [33.3, 44.4, 38, true, 444140.545, 3684706.356, "38SMB4414084706"],
  [47.3769, 8.5417, 32, true, 465403.284, 5247150.839, "32TMT6540347150"],
  [60.3913, 5.3221, 32, true, 297353.933, 6700648.345, "32VKN9735300648"],
  [78.2232, 15.6267, 33, true, 514278.715, 8683355.469, "33XWG1427883355"],
  [-33.8568, 151.2153, 56, false, 334900.57, 6252288.753, "56HLH3490052288"],
  [0.0001, -78.4678, 17, true, 781862.852, 11.064, "17NQA8186200011"],
  [-0.0001, 30.0, 36, false, 166021.443, 9999988.932, "36MSE6602199988"],
  [40.689247, -74.044502, 18, true, 580735.645, 4504700.381, "18TWL8073504700"],
  [37.7749, -122.4194, 10, true, 551130.768, 4180998.881, "10SEG5113080998"],
  [51.477928, -0.001545, 30, true, 708210.243, 5707238.645, "30UYC0821007238"],
];

test("places become the UTM and MGRS that others give, and come back", () => {
  for (const [lat_deg, lon_deg, zone, is_north, easting_m, northing_m, mgrs] of KNOWN) {
    assert.equal(mgrs_text({ lat_deg, lon_deg })?.replaceAll(" ", ""), mgrs);
    const [, east, north] = utm_text({ lat_deg, lon_deg })!.split(" ").map(Number);
    assert.ok(Math.abs(east! - easting_m) <= 0.5 && Math.abs(north! - northing_m) <= 0.5, utm_text({ lat_deg, lon_deg })!);
    const back = place_of_utm(zone, is_north ? "N" : "S", easting_m, northing_m);
    assert.ok(way({ lat_deg, lon_deg }, back).distance_m < 0.01);
    const square = place_of_mgrs(mgrs);
    assert.equal(square.size_m, 1);
    assert.ok(way({ lat_deg, lon_deg }, square.place).distance_m < 0.8);
  }
});

test("ways are GeographicLib's", () => {
  const known: [[number, number], [number, number], number, number][] = [
    [[47.3769, 8.5417], [47.3811, 8.5302], 298.27056, 986.0166],
    [[0, 179.9], [0.1, -179.9], 63.588508, 24858.5472],
    [[-33.8568, 151.2153], [-33.86, 151.3], 92.616476, 7845.9838],
  ];
  for (const [a, b, bearing_deg, distance_m] of known) {
    const found = way({ lat_deg: a[0], lon_deg: a[1] }, { lat_deg: b[0], lon_deg: b[1] });
    assert.ok(Math.abs(found.distance_m - distance_m) < 0.002, `${found.distance_m}`);
    assert.ok(Math.abs(found.bearing_deg - bearing_deg) < 1e-4, `${found.bearing_deg}`);
  }
  assert.deepEqual(way({ lat_deg: 1, lon_deg: 2 }, { lat_deg: 1, lon_deg: 2 }), { distance_m: 0, bearing_deg: 0 });
});

test("a place is read as people write it", () => {
  const near = (text: string, lat: number, lon: number, as: string) => {
    const read = read_place(text);
    assert.equal(read.as, as, text);
    assert.ok(Math.abs(read.place.lat_deg - lat) < 1e-5 && Math.abs(read.place.lon_deg - lon) < 1e-5, `${text}: ${JSON.stringify(read)}`);
  };
  for (const text of ["47.3769, 8.5417", "47.3769 8.5417", "47.3769;8.5417", "N47.3769 E8.5417", "47.3769N 8.5417E",
    "47°22'36.84\"N 8°32'30.12\"E", "N 47° 22.614' E 8° 32.502'"]) near(text, 47.3769, 8.5417, "degrees");
  near("-33.8568, 151.2153", -33.8568, 151.2153, "degrees");
  near("33.8568S 151.2153E", -33.8568, 151.2153, "degrees");
  near("40.689247N, 74.044502W", 40.689247, -74.044502, "degrees");
  near("32T 465403.284 5247150.839", 47.3769, 8.5417, "UTM");
  near("32 N 465403.284 5247150.839", 47.3769, 8.5417, "UTM");
  near("32T 465403.284E 5247150.839N", 47.3769, 8.5417, "UTM");
  near("56H 334900.57 6252288.753", -33.8568, 151.2153, "UTM");
  near("56 south 334900.57 6252288.753", -33.8568, 151.2153, "UTM");
  near("32TMT6540347150", 47.37690, 8.54170, "MGRS");
  near("32t mt 65403 47150", 47.37690, 8.54170, "MGRS");
  assert.equal(read_place("32T MT 654 471").size_m, 100);
});

test("what is no place is refused with what would do", () => {
  for (const [text, why] of [
    ["", /write 47/], ["over there", /write 47/], ["91 8", /latitude/], ["47 181", /longitude/], ["47°61'N 8°E", /below 60/],
    ["61T 465403 5247151", /zone 61/], ["32I 465403 5247151", /band I/], ["32P 465403 5247151", /band P/],
    ["38S 444140 3684706", /38 north or 38 south/], ["32TMT654034715", /2, 4, 6, 8 or 10 digits/], ["32TZZ6540347150", /no MGRS/],
  ] as const) assert.throws(() => read_place(text), why, text);
});

test("metres about an origin, ellipses and compass points", () => {
  const origin = { lat_deg: 47.3769, lon_deg: 8.5417 };
  const there = moved(origin, 300, -400);
  assert.ok(Math.abs(way(origin, there).distance_m - 500) < 0.05);
  const back = offset_m(origin, there);
  assert.ok(Math.abs(back.north_m - 300) < 1e-6 && Math.abs(back.east_m + 400) < 1e-6);
  const line = ellipse(origin, 100, 0, 400, 0.95).map((place) => offset_m(origin, place));
  assert.ok(Math.abs(Math.max(...line.map((p) => p.east_m)) - 20 * Math.sqrt(5.991)) < 0.05);
  assert.ok(Math.abs(Math.max(...line.map((p) => p.north_m)) - 10 * Math.sqrt(5.991)) < 0.05);
  const tilted = ellipse(origin, 100, 90, 100, 0.5).map((place) => offset_m(origin, place));
  const far = tilted.reduce((a, b) => (Math.hypot(a.north_m, a.east_m) > Math.hypot(b.north_m, b.east_m) ? a : b));
  assert.ok(far.north_m * far.east_m > 0, "a positive covariance lies north-east");
  assert.equal(compass_point(359), "N");
  assert.equal(compass_point(292), "WNW");
});
