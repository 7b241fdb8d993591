//! Noise alone, for hours: the operator's figure must hold where the settings alone would not keep it.

use super::*;
use crate::analytics::random::Random;

/// A channel as narrow as one bin with one frame a hop, a trigger of 3 dB and a debounce of four hops: noise passes one hop
/// in four, and the debounce thousands of times an hour.
#[test]
fn white_noise_on_a_narrow_channel_keeps_the_figure() {
    let settings = AnalyticsConfig {
        trigger_db: 3.0,
        drop_db: 1.0,
        debounce_us: 3_000,
        false_alarms_per_hour: 1.0,
        ..config()
    };
    let narrow = ChannelConfig {
        bandwidth_hz: 50.0,
        pulse_width_max_us: 100,
        pulse_width_min_us: 100,
        ..channel(Emission::Continuous)
    };
    let mut analytics = Analytics::new(&settings, &[narrow], 1_000);
    let mut random = Random::seeded(17);
    let (mut found, mut over_trigger) = (0, 0u32);
    let hours = 1;
    for hop in 0..hours * 3_600_000u64 {
        // Quiet is the median of single-frame bins: ln 2 of the mean noise power.
        let snr = random.exponential() / std::f64::consts::LN_2;
        over_trigger += u32::from(snr > 2.0);
        let row = Reading { frame_count: 1, ..reading(hop * 1_000, -90.0 + 10.0 * snr.log10(), -90.0) };
        analytics.reading(&row);
        if hop % 50 == 49 {
            found += reports(&mut analytics, hop * 1_000).iter().filter(|d| d.ended_us.is_none()).count();
        }
    }
    // Poisson of mean 1: more than 5 in 1 of 1700 runs. The plain trigger was passed hundreds of thousands of times.
    assert!(found <= 5 && over_trigger > 500_000, "{found} {over_trigger}");
    // And it still hears: 20 dB over the floor.
    for hop in 3_600_000..3_600_100u64 {
        analytics.reading(&Reading { frame_count: 1, ..reading(hop * 1_000, -70.0, -90.0) });
    }
    assert_eq!(reports(&mut analytics, 3_600_100_000).len(), 1);
    // Noise over the drop level of the settings (half of all hops) does not keep it alive.
    for hop in 3_600_100..3_605_100u64 {
        let mean_db = -90.0 + 10.0 * (random.exponential() / std::f64::consts::LN_2).log10();
        analytics.reading(&Reading { frame_count: 1, ..reading(hop * 1_000, mean_db, -90.0) });
    }
    let ended = reports(&mut analytics, 3_605_100_000);
    assert_eq!(ended.iter().filter(|detection| detection.ended_us.is_some()).count(), 1, "{ended:?}");
}

#[test]
fn without_quiet_bins_white_noise_keeps_the_figure_too() {
    let settings = AnalyticsConfig {
        trigger_db: 3.0,
        drop_db: 1.0,
        debounce_us: 0,
        false_alarms_per_hour: 1.0,
        ..config()
    };
    let narrow = ChannelConfig {
        bandwidth_hz: 50.0,
        pulse_width_max_us: 100,
        pulse_width_min_us: 100,
        ..channel(Emission::Continuous)
    };
    let mut analytics = Analytics::new(&settings, &[narrow], 10_000);
    let mut random = Random::seeded(18);
    let mut found = 0;
    for hop in 0..4 * 360_000u64 {
        let mean_db = -90.0 + 10.0 * random.mean_power(4).log10();
        let row = Reading { frame_count: 4, flags: Flags::NO_QUIET, ..reading(hop * 10_000, mean_db, 0.0) };
        analytics.reading(&row);
        found += reports(&mut analytics, hop * 10_000).iter().filter(|d| d.ended_us.is_none()).count();
    }
    // Poisson of mean 4: more than 11 in 1 of 1000 runs.
    assert!(found <= 11, "{found}");
}

