//! What a screen shows besides the present: the last minute's power, and the way flown.

use std::collections::VecDeque;

use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::time::TimeUs;

use crate::ctl::{Picture, Status};

/// Of power, and how long it is kept.
const POWERS_US: u64 = 60_000_000;
/// Places of the way at most; then every second one goes.
const WAY_MAX: usize = 2_000;
/// Nearer than this to the one before, a place is none of the way, m.
const STEP_M: f64 = 1.0;

/// It.
#[derive(Default)]
pub struct History {
    /// The newest status, and when it came.
    pub newest: Option<(TimeUs, Status)>,
    /// What was recorded last.
    pub picture: Picture,
    /// Why there is none since.
    pub lost: Option<String>,
    /// SNR of the channel that is shown, dB, of the last minute.
    pub snr_db: VecDeque<(TimeUs, Option<f64>)>,
    /// Where the map's metres are counted from.
    pub origin: Option<Origin>,
    /// The way, m.
    pub way: Vec<NorthEast>,
}

impl History {
    /// What was answered at `now`.
    pub fn take(&mut self, now: TimeUs, status: Status, picture: Picture) {
        self.lost = None;
        self.snr_db.push_back((now, shown(&status).and_then(|at| status.channels[at].snr_db)));
        while self.snr_db.front().is_some_and(|(at, _)| now.since_us(*at) > POWERS_US) {
            self.snr_db.pop_front();
        }
        if let (Some(lat_deg), Some(lon_deg)) = (status.vehicle.lat_deg, status.vehicle.lon_deg) {
            self.go(Wgs84 { lat_deg, lon_deg });
        }
        self.picture = picture;
        self.newest = Some((now, status));
    }

    /// Nobody answers.
    pub fn lose(&mut self, why: String) {
        self.lost = Some(why);
    }

    fn go(&mut self, place: Wgs84) {
        let at = self.origin.get_or_insert_with(|| Origin::new(place)).ned_from_wgs84(place);
        if self.way.last().is_none_or(|last| last.distance_m(at) >= STEP_M) {
            self.way.push(at);
        }
        if self.way.len() > WAY_MAX {
            let mut number = 0;
            self.way.retain(|_| {
                number += 1;
                number % 2 == 0
            });
        }
    }
}

/// The channel that is shown: the one that is sought, else the strongest heard, else the first.
pub fn shown(status: &Status) -> Option<usize> {
    let sought = status.channels.iter().position(|channel| channel.name == status.target);
    let heard = status.channels.iter().enumerate().filter(|(_, channel)| channel.heard);
    let snr_db = |snr_db: Option<f64>| snr_db.unwrap_or(f64::NEG_INFINITY);
    let strongest = heard.max_by(|(_, a), (_, b)| snr_db(a.snr_db).total_cmp(&snr_db(b.snr_db)));
    sought.or(strongest.map(|(at, _)| at)).or((!status.channels.is_empty()).then_some(0))
}
