//! The search on trains that are there, on what only looks like one, and its chance against Poisson pulses.

use super::*;
use crate::analytics::random::Random;
use proptest::prelude::*;

const FRAME_US: f64 = 1_000.0;
const WIDTH_US: u32 = 20_000;

fn sought(period_min_us: u32, period_max_us: u32, pulses_min: u8) -> TrainSearch {
    let train = PulseTrain {
        period_min_us,
        period_max_us,
        jitter_ratio_max: 0.05,
        pulses_min,
        pattern: Default::default(),
    };
    TrainSearch::new(train, WIDTH_US, 12.0, 0.05)
}

fn log_of(starts_us: impl IntoIterator<Item = f64>, snr_db: f64) -> PulseLog {
    let mut log = PulseLog::default();
    for start_us in starts_us {
        let start_us = TimeUs(start_us as u64);
        let heard = Heard { start_us, width_us: WIDTH_US, snr_db, power_dbfs: -60.0, ..Heard::default() };
        assert!(log.push(heard));
    }
    log
}

fn find(search: &TrainSearch, log: &PulseLog) -> Option<Train> {
    search.search(log, 0, TimeUs(0), FRAME_US)
}

#[test]
fn eight_pulses_every_42_ms_are_a_train_of_42_ms() {
    let search = sought(20_000, 2_000_000, 5);
    let log = log_of((0..8).map(|i| 60e3 + f64::from(i) * 42e3), 30.0);
    let train = find(&search, &log).unwrap();
    assert_eq!(train.member_count, 8);
    assert!((train.period_us - 42e3).abs() < 1.0 && train.began_us == TimeUs(60_000), "{train:?}");
    assert!(train.false_alarm_probability < 0.05);
}

#[test]
fn holes_and_strangers_within_the_documented_share_do_no_harm() {
    let search = sought(500_000, 2_000_000, 5);
    let missing = [0, 1, 3, 4, 6, 7, 9, 10, 12, 13].map(|i| 50e6 + f64::from(i) * 1.1e6);
    assert!((find(&search, &log_of(missing, 20.0)).unwrap().period_us - 1.1e6).abs() < 1.0);
    let mut mixed: Vec<f64> = missing.into_iter().chain([51.4e6, 55.0e6, 59.6e6]).collect();
    mixed.sort_by(f64::total_cmp);
    assert_eq!(find(&search, &log_of(mixed, 20.0)).unwrap().member_count, 10);
    let sparse = [0, 2, 4, 7, 9, 12].map(|i| 1e6 + f64::from(i) * 1.1e6);
    let too_sparse = find(&sought(1_000_000, 1_200_000, 5), &log_of(sparse, 20.0));
    assert!(too_sparse.is_none(), "{too_sparse:?}");
}

#[test]
fn neither_half_nor_twice_the_period_is_a_train() {
    let starts: Vec<f64> = (0..20).map(|i| 1e6 + f64::from(i) * 1e6).collect();
    assert!(find(&sought(400_000, 600_000, 4), &log_of(starts.clone(), 20.0)).is_none());
    assert!(find(&sought(1_900_000, 2_100_000, 4), &log_of(starts.clone(), 20.0)).is_none());
    assert!(find(&sought(900_000, 1_100_000, 4), &log_of(starts, 20.0)).is_some());
}

#[test]
fn tags_of_one_channel_are_told_apart_by_periods_that_are_narrowly_sought() {
    let of = |from_us: f64, period_us: f64| (0..40).map(move |i| from_us + f64::from(i) * period_us);
    let mixed = |others: &[f64]| {
        let all = of(1e6, 1e6).chain(others.iter().flat_map(|period_us| of(1.17e6, *period_us)));
        let mut all: Vec<f64> = all.filter(|start_us| *start_us < 30.5e6).collect();
        all.sort_by(f64::total_cmp);
        log_of(all, 20.0)
    };
    let narrow = |from_us, to_us| {
        let train = PulseTrain {
            period_min_us: from_us,
            period_max_us: to_us,
            jitter_ratio_max: 0.005,
            pulses_min: 4,
            pattern: Default::default(),
        };
        TrainSearch::new(train, WIDTH_US, 12.0, 0.05)
    };
    // Of the newest pulses one or the other ends each train.
    let found = |search: &TrainSearch, log: &PulseLog| {
        (0..4)
            .find_map(|ago| search.search(log, ago, TimeUs(0), FRAME_US))
            .map(|train| train.period_us.round())
    };
    for others in [&[1.3e6][..], &[1.5e6], &[1.3e6, 1.47e6]] {
        let log = mixed(others);
        assert_eq!(found(&narrow(950_000, 1_050_000), &log), Some(1e6), "{others:?}");
        assert_eq!(
            found(&narrow(1_250_000, 1_350_000), &log).is_some(),
            others.contains(&1.3e6),
            "{others:?}"
        );
    }
    // A train of a half or a third of the period is none of it.
    for parts in [2.0, 3.0] {
        let log = log_of(of(1e6, 1e6 / parts), 20.0);
        assert_eq!(found(&narrow(950_000, 1_050_000), &log), None, "{parts}");
    }
}

