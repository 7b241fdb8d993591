//! Count of samples against the monotonic clock: when each sample was taken, and whether samples went missing.
//!
//! A sample can arrive late, never early. So the *lateness* of each arrival, now − count/rate, has a lower edge (the
//! envelope) that is the driver's fixed latency and moves only with the oscillator's error, some ppm. A late thread or a
//! slow bus lifts single arrivals; the next ones fall back. Lost samples lift the edge for ever. Windows of at least
//! 100 ms keep the least lateness of each; when the edge of the last five lies more than the slack above the envelope and
//! is flat, samples are lost: the difference, in samples. When it climbs or falls as a straight line instead, the device
//! runs at another rate than it says. The envelope follows upwards by at most 200 ppm, so that many small losses add up
//! to one that is seen. Not seen: losses below the slack that stop (20 ms by default).
//!
//! Times are f64 µs about an origin: at 20 MS/s exact to 1 µs for years. Allocates only in [`SampleClock::new`].

use skyhound::time::TimeUs;
use std::collections::VecDeque;

/// Worst error of an SDR's oscillator that is still believed.
const PPM_MAX: f64 = 200e-6;
/// A slope of lateness that is a wrong rate, not an oscillator.
const RATE_ERROR_MIN: f64 = 1e-3;
const WINDOW_MIN_US: f64 = 100_000.0;
/// Windows that must agree.
const RECENT_COUNT: usize = 5;
/// Windows in a line that make a wrong rate.
const LINE_COUNTS: [usize; 2] = [20, 50];
/// After a told loss, this much is believed at once.
const TOLD_SLACK_US: f64 = 2_000.0;
const TOLD_FOR_US: f64 = 3_000_000.0;

/// What the count says after an arrival.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing is missing.
    Steady,
    /// About this many samples are missing; the index has been moved on by them.
    Lost(u64),
    /// The device delivers at this rate, samples per second; times follow it from here on.
    Rate(f64),
}

/// Follows one stream.
#[derive(Clone, Debug)]
pub struct SampleClock {
    us_per_sample: f64,
    slack_us: f64,
    window_us: f64,
    index: u64,
    origin_index: u64,
    origin_us: Option<f64>,
    envelope_us: f64,
    /// Nothing has arrived since the start: the envelope is a guess.
    unmeasured: bool,
    window_started_us: f64,
    window_low_us: f64,
    lows: VecDeque<(f64, f64)>,
    told_until_us: f64,
    last_stamp: TimeUs,
}

impl SampleClock {
    /// For a stream at `sample_rate_sps` that the driver hands over in pieces of `delivery_samples`.
    pub fn new(sample_rate_sps: f64, slack_us: u32, delivery_samples: usize) -> SampleClock {
        let us_per_sample = 1e6 / sample_rate_sps;
        SampleClock {
            us_per_sample,
            slack_us: f64::from(slack_us).max(TOLD_SLACK_US),
            // A window must see the end of a delivery, or its least lateness means nothing.
            window_us: WINDOW_MIN_US.max(2.5 * delivery_samples as f64 * us_per_sample),
            index: 0,
            origin_index: 0,
            origin_us: None,
            envelope_us: 0.0,
            unmeasured: true,
            window_started_us: 0.0,
            window_low_us: f64::INFINITY,
            lows: VecDeque::with_capacity(LINE_COUNTS[1] + 1),
            told_until_us: 0.0,
            last_stamp: TimeUs(0),
        }
    }

    /// Index of the next sample to come.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When the next sample to come was or will be taken; never earlier than what was answered before.
    pub fn next_time(&mut self) -> TimeUs {
        let us = self.origin_us.unwrap_or(0.0) + self.envelope_us + self.us_since_origin();
        self.last_stamp = self.last_stamp.max(TimeUs(us.max(0.0) as u64));
        self.last_stamp
    }

    /// Must precede the first [`SampleClock::arrived`] after a start or a loss of the device: the first `delivery_samples`
    /// come at once, so the next sample was taken that much before `now`. Answers the samples missing since the last
    /// ones (0 at the first start), by which the index has been moved on.
    pub fn resume(&mut self, now: TimeUs, delivery_samples: usize) -> u64 {
        let taken_us = now.0 as f64 - delivery_samples as f64 * self.us_per_sample;
        let mut missing = 0;
        if let Some(origin_us) = self.origin_us {
            let expected_us = origin_us + self.envelope_us + self.us_since_origin();
            missing = ((taken_us - expected_us) / self.us_per_sample).max(0.0).round() as u64;
            self.index += missing;
        }
        self.restart(taken_us, now);
        missing
    }

    /// In place of the first [`SampleClock::resume`], when `delivery_samples` are known to have come by `now` though they are
    /// read later: an arrival that is late then says nothing of the driver.
    pub fn begin(&mut self, now: TimeUs, delivery_samples: usize) {
        self.restart(now.0 as f64 - delivery_samples as f64 * self.us_per_sample, now);
        self.unmeasured = false;
    }

    /// The driver said that it lost samples: a small lag is believed for a while.
    pub fn told_loss(&mut self, now: TimeUs) {
        self.told_until_us = now.0 as f64 + TOLD_FOR_US;
    }

