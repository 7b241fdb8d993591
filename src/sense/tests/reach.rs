//! What is told of how weak a channel hears, beside what it hears.

use super::*;
use crate::analytics::Analytics;
use crate::config::{AnalyticsConfig, Pattern, PulseTrain, Spreading};
use crate::sense::reach::{HeardBy, Limit, Sent, limits, limits_of};
use crate::units::ratio_from_db;

const RATE_SPS: f64 = 24e3;
const NOISE: f64 = 1e-3;
const NOISE_HZ: f64 = NOISE / RATE_SPS;

fn analytics() -> AnalyticsConfig {
    AnalyticsConfig {
        floor_window_us: 10_000_000,
        floor_percentile: 0.1,
        trend_window_us: 2_000_000,
        rolling_window_us: 1_000_000,
        ewma_time_constant_us: 500_000,
        gradient_window_us: 20_000_000,
        gradient_cell_m: 2.0,
        gradient_spread_min_m: 2.0,
        trigger_db: 12.0,
        drop_db: 6.0,
        debounce_us: 50_000,
        hold_us: 1_000_000,
        false_alarms_per_hour: 0.05,
    }
}

/// 4 kHz at 5 kHz.
fn narrow(emission: Emission, pulse_us: (u32, u32)) -> SenseConfig {
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(5e3, 4e3) };
    let channel = &mut config.channels[0];
    channel.emission = emission;
    (channel.pulse_width_min_us, channel.pulse_width_max_us) = pulse_us;
    channel.pulse_trigger_db = 9.0;
    config
}

fn tag(period_min_us: u32, period_max_us: u32, jitter_ratio_max: f64) -> Emission {
    Emission::Pulsed(PulseTrain {
        period_min_us,
        period_max_us,
        jitter_ratio_max,
        pulses_min: 3,
        pattern: Default::default(),
    })
}

/// Of each case.
const TRIALS: u64 = 10;
const SENT: Sent = Sent { width_s: 0.02, period_s: 1.3 };

/// When the pulses of a group begin, s.
fn group_s(emission: &Emission) -> Vec<f64> {
    let pattern = emission.train().map(|train| train.pattern).unwrap_or_default();
    std::iter::once(0).chain(pattern.later_us()).map(|us| f64::from(us) * 1e-6).collect()
}

