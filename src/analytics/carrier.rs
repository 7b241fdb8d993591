//! Is a continuous carrier on the channel? From the hops' SNR.
//!
//! SNR of a hop = mean − `quiet` of the *same* hop, so a wideband noise step, which lifts both, is no carrier. Only under
//! [`Flags::NO_QUIET`] the channel's own temporal floor stands in; a carrier that was on since the start, and a noise step,
//! cannot be told apart from it then: the floor is lifted by the one and not by the other.
//!
//! A run begins with a hop over the trigger. Through the debounce time every hop must be over the trigger, after that over
//! the drop level, until the run is longer than the longest pulse could be seen; a clean end of a strong pulse (it fell by
//! [`KEYED_MARGIN_DB`] or more) proves keying and breaks the run, even where the gaps are shorter than a hop.
//!
//! The trigger is raised over the operator's until noise alone passes the debounce at most as often as he accepts:
//! hops_per_hour · p^n ≤ false alarms per hour, p from [`chance::ln_tail`]; hops do not overlap, hence p^n. The drop
//! level is raised until noise keeps a detection alive in at most one hold time in a hundred.
//!
//! Budget: a few comparisons per reading; levels are computed only when the frame count changes.

use super::chance;
use super::lifted::{Lifted, chance_of_run};
use crate::config::{AnalyticsConfig, ChannelConfig};
use crate::signal::{Flags, Pulse, Reading};
use crate::time::TimeUs;
use crate::units::ratio_from_db;

/// How far over its trigger a pulse must be for its end to prove that the emission is keyed.
const KEYED_MARGIN_DB: f64 = 6.0;
/// Longest frame in which pulse edges are sought, as long as one FFT frame is no longer, µs.
pub const PULSE_FRAME_US: f64 = 1_000.0;

/// Levels that hold for one frame count and floor.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Levels {
    frame_count: u16,
    spectral: bool,
    /// Over this a run begins, dB.
    pub trigger_db: f64,
    /// Over this it goes on, dB.
    pub drop_db: f64,
    /// Over this a hop's strongest frame carries the beacon, dB.
    pub peak_db: f64,
    shape: f64,
    floor_ratio: f64,
}

/// Hops in a row over the level.
#[derive(Copy, Clone, Debug)]
pub struct Run {
    /// First hop over the trigger.
    pub began_us: TimeUs,
    /// Newest hop of the run.
    pub newest_us: TimeUs,
    /// Strongest SNR, dB.
    pub snr_peak_db: f64,
    /// Strongest mean power, dBFS.
    pub power_peak_dbfs: f64,
    hop_count: u32,
    /// ln of the bound of the chance of the debounced hops.
    ln_chance: f64,
}

/// The carrier watch of one channel.
pub struct CarrierWatch {
    trigger_db: f64,
    drop_db: f64,
    floor_percentile: f64,
    bandwidth_hz: f64,
    pulse_trigger_db: f64,
    hop_us: f64,
    debounce_us: u64,
    debounce_hops: u32,
    confirm_us: u64,
    gap_us: u64,
    ln_trigger_chance: f64,
    ln_drop_chance: f64,
    levels: Levels,
    run: Option<Run>,
    /// When the newest hop over the drop level was taken.
    pub heard_us: Option<TimeUs>,
    /// When the newest over the operator's trigger was.
    pub plain_us: Option<TimeUs>,
}

impl CarrierWatch {
    /// `false_alarms_per_hour` is this watch's share of the channel's.
    pub fn new(
        config: &AnalyticsConfig,
        channel: &ChannelConfig,
        hop_us: u32,
        false_alarms_per_hour: f64,
    ) -> CarrierWatch {
        let hop = f64::from(hop_us.max(1));
        let debounce_hops = config.debounce_us / hop_us.max(1) + 1;
        let hops_per_hour = 3.6e9 / hop;
        let hops_per_hold = (f64::from(config.hold_us) / hop).max(1.0);
        let mut watch = CarrierWatch {
            trigger_db: config.trigger_db,
            drop_db: config.drop_db,
            floor_percentile: config.floor_percentile,
            bandwidth_hz: channel.bandwidth_hz,
            pulse_trigger_db: channel.pulse_trigger_db,
            hop_us: hop,
            debounce_us: u64::from(config.debounce_us),
            debounce_hops,
            // A pulse reaches into one hop more than its width holds.
            confirm_us: u64::from(config.debounce_us)
                .max(u64::from(channel.longest_pulse_us()) + u64::from(hop_us)),
            gap_us: u64::from(config.debounce_us) + 2 * u64::from(hop_us),
            ln_trigger_chance: (false_alarms_per_hour / hops_per_hour).ln() / f64::from(debounce_hops),
            ln_drop_chance: (0.01 / hops_per_hold).ln(),
            levels: Levels {
                frame_count: 0,
                spectral: true,
                trigger_db: 0.0,
                drop_db: 0.0,
                peak_db: 0.0,
                shape: 1.0,
                floor_ratio: 1.0,
            },
            run: None,
            heard_us: None,
            plain_us: None,
        };
        watch.levels = watch.levels_for(1, true);
        watch
    }

