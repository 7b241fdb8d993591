//! The lanes into the recorder: one per producing thread and kind, so that each has one producer and one consumer.
//!
//! Capacity = rate × (seconds of a stalled disk to bridge + [`MARGIN_S`]). The margin covers what gathers between two
//! commits and the time the recorder needs to catch up. What does not fit is dropped newest first and counted by the
//! lane's gauge; the recorder writes all gauges into `health` once a second.

use super::switch::Switch;
use crate::settings::RecorderSettings;
use skyhound::record::{PlacedReading, Record};
use skyhound::ring::{Consumer, Gauge, Producer, lane};
use skyhound::signal::Spectrum;
use std::sync::Arc;

/// Seconds on top of the stall: a commit interval, the commit after the stall and catching up.
pub const MARGIN_S: u32 = 3;
/// Readings per second at least reckoned with, so that slow settings still get lanes for bursts.
const READING_HZ_MIN: f64 = 200.0;
/// Spectrum rows per second: `sense.spectrum_interval_us` of 50 ms. 20 × 13 s × 552 bytes = 144 kB.
const SPECTRUM_HZ: f64 = 20.0;
/// Facts of 8 channels at 10 Hz, the aircraft's parts (three at up to 50 Hz, six at 12.5 Hz, some at 1 Hz), commands at up to
/// 50 Hz, events: 400 × 13 s × 0.3 kB = 1.7 MB.
const CONTROL_HZ: f64 = 400.0;
/// Events and budgets of the SDR's thread.
const RECEIVER_HZ: f64 = 20.0;
/// Pulses of 8 channels, 20 per second each, and budgets.
const SENSE_HZ: f64 = 200.0;

/// Switches of profile that wait at most: each has kB, and people ask for them.
const SWITCHES: usize = 4;

/// The ends that push. One thread each.
pub struct Inlets {
    /// Readings with their poses.
    pub readings: Producer<PlacedReading>,
    /// Rows of the waterfall.
    pub spectra: Producer<Spectrum>,
    /// Records of the control thread.
    pub control: Producer<Record>,
    /// Records of the SDR's thread.
    pub receiver: Producer<Record>,
    /// Records of the sense thread.
    pub sense: Producer<Record>,
    /// Profiles that took over, of the control thread.
    pub switches: Producer<Box<Switch>>,
}

/// The ends that the recorder pops.
pub struct Outlets {
    /// Readings with their poses.
    pub readings: Consumer<PlacedReading>,
    /// Rows of the waterfall.
    pub spectra: Consumer<Spectrum>,
    /// Records of the control thread.
    pub control: Consumer<Record>,
    /// Records of the SDR's thread.
    pub receiver: Consumer<Record>,
    /// Records of the sense thread.
    pub sense: Consumer<Record>,
    /// Profiles that took over, of the control thread.
    pub switches: Consumer<Box<Switch>>,
}

impl Outlets {
    /// The gauges of all lanes, in the order of the fields.
    pub fn gauges(&self) -> [Arc<Gauge>; 5] {
        [
            Arc::clone(self.readings.gauge()),
            Arc::clone(self.spectra.gauge()),
            Arc::clone(self.control.gauge()),
            Arc::clone(self.receiver.gauge()),
            Arc::clone(self.sense.gauge()),
        ]
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.readings.waiting_count() == 0
            && self.spectra.waiting_count() == 0
            && self.control.waiting_count() == 0
            && self.receiver.waiting_count() == 0
            && self.sense.waiting_count() == 0
            && self.switches.waiting_count() == 0
    }
}

/// The lanes for `reading_hz` readings per second, all channels together (hop rate × channels).
///
/// A source that runs faster than real time (`--pace max`) must look at [`Producer::vacant_count`] and wait: the lanes
/// hold seconds of *real* time.
pub fn lanes(settings: &RecorderSettings, reading_hz: f64) -> (Inlets, Outlets) {
    let bridge_s = f64::from(settings.stall_bridge_s + MARGIN_S);
    let capacity = |rate_hz: f64| (rate_hz * bridge_s).ceil() as usize;
    let (readings, readings_out) = lane("record-readings", capacity(reading_hz.max(READING_HZ_MIN)));
    let (spectra, spectra_out) = lane("record-spectra", capacity(SPECTRUM_HZ));
    let (control, control_out) = lane("record-control", capacity(CONTROL_HZ));
    let (receiver, receiver_out) = lane("record-receiver", capacity(RECEIVER_HZ));
    let (sense, sense_out) = lane("record-sense", capacity(SENSE_HZ));
    let (switches, switches_out) = lane("record-switches", SWITCHES);
    (
        Inlets { readings, spectra, control, receiver, sense, switches },
        Outlets {
            readings: readings_out,
            spectra: spectra_out,
            control: control_out,
            receiver: receiver_out,
            sense: sense_out,
            switches: switches_out,
        },
    )
}
