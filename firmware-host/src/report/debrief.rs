//! What a search lead asks of a flight: [`Report`] with where the beacon is, how sure that is, what was searched, how it was flown, and what
//! was not as it should be. Each part is one file beside this one; here they are asked for in their order.

use super::battery::{BatteryLine, battery};
use super::believed::{Believed, believed};
use super::coverage::{Cells, CoverageLine, cells, coverage};
use super::facts::{Answer, Report, lines};
use super::heard::{HeardLine, heard};
use super::noise::{HeightLine, SquareLine, heights, squares};
use super::place::{HomeLine, PlaceLine, Region, home, places, regions};
use super::safety::{SafetyLine, SilenceLine, safety, silences};
use super::truth::{FalseAlarms, TruthLine, Truths, compared, false_alarms};
use super::way::{ApproachLine, Fix, WayLine, approach, fixes, way};
use duckdb::Connection;
use serde::Serialize;

/// A flight as a search lead asks for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Debrief {
    /// What happened.
    #[serde(flatten)]
    pub report: Report,
    /// Gain of the SDR as the settings have it; `None`: they say none, or automatic.
    pub gain: Option<String>,
    /// Names of the channels that were listened to.
    pub beacons: Vec<String>,
    /// Home; `None` without any position.
    pub home: Option<HomeLine>,
    /// Where each beacon is.
    pub places: Vec<PlaceLine>,
    /// When each was heard.
    pub heard: Vec<HeardLine>,
    /// The way; `None` when it never flew.
    pub way: Option<WayLine>,
    /// The approach; `None` when nothing was homed on.
    pub approach: Option<ApproachLine>,
    /// The battery; `None` when it was never told.
    pub battery: Option<BatteryLine>,
    /// What was searched; `None` without an area.
    pub coverage: Option<CoverageLine>,
    /// Interlocks that ended a state, and events that warn.
    pub safety: Vec<SafetyLine>,
    /// What kept us from commanding.
    pub silences: Vec<SilenceLine>,
    /// Noise by height.
    pub noise_by_height: Vec<HeightLine>,
    /// Noise by place.
    pub noise_by_place: Vec<SquareLine>,
    /// Beside the truth, where one is given.
    pub truth: Vec<TruthLine>,
    /// False alarms, where the truth names beacons.
    pub false_alarms: Option<FalseAlarms>,
    /// Positions, one a second.
    #[serde(skip)]
    pub fixes: Vec<Fix>,
    /// What was believed, second by second.
    #[serde(skip)]
    pub believed: Vec<Believed>,
    /// Newest regions of the beacons.
    #[serde(skip)]
    pub regions: Vec<Region>,
    /// Newest map of the search.
    #[serde(skip)]
    pub cells: Vec<Cells>,
    /// What people called the aircraft, by the settings.
    #[serde(skip)]
    pub callsign: Option<String>,
    /// UTC at time 0 of the flight's clock, µs since 1970.
    #[serde(skip)]
    pub started_utc_us: i64,
}

const STARTED: &str = "SELECT epoch_us(started_utc) FROM flight";
/// Of a line that is no remark.
const GAIN: &str =
    "SELECT gain FROM (SELECT regexp_extract(value, '(?m)^\\s*gain_db\\s*=\\s*([^#\\n]+)', 1) AS gain
    FROM setting WHERE name = 'settings_toml') WHERE gain <> ''";
const CALLSIGN: &str =
    "SELECT callsign FROM (SELECT regexp_extract(value, '(?s)\\n\\[cot\\]\\n.*?\\ncallsign = \"([^\"\\n]+)\"', 1) AS callsign
    FROM setting WHERE name = 'settings_toml') WHERE callsign <> ''";
/// Of an aircraft that nobody called anything.
const NOBODYS_CALLSIGN: &str = "skyhound";
const NAMES: &str =
    "SELECT value FROM setting WHERE regexp_matches(name, '^channel\\.[0-9]+\\.name$') ORDER BY name";

/// Asks the flight for the rest of what `report` has.
pub(super) fn gather(flight: &Connection, report: Report, truths: &Truths) -> Answer<Debrief> {
    let fixes = fixes(flight)?;
    let home = home(flight, fixes.first().map(|fix| fix.at))?;
    let places = places(flight, home.as_ref())?;
    let regions = regions(flight)?;
    let way = way(&fixes);
    let approach = approach(flight, &fixes)?;
    let beacons: Vec<String> = lines(flight, NAMES, |r| r.get(0))?;
    let ended_s = approach.as_ref().map(|approach| approach.ended_s);
    let (map_s, cells) = cells(flight)?;
    Ok(Debrief {
        heard: heard(flight, &fixes, way.as_ref().map(|way| way.airborne_s))?,
        battery: battery(flight)?,
        believed: believed(flight)?,
        coverage: coverage(map_s, &cells),
        safety: safety(flight)?,
        silences: silences(flight)?,
        noise_by_height: heights(flight)?,
        noise_by_place: squares(flight)?,
        truth: compared(truths, &report.name, &beacons, (&places, &regions), (&fixes, ended_s)),
        false_alarms: false_alarms(truths, &beacons, &report.detections, report.duration_s),
        gain: lines(flight, GAIN, |r| r.get(0))?.pop(),
        callsign: lines(flight, CALLSIGN, |r| r.get(0))?.pop(),
        started_utc_us: flight.query_row(STARTED, [], |r| r.get(0))?,
        report,
        beacons,
        home,
        places,
        way,
        approach,
        fixes,
        regions,
        cells,
    })
}

impl Debrief {
    /// What the aircraft is called.
    pub fn callsign(&self) -> &str {
        self.callsign.as_deref().unwrap_or(NOBODYS_CALLSIGN)
    }

    /// UTC of a time of the flight, µs since 1970.
    pub fn utc_us(&self, at_us: i64) -> i64 {
        self.started_utc_us.saturating_add(at_us)
    }
}
