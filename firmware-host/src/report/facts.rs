//! The numbers of a report, each from one SQL query over the flight's tables. Names end in their units.

use super::estimate::{self, EstimateLine};
use super::message::{self, MessageLine};
use super::search::{self, SearchLine};
use duckdb::{Connection, Row};
use serde::Serialize;

/// What happened in a flight.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Name of the flight.
    pub name: String,
    /// UTC at the start, ISO 8601.
    pub started_utc: String,
    /// Where that comes from: `system clock` or `gps`.
    pub utc_source: String,
    /// Whether the file was being recorded while this was made.
    pub is_live: bool,
    /// What of the file could not be read, and why; `None` when it is whole.
    pub unread: Option<String>,
    /// Of which flight it is a replay, with what, and by which version; `None`: it was flown.
    pub replayed: Option<String>,
    /// Source of samples.
    pub sdr: String,
    /// Address of the autopilot.
    pub autopilot: String,
    /// Sample rate, samples per second.
    pub sample_rate_sps: f64,
    /// Tuned frequency, Hz.
    pub frequency_hz: f64,
    /// From the first to the last row, s.
    pub duration_s: f64,
    /// Readings, all channels.
    pub reading_count: i64,
    /// Readings that take no part in any statistic.
    pub unusable_count: i64,
    /// Readings of hops in which the driver lost samples.
    pub overflow_count: i64,
    /// Readings after missing samples.
    pub gap_count: i64,
    /// Readings with clipping.
    pub clipped_count: i64,
    /// Readings with a pose, share of all; `None` without readings.
    pub placed_ratio: Option<f64>,
    /// Pulses.
    pub pulse_count: i64,
    /// Noise and SNR per minute and channel.
    pub minutes: Vec<MinuteLine>,
    /// Detections.
    pub detections: Vec<DetectionLine>,
    /// The last estimate of each beacon.
    pub estimates: Vec<EstimateLine>,
    /// The search as it was left.
    pub search: Option<SearchLine>,
    /// What distress beacons say.
    pub messages: Vec<MessageLine>,
    /// Time in each state.
    pub states: Vec<StateLine>,
    /// Interlocks that ended a state.
    pub trips: Vec<TripLine>,
    /// Passes against their budgets.
    pub passes: Vec<PassLine>,
    /// Lanes.
    pub lanes: Vec<LaneLine>,
    /// Events by kind.
    pub events: Vec<EventLine>,
    /// The autopilot link's last counters; `None` when there was no link.
    pub link: Option<LinkLine>,
}

/// Noise and SNR of one channel in one minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MinuteLine {
    /// Minute since the start of the clock.
    pub minute: i64,
    /// Channel's name.
    pub beacon: String,
    /// Usable readings.
    pub reading_count: i64,
    /// 10th, 50th and 90th percentile of mean power, dBFS.
    pub p10_dbfs: f64,
    /// See `p10_dbfs`.
    pub p50_dbfs: f64,
    /// See `p10_dbfs`.
    pub p90_dbfs: f64,
    /// Median spectral noise floor, dBFS.
    pub floor_dbfs: Option<f64>,
    /// Median SNR of the facts, dB.
    pub snr_p50_db: Option<f64>,
    /// 90th percentile of the SNR, dB.
    pub snr_p90_db: Option<f64>,
    /// Largest SNR, dB.
    pub snr_max_db: Option<f64>,
}

/// A detection.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DetectionLine {
    /// Its number.
    pub id: i64,
    /// Channel's name.
    pub beacon: String,
    /// carrier, pulse_train or burst.
    pub kind: String,
    /// When it began, s since start.
    pub began_s: f64,
    /// How long it was heard, s; `None` when it did not end.
    pub length_s: Option<f64>,
    /// Strongest SNR, dB.
    pub snr_peak_db: f64,
    /// Strongest mean power, dBFS.
    pub power_peak_dbfs: f64,
    /// Pulses.
    pub pulse_count: i64,
    /// Median pulse width, ms.
    pub pulse_width_ms: Option<f64>,
    /// Pulse period, ms.
    pub pulse_period_ms: Option<f64>,
    /// Where it was strongest.
    pub lat_deg: Option<f64>,
    /// Where it was strongest.
    pub lon_deg: Option<f64>,
}

