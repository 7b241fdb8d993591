//! A stream of samples by the clock: when its samples were taken, when it stalls, and how fast it may be read.
//!
//! A live one (`rtl_sdr … -`) comes at its crystal's pace; a file sent through a pipe comes at once. So it is read a little
//! faster than its rate and no more: no live one is held up, and a file takes its time. Times are anchored where the first
//! bytes came: what waited in the pipe while the flight was made ready is older than its reading, and is caught up with
//! at once. What the writer held back before its first bytes nobody can know: its blocks should be small.

use super::super::{Stream, event};
use crate::sdr::{SampleClock, Verdict};
use crate::settings::SdrSettings;
use skyhound::record::{Event, Severity};
use skyhound::signal::Flags;
use skyhound::time::TimeUs;

/// More than a crystal is off, less than the sample clock takes for a wrong rate.
const HASTE: f64 = 1.0005;
/// What waits is read at so many times its rate: the sense thread has a quarter of a block's time at most and mostly
/// needs a hundredth, and the receiver bridges 16 blocks.
const CATCH_UP: f64 = 8.0;
/// Read ahead of the clock, so that what comes in larger pieces is taken when it comes: 10 of the receiver's 16 blocks.
const LEAD_US: u64 = 100_000;

/// The clock of a stream.
pub struct Live {
    samples: SampleClock,
    sample_rate_sps: f64,
    stall_timeout_us: u64,
    last_arrival: Option<TimeUs>,
    /// When the first samples came, and how many of them by then.
    opened: TimeUs,
    head_samples: usize,
    /// From when on, and samples since then; `None` before the first.
    began: Option<(TimeUs, u64)>,
    /// When they were first read.
    read_from: TimeUs,
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
    /// For a stream as told, of which `head_samples` had come at `opened`.
    pub fn new(stream: &Stream, settings: &SdrSettings, opened: TimeUs, head_samples: usize) -> Live {
        Live {
            samples: SampleClock::new(stream.sample_rate_sps, settings.clock_slack_us, stream.block_samples),
            sample_rate_sps: stream.sample_rate_sps,
            stall_timeout_us: settings.stall_timeout_us.into(),
            last_arrival: None,
            opened,
            head_samples,
            began: None,
            read_from: TimeUs(0),
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
        let Some((began, before)) = self.began else { return TimeUs(0) };
        let us = (before + count) as f64 * 1e6 / self.sample_rate_sps;
        let paced = began.plus_us((us / HASTE) as u64).minus_us(LEAD_US);
        paced.max(self.read_from.plus_us((us / CATCH_UP) as u64))
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
        if self.began.is_none() && self.is_alive {
            self.samples.begin(self.opened, self.head_samples);
            (self.began, self.read_from) = (Some((self.opened, 0)), now);
        } else if !self.is_alive {
            let missed = self.samples.resume(now, count);
            lost += missed;
            if missed > 0 {
                let text = format_args!("samples from {name} are back; {missed} missed by the clock");
                events(event(now, Severity::Warning, "sdr_gap", text));
            }
            (self.began, self.read_from, self.is_alive) = (Some((now, 0)), now, true);
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

    /// 250 kS/s in blocks of 10 ms, the first of which had come at `opened`.
    fn live(opened: TimeUs) -> Live {
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
        Live::new(&stream, &crate::sdr::test_settings("file:-"), opened, 2_500)
    }

    #[test]
    fn times_follow_the_clock_and_a_stall_is_told_and_counted() {
        let (mut live, mut told) = (live(TimeUs(1_010_000)), Vec::new());
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
        let (mut live, mut told) = (live(TimeUs(0)), Vec::new());
        let mut now = TimeUs(0);
        for _ in 0..3_000 {
            now = now.max(live.due(2_500));
            live.arrived(2_500, now, "x", &mut |event| told.push(event.kind));
        }
        assert!((29_850_000..29_950_000).contains(&now.0), "30 s at its rate, 100 ms ahead: {now:?}");
        assert!(told.is_empty(), "{told:?}");
    }

    /// A second of samples waits while the flight is made ready, all of it or what is left of it.
    #[test]
    fn what_waited_is_caught_up_with_and_stamped_when_it_was_taken() {
        for lost in [0, 125_000] {
            let (mut live, mut told) = (live(TimeUs(10_000)), Vec::new());
            let (mut now, mut count, mut off_us) = (TimeUs(1_010_000), 0, Vec::new());
            while now < TimeUs(12_000_000) {
                // Block by block as it was taken: each is there 10 ms after its first sample, and some never came.
                let taken_us = (count + if count >= 125_000 { lost } else { 0 }) * 4;
                now = now.max(TimeUs(taken_us + 10_000)).max(live.due(2_500));
                let arrival = live.arrived(2_500, now, "x", &mut |event| told.push(event.kind));
                off_us.push((now, arrival.acquired_us.0.abs_diff(taken_us)));
                count += 2_500;
            }
            let worst_us = off_us.iter().map(|(_, us)| *us).max().unwrap();
            let late_us = off_us.iter().filter(|(at, _)| at.0 > 3_000_000).map(|(_, us)| *us).max().unwrap();
            let caught_up = off_us.iter().position(|(at, _)| at.0 > 1_200_000).unwrap();
            match lost {
                0 => {
                    assert!(worst_us < 1_000 && told.is_empty(), "{worst_us} µs off, {told:?}");
                    assert!(caught_up > 110, "a second is read within 200 ms: {caught_up} blocks");
                }
                _ => assert!(late_us < 5_000 && told == ["sdr_gap"], "{late_us} µs off, {told:?}"),
            }
        }
    }
}
