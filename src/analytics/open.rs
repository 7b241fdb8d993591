//! What is known of the detection that is open: its evidence so far, and for how long it waits for more.

use super::pulses::Heard;
use super::train::TrainSearch;
use crate::facts::{Detection, DetectionKind, HeardAt};
use crate::signal::{Hearing, HearingKind};
use crate::time::TimeUs;

/// The detection that is open.
pub struct Open {
    /// As it was told, with what came since.
    pub detection: Detection,
    /// When its newest evidence ended.
    pub last_heard_us: TimeUs,
    /// When its newest pulse, in a coded train the newest that leads a group, began.
    pub last_start_us: TimeUs,
    /// Pulses taken.
    pub member_count: u32,
    /// Longest silence between its pulses, µs.
    pub bridged_us: u64,
    /// Of a carrier that lines or energy tell: the time over which the newest was summed, µs. The next comes half of that later.
    pub line_us: u64,
    /// Of a train too weak for single pulses: ln of how often in an hour noise alone makes the hearing that tells its period.
    pub surest: Option<f64>,
}

impl Open {
    /// Takes a pulse into the detection.
    pub fn take(&mut self, heard: &Heard) {
        self.bridged_us = self.bridged_us.max(heard.start_us.since_us(self.last_heard_us));
        self.last_heard_us = heard.end_us();
        self.member_count += 1;
        self.detection.snr_peak_db = self.detection.snr_peak_db.max(heard.snr_db);
        self.detection.power_peak_dbfs = self.detection.power_peak_dbfs.max(heard.power_dbfs);
    }

    /// Takes what a matched detector heard, of an SNR of `snr_db` in the channel's bandwidth, into the detection of its kind.
    pub fn take_hearing(&mut self, hearing: &Hearing, snr_db: f64) {
        match hearing.kind {
            HearingKind::Line | HearingKind::Energy => self.line_us = u64::from(hearing.span_us),
            HearingKind::Chirp => {}
            HearingKind::Train | HearingKind::Burst => {
                let start_us = hearing.until_us.minus_us(u64::from(hearing.width_us));
                // A pulse of which nothing was known is one more.
                self.member_count += u32::from(start_us > self.last_heard_us);
                self.bridged_us = self.bridged_us.max(start_us.since_us(self.last_heard_us));
                self.last_start_us = self.last_start_us.max(start_us);
            }
        }
        self.last_heard_us = self.last_heard_us.max(hearing.until_us);
        self.detection.snr_peak_db = self.detection.snr_peak_db.max(snr_db);
        self.detection.power_peak_dbfs = self.detection.power_peak_dbfs.max(hearing.power.db());
        self.detection.beacon_id = hearing.message.map(|message| message.id()).or(self.detection.beacon_id);
        let heard = HeardAt { frequency_hz: hearing.frequency_hz, cn0_db_hz: hearing.cn0.db() };
        if self.detection.heard.is_none_or(|strongest| strongest.cn0_db_hz <= heard.cn0_db_hz) {
            self.detection.heard = Some(heard);
        }
    }

    /// The period of a train that only hearings tell, if this one is the surest of them; it is the detection's from now on.
    pub fn surer_period_us(&mut self, train: &Hearing) -> Option<f64> {
        let period_us = train.period_us.map(f64::from);
        self.surest.filter(|surest| train.ln_false_alarms_per_hour < *surest)?;
        self.surest = Some(train.ln_false_alarms_per_hour);
        self.detection.pattern.width_us = Some(train.width_us);
        self.detection.pattern.period_us = period_us;
        let chance = train.ln_false_alarms_per_hour.min(0.0).exp();
        self.detection.false_alarm_probability = self.detection.false_alarm_probability.min(chance);
        period_us
    }

    /// Time without evidence after which the detection ends. After a burst the next comes a period later. A train of few pulses may be one group
    /// of a coded one, of which the next does so too; and a silence that was bridged once is so again.
    pub fn hold_us(&self, hold_us: u64, period_us: Option<f64>, search: &TrainSearch) -> u64 {
        let group_gap_us = 1.25 * search.period_max_us();
        let period_us = match (self.detection.kind, period_us) {
            (DetectionKind::PulseTrain, Some(period_us)) => period_us,
            (DetectionKind::Burst, _) => return hold_us.max(group_gap_us as u64),
            _ => return hold_us,
        };
        let is_young = (self.member_count as usize) < 2 * search.members_min();
        let next_group_us =
            if is_young { group_gap_us } else { (1.5 * self.bridged_us as f64).min(group_gap_us) };
        hold_us.max((2.5 * period_us).max(next_group_us) as u64)
    }
}
