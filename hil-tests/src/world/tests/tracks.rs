//! Residuals of simulated tracks against those of real ones, along the same paths.
//!
//! A track's residuals are what is left of its powers (dB) after the best a − 10·n·log10(d): their standard deviation, and the
//! distance at which their autocorrelation falls under 1/e. Needs the recordings of `SKYHOUND_DATA` (default `../shared/data` beside the workspace).

use super::*;
use std::path::Path;

/// A row of a track about its transmitter.
#[derive(Copy, Clone, Debug)]
struct Row {
    north_m: f64,
    east_m: f64,
    up_m: f64,
    power_db: f64,
}

fn columns(line: &str) -> Vec<f64> {
    line.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
}

/// Nearer over the ground than this, at 40 m of height, two upright dipoles look at each other's ends: a null of some 35 dB that
/// is the antennas' and not the ground's.
const OVERHEAD_M: f64 = 20.0;

/// The track `name` but for what lies straight overhead; altitudes above sea become heights over the lowest.
fn track(folder: &Path, name: &str) -> Vec<Row> {
    let read = |file: String| std::fs::read_to_string(folder.join(file)).unwrap();
    let truths = read("truth.csv".into());
    let truth = columns(truths.lines().find(|line| line.starts_with(&format!("{name},"))).unwrap());
    let rows: Vec<Vec<f64>> = read(format!("{name}.csv")).lines().skip(1).map(columns).collect();
    let (is_rover, is_above_sea) = (name.starts_with("afar"), name.starts_with("ucsd2014"));
    let lowest_m = if is_above_sea { rows.iter().map(|r| r[3]).fold(f64::INFINITY, f64::min) } else { 0.0 };
    rows.iter()
        .map(|row| Row {
            north_m: (row[1] - truth[1]) * 111_132.0,
            east_m: (row[2] - truth[2]) * 111_320.0 * truth[1].to_radians().cos(),
            up_m: row[3] - lowest_m,
            power_db: row[4],
        })
        .filter(|row| !is_rover || row.north_m.hypot(row.east_m) >= OVERHEAD_M)
        .collect()
}

/// Residuals and the fitted exponent.
fn residuals(rows: &[Row]) -> (Vec<f64>, f64) {
    let decades = |r: &Row| (r.north_m.powi(2) + r.east_m.powi(2) + r.up_m.powi(2)).sqrt().max(1.0).log10();
    let count = rows.len() as f64;
    let mean_x = rows.iter().map(decades).sum::<f64>() / count;
    let mean_y = rows.iter().map(|r| r.power_db).sum::<f64>() / count;
    let (mut xx, mut xy) = (0.0, 0.0);
    for row in rows {
        xx += (decades(row) - mean_x).powi(2);
        xy += (decades(row) - mean_x) * (row.power_db - mean_y);
    }
    let slope = xy / xx;
    let left: Vec<f64> = rows.iter().map(|r| r.power_db - mean_y - slope * (decades(r) - mean_x)).collect();
    (left, -slope / 10.0)
}

/// Edges of the classes of distance in which the autocorrelation is taken, m.
const CLASSES_M: [f64; 9] = [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0];

/// A class with fewer pairs of rows than this says nothing.
const PAIRS_MIN: f64 = 10.0;

/// Sums of products of residuals and their counts, per class.
type Products = [[f64; 2]; CLASSES_M.len() - 1];

fn add_products(sums: &mut Products, rows: &[Row], left: &[f64]) {
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate().skip(i + 1) {
            let apart_m = (a.north_m - b.north_m).hypot(a.east_m - b.east_m);
            let class = CLASSES_M.windows(2).position(|edge| (edge[0]..edge[1]).contains(&apart_m));
            if let Some(class) = class {
                sums[class][0] += left[i] * left[j];
                sums[class][1] += 1.0;
            }
        }
    }
}

/// Where the autocorrelation falls under 1/e, straight between the classes' middles.
fn length_m(sums: &Products, variance: f64, tracks: f64) -> f64 {
    let (mut before_m, mut before) = (0.0, 1.0);
    for (edge, [sum, count]) in CLASSES_M.windows(2).zip(sums) {
        if *count < PAIRS_MIN * tracks {
            continue;
        }
        let (at_m, now) = (edge[0].midpoint(edge[1]), sum / count / variance);
        let limit = (-1.0_f64).exp();
        if now < limit {
            return before_m + (at_m - before_m) * (before - limit) / (before - now);
        }
        (before_m, before) = (at_m, now);
    }
    before_m
}

/// A propagation about an upright beacon. Loud, on a converter without limit: the noise of real tracks is not known, so none is added.
fn upright(propagation: &str) -> String {
    format!(
        "beacon = [{{ north_m = 0, east_m = 0, frequency_hz = 433.96e6, power_dbm = 0 }}]\n\
         receiver = {{ adc_bits = 16, gain_db = 0, full_scale_dbm = 0 }}\npropagation = {{ {propagation} }}"
    )
}

/// The same about a beacon that fell anyhow, under a whip on an airframe.
fn fallen(propagation: &str) -> String {
    let fell =
        upright(propagation).replace("power_dbm = 0 ", "power_dbm = 0, draw = { orientation = 'random' } ");
    fell.replace("gain_db = 0,", "gain_db = 0, antenna = 'whip',")
}