    /// The driver's timestamps say that `count` samples are missing here.
    pub fn skip(&mut self, count: u64) {
        self.index += count;
        self.shift_lows(count as f64 * self.us_per_sample);
    }

    /// `count` samples have arrived at `now`.
    pub fn arrived(&mut self, count: usize, now: TimeUs) -> Verdict {
        self.index += count as u64;
        let now_us = now.0 as f64;
        let late_us = now_us - self.origin_us.unwrap_or(now_us) - self.us_since_origin();
        self.envelope_us = if self.unmeasured { late_us } else { self.envelope_us.min(late_us) };
        self.unmeasured = false;
        self.window_low_us = self.window_low_us.min(late_us);
        if now_us - self.window_started_us < self.window_us {
            return Verdict::Steady;
        }
        self.lows.push_back((now_us, self.window_low_us));
        if self.lows.len() > LINE_COUNTS[1] {
            self.lows.pop_front();
        }
        let window_us = now_us - self.window_started_us;
        self.window_started_us = now_us;
        self.window_low_us = f64::INFINITY;
        self.judge(now_us, window_us)
    }

    fn judge(&mut self, now_us: f64, window_us: f64) -> Verdict {
        if let Some(slope) = LINE_COUNTS.iter().find_map(|count| self.line(*count)) {
            let latest_us = self.lows.back().map_or(self.envelope_us, |(_, low)| *low);
            let taken_us = self.origin_us.unwrap_or(now_us) + latest_us + self.us_since_origin();
            self.us_per_sample /= 1.0 - slope;
            self.restart(taken_us, TimeUs(now_us as u64));
            return Verdict::Rate(1e6 / self.us_per_sample);
        }
        if self.lows.len() < RECENT_COUNT {
            return Verdict::Steady;
        }
        let (low_us, spread_us) = self.recent();
        let lag_us = low_us - self.envelope_us;
        let slack_us = if now_us < self.told_until_us { TOLD_SLACK_US } else { self.slack_us };
        if lag_us <= slack_us {
            self.envelope_us += lag_us.clamp(0.0, PPM_MAX * window_us);
            return Verdict::Steady;
        }
        let flat = spread_us < (slack_us / 2.0).max(0.1 * lag_us);
        // Losses that go on for so long without a flat stretch or a line are told as they stand.
        let overdue = self.lows.len() == LINE_COUNTS[1] && self.lows[0].1 > self.envelope_us + slack_us;
        if !flat && !overdue {
            return Verdict::Steady;
        }
        let lost = (lag_us / self.us_per_sample).round() as u64;
        self.skip(lost);
        Verdict::Lost(lost)
    }

    /// Least lateness of the last windows, and how far they differ.
    fn recent(&self) -> (f64, f64) {
        let recent = self.lows.iter().rev().take(RECENT_COUNT).map(|(_, low)| *low);
        let (low, high) = recent.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (low, high - low)
    }

    /// The slope of the last `count` lows when they are a line as steep as only a wrong rate can be.
    fn line(&self, count: usize) -> Option<f64> {
        if self.lows.len() < count {
            return None;
        }
        let last = || self.lows.iter().skip(self.lows.len() - count);
        let scale = 1.0 / count as f64;
        let (mean_t, mean_y) = last().fold((0.0, 0.0), |(t, y), (at, low)| (t + at * scale, y + low * scale));
        let (sxx, sxy) = last().fold((0.0, 0.0), |(xx, xy), (at, low)| {
            (xx + (at - mean_t).powi(2), xy + (at - mean_t) * (low - mean_y))
        });
        let slope = sxy / sxx;
        let rise_us = (slope * (self.lows.back()?.0 - last().next()?.0)).abs();
        let off_us = last().map(|(at, low)| (low - mean_y - slope * (at - mean_t)).abs()).fold(0.0, f64::max);
        // A single step inside leaves a third of the rise beside the line; jitter of the windows much less.
        (slope.abs() > RATE_ERROR_MIN && slope < 0.99 && off_us < 0.15 * rise_us).then_some(slope)
    }

    fn us_since_origin(&self) -> f64 {
        (self.index - self.origin_index) as f64 * self.us_per_sample
    }

    /// The next sample was taken at `taken_us`; what was learnt of the lateness is void.
    fn restart(&mut self, taken_us: f64, now: TimeUs) {
        self.origin_us = Some(taken_us);
        self.origin_index = self.index;
        self.envelope_us = 0.0;
        self.unmeasured = true;
        self.window_started_us = now.0 as f64;
        self.window_low_us = f64::INFINITY;
        self.lows.clear();
    }

    fn shift_lows(&mut self, us: f64) {
        self.window_low_us -= us;
        for (_, low) in &mut self.lows {
            *low -= us;
        }
        // What was before the loss would now lie below the envelope.
        let envelope_us = self.envelope_us;
        self.lows.retain(|(_, low)| *low >= envelope_us - TOLD_SLACK_US);
        self.window_low_us = self.window_low_us.max(envelope_us);
    }
}

#[cfg(test)]
mod tests;