    /// A usable reading, with the temporal floor before it.
    pub fn reading(&mut self, reading: &Reading, floor_temporal_db: Option<f64>) {
        let Some(snr_db) = self.snr_db(reading, floor_temporal_db) else { return };
        let at = reading.acquired_us;
        if snr_db >= self.levels.drop_db {
            self.heard_us = Some(at);
        }
        if snr_db >= self.trigger_db {
            self.plain_us = Some(at);
        }
        let gap_us = self.gap_us;
        let going = self.run.take_if(|run| at.since_us(run.newest_us) <= gap_us);
        self.run = None;
        let in_debounce = going.is_none_or(|run| {
            at.since_us(run.began_us) <= self.debounce_us || run.hop_count < self.debounce_hops
        });
        let level_db = if in_debounce { self.levels.trigger_db } else { self.levels.drop_db };
        if snr_db < level_db {
            return;
        }
        let power_dbfs = reading.mean.db();
        let mut run = going.unwrap_or(Run {
            began_us: at,
            newest_us: at,
            snr_peak_db: snr_db,
            power_peak_dbfs: power_dbfs,
            hop_count: 0,
            ln_chance: 0.0,
        });
        if in_debounce {
            run.hop_count += 1;
            run.ln_chance += self.ln_noise_chance(snr_db);
        }
        run.newest_us = at;
        run.snr_peak_db = run.snr_peak_db.max(snr_db);
        run.power_peak_dbfs = run.power_peak_dbfs.max(power_dbfs);
        self.run = Some(run);
    }

    /// A pulse ended: a strong one with a clean end breaks the run.
    pub fn pulse(&mut self, pulse: &Pulse) {
        let keyed_db = self.pulse_trigger_db + KEYED_MARGIN_DB;
        if pulse.flags.any(Flags::END_UNSEEN) || pulse.mean.db() - pulse.floor.db() < keyed_db {
            return;
        }
        let end = pulse.start_us.plus_us(u64::from(pulse.width_us));
        self.run.take_if(|run| run.began_us < end);
    }

    /// Hops up to `until` have been told of: a run that began with them is over.
    pub fn forget(&mut self, until: TimeUs) {
        self.run.take_if(|run| run.began_us <= until);
    }

    /// Time that a run must last, from hop to hop, µs, with FFT frames of `frame_us`.
    pub fn confirm_us(&self, frame_us: f64) -> u64 {
        // Where a pulse is cut: it is seen as longer by a part of a frame at either end.
        self.confirm_us + (2.0 * frame_us.max(PULSE_FRAME_US)) as u64
    }

    /// The run, once it is a carrier.
    pub fn confirmed(&self) -> Option<&Run> {
        let confirm_us = self.confirm_us(self.hop_us / f64::from(self.levels.frame_count.max(1)));
        self.run.as_ref().filter(|run| {
            run.hop_count >= self.debounce_hops && run.newest_us.since_us(run.began_us) >= confirm_us
        })
    }

    /// Expected number of such runs that noise alone makes in an hour, at most; at most 1.
    pub fn false_alarm_probability(&self, run: &Run) -> f64 {
        (run.ln_chance + (3.6e9 / self.hop_us).ln()).min(0.0).exp()
    }

    /// SNR of one hop as detection counts it.
    pub fn snr_db(&mut self, reading: &Reading, floor_temporal_db: Option<f64>) -> Option<f64> {
        let spectral = !reading.flags.any(Flags::NO_QUIET);
        let floor_db = if spectral { reading.quiet.db() } else { floor_temporal_db? };
        if (self.levels.frame_count, self.levels.spectral) != (reading.frame_count, spectral) {
            self.levels = self.levels_for(reading.frame_count, spectral);
        }
        Some(reading.mean.db() - floor_db)
    }

    /// The levels for the reading last given.
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// P(a steady carrier of this SNR, a ratio, is told within so many hops of `frame_count` frames).
    pub fn chance(&self, snr: f64, frame_count: u16, hop_count: usize) -> f64 {
        let levels = self.levels_for(frame_count, true);
        let hop = Lifted { count: levels.shape, excess: snr };
        let (over, kept) =
            (hop.tail(ratio_from_db(levels.trigger_db)), hop.tail(ratio_from_db(levels.drop_db)));
        let confirm_us = self.confirm_us(self.hop_us / f64::from(frame_count.max(1)));
        let hops = (confirm_us as f64 / self.hop_us).ceil() as usize + 1;
        let rest = hops.saturating_sub(self.debounce_hops as usize);
        let run = chance_of_run(over, self.debounce_hops as usize, hop_count.saturating_sub(rest));
        run * kept.powi(rest as i32)
    }

    fn levels_for(&self, frame_count: u16, spectral: bool) -> Levels {
        let shape = chance::shape(frame_count, self.bandwidth_hz, self.hop_us);
        // The floor is a quantile of noise, thus not its mean: of each quiet bin's mean over the frames (the median), or
        // of the channel's own hops.
        let floor_ratio = if spectral {
            chance::quantile_ratio(f64::from(frame_count.max(1)), 0.5)
        } else {
            chance::quantile_ratio(shape, self.floor_percentile)
        };
        let level_db = |k: f64, ln_chance: f64| 10.0 * (chance::ratio_at(k, ln_chance) / floor_ratio).log10();
        let frames = f64::from(frame_count.max(1));
        let peak_db = level_db((shape / frames).max(1.0), (0.01 / frames).ln());
        Levels {
            frame_count,
            spectral,
            trigger_db: level_db(shape, self.ln_trigger_chance).max(self.trigger_db),
            drop_db: level_db(shape, self.ln_drop_chance).max(self.drop_db),
            peak_db: peak_db.max(self.drop_db).max(self.pulse_trigger_db),
            shape,
            floor_ratio,
        }
    }

    fn ln_noise_chance(&self, snr_db: f64) -> f64 {
        chance::ln_tail(self.levels.shape, 10f64.powf(snr_db / 10.0) * self.levels.floor_ratio)
    }
}
