//! A SoapySDR device as a source: reads blocks, and gets the device back when it is lost.
//!
//! ```text
//!          read errors, or nothing for stall_timeout_us
//!   Up ────────────────────────────────────────────────→ Down: a thread closes the device, waits, opens it
//!    ↑                                                    │  (waits double up to reopen_wait_max_us)
//!    └──────────── opened, same rate and format ──────────┘
//! ```
//! RTL-SDR and HackRF answer an unplug with timeouts for ever, others with errors: both count. After the return the sample
//! index goes on where the clock says, so what was missed is lost samples of the next block. What came back with another
//! frequency, gain or antenna is told, and the next readings are flagged.

use super::block::Tuned;
use super::device::{Arrival, Device};
use super::driver_times::DriverTimes;
use super::sample_clock::{SampleClock, Verdict};
use super::{Block, SdrError, Step, Stream, event, returned};
use crate::clock::Clock;
use crate::settings::SdrSettings;
use skyhound::record::{Event, Severity};
use skyhound::signal::{BlockStamp, Flags};
use skyhound::time::TimeUs;
use soapysdr::ErrorCode;
use std::sync::mpsc;
use std::time::Duration;

const WAIT_US: i64 = 100_000;
/// Errors in a row that mean the device is gone.
const ERRORS_MAX: u32 = 3;
/// Blocks that a stuck driver may repeat.
const PRINTS: usize = 16;
/// Zeros for this long are told.
const SILENT_US: u64 = 10_000_000;

type Opened = Result<(Device, Vec<(Severity, String)>), SdrError>;

enum Link {
    Up(Device),
    Down { opened: mpsc::Receiver<Opened>, wait_us: u32, tries: u32 },
}

/// A device and its stream.
pub struct SoapySource {
    args: String,
    settings: SdrSettings,
    clock: Clock,
    stream: Stream,
    link: Link,
    samples: SampleClock,
    carry: Block,
    carry_lost: u64,
    times: DriverTimes,
    fresh: bool,
    alive: bool,
    stuck: bool,
    errors: u32,
    last_arrival: TimeUs,
    pending_flags: Flags,
    pending_lost: u64,
    prints: [u64; PRINTS],
    print_at: usize,
    /// Since when there are only zeros, and whether that was told.
    silent_since: Option<TimeUs>,
    silent_told: bool,
    overflow_total: u64,
    overflow_told_total: u64,
    overflow_told_at: TimeUs,
    lost_total: u64,
    notes: Vec<(Severity, String)>,
}

impl SoapySource {
    /// Opens the device once; later losses are not errors.
    pub fn open(args: &str, settings: &SdrSettings, clock: Clock) -> Result<SoapySource, SdrError> {
        let (device, notes) = Device::open(args, settings)?;
        let stream = device.stream.clone();
        let mtu = stream.driver_block_samples;
        Ok(SoapySource {
            args: args.to_owned(),
            settings: settings.clone(),
            clock,
            link: Link::Up(device),
            samples: SampleClock::new(stream.sample_rate_sps, settings.clock_slack_us, mtu),
            carry: Block::with_room(stream.format, stream.block_samples),
            carry_lost: 0,
            times: DriverTimes::default(),
            fresh: true,
            alive: true,
            stuck: false,
            errors: 0,
            last_arrival: clock.now(),
            pending_flags: Flags::NONE,
            pending_lost: 0,
            prints: [0; PRINTS],
            print_at: 0,
            silent_since: None,
            silent_told: false,
            overflow_total: 0,
            overflow_told_total: 0,
            overflow_told_at: TimeUs(0),
            lost_total: 0,
            notes,
            stream,
        })
    }

    /// What the device really gives.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Whether samples are coming.
    pub fn is_alive(&self) -> bool {
        self.alive
    }

    /// Overflows the driver told.
    pub fn overflow_total(&self) -> u64 {
        self.overflow_total
    }

    /// Times the device was lost.
    pub fn lost_total(&self) -> u64 {
        self.lost_total
    }

    /// As [`super::Source::read`].
    pub fn read(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) -> Step {
        for (severity, text) in self.notes.drain(..) {
            events(event(self.clock.now(), severity, "sdr_settings", format_args!("{text}")));
        }
        match &self.link {
            Link::Up(_) => self.read_up(block, events),
            Link::Down { .. } => self.await_opening(events),
        }
    }

    fn read_up(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) -> Step {
        self.take_carry(block, events);
        while block.filled < block.room() {
            let Link::Up(device) = &mut self.link else { break };
            let asked = block.room() - block.filled;
            let read = device.read(block, block.filled, WAIT_US);
            let now = self.clock.now();
            match read {
                Ok(Arrival { count: 0, .. }) | Err(ErrorCode::Timeout) => {
                    self.watch_for_stall(now, events);
                    break;
                }
                Ok(arrival) => {
                    let goes_on = self.arrived(block, &arrival, now, events);
                    // The driver's piece ends here: what is there must not wait for the next piece.
                    let is_enough = arrival.count < asked && 2 * block.filled >= block.room();
                    if !goes_on || is_enough {
                        break;
                    }
                }
                Err(code) => {
                    self.read_failed(code, now, events);
                    break;
                }
            }
        }
        if block.filled == 0 {
            return Step::Nothing;
        }
        self.flag_repetition(block, events);
        Step::Block
    }