/// Time in a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StateLine {
    /// The state.
    pub state: String,
    /// Times it was entered.
    pub entered_count: i64,
    /// Time in it, s.
    pub time_s: f64,
}

/// Interlocks that ended a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TripLine {
    /// Which.
    pub interlock: String,
    /// In which way.
    pub fault: String,
    /// How often.
    pub count: i64,
    /// First time, s since start.
    pub first_s: f64,
}

/// A thread's passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PassLine {
    /// Thread.
    pub name: String,
    /// Passes.
    pub pass_count: i64,
    /// Passes over budget.
    pub miss_count: i64,
    /// Budget, ms.
    pub budget_ms: f64,
    /// Mean pass, ms.
    pub mean_ms: Option<f64>,
    /// Longest pass, ms.
    pub longest_ms: f64,
}

/// A lane, or with nothing that fitted what was discarded elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LaneLine {
    /// Name.
    pub name: String,
    /// Items that fitted.
    pub pushed_count: i64,
    /// Items lost.
    pub dropped_count: i64,
}

/// Events of a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EventLine {
    /// Severity.
    pub severity: String,
    /// Kind.
    pub kind: String,
    /// How often.
    pub count: i64,
    /// First time, s since start.
    pub first_s: f64,
    /// Text of the last one.
    pub last_text: String,
}

/// The autopilot link.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LinkLine {
    /// Good frames in.
    pub received_count: i64,
    /// Bytes in.
    pub received_bytes: i64,
    /// Messages lost by sequence number.
    pub sequence_lost_count: i64,
    /// Frames with a wrong CRC.
    pub crc_error_count: i64,
    /// Bytes that were no frame.
    pub garbage_bytes: i64,
    /// Frames of others.
    pub foreign_count: i64,
    /// Messages of the autopilot that came late: heard before, or older than what is known.
    pub late_count: i64,
    /// Reads of the line that a late pass left no room for.
    pub unread_count: i64,
    /// Frames out.
    pub sent_count: i64,
    /// Frames not sent.
    pub send_dropped_count: i64,
    /// Times it was opened again.
    pub reconnect_count: i64,
}

pub(super) type Answer<T> = Result<T, duckdb::Error>;

const HEAD: &str = "SELECT name, strftime(started_utc, '%Y-%m-%dT%H:%M:%SZ'), utc_source, sdr, autopilot,
    sample_rate_sps, frequency_hz, (SELECT 'from ' || max(value) FILTER (WHERE name = 'replayed.from')
        || coalesce(', with ' || replace(max(value) FILTER (WHERE name = 'replayed.set'), chr(10), ' '), '')
        || ', by skyhound ' || max(value) FILTER (WHERE name = 'version.skyhound') FROM setting) FROM flight";
const SPAN: &str = "SELECT coalesce(min(first), 0), coalesce(max(last), 0) FROM (
    SELECT min(acquired_us) AS first, max(acquired_us) AS last FROM reading
    UNION ALL SELECT min(at_us), max(at_us) FROM signal UNION ALL SELECT min(at_us), max(at_us) FROM heartbeat
    UNION ALL SELECT min(at_us), max(at_us) FROM vehicle_motion
    UNION ALL SELECT min(at_us), max(at_us) FROM state_change UNION ALL SELECT min(at_us), max(at_us) FROM event)";
const READINGS: &str = "SELECT count(*), count(*) FILTER (flags & 1144 <> 0), count(*) FILTER (flags & 1 <> 0),
    count(*) FILTER (flags & 2 <> 0), count(*) FILTER (flags & 4 <> 0), count(lat_deg) / nullif(count(*), 0) FROM reading";
/// Name of the channel of a row.
pub(super) const BEACON: &str = "coalesce((SELECT any_value(value) FROM setting
    WHERE setting.name = 'channel.' || channel || '.name'), 'channel ' || channel)";
const MINUTES: &str = "SELECT minute, BEACON, reading_count, p10_dbfs, p50_dbfs, p90_dbfs, quiet_p50_dbfs,
    snr_p50_db, snr_p90_db, snr_max_db
    FROM minute_noise LEFT JOIN (SELECT at_us // 60000000 AS minute, channel,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY snr_db) AS snr_p50_db,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY snr_db) AS snr_p90_db, max(snr_db) AS snr_max_db
        FROM signal GROUP BY ALL) USING (minute, channel) ORDER BY minute, channel";
