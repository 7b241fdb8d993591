//! The posterior against worlds of its own model: found where all is clear, and as sure as it should be where not.

use super::*;
use crate::facts::Run;
use crate::geo::NorthEast;
use crate::time::TimeUs;

/// Four legs of 160 m, 40 m apart, in steps of 10 m at 30 m of height.
fn survey() -> Vec<[f64; 2]> {
    let leg = |n: i32| {
        (0..17).map(move |k| {
            let along = f64::from(k) * 10.0 - 80.0;
            [f64::from(n) * 40.0 - 60.0, if n % 2 == 0 { along } else { -along }]
        })
    };
    (0..4).flat_map(leg).collect()
}

/// Powers along the survey from a beacon without pattern, with shadowing of this deviation (35 m, a nugget of a twentieth).
fn heard(beacon_m: [f64; 2], exponent: f64, sigma_db: f64, random: &mut Random) -> Vec<Observation> {
    let places = survey();
    let distance_m = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let mut factor: Vec<Vec<f64>> = Vec::new();
    let mut normals: Vec<f64> = Vec::new();
    let mut all = Vec::new();
    for (n, at_m) in places.iter().enumerate() {
        let mut row: Vec<f64> = Vec::new();
        for m in 0..=n {
            let nugget = if m == n { 0.05 } else { 0.0 };
            let known: f64 = (0..m).map(|q| row[q] * factor.get(m).map_or(row[q], |other| other[q])).sum();
            let left = (-distance_m(*at_m, places[m]) / 35.0).exp() + nugget - known;
            row.push(if m == n { left.sqrt() } else { left / factor[m][m] });
        }
        normals.push(f64::from(random.normal()));
        let shadowing: f64 = row.iter().zip(&normals).map(|(a, b)| a * b).sum();
        factor.push(row);
        let way_m = distance_m(*at_m, beacon_m).hypot(30.0);
        let power_db = -70.0 - 10.0 * exponent * way_m.log10() + sigma_db * shadowing;
        all.push(Observation {
            at_m: *at_m,
            up_m: 30.0,
            power_db,
            frame: Frame::default(),
            at_us: TimeUs(n as u64 * 1_000_000),
        });
    }
    all
}

fn bound(at: &Observation, power_db: f64, side: Side) -> Bound {
    Bound { at_m: at.at_m, up_m: at.up_m, frame: at.frame, power_db, side, at_us: at.at_us }
}

fn located(observations: &[Observation], budget: usize) -> Locate {
    let mut locate = Locate::new(LocateConfig::default());
    for observation in observations {
        locate.observe(*observation);
        for _ in 0..20 {
            locate.work(budget);
        }
    }
    while locate.work(100_000) {}
    locate
}

#[test]
fn a_beacon_in_the_clear_is_found_to_a_few_metres() {
    let heard = heard([23.0, -31.0], 2.2, 0.0, &mut Random(1));
    let locate = located(&heard, 500);
    let estimate = locate.estimate().unwrap();
    let error_m = estimate.mean.distance_m(NorthEast { north_m: 23.0, east_m: -31.0 });
    assert!(error_m < 10.0 && estimate.radius_95_m < 28.0, "{error_m} m: {estimate:?}");
    let whole: f64 = locate.places().map(|place| place.probability).sum();
    assert!((whole - 1.0).abs() < 1e-4, "{whole}");
    let density = locate.density_of(0.95);
    let within: f64 = locate.places().filter(|p| p.density_per_m2() >= density).map(|p| p.probability).sum();
    assert!((0.949..1.0).contains(&within), "{within}");
    let fit = estimate.fit;
    // The antenna's pattern is not known: it can stand for some of either.
    assert!((fit.exponent - 2.2).abs() < 0.4 && (fit.power_100_m_db + 114.0).abs() < 2.0, "{fit:?}");
    // The least that is tried.
    assert!(fit.spread_db < 0.8, "{fit:?}");
}

