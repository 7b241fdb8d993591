//! Is the beacon of a channel heard? One detection at a time, from its first evidence to its last.
//!
//! ```text
//!            carrier run confirmed | line | energy | train found | burst (pulses_min = 1, or a distress beacon's)
//!   silent ───────────────────────────────────────────────────────────────────→ heard   (reported)
//!      ↑                                                                     │ evidence moves `last heard` on
//!      └───── nothing for hold (a train: and for 2.5 periods) ───────────────┘     (reported)
//! ```
//! Which evidence counts follows from what is sought: hops, lines and energy for `Continuous`, pulses and chains of them for `Pulsed`, preambles for `Chirp`, either for `Any` (each
//! with half of the accepted false alarms). A carrier is no train, because its pulses are cut at the longest width; a
//! train is no carrier, because its pulses end before that (see `carrier`). Several pulses per period are one train (`code`).
//!
//! Evidence serves once: hops and pulses up to the end of a detection take no part in the next. So one thing heard is one
//! detection, however long nothing new comes in, and no two of a channel overlap.
//!
//! A burst is any single pulse over the trigger. Its trigger is raised until white noise reaches it as seldom as the
//! operator accepts, at any FFT frame of an hour; impulsive interference *is* such a burst, and nothing here can tell.

mod hearing;
mod located;
mod needed;

use super::carrier::CarrierWatch;
use super::chance;
use super::code::{CodeSearch, Coded};
use super::open::Open;
use super::pulses::{Heard, PulseLog};
use super::train::{Train, TrainSearch};
use crate::config::{AnalyticsConfig, ChannelConfig};
use crate::facts::{Detection, DetectionKind, Pattern};
use crate::signal::{Flags, Hearing, Pulse, Reading};
use crate::time::TimeUs;
use crate::units::CentiDb;

/// Of the pulses of one pass the newest four are tried as the end of a train, fewer where `pulses_min` is so large that
/// each search is long: searches × pulses_min ≤ 32 keeps a pass in a storm of pulses under 0.3 ms.
const SEARCHES_PER_PASS: usize = 4;
const SEARCHED_PULSES_PER_PASS: usize = 32;
/// Resolution of a pulse's start before the first reading told the frames' length, µs.
const FRAME_US: f64 = 1_000.0;
/// The pattern in the facts is that of the last 10 s, or of the last eight periods if that is longer.
const PATTERN_US: f64 = 10e6;

/// The detection of one channel.
pub struct Detector {
    channel: ChannelConfig,
    drop_db: f64,
    trigger_db: f64,
    hold_us: u64,
    hop_us: f64,
    carrier: CarrierWatch,
    watches_carrier: bool,
    search: Option<TrainSearch>,
    /// ln of the accepted chance of a burst per FFT frame; `None` when single pulses do not count.
    ln_bursts_per_hour: Option<f64>,
    codes: CodeSearch,
    /// In a coded train: what belongs to a group.
    group: Option<Group>,
    log: PulseLog,
    /// Whether pulses came since the last pass, and how many of them the open detection did not take.
    has_pulses: bool,
    fresh_pulses: usize,
    listening_us: Option<TimeUs>,
    frame_us: f64,
    period_us: Option<f64>,
    open: Option<Open>,
    /// What a matched detector heard and no detection has taken.
    heard: Option<Hearing>,
    /// The newest energy of an emission that is on all the time.
    steady: Option<Hearing>,
    /// What has been told: evidence up to then tells of nothing else.
    told_us: TimeUs,
}

/// A group of a coded train.
#[derive(Copy, Clone)]
struct Group {
    /// What comes within this after one of its pulses belongs to it, µs.
    gap_us: u64,
    /// From its first pulse to its last, µs: what comes later does not.
    length_us: u64,
}

