//! Chains that are told, those that are none, and what they are told to be.

use super::*;

const CELLS: usize = 16;

fn search(bands: &[Intervals], pulses: usize, threshold: f64) -> ChainSearch {
    let lengths = Lengths { pulses: vec![pulses], thresholds: vec![vec![threshold]; bands.len()] };
    ChainSearch::new(CELLS, 1e3, bands, lengths, Group::default())
}

/// Trains told of frames that are 1 but for the cells that `at` lifts.
fn told(search: &mut ChainSearch, frames: u64, at: impl Fn(u64) -> Option<(usize, f32)>) -> Vec<Train> {
    (0..frames)
        .filter_map(|frame| {
            let mut cells = [1.0; CELLS];
            if let Some((cell, power)) = at(frame) {
                cells[cell] = power;
            }
            search.push(frame, &cells)
        })
        .collect()
}

#[test]
fn bands_cover_all_intervals() {
    let bands = Intervals::bands(100.0, 400.0, 1.2);
    assert_eq!((bands[0].from, bands.last().unwrap().to), (100, 400));
    assert!(bands.windows(2).all(|pair| pair[1].from <= pair[0].to + 1), "{bands:?}");
    assert_eq!(Intervals::bands(260.0, 262.0, 1.2), [Intervals { from: 260, to: 262 }]);
}

#[test]
fn a_train_is_told_with_each_pulse_from_the_kth_on() {
    let bands = Intervals::bands(50.0, 200.0, 1.2);
    let mut search = search(&bands, 4, 30.0);
    // Every 120 frames and up to 3 off, in cell 5.
    let starts = [30, 152, 269, 390, 510, 631];
    let trains = told(&mut search, 720, |frame| starts.contains(&frame).then_some((5, 12.0)));
    assert_eq!(trains.iter().map(|train| train.last_frame).collect::<Vec<_>>(), [390, 510, 631]);
    for train in &trains {
        assert!((train.interval - 120.0).abs() < 6.0, "{train:?}");
        assert!(
            (train.cell - 5.0).abs() < 0.5 && (train.newest - 12.0).abs() < 0.3 && train.sum > 46.5,
            "{train:?}"
        );
    }
}

#[test]
fn a_pulse_may_be_missing_and_the_period_stays_what_it_is() {
    let bands = Intervals::bands(50.0, 500.0, 1.2);
    let lengths = Lengths { pulses: vec![3, 5], thresholds: vec![vec![30.0, 45.0]; bands.len()] };
    let mut search = ChainSearch::new(CELLS, 1e3, &bands, lengths, Group::default());
    // Every 120 frames and up to 1 off, the fifth is missing, all of them of different power.
    let powers = [12.0, 19.0, 11.0, 18.0, 0.0, 12.0, 20.0, 11.0, 17.0];
    let at = |frame: u64| {
        let place = (frame / 120) as usize;
        (frame == 120 * place as u64 + 50 + place as u64 % 2).then(|| (5, powers[place]))
    };
    let trains = told(&mut search, 1_080, at);
    assert_eq!(
        trains.iter().map(|train| train.last_frame).collect::<Vec<_>>(),
        [290, 411, 651, 770, 891, 1_010]
    );
    assert!(trains.iter().all(|train| (train.interval - 120.0).abs() < 2.0), "{trains:?}");
    assert_eq!(trains.iter().map(|train| train.pulses).collect::<Vec<_>>(), [3, 3, 4, 4, 4, 3]);
}

#[test]
fn one_impulse_other_cells_and_other_intervals_are_no_train() {
    let bands = Intervals::bands(100.0, 130.0, 1.5);
    let mut one = search(&bands, 4, 30.0);
    assert_eq!(told(&mut one, 600, |frame| (frame == 400).then_some((5, 1e6))), []);
    let mut hops = search(&bands, 4, 30.0);
    assert_eq!(
        told(&mut hops, 900, |frame| (frame % 115 == 0).then_some(((frame / 115) as usize, 12.0))),
        []
    );
    let mut slow = search(&bands, 4, 30.0);
    assert_eq!(told(&mut slow, 1_500, |frame| (frame % 200 == 0).then_some((5, 12.0))), []);
}

#[test]
fn what_is_on_all_the_time_is_no_train() {
    let bands = Intervals::bands(100.0, 130.0, 1.5);
    let mut search = ChainSearch::new(
        CELLS,
        50.0,
        &bands,
        Lengths { pulses: vec![4], thresholds: vec![vec![18.0]; bands.len()] },
        Group::default(),
    );
    assert_eq!(told(&mut search, 2_000, |frame| (frame > 300).then_some((5, 5.0))), []);
}