#[test]
fn more_than_is_kept_is_as_good_and_takes_no_more_room() {
    let mut random = Random(9);
    let long: Vec<Observation> = (0..7).flat_map(|_| heard([23.0, -31.0], 2.2, 1.0, &mut random)).collect();
    assert!(long.len() > memory::OBSERVATIONS_MAX);
    let locate = located(&long, 2_000);
    let estimate = locate.estimate().unwrap();
    let truth = NorthEast { north_m: 23.0, east_m: -31.0 };
    assert!(estimate.mean.distance_m(truth) < 10.0 && locate.credibility(truth) < 0.99, "{estimate:?}");
    assert_eq!(estimate.observation_count as usize, long.len());
    assert!(locate.memory.len() <= memory::OBSERVATIONS_MAX);
}

#[test]
fn a_region_in_runs_covers_the_region_however_few_they_may_be() {
    let locate = located(&heard([10.0, 55.0], 2.5, 4.0, &mut Random(5)), 5_000);
    let density = locate.density_of(0.95);
    let inside: Vec<Place> = locate.places().filter(|place| place.density_per_m2() >= density).collect();
    for runs_max in [usize::MAX, 24] {
        let mut runs = Vec::new();
        locate.region(0.95, runs_max, |run| runs.push(run));
        assert!(runs.len() <= runs_max);
        let area_m2: f64 = runs.iter().map(|run| run.size_m.powi(2) * f64::from(run.count)).sum();
        let least_m2: f64 = inside.iter().map(|place| place.size_m.powi(2)).sum();
        let is_whole = runs_max == usize::MAX;
        assert!(if is_whole { (area_m2 - least_m2).abs() < 1.0 } else { area_m2 >= least_m2 });
        let holds = |run: &Run, at: NorthEast| {
            let half_m = run.size_m / 2.0;
            let east_m = at.east_m - run.from.east_m + half_m;
            (at.north_m - run.from.north_m).abs() <= half_m
                && (0.0..=run.size_m * f64::from(run.count)).contains(&east_m)
        };
        assert!(inside.iter().all(|place| runs.iter().any(|run| holds(run, place.at))));
    }
}

#[test]
fn regions_hold_the_truth_as_often_as_they_say() {
    let mut random = Random(7);
    let (mut half, mut most) = (0, 0);
    for _ in 0..24 {
        let [north_m, east_m] = [0, 1].map(|_| f64::from(random.uniform()) * 160.0 - 80.0);
        let exponent = 2.4 + 0.3 * f64::from(random.normal());
        let heard = heard([north_m, east_m], exponent, 3.0, &mut random);
        let credibility = located(&heard, 1).credibility(NorthEast { north_m, east_m });
        half += u32::from(credibility <= 0.5);
        most += u32::from(credibility <= 0.95);
    }
    // Two and a half deviations of a binomial law.
    assert!((6..=19).contains(&half) && most >= 20, "{half} and {most} of 24");
}

#[test]
fn the_same_calls_give_the_same_estimate_and_nothing_gives_none() {
    let heard = heard([-60.0, 40.0], 2.0, 4.0, &mut Random(3));
    let one = located(&heard, 700);
    assert_eq!(one.estimate(), located(&heard, 700).estimate());
    let none = located(&heard[..OBSERVATIONS_MIN - 1], 700);
    assert_eq!((none.estimate(), none.places().count()), (None, 0));
    assert_eq!(none.credibility(NorthEast::default()), 1.0);
}

#[test]
fn silence_tells_where_the_beacon_is_not() {
    let all = heard([23.0, 60.0], 2.4, 3.0, &mut Random(11));
    // From the western third nothing was over what was heard at its eastern edge.
    let (silent, loud): (Vec<Observation>, Vec<Observation>) =
        all.into_iter().partition(|o| o.at_m[1] < -20.0);
    let loudest_db = silent.iter().map(|o| o.power_db).fold(f64::MIN, f64::max);
    // So few that it may be anywhere.
    let mut locate = located(&loud[..8], 5_000);
    let west = |locate: &Locate| {
        locate
            .places()
            .filter(|place| (-120.0..-60.0).contains(&place.at.east_m))
            .map(|place| place.probability)
            .sum::<f64>()
    };
    let (before, evidence) = (west(&locate), locate.log_evidence().unwrap());
    silent.iter().for_each(|o| locate.observe_bound(bound(o, loudest_db, Side::Under)));
    while locate.work(100_000) {}
    assert!(west(&locate) < 0.6 * before, "{before} {}", west(&locate));
    // What is certain costs nothing, and nothing is more than certain.
    let told = locate.log_evidence().unwrap() - evidence;
    assert!((-6.0..0.0).contains(&told), "{told}");
}

