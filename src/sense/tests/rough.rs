//! Noise that rises, falls and steps passes the matched detectors no more often than is accepted.

use super::*;
use crate::config::{PulseTrain, Spreading};

const RATE_SPS: f64 = 24e3;
const SECONDS: f64 = 200.0;
/// So many that there is something to count.
const PER_HOUR: f64 = 600.0;

#[test]
fn noise_that_rises_and_steps_passes_no_more_often_than_is_accepted() {
    let train = PulseTrain {
        period_min_us: 1_300_000,
        period_max_us: 1_300_000,
        jitter_ratio_max: 0.01,
        pulses_min: 3,
        pattern: Default::default(),
    };
    let chirps = Emission::Chirp(Spreading { min: 7, max: 9 });
    // Up by 3 dB a second, and down by 12 at once.
    let mut noise = Random(7).noise(1e-3, (SECONDS * RATE_SPS) as usize);
    for (n, sample) in noise.iter_mut().enumerate() {
        let gain = 10f64.powf(3.0 * (n as f64 / RATE_SPS).rem_euclid(4.0) / 20.0);
        *sample = sample.map(|half| half * gain);
    }
    let made = Made::of(&noise, SampleFormat::Cf32);
    for emission in [Emission::Continuous, Emission::CospasSarsat, Emission::Pulsed(train), chirps] {
        let mut config = SenseConfig {
            sample_rate_sps: RATE_SPS,
            fft_len: 64,
            dc_exclude_hz: None,
            false_alarms_per_hour: PER_HOUR,
            ..config(5e3, if emission == chirps { 7_812.5 } else { 4e3 })
        };
        config.channels[0].emission = emission;
        config.channels[0].pulse_width_min_us = 18_000;
        config.channels[0].pulse_width_max_us = 22_000;
        let shares = config.channels[0].shares();
        let share = shares.line + shares.energy + shares.train + shares.chirp + shares.burst;
        let accepted = share * PER_HOUR * SECONDS / 3_600.0;
        let count = run(&config, &made).hearings.len();
        assert!((count as f64) < accepted + 3.0 * accepted.sqrt(), "{emission:?}: {count} of {accepted}");
    }
}