#[test]
fn a_missing_frame_begins_anew() {
    let bands = Intervals::bands(100.0, 130.0, 1.5);
    let mut search = search(&bands, 3, 30.0);
    let mut trains = Vec::new();
    for frame in (0..300).chain(301..700) {
        let mut cells = [1.0; CELLS];
        cells[5] = if frame % 115 == 40 { 12.0 } else { 1.0 };
        trains.extend(search.push(frame, &cells));
    }
    assert_eq!(trains.iter().map(|train| train.last_frame).collect::<Vec<_>>(), [270, 615]);
}

/// The same noise each time, exponential of mean 1.
fn noise(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    -(((*state >> 40) as f32 + 0.5) / 16_777_216.0).ln()
}

/// Chains of three and four in bands, and folds, by thresholds that noise does not reach here.
fn folding(from: f64, to: f64) -> ChainSearch {
    let bands = Intervals::bands(from, to, 1.2);
    let lengths = Lengths { pulses: vec![3, 4], thresholds: vec![vec![40.0, 48.0]; bands.len()] };
    let pulses = vec![3, 4, 6, 8, 10, 12];
    let octaves = Periods::octaves(from, to).len();
    let thresholds = vec![vec![32.0, 35.0, 41.0, 46.0, 51.0, 56.0]; octaves];
    let periods = Periods { from, to, span_max: 4_000, lengths: Lengths { pulses, thresholds } };
    ChainSearch::new(CELLS, 1e3, &bands, lengths, Group::default()).with_periods(periods)
}

/// Trains in noise, with a pulse every `period` frames that holds `power` more, but for the `missing`th.
fn in_noise(search: &mut ChainSearch, period: f64, power: f32, missing: u64) -> Vec<Train> {
    let mut state = 4;
    (0..3_000)
        .filter_map(|frame| {
            let mut cells = [0.0; CELLS];
            cells.iter_mut().for_each(|cell| *cell = noise(&mut state));
            let place = (frame as f64 / period).round();
            // A pulse is in as many frames as it is long, by the share of it that is in them.
            let share = 1.0 - (frame as f64 - place * period).abs() / FRAMES_OF_PULSE as f64;
            if share > 0.0 && place as u64 != missing {
                cells[5] += power * (share as f32).powi(2);
            }
            search.push(frame, &cells)
        })
        .collect()
}

#[test]
fn a_period_that_holds_tells_pulses_too_weak_for_chains_and_one_may_be_missing() {
    let trains = in_noise(&mut folding(50.0, 300.0), 119.6, 6.5, 9);
    assert!(trains.len() > 8 && trains.iter().all(|train| train.is_steady), "{trains:?}");
    for train in &trains {
        assert!((train.interval - 119.6).abs() < 0.5 && train.pulses >= 5, "{train:?}");
        assert!((train.cell - 5.0).abs() <= 0.5, "{train:?}");
    }
    assert_eq!(in_noise(&mut folding(50.0, 300.0), 119.6, 1.0, 0), []);
}

#[test]
fn the_period_is_no_part_and_no_multiple_of_what_it_is() {
    // Noise now and then stands where a half or a third of it would have a pulse.
    for (period, power) in [(119.6, 9.0), (140.0, 14.0), (140.0, 40.0), (270.0, 11.0)] {
        let trains = in_noise(&mut folding(40.0, 300.0), period, power, 7);
        assert!(trains.len() > 6, "{period} {power}: {}", trains.len());
        let wrong = trains.iter().filter(|train| (train.interval / period - 1.0).abs() > 0.1).count();
        assert!(8 * wrong <= trains.len(), "{period} {power}: {wrong} {trains:?}");
    }
}

#[test]
fn what_begins_and_stays_and_what_lasts_longer_than_a_pulse_is_no_fold() {
    let mut search = folding(50.0, 300.0);
    // A carrier from frame 500 on, and pulses of 20 frames every 120.
    let mut state = 9;
    let trains: Vec<Train> = (0..2_000)
        .filter_map(|frame| {
            let mut cells = [0.0; CELLS];
            cells.iter_mut().for_each(|cell| *cell = noise(&mut state));
            cells[3] += if frame > 500 { 8.0 } else { 0.0 };
            cells[9] += if frame % 120 < 20 { 8.0 } else { 0.0 };
            search.push(frame, &cells)
        })
        .collect();
    assert_eq!(trains, []);
}
