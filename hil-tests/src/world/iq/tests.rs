//! Samples of the world against what was sent into it.

use super::*;
use crate::world::tests::power;
use std::f64::consts::TAU;

const RATE_SPS: f64 = 250_000.0;

/// One carrier 40 kHz up, 100 m north, in free space without chance; a receiver of 14 bits without impairments.
fn scenario() -> Scenario {
    crate::world::tests::scenario(
        "beacon = [{ north_m = 100, east_m = 0, frequency_hz = 433.96e6, power_dbm = 0 }]\n\
         propagation = { model = 'free_space', fading = 'none', shadow_sigma_db = 0 }\n\
         receiver = { adc_bits = 14, dc_offset_dbfs = -200, iq_gain_db = 0, iq_phase_deg = 0, oscillator_ppm = 0 }",
    )
}

fn pose(at_us: u64) -> TruePose {
    TruePose { at_us, up_m: 40.0, ..TruePose::default() }
}

/// `ms` milliseconds of hovering from `from_ms` on.
fn hover(world: &mut IqWorld, from_ms: u64, ms: u64) -> Vec<[f32; 2]> {
    let count = (world.tuning().rate_sps * ms as f64 * 1e-3).round() as usize;
    let mut out = vec![[0.0; 2]; count];
    world.samples(&pose(from_ms * 1_000), &pose((from_ms + ms) * 1_000), &mut out);
    out
}

fn dbfs(samples: &[[f32; 2]]) -> f64 {
    10.0 * power(samples).log10()
}

/// Samples turned back by a carrier at `hz`.
fn turned_back(samples: &[[f32; 2]], hz: f64) -> impl Iterator<Item = [f64; 2]> {
    samples.iter().enumerate().map(move |(n, sample)| {
        let (sin, cos) = (TAU * (hz / RATE_SPS * n as f64).fract()).sin_cos();
        let [i, q] = sample.map(f64::from);
        [i * cos + q * sin, q * cos - i * sin]
    })
}

fn sum(of: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    of.fold([0.0; 2], |sum, value| [sum[0] + value[0], sum[1] + value[1]])
}

/// Level of the carrier at `hz`, and of what is left without it.
fn carrier_and_rest(samples: &[[f32; 2]], hz: f64) -> (f64, f64) {
    let [re, im] = sum(turned_back(samples, hz)).map(|part| part / samples.len() as f64);
    let (carrier, all) = (re * re + im * im, power(samples));
    (10.0 * carrier.log10(), 10.0 * (all - carrier).log10())
}

#[test]
fn carrier_and_noise_have_the_levels_of_the_world() {
    let mut scenario = scenario();
    for gain_db in [20.0, 35.0] {
        scenario.world.receiver.gain_db = gain_db;
        let mut air = Air::new(&scenario, 1);
        let (arrival, noise_dbm_hz) = (air.arrivals(&pose(0))[0], air.noise_dbm_hz());
        let (carrier, rest) = carrier_and_rest(&hover(&mut IqWorld::new(&scenario, 1), 0, 200), 40_000.0);
        let full_scale_dbm = scenario.world.receiver.full_scale_dbm - gain_db;
        let fade_db = 10.0 * f64::from(arrival.fade[0].hypot(arrival.fade[1])).powi(2).log10();
        let level = arrival.power_dbm + fade_db - full_scale_dbm;
        assert!((carrier - level).abs() < 0.05, "{carrier}, {arrival:?}");
        // The converter's own error, a step's square over 12 in each of I and Q, comes on top.
        let noise = 10f64.powf((noise_dbm_hz + 10.0 * RATE_SPS.log10() - full_scale_dbm) / 10.0);
        let noise = 10.0 * (noise + 2.0 / 12.0 * 2f64.powi(-26)).log10();
        assert!((rest - noise).abs() < 0.15, "{gain_db} dB: {rest} against {noise}");
    }
}

#[test]
fn tuning_moves_the_carrier_and_gain_its_level() {
    let scenario = scenario();
    let mut world = IqWorld::new(&scenario, 1);
    let (before, _) = carrier_and_rest(&hover(&mut world, 0, 50), 40_000.0);
    let tuning = world.tuning();
    world.tune(Tuning { center_hz: tuning.center_hz + 25_000.0, gain: Gain::Fixed(40.0), ..tuning });
    let (after, _) = carrier_and_rest(&hover(&mut world, 50, 50), 15_000.0);
    assert!((after - before - 10.0).abs() < 0.05, "{before} dBFS at 30 dB, {after} at 40");
    // Beyond half the rate nothing is heard, and nothing folds back.
    world.tune(Tuning { center_hz: tuning.center_hz - 100_000.0, ..world.tuning() });
    assert!(dbfs(&hover(&mut world, 100, 50)) < after - 20.0);
}

#[test]
fn a_fast_oscillator_shows_the_carrier_lower() {
    let mut scenario = scenario();
    scenario.world.receiver.oscillator_ppm = 20.0;
    let mut world = IqWorld::new(&scenario, 1);
    let hz = 40_000.0 - 433.92 * 20.0;
    assert!(carrier_and_rest(&hover(&mut world, 0, 50), hz).0 > -60.0);
    // Tuned elsewhere by the program, the error is that of the frequency asked for.
    let tuning = world.tuning();
    world.tune(Tuning { center_hz: tuning.center_hz - 433.92 * 20.0, ..tuning });
    let moved = carrier_and_rest(&hover(&mut world, 50, 200), 40_000.0 + 433.92 * 20.0 * 20e-6).0;
    assert!(moved > -60.0, "{moved}");
}