const DETECTIONS: &str =
    "SELECT id, BEACON, kind, began_us / 1e6, length_s, snr_peak_db, power_peak_dbfs, pulse_count,
    pulse_width_us / 1e3, pulse_period_us / 1e3, lat_deg, lon_deg
    FROM detections LEFT JOIN (SELECT id, lat_deg, lon_deg FROM detection_map) USING (id) ORDER BY id";
/// Files of before have not all tables.
const HAS: &str = "SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = ?";
/// The state before the first change lasted from the first row on.
const STATES: &str = "WITH changes AS (SELECT to_state AS state, 1 AS entered, at_us, rowid AS place FROM state_change
        UNION ALL SELECT arg_min(from_state, rowid), 0, least(min(at_us), ?), -1 FROM state_change HAVING count(*) > 0),
    stays AS (SELECT *, lead(at_us, 1, greatest(at_us, ?)) OVER (ORDER BY at_us, place) AS until_us FROM changes)
    SELECT state, sum(entered)::BIGINT, sum(until_us - at_us) / 1e6 FROM stays GROUP BY state ORDER BY min(at_us)";
const TRIPS: &str =
    "SELECT interlock, fault, count(*), min(at_us) / 1e6 FROM state_change WHERE interlock IS NOT NULL
    GROUP BY interlock, fault ORDER BY min(at_us), interlock";
const PASSES: &str = "SELECT name, sum(pass_count)::BIGINT, sum(miss_count)::BIGINT, max(budget_us) / 1e3,
    sum(busy_us) / nullif(sum(pass_count), 0) / 1e3, max(longest_us) / 1e3
    FROM health WHERE kind = 'pass' GROUP BY name ORDER BY name";
const LANES: &str = "SELECT name, coalesce(max(pushed_total), 0), max(dropped_total) FROM health
    WHERE kind IN ('lane', 'discard') GROUP BY kind, name ORDER BY kind DESC, name";
const EVENTS: &str = "SELECT severity, kind, count(*), min(at_us) / 1e6, arg_max(text, (at_us, rowid)) FROM event
    GROUP BY severity, kind ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, min(at_us)";
const LINK: &str = "SELECT max(received_total), max(received_bytes_total), max(sequence_lost_total), max(crc_error_total),
    max(garbage_bytes_total), max(foreign_total), max(sent_total), max(send_dropped_total), max(reconnect_total),
    max(late_total), max(unread_total) FROM link HAVING count(*) > 0";

/// Asks the flight for everything.
pub(super) fn gather(flight: &Connection, is_live: bool) -> Answer<Report> {
    let (first_us, last_us): (i64, i64) = flight.query_row(SPAN, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let head = |r: &Row<'_>| {
        Ok(Report {
            name: r.get(0)?,
            started_utc: r.get(1)?,
            utc_source: r.get(2)?,
            is_live,
            unread: None,
            replayed: r.get(7)?,
            sdr: r.get(3)?,
            autopilot: r.get(4)?,
            sample_rate_sps: r.get(5)?,
            frequency_hz: r.get(6)?,
            duration_s: (last_us - first_us) as f64 / 1e6,
            reading_count: 0,
            unusable_count: 0,
            overflow_count: 0,
            gap_count: 0,
            clipped_count: 0,
            placed_ratio: None,
            pulse_count: 0,
            minutes: Vec::new(),
            detections: Vec::new(),
            estimates: Vec::new(),
            search: None,
            messages: Vec::new(),
            states: Vec::new(),
            trips: Vec::new(),
            passes: Vec::new(),
            lanes: Vec::new(),
            events: Vec::new(),
            link: None,
        })
    };
    let mut report = flight.query_row(HEAD, [], head)?;
    flight.query_row(READINGS, [], |r| {
        report.reading_count = r.get(0)?;
        report.unusable_count = r.get(1)?;
        report.overflow_count = r.get(2)?;
        report.gap_count = r.get(3)?;
        report.clipped_count = r.get(4)?;
        report.placed_ratio = r.get(5)?;
        Ok(())
    })?;
    report.pulse_count = flight.query_row("SELECT count(*) FROM pulse", [], |r| r.get(0))?;
    report.minutes = lines(flight, &MINUTES.replace("BEACON", BEACON), minute)?;
    report.detections = lines(flight, &DETECTIONS.replace("BEACON", BEACON), detection)?;
    derived(flight, &mut report)?;
    let mut states = flight.prepare(STATES)?;
    let stays = states.query_map([first_us, last_us], |r| {
        Ok(StateLine { state: r.get(0)?, entered_count: r.get(1)?, time_s: r.get(2)? })
    })?;
    report.states = stays.collect::<Answer<_>>()?;
    report.trips = lines(flight, TRIPS, |r| {
        Ok(TripLine { interlock: r.get(0)?, fault: r.get(1)?, count: r.get(2)?, first_s: r.get(3)? })
    })?;
    report.passes = lines(flight, PASSES, pass)?;
    report.lanes = lines(flight, LANES, |r| {
        Ok(LaneLine { name: r.get(0)?, pushed_count: r.get(1)?, dropped_count: r.get(2)? })
    })?;
    report.events = lines(flight, EVENTS, |r| {
        let (severity, kind, last_text) = (r.get(0)?, r.get(1)?, r.get(4)?);
        Ok(EventLine { severity, kind, count: r.get(2)?, first_s: r.get(3)?, last_text })
    })?;
    report.link = lines(flight, LINK, link)?.pop();
    Ok(report)
}

