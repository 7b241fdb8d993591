//! What the host's receiver makes of a device, good or failing: blocks' stamps, flags, and whether the SDR is alive.
//!
//! The device hands over pieces of samples; the host counts them against its clock with its own [`SampleClock`]. So a lying
//! rate, lost samples and stalls have here the consequences that they have in the daemon (`sdr::soapy` of the host, whose rules
//! these are): stall time-out, reopening with back-off, `GAP`, `OVERFLOW`, `RETUNED`, `STUCK`.

use skyhound::signal::{BlockStamp, Flags};
use skyhound::time::TimeUs;
use skyhound_host::sdr::{SampleClock, Verdict};
use skyhound_host::settings::SdrSettings;

/// Reads that fail in a row, 5 ms apart, before a device counts as gone.
const GONE_AFTER_US: u64 = 15_000;

/// The host's side of a device.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    rate_sps: f64,
    piece_samples: usize,
    settings: SdrSettings,
    clock: SampleClock,
    pub(super) is_alive: bool,
    /// Nothing has come since the start or a return.
    is_fresh: bool,
    has_begun: bool,
    last_arrival_us: u64,
    /// Until when it waits before it opens the device again, and how long it waits then.
    reopens: Option<(u64, u64)>,
    pending: Flags,
    pending_lost: u64,
}

impl Receiver {
    pub(super) fn new(settings: &SdrSettings, rate_sps: f64, piece_samples: usize, now_us: u64) -> Receiver {
        Receiver {
            rate_sps,
            piece_samples,
            settings: settings.clone(),
            clock: SampleClock::new(rate_sps, settings.clock_slack_us, piece_samples),
            is_alive: true,
            is_fresh: true,
            has_begun: false,
            last_arrival_us: now_us,
            reopens: None,
            pending: Flags::NONE,
            pending_lost: 0,
        }
    }

    /// Whether pieces that come now are read: not while the device is closed.
    pub(super) fn listens(&self) -> bool {
        self.reopens.is_none()
    }

    /// Time passes. `streams`: the device would give samples; `is_gone`: it answers with errors.
    pub(super) fn watch(&mut self, now_us: u64, streams: bool, is_gone: bool) {
        if let Some((until_us, wait_us)) = self.reopens {
            if now_us < until_us {
                return;
            }
            if streams {
                (self.reopens, self.is_fresh, self.last_arrival_us) = (None, true, now_us);
            } else {
                let most_us = u64::from(self.settings.reopen_wait_max_us);
                let wait_us = (2 * wait_us).min(most_us);
                self.reopens = Some((now_us + wait_us, wait_us));
            }
            return;
        }
        let quiet_us = now_us.saturating_sub(self.last_arrival_us);
        let piece_us = self.piece_samples as f64 * 1e6 / self.rate_sps;
        let stalled_us = u64::from(self.settings.stall_timeout_us).max(3 * piece_us as u64);
        if quiet_us > stalled_us || (is_gone && quiet_us > GONE_AFTER_US) {
            self.is_alive = false;
            let wait_us = u64::from(self.settings.reopen_wait_min_us);
            self.reopens = Some((now_us + wait_us, wait_us));
        }
    }

    /// The driver says that it lost samples.
    pub(super) fn overflow(&mut self, now_us: u64) {
        self.pending = self.pending.with(Flags::OVERFLOW);
        self.clock.told_loss(TimeUs(now_us));
    }

    /// A piece has arrived: the stamp of the block it makes.
    pub(super) fn arrived(&mut self, now_us: u64) -> BlockStamp {
        let now = TimeUs(now_us);
        if self.is_fresh {
            self.is_fresh = false;
            let lost = self.clock.resume(now, self.piece_samples);
            if self.has_begun {
                self.missing(lost);
            }
            self.has_begun = true;
        }
        (self.is_alive, self.last_arrival_us) = (true, now_us);
        let stamp = BlockStamp {
            sample_index: self.clock.index(),
            acquired_us: self.clock.next_time().min(now),
            lost_samples: std::mem::take(&mut self.pending_lost),
            flags: std::mem::take(&mut self.pending),
        };
        match self.clock.arrived(self.piece_samples, now) {
            Verdict::Steady => {}
            Verdict::Lost(lost) => self.missing(lost),
            Verdict::Rate(_) => self.pending = self.pending.with(Flags::RETUNED),
        }
        stamp
    }

    fn missing(&mut self, lost: u64) {
        self.pending_lost += lost;
        self.pending = self.pending.with(Flags::GAP);
    }
}
