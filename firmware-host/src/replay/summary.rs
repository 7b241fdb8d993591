//! What of a replayed flight is compared when settings differ: detections, the estimate, how soon it was found.

use comfy_table::{Table, presets};
use serde::{Deserialize, Serialize};
use skyhound::command::{Command, State};
use skyhound::facts::Located;
use skyhound::geo::Origin;
use skyhound::record::{PlacedReading, Record, Sink};
use skyhound::time::TimeUs;

/// One flight in few numbers. Times are seconds of the flight's clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Detections that began.
    pub detection_count: u64,
    /// When the first was confirmed.
    pub heard_s: Option<f64>,
    /// When a beacon was homed on for the first time.
    pub homing_s: Option<f64>,
    /// When its place was held for the first time.
    pub holding_s: Option<f64>,
    /// Passes that would have moved the aircraft.
    pub velocity_count: u64,
    /// When our state became IDLE for the last time, and why.
    pub stopped: Option<(f64, String)>,
    /// The newest estimate.
    pub estimate: Option<Place>,
}

/// Where a beacon is believed to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// WGS84, degrees.
    pub lat_deg: f64,
    /// WGS84, degrees.
    pub lon_deg: f64,
    /// Radius of a circle as large as the region of 95 %, m.
    pub radius_95_m: f64,
    /// Observations in it.
    pub observation_count: u32,
    /// Index of the channel.
    pub channel: u8,
}

impl Place {
    /// The mean of an estimate, in degrees.
    pub fn of(located: &Located) -> Place {
        let Located { channel, origin, estimate, .. } = located;
        let place = Origin::new(*origin).wgs84_from_ned(estimate.mean);
        Place {
            lat_deg: place.lat_deg,
            lon_deg: place.lon_deg,
            radius_95_m: estimate.radius_95_m,
            observation_count: estimate.observation_count,
            channel: *channel,
        }
    }
}

fn seconds(at: TimeUs) -> f64 {
    at.0 as f64 / 1e6
}

impl Sink for Summary {
    fn reading(&mut self, _: &PlacedReading) {}

    fn record(&mut self, record: &Record) {
        match record {
            Record::Detection(detection) if detection.ended_us.is_none() => {
                self.detection_count += 1;
                self.heard_s.get_or_insert(seconds(detection.confirmed_us));
            }
            Record::StateChange(change) => {
                let at_s = seconds(change.at);
                match change.to {
                    State::Homing => _ = self.homing_s.get_or_insert(at_s),
                    State::Holding => _ = self.holding_s.get_or_insert(at_s),
                    State::Idle => self.stopped = Some((at_s, change.reason.to_string())),
                    State::Searching | State::Detecting => {}
                }
            }
            Record::Command(_, Command::Velocity(_), _) => self.velocity_count += 1,
            Record::Estimate(located) => self.estimate = Some(Place::of(located)),
            _ => {}
        }
    }
}

/// Both beside each other.
pub fn table(flown: &Summary, asked: &Summary) -> String {
    let time = |at_s: Option<f64>| at_s.map_or("never".to_string(), |at_s| format!("{at_s:.1} s"));
    let place = |of: &Option<Place>| {
        of.as_ref().map_or("none".to_string(), |place| {
            let Place { lat_deg, lon_deg, radius_95_m, observation_count, .. } = place;
            format!(
                "{lat_deg:.6} {lon_deg:.6}, 95 % within {radius_95_m:.0} m, {observation_count} observations"
            )
        })
    };
    let stopped = |of: &Option<(f64, String)>| {
        of.as_ref().map_or("never".to_string(), |(at_s, why)| format!("{at_s:.1} s: {why}"))
    };
    type Told<'a> = Box<dyn Fn(&Summary) -> String + 'a>;
    let rows: [(&str, Told<'_>); 7] = [
        ("detections", Box::new(|of| of.detection_count.to_string())),
        ("first heard", Box::new(|of| time(of.heard_s))),
        ("homing from", Box::new(|of| time(of.homing_s))),
        ("holding from", Box::new(|of| time(of.holding_s))),
        ("passes with a velocity", Box::new(|of| of.velocity_count.to_string())),
        ("stopped last", Box::new(|of| stopped(&of.stopped))),
        ("estimate", Box::new(|of| place(&of.estimate))),
    ];
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "as it was flown", "as it is asked"]);
    for (name, told) in rows {
        table.add_row([name.to_string(), told(flown), told(asked)]);
    }
    format!("{table}\n")
}
