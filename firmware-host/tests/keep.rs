//! Flights are kept by the binary: copied while they are recorded, brought back, verified; exit codes and words.

mod rows;

use serde_json::Value;
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, Inlets, Recorder, lanes};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.args(line).env_remove("RUST_LOG").env_remove("JOURNAL_STREAM");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn json(line: &[&str]) -> Value {
    let (code, out, err) = run(&[line, &["--json"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""), "{line:?}");
    serde_json::from_str(&out).unwrap()
}

fn start(folder: &Path) -> (Inlets, Recorder) {
    let settings = RecorderSettings { memory_limit_mb: 64, ..rows::settings(folder) };
    let (inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    });
    (inlets, recorder.unwrap())
}

fn push(inlets: &mut Inlets, recorder: &Recorder, from: u64, to: u64) {
    let begun = Instant::now();
    (from..to).for_each(|index| assert!(inlets.readings.push(rows::reading(index))));
    while recorder.handle().totals().reading_total < to {
        assert!(begun.elapsed() < Duration::from_secs(120), "waited in vain for a commit");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_flight_is_kept_while_it_is_recorded_and_when_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (flights, stick) = (folder.path().join("flights"), folder.path().join("stick"));
    let (flights_text, stick_text) = (flights.to_str().unwrap(), stick.to_str().unwrap());
    let in_flights = format!("recorder.flights={flights_text}");
    let all = ["backup", "--all", stick_text, "--set", &in_flights, "--set", "recorder.disk_reserve_mb=16"];
    let (mut inlets, recorder) = start(&flights);
    push(&mut inlets, &recorder, 0, 2_000);
    let live = &json(&all)[0];
    assert_eq!(
        (&live["outcome"], &live["is_live"], &live["unread"]),
        (&"copied".into(), &true.into(), &Value::Null)
    );
    let kept = live["path"].as_str().unwrap().to_string();
    let whole = &json(&["verify", &kept])[0];
    assert_eq!((&whole["is_whole"], &whole["rows"]["reading"]), (&true.into(), &2_000.into()));
    assert_eq!(whole["content_sha256"], live["content_sha256"]);
    let file = recorder.file().unwrap();
    let file_text = file.to_str().unwrap();
    let reserve = ["--set", &in_flights, "--set", "recorder.disk_reserve_mb=16"];
    let asked =
        run(&[&["query", "--all", "SELECT count(*) AS n FROM reading", "--format", "csv"], &reserve[..]]
            .concat());
    assert_eq!(asked, (Some(0), "n\n2000\n".to_string(), String::new()));
    let archive = folder.path().join("archive").display().to_string();
    for (line, words) in [
        (vec!["archive", file_text, "--to", &archive, "--free"], "it is being recorded; it stays"),
        (vec!["compact", file_text], "in use by process"),
        (vec!["restore", &kept, "--json"], "in use by process"),
    ] {
        let (code, _, said) = run(&[&line[..], &reserve].concat());
        assert!(code == Some(1) && said.contains(words), "{line:?}: {said}");
    }
    // It goes on, undisturbed; the next copy takes the place of the first.
    push(&mut inlets, &recorder, 2_000, 3_000);
    assert_eq!(json(&all)[0]["outcome"], "copied anew");
    assert!(recorder.stop().unwrap().is_clean);
    let closed = &json(&all)[0];
    assert_eq!((&closed["outcome"], &closed["is_live"]), (&"copied anew".into(), &false.into()));
    assert_eq!(json(&all)[0]["outcome"], "was there");
    let hash = closed["content_sha256"].as_str().unwrap();
    assert_eq!(json(&["verify", file.to_str().unwrap(), "--hash", hash])[0]["is_whole"], true);

    let restore = ["restore", &kept, "--set", &in_flights, "--set", "recorder.disk_reserve_mb=16"];
    assert_eq!(json(&restore)[0]["outcome"], "was there");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(json(&restore)[0]["outcome"], "copied");
    assert_eq!(json(&["verify", file.to_str().unwrap()])[0]["content_sha256"], hash);
}

#[test]
fn wrong_use_and_what_fails_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let none = folder.path().join("none.duckdb");
    let none = none.to_str().unwrap();
    let dest = folder.path().join("dest");
    let dest = dest.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["backup", path], 2, "backup FILE… FOLDER"),
        (&["backup", "--all", none, path], 2, "backup --all FOLDER"),
        (&["backup", none, dest], 1, "no such flight file"),
        (&["verify", none, "--hash", "abc"], 2, "64 hexadecimal digits"),
        (&["verify", none], 1, "1 of 1 are not whole"),
        (&["restore", none, dest], 1, "no such flight file"),
    ];
    for (line, code, words) in cases {
        let (found, _, said) = run(line);
        assert_eq!(found, Some(code), "{line:?}: {said}");
        assert!(said.contains(words), "{line:?}: {said}");
    }
}