/// What files of before know nothing of.
fn derived(flight: &Connection, report: &mut Report) -> Answer<()> {
    let has = |table: &str| has(flight, table);
    if has("estimate")? {
        report.estimates = lines(flight, &estimate::LAST.replace("BEACON", BEACON), estimate::line)?;
    }
    if has("search")? {
        report.search = lines(flight, search::LAST, search::line)?.pop();
    }
    if has("beacon_message")? {
        report.messages = lines(flight, &message::ALL.replace("BEACON", BEACON), message::line)?;
    }
    Ok(())
}

/// Whether the file has a table.
pub(super) fn has(flight: &Connection, table: &str) -> Answer<bool> {
    flight.query_row(HAS, [table], |r| r.get(0))
}

/// All rows of an answer.
pub(super) fn lines<T>(
    flight: &Connection,
    sql: &str,
    line: impl FnMut(&Row<'_>) -> Answer<T>,
) -> Answer<Vec<T>> {
    flight.prepare(sql)?.query_map([], line)?.collect()
}

fn minute(r: &Row<'_>) -> Answer<MinuteLine> {
    Ok(MinuteLine {
        minute: r.get(0)?,
        beacon: r.get(1)?,
        reading_count: r.get(2)?,
        p10_dbfs: r.get(3)?,
        p50_dbfs: r.get(4)?,
        p90_dbfs: r.get(5)?,
        floor_dbfs: r.get(6)?,
        snr_p50_db: r.get(7)?,
        snr_p90_db: r.get(8)?,
        snr_max_db: r.get(9)?,
    })
}

fn detection(r: &Row<'_>) -> Answer<DetectionLine> {
    Ok(DetectionLine {
        id: r.get(0)?,
        beacon: r.get(1)?,
        kind: r.get(2)?,
        began_s: r.get(3)?,
        length_s: r.get(4)?,
        snr_peak_db: r.get(5)?,
        power_peak_dbfs: r.get(6)?,
        pulse_count: r.get(7)?,
        pulse_width_ms: r.get(8)?,
        pulse_period_ms: r.get(9)?,
        lat_deg: r.get(10)?,
        lon_deg: r.get(11)?,
    })
}

fn pass(r: &Row<'_>) -> Answer<PassLine> {
    Ok(PassLine {
        name: r.get(0)?,
        pass_count: r.get(1)?,
        miss_count: r.get(2)?,
        budget_ms: r.get(3)?,
        mean_ms: r.get(4)?,
        longest_ms: r.get(5)?,
    })
}

fn link(r: &Row<'_>) -> Answer<LinkLine> {
    Ok(LinkLine {
        received_count: r.get(0)?,
        received_bytes: r.get(1)?,
        sequence_lost_count: r.get(2)?,
        crc_error_count: r.get(3)?,
        garbage_bytes: r.get(4)?,
        foreign_count: r.get(5)?,
        sent_count: r.get(6)?,
        send_dropped_count: r.get(7)?,
        reconnect_count: r.get(8)?,
        late_count: r.get(9)?,
        unread_count: r.get(10)?,
    })
}