#[test]
fn faults_of_the_world_are_heard_while_they_last() {
    let mut world = IqWorld::new(&scenario(), 1);
    let (on, quiet) = carrier_and_rest(&hover(&mut world, 0, 50), 40_000.0);
    assert!(world.apply(&Kind::NoiseStep { db: 12.0 }, true));
    let (_, loud) = carrier_and_rest(&hover(&mut world, 50, 50), 40_000.0);
    assert!((loud - quiet - 12.0).abs() < 0.5, "{quiet} to {loud}");
    assert!(world.apply(&Kind::NoiseStep { db: 12.0 }, false));
    assert!(world.apply(&Kind::BeaconOff { beacon: 0 }, true));
    let (off, again) = carrier_and_rest(&hover(&mut world, 100, 50), 40_000.0);
    assert!(off < on - 30.0 && (again - quiet).abs() < 0.5, "{off}, {again}");
    assert!(world.apply(&Kind::BeaconOff { beacon: 0 }, false));
    assert!((carrier_and_rest(&hover(&mut world, 150, 50), 40_000.0).0 - on).abs() < 0.1);
    assert!(!world.apply(&Kind::GpsLoss, true));
}

#[test]
fn no_seam_between_calls_of_any_length_while_the_aircraft_moves() {
    let mut scenario = scenario();
    scenario.world.receiver.gain_db = 45.0;
    let mut world = IqWorld::new(&scenario, 1);
    let at = |us: u64| TruePose { at_us: us, north_m: us as f64 * 1e-5, north_mps: 10.0, ..pose(us) };
    let (mut samples, mut us) = (Vec::new(), 0);
    for ms in [1, 7, 10, 3, 20, 1, 9, 50] {
        let mut out = vec![[0.0; 2]; ms * 250];
        world.samples(&at(us), &at(us + ms as u64 * 1_000), &mut out);
        samples.extend(out);
        us += ms as u64 * 1_000;
    }
    // The carrier turned back: its phase goes on slowly (Doppler), without a jump over the noise. Means of 25 samples.
    let turned: Vec<[f64; 2]> = turned_back(&samples, 40_000.0).collect();
    let means: Vec<[f64; 2]> = turned.chunks_exact(25).map(|chunk| sum(chunk.iter().copied())).collect();
    for (n, pair) in means.windows(2).enumerate() {
        let [[a, b], [c, d]] = pair else { unreachable!() };
        let turn_rad = f64::atan2(a * d - b * c, a * c + b * d);
        let change_db = 10.0 * ((c * c + d * d) / (a * a + b * b)).log10();
        assert!(turn_rad.abs() < 0.1 && change_db.abs() < 1.0, "at {n}: {turn_rad} rad, {change_db} dB");
    }
}

#[test]
fn the_same_seed_and_poses_are_the_same_samples_however_they_are_cut() {
    let mut scenario = scenario();
    scenario.world.propagation = crate::scenario::Propagation::default();
    let whole = hover(&mut IqWorld::new(&scenario, 5), 0, 40);
    let mut world = IqWorld::new(&scenario, 5);
    let cut = [(0, 10), (10, 1), (11, 29)].map(|(from_ms, ms)| hover(&mut world, from_ms, ms)).concat();
    assert!(whole == cut, "the same samples");
    assert_ne!(whole, hover(&mut IqWorld::new(&scenario, 6), 0, 40));
}

#[test]
fn an_automatic_gain_hides_the_level() {
    let mut scenario = scenario();
    for power_dbm in [-20.0, 10.0] {
        scenario.world.beacon[0].power_dbm = power_dbm;
        let mut world = IqWorld::new(&scenario, 1);
        world.tune(Tuning { gain: Gain::Automatic, ..world.tuning() });
        hover(&mut world, 0, 200);
        let level = dbfs(&hover(&mut world, 200, 20));
        assert!((level - AUTOMATIC_DBFS).abs() < 1.0, "{power_dbm} dBm: {level}");
    }
}

#[test]
fn angles_go_the_short_way() {
    let at = |yaw_rad: f64, us: u64| TruePose { yaw_rad, north_m: us as f64, ..pose(us) };
    let half = between(&at(3.0, 1_000), &at(-3.0, 3_000), 0.5);
    assert_eq!((half.at_us, half.north_m), (2_000, 2_000.0));
    assert!((half.yaw_rad.abs() - std::f64::consts::PI).abs() < 1e-9, "{half:?}");
}

#[test]
fn what_was_on_is_noted_as_runs() {
    let mut log = Vec::new();
    let on = [0.3, 0.0];
    note(&mut log, 1, 5.0, 0, &[[0.0; 2], on, on]);
    note(&mut log, 0, 7.0, 0, &[on, on, on]);
    note(&mut log, 1, 6.0, 3, &[on, [0.0; 2], on]);
    note(&mut log, 0, 7.0, 3, &[[0.0; 2]; 3]);
    let run = |emitter, first, count, offset_hz| OnAir { emitter, first, count, offset_hz };
    assert_eq!(log, [run(1, 1, 3, 5.0), run(0, 0, 3, 7.0), run(1, 5, 1, 6.0)]);
}