    /// Takes `arrival` into the block; false when the block ends before it.
    fn arrived(
        &mut self,
        block: &mut Block,
        arrival: &Arrival,
        now: TimeUs,
        events: &mut dyn FnMut(Event),
    ) -> bool {
        if self.fresh {
            self.begin(now, events);
        }
        self.errors = 0;
        self.alive = true;
        self.last_arrival = now;
        let elapsed_us = self.settings.clock_slack_us.into();
        let lost = self.times.lost(arrival, self.stream.sample_rate_sps, now, elapsed_us);
        if lost > 0 && block.filled > 0 {
            // Samples are missing in the middle: the block ends there and these begin the next one.
            self.carry.take(block, block.filled, arrival.count);
            self.carry_lost = lost;
            return false;
        }
        self.add(block, arrival.count, lost, now, events);
        true
    }

    fn take_carry(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) {
        block.filled = 0;
        let count = std::mem::take(&mut self.carry.filled);
        if count > 0 {
            block.take(&self.carry, 0, count);
            block.filled = 0;
            let lost = std::mem::take(&mut self.carry_lost);
            let now = self.last_arrival;
            self.add(block, count, lost, now, events);
        }
    }

    fn add(
        &mut self,
        block: &mut Block,
        count: usize,
        lost: u64,
        now: TimeUs,
        events: &mut dyn FnMut(Event),
    ) {
        if lost > 0 {
            self.samples.skip(lost);
            self.missing(lost);
            let text = format_args!("{lost} samples missing by the driver's timestamps");
            events(event(now, Severity::Warning, "sdr_gap", text));
        }
        if block.filled == 0 {
            block.stamp = BlockStamp {
                sample_index: self.samples.index(),
                acquired_us: self.samples.next_time().min(now),
                lost_samples: std::mem::take(&mut self.pending_lost),
                flags: std::mem::take(&mut self.pending_flags),
            };
            let (center_hz, gain_db) = (self.stream.frequency_hz, self.stream.gain_db.unwrap_or(f64::NAN));
            block.tuned = Tuned { center_hz, gain_db };
        }
        block.filled += count;
        match self.samples.arrived(count, now) {
            Verdict::Steady => {}
            Verdict::Lost(lost) => {
                self.missing(lost);
                let text = format_args!("about {lost} samples missing by count against clock");
                events(event(now, Severity::Warning, "sdr_gap", text));
            }
            Verdict::Rate(sps) => {
                self.pending_flags = self.pending_flags.with(Flags::RETUNED);
                let said = self.stream.sample_rate_sps;
                let text = format_args!(
                    "says {said} S/s, delivers {sps:.0}: frequencies and times are off; check USB and rate"
                );
                events(event(now, Severity::Critical, "sdr_rate", text));
            }
        }
    }

    fn missing(&mut self, lost: u64) {
        self.pending_lost += lost;
        self.pending_flags = self.pending_flags.with(Flags::GAP);
    }

    /// The first samples after a start or a return.
    fn begin(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        self.fresh = false;
        self.times = DriverTimes::default();
        let lost = self.samples.resume(now, self.stream.driver_block_samples);
        if self.lost_total > 0 {
            self.missing(lost);
            let text = format_args!("samples are back; {lost} missed by the clock");
            events(event(now, Severity::Warning, "sdr_gap", text));
        }
    }

    fn watch_for_stall(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        let piece_us = self.stream.driver_block_samples as f64 * 1e6 / self.stream.sample_rate_sps;
        let limit_us = u64::from(self.settings.stall_timeout_us).max(3 * piece_us as u64);
        let quiet_us = now.since_us(self.last_arrival);
        if quiet_us > limit_us {
            let text = format_args!("no samples for {} ms: the device is opened again", quiet_us / 1000);
            events(event(now, Severity::Critical, "sdr_stall", text));
            self.go_down(now, "stalled", events);
        }
    }

