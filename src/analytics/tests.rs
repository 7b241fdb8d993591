//! The whole of the analytics: what a channel's readings and pulses become.

use super::*;
use crate::config::{Emission, PulseTrain};
use crate::units::CentiDb;

mod bounds;
mod detecting;
mod facts;
mod false_alarms;
mod hearings;

pub(super) const HOP_US: u64 = 10_000;

pub(crate) fn config() -> AnalyticsConfig {
    AnalyticsConfig {
        floor_window_us: 10_000_000,
        floor_percentile: 0.10,
        trend_window_us: 2_000_000,
        rolling_window_us: 1_000_000,
        ewma_time_constant_us: 500_000,
        gradient_window_us: 20_000_000,
        gradient_cell_m: 2.0,
        gradient_spread_min_m: 3.0,
        trigger_db: 12.0,
        drop_db: 6.0,
        debounce_us: 50_000,
        hold_us: 1_000_000,
        false_alarms_per_hour: 0.05,
    }
}

pub(super) fn train() -> PulseTrain {
    PulseTrain {
        period_min_us: 20_000,
        period_max_us: 2_000_000,
        jitter_ratio_max: 0.05,
        pulses_min: 5,
        pattern: Default::default(),
    }
}

pub(super) fn channel(emission: Emission) -> ChannelConfig {
    ChannelConfig {
        name: "beacon".to_string(),
        frequency_hz: 433.92e6,
        bandwidth_hz: 10e3,
        emission,
        pulse_width_min_us: 1_000,
        pulse_width_max_us: 300_000,
        pulse_bridge_us: 2_000,
        pulse_trigger_db: 8.0,
    }
}

pub(super) fn reading(at_us: u64, mean_db: f64, quiet_db: f64) -> Reading {
    let db = |db: f64| CentiDb::from_db(db as f32).unwrap();
    Reading {
        acquired_us: TimeUs(at_us),
        sample_index: at_us / 4,
        channel: 0,
        flags: Flags::NONE,
        frame_count: 9,
        clipping_e4: 0,
        mean: db(mean_db),
        peak: db(mean_db + 1.0),
        quiet: db(quiet_db),
    }
}

pub(super) fn pulse(start_us: u64, width_us: u32, snr_db: f64) -> Pulse {
    let db = |db: f64| CentiDb::from_db(db as f32).unwrap();
    Pulse {
        start_us: TimeUs(start_us),
        width_us,
        channel: 0,
        flags: Flags::NONE,
        mean: db(-90.0 + snr_db),
        peak: db(-89.0 + snr_db),
        floor: db(-90.0),
    }
}

/// Collects what is reported at `now_us`.
pub(super) fn reports(analytics: &mut Analytics, now_us: u64) -> Vec<Detection> {
    let mut all = Vec::new();
    analytics.detections(TimeUs(now_us), &mut |detection| all.push(*detection));
    all
}