impl Detector {
    /// Allocates the log of pulses.
    pub fn new(config: &AnalyticsConfig, channel: &ChannelConfig, hop_us: u32) -> Detector {
        let (watches_carrier, sought) = (channel.emission.has_carrier(), channel.emission.train());
        let single = sought.is_some_and(|train| train.pulses_min == 1);
        let shares = channel.shares();
        // Where none is sought, its levels serve the pulses.
        let carrier_share = config.false_alarms_per_hour * if watches_carrier { shares.carrier } else { 1.0 };
        let pulse_share = config.false_alarms_per_hour * shares.pulses / if single { 2.0 } else { 1.0 };
        Detector {
            drop_db: config.drop_db,
            trigger_db: config.trigger_db,
            hold_us: u64::from(config.hold_us),
            hop_us: f64::from(hop_us.max(1)),
            carrier: CarrierWatch::new(config, channel, hop_us, carrier_share),
            watches_carrier,
            search: sought.map(|train| {
                TrainSearch::new(train, channel.pulse_width_min_us, config.trigger_db, pulse_share)
            }),
            ln_bursts_per_hour: single.then(|| pulse_share.ln()),
            codes: CodeSearch::default(),
            group: None,
            log: PulseLog::default(),
            has_pulses: false,
            fresh_pulses: 0,
            listening_us: None,
            frame_us: FRAME_US,
            period_us: None,
            open: None,
            heard: None,
            steady: None,
            told_us: TimeUs(0),
            channel: channel.clone(),
        }
    }

    /// A usable reading; `floor_temporal_db` is asked only where the reading has no quiet bins.
    pub fn reading(&mut self, reading: &Reading, floor_temporal_db: Option<f64>) {
        self.listening_us.get_or_insert(reading.acquired_us);
        self.frame_us = self.hop_us / f64::from(reading.frame_count.max(1));
        self.carrier.reading(reading, floor_temporal_db);
        if !self.watches_carrier {
            return;
        }
        let Some(open) = self.open.as_mut().filter(|open| open.detection.kind == DetectionKind::Carrier)
        else {
            return;
        };
        let at = reading.acquired_us;
        if self.carrier.heard_us == Some(at) && at.since_us(open.last_heard_us) < self.hold_us {
            open.last_heard_us = at;
            if let Some(snr_db) = self.carrier.snr_db(reading, floor_temporal_db) {
                open.detection.snr_peak_db = open.detection.snr_peak_db.max(snr_db);
                open.detection.power_peak_dbfs = open.detection.power_peak_dbfs.max(reading.mean.db());
            }
        }
    }

    /// A pulse that ended; `false` when it came out of order.
    pub fn pulse(&mut self, pulse: &Pulse) -> bool {
        self.listening_us.get_or_insert(pulse.start_us);
        self.carrier.pulse(pulse);
        let heard = Heard::from_pulse(pulse, &self.channel).filter(|heard| heard.snr_db >= self.drop_db);
        let Some(heard) = heard else { return true };
        if !self.log.push(heard) {
            return false;
        }
        self.has_pulses = true;
        if !self.follow(&heard) {
            self.fresh_pulses += 1;
        }
        true
    }

    /// Reports ends and begins up to `now`; `id` is the newest detection's and counts on.
    pub fn update(&mut self, now: TimeUs, channel: u8, id: &mut u32, out: &mut dyn FnMut(&Detection)) {
        self.close(now, out);
        let (fresh, any) = (std::mem::take(&mut self.fresh_pulses), std::mem::take(&mut self.has_pulses));
        let found = if self.open.as_ref().is_none_or(|open| open.detection.kind == DetectionKind::Burst) {
            self.find_train(fresh)
        } else {
            None
        };
        if let Some(train) = &found {
            (self.period_us, self.group) = (Some(train.period_us), None);
            for index in &train.members[..train.member_count] {
                self.log.mark(usize::from(*index));
            }
        }
        let coded = if any { self.find_code() } else { None };
        if self.open.is_some() {
            return;
        }
        let opened = coded
            .or(found)
            .map(|train| self.open_train(&train))
            .or_else(|| self.open_burst(fresh))
            .or_else(|| self.open_carrier())
            .or_else(|| self.open_heard());
        if let Some(mut open) = opened {
            *id += 1;
            open.detection.id = *id;
            open.detection.channel = channel;
            out(&open.detection);
            self.open = Some(open);
            self.close(now, out);
        }
    }