/// Pulses of noise at `rate_hz` for `hours`; begun detections.
fn poisson_pulses(rate_hz: f64, hours: f64, sought: PulseTrain, seed: u64) -> u32 {
    let settings = AnalyticsConfig { false_alarms_per_hour: 1.0, hold_us: 100_000, ..config() };
    let mut analytics = Analytics::new(&settings, &[channel(Emission::Pulsed(sought))], HOP_US as u32);
    analytics.reading(&reading(0, -90.0, -90.0));
    let mut random = Random::seeded(seed);
    let (mut at_us, mut found) = (0.0, 0);
    while at_us < hours * 3.6e9 {
        at_us += 5_000.0 + random.exponential() * 1e6 / rate_hz;
        analytics.pulse(&pulse(at_us as u64, 4_000, 15.0));
        analytics.detections(TimeUs(at_us as u64 + 4_000), &mut |detection| {
            found += u32::from(detection.ended_us.is_none());
        });
    }
    found
}

#[test]
fn pulses_of_noise_keep_the_figure() {
    for (rate_hz, hours, pulses_min) in [(0.02, 400.0, 3), (0.2, 100.0, 3), (1.0, 40.0, 4), (10.0, 4.0, 5)] {
        let sought = PulseTrain { period_min_us: 500_000, period_max_us: 2_000_000, pulses_min, ..train() };
        let found = poisson_pulses(rate_hz, hours, sought, 31 + pulses_min as u64);
        // Three deviations over the accepted one per hour.
        let most = hours + 3.0 * hours.sqrt();
        println!("{rate_hz} pulses/s, {hours} h, pulses_min {pulses_min}: {found} false trains");
        assert!(f64::from(found) <= most, "{rate_hz} Hz, {hours} h: {found}");
    }
}

#[test]
fn without_the_adaptation_pulses_of_noise_would_pass() {
    // The same stream folds into places without end; only the chance keeps it out.
    let search = crate::analytics::train::TrainSearch::new(
        PulseTrain { period_min_us: 500_000, period_max_us: 2_000_000, pulses_min: 4, ..train() },
        1_000,
        12.0,
        f64::INFINITY,
    );
    let mut log = crate::analytics::pulses::PulseLog::default();
    let mut random = Random::seeded(77);
    let (mut at_us, mut found) = (0.0, 0);
    while at_us < 3.6e9 {
        at_us += random.exponential() * 1e6;
        let heard = crate::analytics::pulses::Heard {
            start_us: TimeUs(at_us as u64),
            width_us: 4_000,
            snr_db: 15.0,
            power_dbfs: -75.0,
            ..crate::analytics::pulses::Heard::default()
        };
        log.push(heard);
        found += u32::from(search.search(&log, 0, TimeUs(0), 1_000.0).is_some());
    }
    assert!(found > 40, "{found}");
}

#[test]
fn the_peaks_of_noise_seldom_pass_for_the_beacon() {
    let narrow = ChannelConfig { bandwidth_hz: 50.0, ..channel(Emission::Pulsed(train())) };
    let mut detector = Detector::new(&config(), &narrow, HOP_US as u32);
    let mut random = Random::seeded(23);
    let (mut taken, mut over_pulse_trigger) = (0, 0);
    for hop in 0..100_000u64 {
        let frames: Vec<f64> = (0..10).map(|_| random.exponential()).collect();
        let mean = frames.iter().sum::<f64>() / 10.0;
        let peak = frames.iter().copied().fold(0.0, f64::max);
        let db = |power: f64| CentiDb::from_power(power).unwrap();
        // The median of bins averaged over ten frames lies at 0.967 of the noise's mean.
        let row = Reading {
            frame_count: 10,
            mean: db(mean),
            peak: db(peak),
            quiet: db(0.967),
            ..reading(hop, 0.0, 0.0)
        };
        taken += u32::from(detector.beacon_power(&row, None).is_some());
        over_pulse_trigger += u32::from(peak / 0.967 > 10f64.powf(0.8));
    }
    assert!(taken <= 1_000 && over_pulse_trigger > 1_500, "{taken} {over_pulse_trigger}");
}