/// The same path through a simulated world: one row for each, each the mean (dB) of `hops` hops on the way to the next.
fn flown(rows: &[Row], world: &str, seed: u64, hops: u32) -> Vec<Row> {
    let mut world = World::new(&scenario(world).drawn(seed), &config(&[(433.96e6, 4e3)]), seed);
    let mut heard = Heard::default();
    let mut hop = 0;
    rows.iter()
        .zip(rows.iter().skip(1).chain(rows.last()))
        .map(|(row, next)| {
            heard.readings.clear();
            for n in 0..hops {
                let share = (f64::from(n) + 0.5) / f64::from(hops);
                let between = |a: f64, b: f64| a + (b - a) * share * f64::from(u8::from(hops > 1));
                let pose = TruePose {
                    at_us: hop * 10_000 + 5_000,
                    north_m: between(row.north_m, next.north_m),
                    east_m: between(row.east_m, next.east_m),
                    up_m: between(row.up_m, next.up_m),
                    pitch_rad: -0.1,
                    yaw_rad: (next.east_m - row.east_m).atan2(next.north_m - row.north_m),
                    ..TruePose::default()
                };
                world.hop(&pose, hop * 10_000, &mut heard);
                hop += 1;
            }
            let sum: f64 = heard.readings.iter().map(|r| r.mean.db()).sum();
            Row { power_db: sum / f64::from(hops), ..*row }
        })
        .collect()
}

/// Of tracks along one path: spread (root of the mean variance of the residuals), autocorrelation length, mean exponent.
fn roughness(tracks: &[Vec<Row>]) -> (f64, f64, f64) {
    let count = tracks.len() as f64;
    let (mut variance, mut exponents, mut sums) = (0.0, 0.0, Products::default());
    for rows in tracks {
        let (left, exponent) = residuals(rows);
        variance += mean_and_deviation(&left).1.powi(2) / count;
        exponents += exponent / count;
        add_products(&mut sums, rows, &left);
    }
    (variance.sqrt(), length_m(&sums, variance, count), exponents)
}

fn simulated(rows: &[Row], world: &str, hops: u32) -> (f64, f64, f64) {
    roughness(&(0..60).map(|seed| flown(rows, world, seed, hops)).collect::<Vec<_>>())
}

/// The roughness of a real track, told with that of simulated ones.
fn compared(folder: &Path, name: &str, world: &str, hops: u32) -> [(f64, f64, f64); 2] {
    let rows = track(folder, name);
    let ours = simulated(&rows, world, hops);
    let real = roughness(&[rows]);
    println!(
        "{name}: spread {:.1} dB real, {:.1} simulated; length {:.0} m, {:.0}; exponent {:.2}, {:.2}",
        real.0, ours.0, real.1, ours.1, real.2, ours.2
    );
    [real, ours]
}

#[test]
fn by_default_tracks_are_as_rough_as_the_real_search_of_the_rover() {
    let Some(folder) = crate::needs::recorded("rssi_gps") else { return };
    // Its forty rows are averaged points: each is the mean of hops spread over the way to the next.
    let [real, ours] = compared(&folder, "afar_1428", &upright(""), 20);
    assert!((0.7..1.3).contains(&(ours.0 / real.0)), "spread: {ours:?} for {real:?}");
    assert!((0.5..2.0).contains(&(ours.1 / real.1)), "length: {ours:?} for {real:?}");
    let smoother = upright("shadow_sigma_db = 4, shadow_decorrelation_m = 20");
    let old = simulated(&track(&folder, "afar_1428"), &smoother, 20);
    assert!(old.0 / real.0 < 0.7, "the test can tell a smoother world: {old:?}");
}

#[test]
fn open_country_is_as_smooth_as_the_real_searches_of_collars() {
    let Some(folder) = crate::needs::recorded("rssi_gps") else { return };
    let names =
        ["ucsd2014_000419_collar1", "ucsd2014_000419_collar2", "ucsd2014_000419_collar3", "ucsd2019_481"];
    let mut sums = [0.0; 2];
    for name in names {
        let [real, ours] = compared(&folder, name, &upright("class = 'open'"), 1);
        assert!((0.6..1.6).contains(&(ours.0 / real.0)), "{name}: {ours:?} for {real:?}");
        sums[0] += real.0;
        sums[1] += ours.0;
    }
    assert!((0.7..1.3).contains(&(sums[1] / sums[0])), "{sums:?}");
}

#[test]
fn rolling_country_is_correlated_as_the_search_of_the_rover_and_lies_between_open_and_rough() {
    let Some(folder) = crate::needs::recorded("rssi_gps") else { return };
    let class = |name: &str| fallen(&format!("class = '{name}'"));
    let [real, rolling] = compared(&folder, "afar_1428", &class("rolling"), 20);
    let of = |name: &str| simulated(&track(&folder, "afar_1428"), &class(name), 20);
    let (open, rough) = (of("open"), of("rough_country"));
    // The rover was behind woods at the horizon: the real fall with distance is steeper than any class's, and rolling's is nearest.
    assert!(real.2 > rolling.2 && rolling.2 > rough.2 + 0.5, "{real:?} {rolling:?} {rough:?}");
    assert!((0.5..2.0).contains(&(rolling.1 / real.1)), "length: {rolling:?} for {real:?}");
    assert!(open.0 < 0.75 * rolling.0 && rolling.0 < 0.9 * rough.0, "{open:?} {rolling:?} {rough:?}");
}