#[test]
fn one_spell_of_silence_never_says_for_certain_that_it_is_not_here() {
    let all = heard([23.0, -31.0], 2.2, 2.0, &mut Random(5));
    let mut locate = located(&all[..6], 5_000);
    let north = |locate: &Locate| {
        let places = locate.places().filter(|place| place.at.north_m > -30.0);
        places.map(|place| place.probability).sum::<f64>()
    };
    let before = north(&locate);
    // It would have to be 40 dB weaker than it was heard, all over the north.
    let under_db = all[..6].iter().map(|o| o.power_db).fold(f64::MAX, f64::min) - 40.0;
    all[34..].iter().for_each(|o| locate.observe_bound(bound(o, under_db, Side::Under)));
    while locate.work(100_000) {}
    let after = north(&locate);
    assert!(before > 0.3 && (0.2 * before..=before).contains(&after), "{before} {after}");
}

#[test]
fn where_the_receiver_clips_the_beacon_is_near() {
    let beacon = NorthEast { north_m: 23.0, east_m: -31.0 };
    let all = heard([beacon.north_m, beacon.east_m], 2.2, 2.0, &mut Random(8));
    let far = |o: &Observation| (o.at_m[0] - 23.0).hypot(o.at_m[1] + 31.0) > 55.0;
    let (outside, inside): (Vec<Observation>, Vec<Observation>) = all.into_iter().partition(far);
    let clip_db = inside.iter().map(|o| o.power_db).fold(f64::MAX, f64::min);
    let mut locate = located(&outside, 5_000);
    let before = locate.estimate().unwrap();
    inside.iter().for_each(|o| locate.observe_bound(bound(o, clip_db, Side::Over)));
    while locate.work(100_000) {}
    let after = locate.estimate().unwrap();
    assert!(after.radius_95_m < 0.9 * before.radius_95_m, "{before:?} {after:?}");
    assert!(after.mean.distance_m(beacon) < after.radius_95_m, "{after:?}");
    let clips_from_db = locate.belief().unwrap().clip_db;
    assert!((clips_from_db - (clip_db - locate.reference_db) as f32).abs() < 1e-3, "{clips_from_db}");
}

#[test]
fn a_beacon_that_moves_is_followed_and_what_was_heard_long_ago_is_forgotten() {
    let mut random = Random(12);
    // Half a metre a second to the east, for six minutes; the aircraft flies figures about it at 5 m/s.
    let beacon = |at_s: f64| NorthEast { north_m: 20.0, east_m: -60.0 + 0.5 * at_s };
    let mut heard = Vec::new();
    for n in 0..180 {
        let at_s = 2.0 * f64::from(n);
        let middle = beacon(at_s);
        let (sin, cos) = (at_s * 0.07).sin_cos();
        let at_m = [middle.north_m + 70.0 * cos, middle.east_m + 70.0 * sin * cos];
        let way_m = (at_m[0] - middle.north_m).hypot(at_m[1] - middle.east_m).hypot(30.0);
        let power_db = -30.0 - 22.0 * way_m.log10() + f64::from(random.normal());
        let at_us = TimeUs((at_s * 1e6) as u64);
        heard.push(Observation { at_m, up_m: 30.0, power_db, frame: Frame::default(), at_us });
    }
    let located = |beacon_speed_mps: f64| {
        let mut locate = Locate::new(LocateConfig { beacon_speed_mps, ..LocateConfig::default() });
        for observation in &heard {
            locate.observe(*observation);
            for _ in 0..40 {
                locate.work(1_800);
            }
        }
        while locate.work(100_000) {}
        (locate.estimate().unwrap().mean.distance_m(beacon(358.0)), locate.credibility(beacon(358.0)))
    };
    let ((follows_m, credibility), (stands_m, ..)) = (located(0.6), located(0.0));
    assert!(
        follows_m < 25.0 && credibility < 0.95 && stands_m > 50.0,
        "{follows_m} {credibility} {stands_m}"
    );
}