    fn read_failed(&mut self, code: ErrorCode, now: TimeUs, events: &mut dyn FnMut(Event)) {
        match code {
            ErrorCode::Overflow => {
                self.overflow_total += 1;
                self.pending_flags = self.pending_flags.with(Flags::OVERFLOW);
                self.samples.told_loss(now);
                // A machine too slow overflows in every block: one event a second says it as well.
                if self.overflow_told_total == 0 || now.since_us(self.overflow_told_at) >= 1_000_000 {
                    let count = self.overflow_total - self.overflow_told_total;
                    let text = format_args!("the driver lost samples {count} times since last told");
                    events(event(now, Severity::Warning, "sdr_overflow", text));
                    self.overflow_told_total = self.overflow_total;
                    self.overflow_told_at = now;
                }
            }
            code => {
                self.errors += 1;
                self.pending_flags = self.pending_flags.with(Flags::GAP);
                if self.errors >= ERRORS_MAX {
                    let what = format!("{code:?}");
                    self.go_down(now, &what, events);
                } else {
                    // A driver that fails at once must not spin the thread.
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    fn go_down(&mut self, now: TimeUs, why: &str, events: &mut dyn FnMut(Event)) {
        self.alive = false;
        self.lost_total += 1;
        self.errors = 0;
        let text = format_args!("{} is lost ({why}); trying to open it again", self.args);
        events(event(now, Severity::Critical, "sdr_lost", text));
        self.try_opening(self.settings.reopen_wait_min_us, 1);
    }

    /// Closes what is open, waits and opens, on a thread of its own: drivers take seconds, or hang.
    fn try_opening(&mut self, wait_us: u32, tries: u32) {
        let (answer, opened) = mpsc::channel();
        let old = std::mem::replace(&mut self.link, Link::Down { opened, wait_us, tries });
        let (args, settings) = (self.args.clone(), self.settings.clone());
        let spawned = std::thread::Builder::new().name("sdr-reopen".into()).spawn(move || {
            // SoapySDR gives the same broken device again while anyone still holds it.
            drop(old);
            std::thread::sleep(Duration::from_micros(wait_us.into()));
            // Nobody listens any more when the daemon stops: then the device closes here.
            let _ = answer.send(Device::open(&args, &settings));
        });
        if spawned.is_err() {
            // No thread to be had: the channel is closed and the next read tries again.
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn await_opening(&mut self, events: &mut dyn FnMut(Event)) -> Step {
        let Link::Down { opened, wait_us, tries } = &self.link else { return Step::Nothing };
        let (wait_us, tries) = (*wait_us, *tries);
        let answer = match opened.recv_timeout(Duration::from_micros(WAIT_US as u64)) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => return Step::Nothing,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(SdrError::new(self.args.clone(), "the opening thread died", ""))
            }
        };
        let now = self.clock.now();
        let error = match answer {
            Ok((device, notes)) => match returned::refused(&self.stream, &device.stream) {
                None => {
                    let text = format_args!("{} is open again after {tries} tries", self.args);
                    events(event(now, Severity::Warning, "sdr_reopened", text));
                    self.follow_changes(&device.stream, now, events);
                    self.link = Link::Up(device);
                    self.notes = notes;
                    self.fresh = true;
                    self.last_arrival = now;
                    return Step::Nothing;
                }
                Some(what) => {
                    self.link = Link::Up(device);
                    what
                }
            },
            Err(error) => error.why,
        };
        if tries.is_power_of_two() {
            let text = format_args!("try {tries}: {error}");
            events(event(now, Severity::Warning, "sdr_lost", text));
        }
        let next_us = wait_us
            .saturating_mul(2)
            .clamp(self.settings.reopen_wait_min_us, self.settings.reopen_wait_max_us);
        self.try_opening(next_us, tries.saturating_add(1));
        Step::Nothing
    }

    /// Of a stream that can be gone on with: what changed makes the next readings no neighbours of those before.
    fn follow_changes(&mut self, stream: &Stream, now: TimeUs, events: &mut dyn FnMut(Event)) {
        let Some(what) = returned::changes(&self.stream, stream) else { return };
        self.pending_flags = self.pending_flags.with(Flags::RETUNED);
        let text = format_args!("{} came back with {what}", self.args);
        events(event(now, Severity::Warning, "sdr_retuned", text));
        self.stream.frequency_hz = stream.frequency_hz;
        self.stream.gain_db = stream.gain_db;
        self.stream.antenna.clone_from(&stream.antenna);
    }

    /// A receiver always has noise: what repeats to the bit comes from a stuck driver. Zeros are no repetition, since a
    /// squelched receiver gives them between signals; when they do not end it may be a dead front end.
    fn flag_repetition(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) {
        if 2 * block.filled < block.room() {
            return;
        }
        let at = block.stamp.acquired_us;
        let Some(print) = block.fingerprint() else {
            let since = *self.silent_since.get_or_insert(at);
            if at.since_us(since) >= SILENT_US && !std::mem::replace(&mut self.silent_told, true) {
                let text = format_args!("nothing but zeros for 10 s: squelched, or a dead front end");
                events(event(at, Severity::Warning, "sdr_silent", text));
            }
            return;
        };
        (self.silent_since, self.silent_told) = (None, false);
        let seen = self.prints.contains(&print);
        self.prints[self.print_at] = print;
        self.print_at = (self.print_at + 1) % PRINTS;
        if seen {
            block.stamp.flags = block.stamp.flags.with(Flags::STUCK);
        }
        if seen && !self.stuck {
            let text = format_args!("the driver repeats samples it gave before");
            events(event(at, Severity::Critical, "sdr_stuck", text));
        }
        self.stuck = seen;
    }
}
