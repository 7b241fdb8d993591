//! A stream of samples by the clock: when its samples were taken, when it stalls, and how fast it may be read.
//!
//! A live one (`rtl_sdr … -`) comes at its crystal's pace; a file sent through a pipe comes at once. So it is read a little
//! faster than its rate and no more: no live one is held up, and a file takes its time.

use super::super::{Stream, event};
use crate::sdr::{SampleClock, Verdict};
use crate::settings::SdrSettings;
use skyhound::record::{Event, Severity};
use skyhound::signal::Flags;
use skyhound::time::TimeUs;

/// More than a crystal is off, less than the sample clock takes for a wrong rate.
const HASTE: f64 = 1.0005;

/// The clock of a stream.
pub struct Live {
    samples: SampleClock,
    sample_rate_sps: f64,
    stall_timeout_us: u64,
    last_arrival: Option<TimeUs>,
    /// From when on, and samples since then.
    began: Option<(TimeUs, u64)>,
    is_alive: bool,
    /// Samples missing before the next ones.
    missing: u64,
}

/// What is known of samples that came.
pub struct Arrival {
    /// Index of the first.
    pub index: u64,
    /// When it was taken.
    pub acquired_us: TimeUs,
    /// Samples missing before it.
    pub lost: u64,
    /// `GAP`, `RETUNED`.
    pub flags: Flags,
}

impl Live {
    /// For a stream as told.
    pub fn new(stream: &Stream, settings: &SdrSettings) -> Live {
        Live {
            samples: SampleClock::new(stream.sample_rate_sps, settings.clock_slack_us, stream.block_samples),
            sample_rate_sps: stream.sample_rate_sps,
            stall_timeout_us: settings.stall_timeout_us.into(),
            last_arrival: None,
            began: None,
            is_alive: true,
            missing: 0,
        }
    }

    /// False from a stall to the next samples.
    pub fn is_alive(&self) -> bool {
        self.is_alive
    }

    /// When the next `count` samples may be read at the earliest.
    pub fn due(&self, count: u64) -> TimeUs {
        let after_us = |samples: u64| (samples as f64 * 1e6 / (self.sample_rate_sps * HASTE)) as u64;
        self.began.map_or(TimeUs(0), |(began, before)| began.plus_us(after_us(before + count)))
    }

    /// Nothing was there to be read at `now`.
    pub fn nothing_came(&mut self, now: TimeUs, name: &str, events: &mut dyn FnMut(Event)) {
        let since = *self.last_arrival.get_or_insert(now);
        let quiet_us = now.since_us(since);
        if self.is_alive && quiet_us > self.stall_timeout_us {
            self.is_alive = false;
            let text = format_args!("no samples from {name} for {} ms", quiet_us / 1_000);
            events(event(now, Severity::Critical, "sdr_stall", text));
        }
    }

    /// `count` samples were read at `now`.
    pub fn arrived(
        &mut self,
        count: usize,
        now: TimeUs,
        name: &str,
        events: &mut dyn FnMut(Event),
    ) -> Arrival {
        let mut lost = std::mem::take(&mut self.missing);
        if !self.is_alive || self.began.is_none() {
            let missed = self.samples.resume(now, count);
            lost += missed;
            if missed > 0 {
                let text = format_args!("samples from {name} are back; {missed} missed by the clock");
                events(event(now, Severity::Warning, "sdr_gap", text));
            }
            self.began = Some((now, 0));
            self.is_alive = true;
        }
        let mut flags = if lost > 0 { Flags::GAP } else { Flags::NONE };
        self.last_arrival = Some(now);
        if let Some((_, since)) = &mut self.began {
            *since += count as u64;
        }
        let (index, acquired_us) = (self.samples.index(), self.samples.next_time().min(now));
        match self.samples.arrived(count, now) {
            Verdict::Steady => {}
            Verdict::Lost(missing) => {
                // The index has been moved on: the next block begins after the gap.
                self.missing = missing;
                let text = format_args!("about {missing} samples missing by count against clock");
                events(event(now, Severity::Warning, "sdr_gap", text));
            }
            Verdict::Rate(sps) => {
                flags = flags.with(Flags::RETUNED);
                let said = self.sample_rate_sps;
                let text =
                    format_args!("said to be {said} S/s, comes with {sps:.0}: frequencies and times are off");
                events(event(now, Severity::Critical, "sdr_rate", text));
            }
        }
        Arrival { index, acquired_us, lost, flags }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::signal::SampleFormat;

    fn live() -> Live {
        let stream = Stream {
            sample_rate_sps: 250e3,
            frequency_hz: 0.0,
            format: SampleFormat::Cu8,
            native_full_scale: 127.5,
            block_samples: 2_500,
            driver_block_samples: 0,
            gain_db: None,
            antenna: None,
            recorded_utc_us: None,
            description: String::new(),
        };
        Live::new(&stream, &crate::sdr::test_settings("file:-"))
    }

    #[test]
    fn times_follow_the_clock_and_a_stall_is_told_and_counted() {
        let (mut live, mut told) = (live(), Vec::new());
        let mut events = |event: Event| told.push(event.kind);
        for block in 1..=100 {
            let arrival = live.arrived(2_500, TimeUs(1_000_000 + block * 10_000), "x", &mut events);
            assert_eq!(arrival.index, (block - 1) * 2_500);
            assert_eq!((arrival.acquired_us, arrival.lost), (TimeUs(990_000 + block * 10_000), 0));
        }
        live.nothing_came(TimeUs(2_400_000), "x", &mut events);
        assert!(live.is_alive());
        live.nothing_came(TimeUs(2_600_000), "x", &mut events);
        assert!(!live.is_alive(), "half a second without any");
        let back = live.arrived(2_500, TimeUs(3_010_000), "x", &mut events);
        assert_eq!((back.index, back.lost, back.acquired_us), (500_000, 250_000, TimeUs(3_000_000)));
        assert!(back.flags.any(Flags::GAP) && live.is_alive());
        assert_eq!(told, ["sdr_stall", "sdr_gap"]);
    }

    #[test]
    fn a_file_in_a_pipe_takes_its_time() {
        let (mut live, mut told) = (live(), Vec::new());
        let mut now = TimeUs(0);
        for _ in 0..3_000 {
            now = now.max(live.due(2_500));
            live.arrived(2_500, now, "x", &mut |event| told.push(event.kind));
        }
        assert!((29_950_000..30_000_000).contains(&now.0), "30 s at its rate: {now:?}");
        assert!(told.is_empty(), "{told:?}");
    }
}