    /// A coded train, unless one is followed already. An open train that is one of its groups becomes it.
    fn find_code(&mut self) -> Option<Train> {
        let may_be = self.group.is_none()
            && self.open.as_ref().is_none_or(|open| open.detection.kind == DetectionKind::PulseTrain);
        let search = self.search.as_ref().filter(|_| may_be)?;
        let coded = self.codes.search(&self.log, search, self.listening_us?, self.frame_us)?;
        let Coded { mut train, gap_us } = coded;
        self.period_us = Some(train.period_us);
        let leads = &train.members[..train.member_count];
        // What the open detection took for an even train is of groups too.
        let since =
            self.open.as_ref().map_or(train.began_us, |open| open.detection.began_us.min(train.began_us));
        let (mut followers, mut ago, mut length_us, mut last_us) = (0, 0, 0, None);
        while let Some(heard) = self.log.ago(ago).copied().filter(|heard| heard.start_us >= since) {
            let before = self.log.ago(ago + 1);
            let follows = before.is_some_and(|before| heard.start_us.since_us(before.start_us) <= gap_us);
            if follows || heard.is_member || leads.contains(&(ago as u8)) {
                self.log.mark_as(ago, follows);
                followers += usize::from(follows);
            }
            let last = *last_us.get_or_insert(heard.start_us);
            if !follows {
                length_us = length_us.max(last.since_us(heard.start_us));
                last_us = None;
            }
            ago += 1;
        }
        let slack_us = search.tolerance_us(length_us as f64, self.frame_us) as u64;
        self.group = Some(Group { gap_us, length_us: length_us + slack_us });
        if let Some(open) = &mut self.open {
            // The beginning stays as it was told.
            open.last_start_us =
                self.log.ago(usize::from(leads[0])).map_or(open.last_start_us, |lead| lead.start_us);
            open.last_heard_us = open.last_heard_us.max(self.log.ago(0).map_or(TimeUs(0), Heard::end_us));
            open.member_count = open.member_count.max((train.member_count + followers) as u32);
        }
        train.follower_count = followers;
        Some(train)
    }

    /// Whether a detection is open.
    pub fn is_heard(&self) -> bool {
        self.open.is_some()
    }

    /// Pattern of the pulses of the last 10 s or eight periods before `now`.
    pub fn pattern(&self, now: TimeUs) -> Pattern {
        let window_us = PATTERN_US.max(8.0 * self.period_us.unwrap_or(0.0));
        let after = now.0.checked_sub(window_us as u64).map(TimeUs);
        let known_us = self.channel.emission.period_us().filter(|_| self.is_heard());
        self.log.pattern(after, false, self.period_us.or(known_us))
    }

    /// The power by which a reading tells where the beacon is, if the beacon is on in it: of a continuous carrier the
    /// hop's mean, when over the drop level; else the strongest frame (a pulse fills a hop in part), when over the level
    /// at which a pulse begins and which noise passes in at most one hop in a hundred.
    pub fn beacon_power(&mut self, reading: &Reading, floor_temporal_db: Option<f64>) -> Option<CentiDb> {
        let mean_snr_db = self.carrier.snr_db(reading, floor_temporal_db)?;
        let levels = self.carrier.levels();
        if self.search.is_none() {
            return (mean_snr_db >= levels.drop_db).then_some(reading.mean);
        }
        let peak_snr_db = mean_snr_db + reading.peak.db() - reading.mean.db();
        (peak_snr_db >= levels.peak_db).then_some(reading.peak)
    }

