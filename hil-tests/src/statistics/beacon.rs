//! The beacons of the table: what is sent in a class's world, and all that the daemon is told of it: what kind it is.
//!
//! Place and orientation are the scenario's, power is that which matched detectors hear from the search's legs: readings hear all but some of
//! −45 dBm within three minutes, 12 dB over the noise of 4 kHz or 48 dB-Hz; a tag is heard from 26 dB-Hz on and a burst from 22 (README's depths).

use crate::engine::Level;
use crate::scenario::{DistressMessage, Range, Scenario, Waveform};
use toml::{Table, Value};

/// Too weak for readings but near; and the weakest burst to the strongest.
const TAG_DBM: Range = Range { min: -65.0, max: -45.0 };
const BURST_DBM: Range = Range { min: -70.0, max: 10.0 };

/// A tag of 20 ms every 1.3 s, sought as its maker tells: within some per cent.
const TAG: Waveform =
    Waveform::Pulses { width_ms: 20.0, period_ms: 1_300.0, jitter_ms: 3.0, missing_ratio: 0.02 };
const TAG_SOUGHT: &str = "name = 'beacon'\nbandwidth_hz = 4000.0\nemission = 'pulsed'\npulse_width_min_ms = 15.0\n\
     pulse_width_max_ms = 25.0\nperiod_min_ms = 1200.0\nperiod_max_ms = 1400.0\njitter_ratio_max = 0.02\npulses_min = 3";
const BURST_SOUGHT: &str = "name = 'beacon'\nbandwidth_hz = 4000.0\nemission = 'cospas_sarsat'";
const BURST_PERIOD_S: f64 = 50.0;
const BURST_HZ: f64 = 406.025e6;

/// The receiver's band where samples are flown: narrow, so that thousands of flights can be; its converter is as fine per hertz as the scenario's.
const RATE_SPS: f64 = 24_000.0;
const OFFSET_HZ: f64 = 5_000.0;

/// What is sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sent {
    /// As the scenario has it.
    Continuous,
    /// A weak tag: pulses of 20 ms.
    Tag,
    /// A 406 MHz distress beacon: a burst each 50 s.
    Burst406,
}

impl Sent {
    /// As it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Sent::Continuous => "continuous",
            Sent::Tag => "tag",
            Sent::Burst406 => "burst406",
        }
    }

    /// What hears it: matched detectors want samples.
    pub const fn level(self) -> Level {
        match self {
            Sent::Continuous => Level::Readings,
            Sent::Tag | Sent::Burst406 => Level::Iq,
        }
    }

    /// `scenario` with its first beacon replaced.
    pub fn in_world(self, scenario: &Scenario) -> Scenario {
        let mut scenario = scenario.clone();
        let beacon = &mut scenario.world.beacon[0];
        let (power, sought) = match self {
            Sent::Continuous => return scenario,
            Sent::Tag => {
                beacon.waveform = TAG;
                (TAG_DBM, TAG_SOUGHT)
            }
            Sent::Burst406 => {
                let message = DistressMessage::default();
                beacon.waveform = Waveform::Burst406 { period_s: BURST_PERIOD_S, message };
                beacon.frequency_hz = BURST_HZ;
                (BURST_DBM, BURST_SOUGHT)
            }
        };
        beacon.draw.get_or_insert_default().power_dbm = Some(power);
        let receiver = &mut scenario.world.receiver;
        receiver.center_hz = beacon.frequency_hz - OFFSET_HZ;
        receiver.adc_bits += ((receiver.sample_rate_sps / RATE_SPS).log2() / 2.0).ceil() as u8;
        receiver.sample_rate_sps = RATE_SPS;
        let mut sought: Table = toml::from_str(sought).expect("settings in TOML");
        sought.insert("frequency_hz".into(), beacon.frequency_hz.into());
        scenario.skyhound.insert("beacon".into(), Value::Array(vec![Value::Table(sought)]));
        scenario
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fly;
    use crate::scenario::find;

    #[test]
    fn matched_detectors_hear_what_readings_do_not() {
        for sent in [Sent::Tag, Sent::Burst406] {
            let mut scenario = sent.in_world(&find("open").unwrap());
            let beacon = &mut scenario.world.beacon[0];
            (beacon.north_m, beacon.east_m, beacon.power_dbm, beacon.draw) = (-140.0, -120.0, -60.0, None);
            scenario.duration_s = 20.0;
            if let Waveform::Burst406 { period_s, .. } = &mut beacon.waveform {
                *period_s = 5.0;
            }
            let [samples, readings] = [sent.level(), Level::Readings].map(|level| fly(&scenario, 1, level));
            let heard = |trace: &crate::trace::Trace| trace.signal.iter().any(|row| row.heard);
            assert!(heard(&samples) && !heard(&readings), "{}", sent.name());
        }
    }
}