#[test]
fn every_second_pulse_is_no_train_even_on_a_quiet_channel() {
    let train = |period_us: u32| PulseTrain {
        period_min_us: period_us - 50_000,
        period_max_us: period_us + 50_000,
        jitter_ratio_max: 0.005,
        pulses_min: 4,
        pattern: Default::default(),
    };
    let search = |period_us| TrainSearch::new(train(period_us), WIDTH_US, 12.0, 1.0);
    let log = log_of((0..7).map(|i| 60e6 + f64::from(i) * 1e6), 20.0);
    assert!(find(&search(2_000_000), &log).is_none() && find(&search(1_000_000), &log).is_some());
    // The same pulses without those between.
    assert!(find(&search(2_000_000), &log_of((0..4).map(|i| 60e6 + f64::from(i) * 2e6), 20.0)).is_some());
}

#[test]
fn a_sparse_past_does_not_spoil_a_dense_present() {
    let past = [50, 53, 56, 59].into_iter();
    let log = log_of(past.chain(61..68).map(|second| f64::from(second) * 1e6), 20.0);
    let train = find(&sought(900_000, 1_100_000, 5), &log).unwrap();
    assert!(train.member_count >= 7 && train.began_us >= TimeUs(56_000_000), "{train:?}");
}

#[test]
fn a_known_period_is_met_within_the_jitter() {
    let search = sought(1_000_000, 1_000_000, 3);
    assert!(find(&search, &log_of([61e6, 62.02e6, 63.01e6], 20.0)).is_some());
    assert!(find(&search, &log_of([61e6, 62.2e6, 63.4e6], 20.0)).is_none());
}

#[test]
fn folded_snr_must_reach_the_trigger() {
    let search = sought(500_000, 2_000_000, 5);
    assert!(find(&search, &log_of((0..8).map(|i| f64::from(i) * 1e6), 11.9)).is_none());
    assert!(find(&search, &log_of((0..8).map(|i| f64::from(i) * 1e6), 12.1)).is_some());
}

#[test]
fn a_busy_channel_asks_for_more_pulses() {
    let search = sought(500_000, 2_000_000, 4);
    let needed = |background_hz: f64| {
        let mut random = Random::seeded(21);
        let mut starts = Vec::new();
        let mut at = 0.0;
        while at < 60e6 && background_hz > 0.0 {
            at += random.exponential() * 1e6 / background_hz;
            starts.push(at);
        }
        starts.retain(|start| *start < 60e6);
        (4..32).find(|count| {
            let train = (0..*count).map(|i| 61e6 + f64::from(i) * 1e6);
            find(&search, &log_of(starts.iter().copied().chain(train), 20.0)).is_some()
        })
    };
    let (quiet, busy) = (needed(0.0).unwrap(), needed(0.3).unwrap());
    assert!(quiet <= 5 && busy > quiet && busy < 20, "{quiet} {busy}");
}

proptest! {
    #[test]
    fn any_train_of_the_allowed_kind_is_found(
        period_us in 30_000.0..1_900_000.0f64, phase_us in 0.0..5e6f64, jitter in 0.0..0.03f64, seed: u64,
    ) {
        let mut random = Random::seeded(seed);
        let starts: Vec<f64> = (0..10)
            .map(|i| phase_us + period_us * (1.0 + f64::from(i) + jitter * random.between(-1.0, 1.0))).collect();
        let train = find(&sought(20_000, 2_000_000, 5), &log_of(starts, 20.0)).unwrap();
        prop_assert!((train.period_us / period_us - 1.0).abs() < 0.02, "{train:?}");
        prop_assert!(train.member_count >= 8);
    }
}