    /// Moves the open detection on if this newest pulse of the log belongs to it.
    fn follow(&mut self, heard: &Heard) -> bool {
        let (Some(open), Some(search)) = (&mut self.open, &self.search) else { return false };
        let hold_us = open.hold_us(self.hold_us, self.period_us, search);
        if open.detection.kind == DetectionKind::Carrier
            || heard.end_us().since_us(open.last_heard_us) >= hold_us + u64::from(heard.width_us)
        {
            return false;
        }
        // A stranger carries no group on, nor does a pulse of it carry it on beyond its length.
        let before = self.log.ago(1).filter(|before| before.is_member);
        let follows = self.group.zip(before).is_some_and(|(group, before)| {
            heard.start_us.since_us(before.start_us) <= group.gap_us
                && heard.start_us.since_us(open.last_start_us) <= group.length_us
        });
        if follows {
            open.take(heard);
            self.log.mark_as(0, true);
            return true;
        }
        if let (DetectionKind::PulseTrain, Some(period_us)) = (open.detection.kind, self.period_us) {
            let since_us = heard.start_us.since_us(open.last_start_us) as f64;
            let steps = (since_us / period_us).round();
            if steps < 1.0 || (since_us - steps * period_us).abs() > search.place_us(period_us, self.frame_us)
            {
                return false;
            }
            // An eighth of each new period: the transmitter's clock wanders, one pulse's jitter is not it.
            self.period_us = Some(period_us + (since_us / steps - period_us) / 8.0);
        }
        open.take(heard);
        open.last_start_us = heard.start_us;
        self.log.mark(0);
        open.detection.kind == DetectionKind::PulseTrain
    }

    /// It is listened to no more: ends what is open, as it was heard last.
    pub fn end(&mut self, out: &mut dyn FnMut(&Detection)) {
        self.close(TimeUs(u64::MAX), out);
    }

    fn close(&mut self, now: TimeUs, out: &mut dyn FnMut(&Detection)) {
        let (own_hold_us, period_us, search) = (self.hold_us, self.period_us, self.search.as_ref());
        let ended = self.open.take_if(|open| {
            let hold_us = search.map_or(own_hold_us, |search| open.hold_us(own_hold_us, period_us, search));
            // A weak line is missed now and then.
            let hold_us = hold_us.max(2 * open.line_us);
            now.since_us(open.last_heard_us) >= hold_us
        });
        if let Some(open) = ended {
            let mut detection = open.detection;
            detection.ended_us = Some(open.last_heard_us);
            let pattern = self.detection_pattern(&detection, open.member_count);
            // Of a train too weak for single pulses only what was heard of it is known.
            detection.pattern = match pattern.width_us {
                Some(_) => pattern,
                None => Pattern { pulse_count: pattern.pulse_count, ..detection.pattern },
            };
            out(&detection);
            // What this one was told by tells of no other.
            self.told_us = open.last_heard_us;
            self.heard = None;
            self.group = None;
            self.carrier.forget(open.last_heard_us);
            self.log.forget(open.last_heard_us);
        }
    }

    fn find_train(&self, fresh: usize) -> Option<Train> {
        let search = self.search.as_ref()?;
        let listening_us = self.listening_us?;
        let searches = (SEARCHED_PULSES_PER_PASS / search.members_min()).clamp(1, SEARCHES_PER_PASS);
        (0..fresh.min(searches))
            .filter_map(|ago| search.search(&self.log, ago, listening_us, self.frame_us))
            .max_by_key(|train| train.member_count)
    }

