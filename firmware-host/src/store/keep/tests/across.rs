//! One SQL over flights that lie in files, in archives and elsewhere.

use super::super::super::Format;
use super::*;

fn ask(places: &[&Path], sql: &str) -> (String, AnsweredAll) {
    let mut out = Vec::new();
    let places: Vec<_> = places.iter().map(|place| place.to_path_buf()).collect();
    let answered = query_all(&places, sql, Format::Csv, 0, &mut out).unwrap_or_else(|e| panic!("{sql}: {e}"));
    (String::from_utf8(out).unwrap().split_once('\n').unwrap().1.to_string(), answered)
}

#[test]
fn files_of_all_states_and_archives_answer_as_one() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (flight(folder.path(), 300), flight(folder.path(), 200));
    let (killed, cut) = (killed(folder.path()), killed(folder.path()));
    std::fs::remove_file(cut.with_extension("duckdb.wal")).unwrap();
    let archived = archive(&two, dest.path(), 0).unwrap();
    free(&two, &archived, 0).unwrap();
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_string();
    let places = [folder.path(), dest.path()];
    let sql = "SELECT flight, count(*), count(mean_dbfs) FROM reading GROUP BY ALL";
    let (counted, answered) = ask(&places, &format!("{sql} ORDER BY 2"));
    let row = |path: &Path, count: u32| format!("{},{count},{count}\n", stem(path));
    assert_eq!(counted, [row(&killed, 100), row(&two, 200), row(&one, 300)].concat());
    assert_eq!((answered.flight_count, answered.doubled.len()), (4, 0));
    assert!(answered.unread.len() == 1 && answered.unread[0].contains("no WAL is beside it"), "{answered:?}");
    // Views of an archive say what those of the file do, each with its own start.
    archive(&one, dest.path(), 0).unwrap();
    for view in [
        "detections",
        "track",
        "minute_noise",
        "detection_map",
        "pulse_pattern",
        "rolling_mean",
        "waterfall",
        "vehicle",
        "signal",
    ] {
        let sql = format!("SELECT * EXCLUDE flight FROM {view} WHERE flight = '{}'", stem(&one));
        let file = ask(&[&one], &sql);
        assert!(!file.0.is_empty(), "{view}");
        assert_eq!(ask(&[dest.path()], &sql).0, file.0, "{view}");
    }
    let (twice, answered) = ask(&places, &format!("SELECT count(*) FROM ({sql})"));
    assert_eq!((twice.as_str(), answered.doubled.len()), ("3\n", 1));
    let began =
        "SELECT DISTINCT utc(r.flight, 0) = f.started_utc FROM reading r JOIN flight f USING (flight)";
    assert_eq!(ask(&places, began).0, "true\n");
    let mut out = Vec::new();
    query_all(&[folder.path().into()], "FROM reading", Format::Parquet, 0, &mut out).unwrap();
    assert_eq!(&out[..4], b"PAR1");
}

#[test]
fn nothing_else_can_be_reached_and_nothing_written() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = flight(folder.path(), 30);
    let archived = archive(&path, dest.path(), 0).unwrap();
    let other = flight(dest.path(), 10);
    std::fs::write(dest.path().join("secret.csv"), "a\n1\n").unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let parquet = archived.path.join("reading.parquet").display().to_string();
    let (dest, other) = (dest.path().display(), other.display());
    for sql in [
        format!("FROM read_csv('{dest}/secret.csv')"),
        format!("FROM read_text('{dest}/secret.csv')"),
        format!("FROM glob('{dest}/*')"),
        format!("ATTACH '{other}' AS x; FROM x.reading"),
        format!("COPY (SELECT 1) TO '{parquet}' (FORMAT csv, USE_TMP_FILE false)"),
        "SET enable_external_access = true; SELECT 1".to_string(),
        "INSERT INTO \"flight 0\".reading(acquired_us) VALUES (1)".to_string(),
        "DELETE FROM \"flight 0\".reading".to_string(),
    ] {
        let places = [path.clone(), archived.path.parent().unwrap().to_path_buf()];
        let answered = query_all(&places, &sql, Format::Csv, 0, &mut Vec::new());
        assert!(matches!(answered, Err(StoreError::Sql(_))), "{sql}: {answered:?}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(verify(&archived.path, None, 0).faults, [""; 0]);
}