/// Share of `trials` in which a detection begins within `seconds`: of a carrier, or of pulses.
fn heard(config: &SenseConfig, sent: Option<Sent>, cn0_db_hz: f64, seconds: f64, trials: u64) -> f64 {
    let is_heard = |trial: u64| {
        let mut random = Random(1_000 + trial);
        let (at_hz, phase_s) = (5e3 + 3e3 * (random.unit() - 0.5), 1.25 * random.unit());
        let mut signal = random.noise(NOISE, (seconds * RATE_SPS) as usize);
        let (amplitude, end) = ((ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt(), signal.len());
        let index = |s: f64| ((s * RATE_SPS) as usize).min(end);
        let group_s = group_s(&config.channels[0].emission);
        let spans: Vec<std::ops::Range<usize>> = match sent {
            None => std::iter::once(0..end).collect(),
            Some(Sent { width_s, period_s }) => (0..(seconds / period_s) as u32 + 1)
                .map(|n| phase_s + period_s * f64::from(n))
                .flat_map(|from_s| group_s.iter().map(move |later_s| from_s + later_s))
                .map(|from_s| index(from_s)..index(from_s + width_s))
                .collect(),
        };
        spans.into_iter().for_each(|span| add_tone(&mut signal, span, at_hz, RATE_SPS, amplitude));
        let kept = run(config, &Made::of(&signal, SampleFormat::Cf32));
        let mut statistics = Analytics::new(&analytics(), &config.channels, config.hop_us);
        let mut begun = !kept.hearings.is_empty();
        let mut pulses = kept.pulses.iter().peekable();
        for reading in &kept.readings {
            let now = reading.acquired_us;
            while let Some(pulse) =
                pulses.next_if(|pulse| pulse.start_us.plus_us(pulse.width_us.into()) < now)
            {
                statistics.pulse(pulse);
            }
            statistics.reading(reading);
            statistics.detections(now, &mut |_| begun = true);
        }
        begun
    };
    (0..trials).filter(|trial| is_heard(*trial)).count() as f64 / trials as f64
}

/// 1.2 dB over what is told it is heard nearly always, 1.6 dB under it far more seldom.
fn is_so(name: &str, config: &SenseConfig, sent: Option<Sent>, by: HeardBy, seconds: f64) {
    let weakest = limits_of(config, &analytics(), 0, sent, seconds)[0];
    assert_eq!(weakest.by, by, "{name}");
    assert!(weakest.seconds <= seconds, "{name}: {weakest:?}");
    let over = heard(config, sent, weakest.cn0_db_hz + 1.2, seconds, TRIALS);
    let under = heard(config, sent, weakest.cn0_db_hz - 1.6, seconds, TRIALS);
    assert!(over >= 0.9 && under <= 0.8, "{name}: {weakest:?}, {over} over it, {under} under it");
}

#[test]
fn lines_are_heard_as_weak_as_is_told() {
    let carrier = narrow(Emission::Continuous, (2_000, 20_000));
    is_so("10 s", &carrier, None, HeardBy::Lines, 10.0);
    is_so("3.5 s", &carrier, None, HeardBy::Lines, 3.5);
    is_so("2.5 s", &carrier, None, HeardBy::Lines, 2.5);
    let told = limits(&carrier, &analytics(), 0, 10.0)[0];
    assert!((told.cn0_db_hz - 8.5).abs() < 1.2, "{told:?}, measured 7.9");
}

#[test]
fn trains_are_heard_as_weak_as_is_told() {
    let known = narrow(tag(1_300_000, 1_300_000, 0.01), (18_000, 22_000));
    is_so("known", &known, Some(SENT), HeardBy::Trains, 12.0);
    let searched = narrow(tag(500_000, 3_000_000, 0.02), (10_000, 40_000));
    is_so("searched", &searched, Some(SENT), HeardBy::Trains, 12.0);
    let mut coded = narrow(tag(500_000, 3_000_000, 0.02), (18_000, 22_000));
    let Emission::Pulsed(train) = &mut coded.channels[0].emission else { unreachable!() };
    // In between two frames.
    train.pattern = Pattern::new(&[62_500, 147_500, 212_500]).expect("it ascends");
    is_so("coded", &coded, Some(SENT), HeardBy::Trains, 12.0);
}

#[test]
fn readings_and_single_pulses_are_heard_as_weak_as_is_told() {
    let plain = |config: SenseConfig| SenseConfig { false_alarms_per_hour: 0.0, ..config };
    let carrier = plain(narrow(Emission::Continuous, (2_000, 20_000)));
    is_so("carrier", &carrier, None, HeardBy::Readings, 2.0);
    let known = plain(narrow(tag(1_300_000, 1_300_000, 0.01), (10_000, 40_000)));
    is_so("pulses", &known, Some(SENT), HeardBy::Pulses, 6.0);
}

#[test]
fn longer_reaches_deeper_and_what_cannot_be_heard_is_not_told() {
    let carrier = narrow(Emission::Continuous, (2_000, 20_000));
    let weakest =
        |seconds: f64| limits(&carrier, &analytics(), 0, seconds).first().map(|limit| limit.cn0_db_hz);
    let told: Vec<f64> = [0.5, 2.0, 10.0, 60.0].map(|seconds| weakest(seconds).unwrap()).to_vec();
    assert!(told.windows(2).all(|pair| pair[1] < pair[0] - 0.3), "{told:?}");
    assert_eq!(weakest(0.0), None);
    // Two pulses are no train of three; a channel out of the band hears nothing; a wide one has no lines, but energy.
    let known = narrow(tag(1_300_000, 1_300_000, 0.01), (18_000, 22_000));
    assert_eq!(limits(&known, &analytics(), 0, 2.0), []);
    assert_eq!(limits(&known, &analytics(), 1, 60.0), []);
    let mut aside = carrier.clone();
    aside.channels[0].frequency_hz = 50e3;
    assert_eq!(limits(&aside, &analytics(), 0, 60.0), []);
    let wide = SenseConfig { sample_rate_sps: 1e6, fft_len: 1024, dc_exclude_hz: None, ..config(5e3, 400e3) };
    let by: Vec<HeardBy> =
        limits(&wide, &analytics(), 0, 10.0).iter().map(|limit: &Limit| limit.by).collect();
    assert_eq!(by, [HeardBy::Energy, HeardBy::Readings]);
}

/// Of `config`'s channel in 10 s, dB-Hz.
fn told_db_hz(config: &SenseConfig, by: HeardBy) -> f64 {
    let limits = limits(config, &analytics(), 0, 10.0);
    limits.iter().find(|limit| limit.by == by).map_or(f64::NAN, |limit| limit.cn0_db_hz)
}

#[test]
fn energy_is_heard_as_weak_as_is_told() {
    let config = narrow(Emission::Continuous, (2_000, 20_000));
    let told_db_hz = told_db_hz(&config, HeardBy::Energy);
    let heard = |cn0_db_hz: f64, seed: u64| {
        let mut random = Random(500 + seed);
        let mut signal = random.noise(NOISE, (10.0 * RATE_SPS) as usize);
        let (amplitude, mut turns) = ((ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt(), 0.0);
        // Any phase, 3000 times a second.
        for (n, sample) in signal.iter_mut().enumerate() {
            turns = if n % 8 == 0 { random.unit() } else { turns };
            let (sin, cos) = (std::f64::consts::TAU * (5e3 * n as f64 / RATE_SPS + turns)).sin_cos();
            *sample = [sample[0] + amplitude * cos, sample[1] + amplitude * sin];
        }
        !run(&config, &Made::of(&signal, SampleFormat::Cf32)).hearings.is_empty()
    };
    let count = |over_db: f64| (0..TRIALS).filter(|seed| heard(told_db_hz + over_db, *seed)).count();
    assert!(count(1.0) >= 9 && count(-3.0) <= 5, "{told_db_hz}");
}

#[test]
fn bursts_and_chirps_are_told_as_they_were_measured() {
    // `skyhound-rig hearing` hears them with probability 0.9 at 21.5 and 24.0 dB-Hz.
    let distress = narrow(Emission::CospasSarsat, (380_000, 600_000));
    let told = told_db_hz(&distress, HeardBy::Bursts);
    assert!((told - 21.5).abs() < 1.0, "{told}");
    let mut lora = narrow(Emission::Chirp(Spreading { min: 8, max: 8 }), (2_000, 20_000));
    lora.channels[0].bandwidth_hz = 7_812.5;
    let told = told_db_hz(&lora, HeardBy::Chirps);
    assert!((told - 24.0).abs() < 1.0, "{told}");
}