    fn open_train(&self, train: &Train) -> Open {
        let newest = usize::from(train.members[0]);
        let start_us = self.log.ago(newest).map_or(train.began_us, |lead| lead.start_us);
        // What follows in its group is of it too.
        let members = (0..=newest).filter_map(|ago| self.log.ago(ago)).filter(|heard| heard.is_member);
        let end_us = members.map(Heard::end_us).max().unwrap_or(train.began_us);
        let detection = Detection {
            kind: DetectionKind::PulseTrain,
            began_us: train.began_us,
            confirmed_us: end_us,
            snr_peak_db: train.snr_peak_db,
            power_peak_dbfs: train.power_peak_dbfs,
            false_alarm_probability: train.false_alarm_probability,
            ..self.blank()
        };
        self.opened(detection, end_us, start_us, (train.member_count + train.follower_count) as u32)
    }

    fn open_burst(&mut self, fresh: usize) -> Option<Open> {
        let ln_allowed = self.ln_bursts_per_hour?;
        let ln_frames_per_hour = (3.6e9 / self.frame_us).ln();
        // Newest first; the oldest fresh one that counts begins it.
        for ago in (0..fresh).rev() {
            let Some(heard) = self.log.untold(ago).copied() else { continue };
            let shape = chance::shape(1, self.channel.bandwidth_hz, f64::from(heard.width_us));
            let ln_tail = chance::ln_tail(shape, 10f64.powf(heard.snr_db / 10.0));
            if heard.snr_db < self.trigger_db || ln_tail + ln_frames_per_hour > ln_allowed {
                continue;
            }
            for later in 0..=ago {
                self.log.mark(later);
            }
            let newest_end_us = self.log.ago(0).map_or(heard.end_us(), Heard::end_us);
            let detection = Detection {
                kind: DetectionKind::Burst,
                began_us: heard.start_us,
                confirmed_us: heard.end_us(),
                snr_peak_db: heard.snr_db,
                power_peak_dbfs: heard.power_dbfs,
                false_alarm_probability: (ln_tail + ln_frames_per_hour).min(0.0).exp(),
                ..self.blank()
            };
            return Some(self.opened(detection, newest_end_us, heard.start_us, ago as u32 + 1));
        }
        None
    }

    fn open_carrier(&self) -> Option<Open> {
        let run = self.watches_carrier.then(|| self.carrier.confirmed()).flatten()?;
        let detection = Detection {
            kind: DetectionKind::Carrier,
            began_us: run.began_us,
            confirmed_us: run.newest_us,
            snr_peak_db: run.snr_peak_db,
            power_peak_dbfs: run.power_peak_dbfs,
            false_alarm_probability: self.carrier.false_alarm_probability(run),
            ..self.blank()
        };
        Some(self.opened(detection, run.newest_us, run.began_us, 0))
    }

    fn opened(
        &self,
        mut detection: Detection,
        last_heard_us: TimeUs,
        last_start_us: TimeUs,
        member_count: u32,
    ) -> Open {
        detection.pattern = self.detection_pattern(&detection, member_count);
        Open {
            detection,
            last_heard_us,
            last_start_us,
            member_count,
            bridged_us: 0,
            line_us: 0,
            surest: None,
        }
    }

    fn detection_pattern(&self, detection: &Detection, member_count: u32) -> Pattern {
        if detection.kind == DetectionKind::Carrier {
            return Pattern::default();
        }
        let after = detection.began_us.0.checked_sub(1).map(TimeUs);
        let pattern = self.log.pattern(after, true, self.period_us);
        Pattern { pulse_count: member_count.min(u32::from(u16::MAX)) as u16, ..pattern }
    }

    fn blank(&self) -> Detection {
        Detection {
            id: 0,
            channel: 0,
            kind: DetectionKind::Carrier,
            began_us: TimeUs(0),
            confirmed_us: TimeUs(0),
            ended_us: None,
            snr_peak_db: 0.0,
            power_peak_dbfs: 0.0,
            heard: None,
            beacon_id: None,
            pattern: Pattern::default(),
            false_alarm_probability: 1.0,
        }
    }
}

/// Whether a reading takes part in statistics.
pub fn is_usable(reading: &Reading) -> bool {
    !reading.flags.any(Flags::UNUSABLE)
}
