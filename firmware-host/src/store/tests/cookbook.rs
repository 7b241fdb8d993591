//! The cookbook and the views on a flight whose records are known, and on one of before there were a log and these views.

use super::*;
use crate::clock::Clock;
use duckdb::Connection;

/// One of each record at 1.5, 4 and 9 s, and 30 s of readings.
fn flown(folder: &Path) -> std::path::PathBuf {
    let settings = settings(folder);
    let about = About { recorded_utc_us: Some(1_760_000_000_000_000), ..sample::about() };
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let start = |body| realtime::start(realtime::Role::Recorder, body);
    let recorder = Recorder::start(&settings, &about, outlets, Clock::start(), start).unwrap();
    (0..3_000).for_each(|index| assert!(inlets.readings.push(sample::reading(index, 0))));
    for at_us in [1_500_000, 4_000_000, 9_000_000] {
        sample::records(at_us).into_iter().for_each(|record| assert!(inlets.control.push(record)));
    }
    recorder.stop().unwrap().files.remove(0)
}

/// What of each answer must be there, as CSV.
const ANSWERS: [(&str, &[&str]); 20] = [
    ("overview", &[",2025-10-09 08:53:20,30.0,3000,1,IDLE,closed"]),
    ("noise", &["\n0,0,3000,-89.78,-88.89,-88.01,-90.5\n"]),
    ("percentiles", &["\n0,beacon,3000,-89.98,-89.78,-88.89,-88.01,-63.34,1.77\n"]),
    ("loudest", &["\n5.035,2025-10-09 08:53:25.035,0,-59.9,47.3000503,8.4998994,30.23,57.3\n"]),
    ("detections", &["\n1,beacon,pulse_train,9.0,30.0,24.5,47.3002402,8.4995196\n"]),
    ("first-heard", &["\n0,beacon,11.0,0.0\n"]),
    ("rolling", &["\n0,0,-88.97,-87.71,5.4\n", "\n29,0,"]),
    ("trend", &["\n23,0,1.81,0.04\n"]),
    ("estimate", &["\n0,9.0,47.3003598,8.5003967,10.5,22.0,2.25,60\n"]),
    ("sure", &["radius_m,since_s\n0,200,1.5\n0,100,1.5\n0,50,1.5\n"]),
    ("states", &["\nIDLE,3,28.5\nSEARCHING,3,0.0\n"]),
    ("interlocks", &["\nfailsafes,refused,\"\",3,9.0\n", "\nfailsafes,refused,GUID_TIMEOUT,3,9.0\n"]),
    ("operator", &[",1.5,homing on,\"['event: AUTO to GUIDED', ", ",9.0,homing off,"]),
    ("log", &[",4.0,2025-10-09 08:53:24,vehicle,,fence,another one was read\n", ",detection,,ended,"]),
    ("warnings", &["\nwarning,sdr_gap,3,1.5,9.0,\"it said \"\"gap\"\", 2048 samples\"\n"]),
    ("track", &["\nGUIDED,0.0,5.0,30.0,0.8\n"]),
    ("heatmap", &["\n47.3002,8.4996,0,900,-87.56,-59.9\n"]),
    ("heading", &["\n30,0,1800,-88.89,-64.8\n"]),
    ("pulses", &["\n0,3,0,50.0,25.0,3750.0\n"]),
    ("health", &["\npass,control,1200,3,\n", "\ndiscard,refused,,,6\nlane,blocks,,,2\n"]),
];

#[test]
fn every_question_of_the_cookbook_has_the_answer_that_the_records_give() {
    let folder = tempfile::tempdir().unwrap();
    let file = flown(folder.path());
    let names: Vec<_> = cookbook().map(|recipe| recipe.name).collect();
    assert_eq!(names, ANSWERS.map(|(name, _)| name));
    let mut wrong = Vec::new();
    for (recipe, (name, parts)) in cookbook().zip(ANSWERS) {
        assert!(recipe.question.ends_with('?'), "{name}: {}", recipe.question);
        let answer = text(&file, recipe.sql);
        if !parts.iter().all(|part| answer.contains(part)) {
            wrong.push(format!("-- {name}\n{answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rolling_means_and_trends_are_those_of_the_rows_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = flown(folder.path());
    // Each reading's window asked for by itself, at some readings.
    let sql =
        "SELECT count(*), count(*) FILTER (abs(v.mean_5_dbfs - (SELECT avg(mean_dbfs) FROM (FROM usable u
                WHERE u.acquired_us <= v.acquired_us ORDER BY acquired_us DESC LIMIT 5))) > 1e-9),
            count(*) FILTER (abs(v.mean_10_s_dbfs - (SELECT avg(mean_dbfs) FROM usable u
                WHERE u.acquired_us > v.acquired_us - 10000000 AND u.acquired_us <= v.acquired_us)) > 1e-9),
            count(*) FILTER (abs(t.slope_db_s - (SELECT regr_slope(mean_dbfs, acquired_us / 1e6) FROM usable u
                WHERE u.acquired_us > v.acquired_us - 2000000 AND u.acquired_us <= v.acquired_us)) > 1e-6)
        FROM rolling v JOIN trend t USING (acquired_us), (SELECT 1) WHERE v.acquired_us % 970000 = 5000";
    let sql = format!("WITH usable AS (SELECT * FROM reading WHERE flags & 1144 = 0) {sql}");
    let counts = value(&file, &sql);
    let (rows, wrong) = counts.split_once(',').unwrap();
    assert!(rows.parse::<u32>().unwrap() > 10 && wrong == "0,0,0", "{counts}");
}

#[test]
fn the_log_has_what_happened_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = flown(folder.path());
    assert_eq!(
        value(
            &file,
            "SELECT count(*) - count(DISTINCT id), min(id), bool_and(rises) FROM (SELECT id,
        id > lag(id, 1, 0) OVER (ORDER BY rowid) AS rises FROM log)"
        ),
        "0,1,true"
    );
    for table in ["event", "operator", "state_change", "detection"] {
        let same = format!(
            "SELECT (SELECT count(*) FROM {table}) = (SELECT count(*) FROM log WHERE source = '{table}')"
        );
        assert_eq!(value(&file, &same), "true", "{table}");
    }
}

#[test]
fn a_flight_of_before_there_was_a_log_is_lent_one_and_the_views_that_came_since() {
    let folder = tempfile::tempdir().unwrap();
    let file = flown(folder.path());
    let order = "SELECT string_agg(at_us || ' ' || source || ' ' || kind, '; ' ORDER BY id) FROM log
        WHERE source IN ('operator', 'event') AND at_us < 2000000";
    let (kept, rolling) =
        (value(&file, order), value(&file, "SELECT count(*), round(avg(mean_5_dbfs), 6) FROM rolling"));
    let before = Connection::open(&file).unwrap();
    before
        .execute_batch(
            "DROP TABLE log; DROP VIEW rolling; DROP VIEW trend; DROP VIEW percentiles; DROP TABLE spectrum",
        )
        .unwrap();
    before.close().map_err(|(_, error)| error).unwrap();
    assert_eq!(value(&file, order), kept);
    assert_eq!(value(&file, "SELECT count(*), round(avg(mean_5_dbfs), 6) FROM rolling"), rolling);
    for recipe in cookbook() {
        assert!(text(&file, recipe.sql).lines().count() > 1, "{}", recipe.name);
    }
    // What cannot be lent is told by name.
    let refused = query(&file, "FROM waterfall", Format::Csv, 0, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("spectrum"), "{refused}");
}
