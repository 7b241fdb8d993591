//! What the sense pass heard in fine spectra as evidence: a line or the energy of a carrier, a chain of pulses of a train, a packet's chirps.

use super::{Detector, Open};
use crate::config::Emission;
use crate::facts::{Detection, DetectionKind, Pattern};
use crate::signal::{Hearing, HearingKind};
use crate::time::TimeUs;
use crate::units::db_from_ratio;

/// A symbol may be so much stronger than the mean of its emission, as far as noise lets it seem so, dB.
const SYMBOL_DB: f64 = 6.0;

impl Detector {
    /// What a matched detector heard: carries the open detection of its kind on, or may begin one.
    pub fn hearing(&mut self, hearing: &Hearing) {
        let is_sought = match hearing.kind {
            HearingKind::Line | HearingKind::Energy => self.watches_carrier,
            HearingKind::Train => self.search.is_some(),
            HearingKind::Chirp => matches!(self.channel.emission, Emission::Chirp(_)),
            HearingKind::Burst => self.channel.emission == Emission::CospasSarsat,
        };
        // Of a burst the end that its pulse told is good to some frames.
        let slack_us = if hearing.kind == HearingKind::Burst { hearing.span_us / 2 } else { 0 };
        if !is_sought || hearing.until_us.minus_us(u64::from(slack_us)) <= self.told_us {
            return;
        }
        let snr_db = snr_db(hearing, self.channel.bandwidth_hz);
        match hearing.kind {
            HearingKind::Train if self.is_plain(hearing, snr_db) || self.is_of_what_is_steady(hearing) => {
                return;
            }
            HearingKind::Energy => self.steady = Some(*hearing),
            HearingKind::Train | HearingKind::Line | HearingKind::Chirp | HearingKind::Burst => {}
        }
        match &mut self.open {
            None => self.heard = Some(*hearing),
            // Bursts whose pulses were found to be a train are of it.
            Some(open)
                if open.detection.kind == detection_kind(hearing) || is_burst_of_train(hearing, open) =>
            {
                self.period_us = open.surer_period_us(hearing).or(self.period_us);
                open.take_hearing(hearing, snr_db)
            }
            Some(_) => {}
        }
    }

    /// Whether something stands out of the channel's noise over the operator's trigger, be it this train or what its pulses may be the
    /// edges, sidebands and parts of: that tells of itself.
    fn is_plain(&self, train: &Hearing, snr_db: f64) -> bool {
        let within_us = self.hold_us.max((2.5 * f64::from(train.period_us.unwrap_or(0))) as u64);
        let is_recent = |at: TimeUs| train.until_us.since_us(at) <= within_us;
        let pulse = self.log.ago(0).filter(|pulse| pulse.snr_db >= self.trigger_db);
        snr_db >= self.trigger_db
            || self.carrier.plain_us.is_some_and(is_recent)
            || pulse.is_some_and(|pulse| is_recent(pulse.end_us()))
    }

    /// Whether an emission is on all the time of which the pulses may be the symbols.
    fn is_of_what_is_steady(&self, train: &Hearing) -> bool {
        self.steady.is_some_and(|steady| {
            train.until_us.since_us(steady.until_us) <= u64::from(steady.span_us)
                && train.cn0.db() <= steady.cn0.db() + SYMBOL_DB
        })
    }

    /// A detection of what was heard and no other has taken.
    pub(super) fn open_heard(&mut self) -> Option<Open> {
        let hearing = self.heard.take()?;
        let began_us = hearing.until_us.minus_us(u64::from(hearing.span_us));
        let snr_db = snr_db(&hearing, self.channel.bandwidth_hz);
        let detection = Detection {
            kind: detection_kind(&hearing),
            began_us: began_us.max(self.told_us.plus_us(1)),
            confirmed_us: hearing.until_us,
            snr_peak_db: snr_db,
            power_peak_dbfs: hearing.power.db(),
            false_alarm_probability: hearing.ln_false_alarms_per_hour.min(0.0).exp(),
            ..self.blank()
        };
        let has_pulses = hearing.kind != HearingKind::Line;
        let is_train = hearing.kind == HearingKind::Train;
        self.period_us = if is_train { hearing.period_us.map(f64::from) } else { self.period_us };
        let last_start_us = hearing.until_us.minus_us(u64::from(hearing.width_us));
        let mut open =
            self.opened(detection, hearing.until_us, last_start_us, u32::from(hearing.pulse_count));
        open.take_hearing(&hearing, snr_db);
        open.surest = is_train.then_some(hearing.ln_false_alarms_per_hour);
        if has_pulses {
            open.detection.pattern = Pattern {
                pulse_count: hearing.pulse_count,
                width_us: Some(hearing.width_us),
                period_us: hearing.period_us.map(f64::from),
                ..Pattern::default()
            };
        }
        Some(open)
    }
}

fn is_burst_of_train(hearing: &Hearing, open: &Open) -> bool {
    hearing.kind == HearingKind::Burst && open.detection.kind == DetectionKind::PulseTrain
}

fn detection_kind(hearing: &Hearing) -> DetectionKind {
    match hearing.kind {
        HearingKind::Line | HearingKind::Energy => DetectionKind::Carrier,
        HearingKind::Train => DetectionKind::PulseTrain,
        HearingKind::Chirp => DetectionKind::Burst,
        HearingKind::Burst => DetectionKind::Burst,
    }
}

/// SNR of what was heard, in the channel's bandwidth.
fn snr_db(hearing: &Hearing, bandwidth_hz: f64) -> f64 {
    hearing.cn0.db() - db_from_ratio(bandwidth_hz)
}
