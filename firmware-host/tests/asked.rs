//! Questions to a flight by the binary: exit codes and words, into pipes that close early, and of files that are not whole.

mod rows;

use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, Inlets, Recorder, lanes};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// More than a pipe holds, in every format.
const READINGS: u64 = 12_000;

fn skyhound(line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.args(line).env_remove("RUST_LOG").env_remove("JOURNAL_STREAM").env_remove("XDG_RUNTIME_DIR");
    command
}

fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = skyhound(line).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8(stderr).unwrap())
}

fn start(folder: &Path) -> (Inlets, Recorder) {
    let settings = RecorderSettings { memory_limit_mb: 64, ..rows::settings(&folder.join("flights")) };
    let (inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    });
    (inlets, recorder.unwrap())
}

/// A closed flight, and a copy of it and its WAL from before it was closed.
fn flights(folder: &Path) -> (PathBuf, PathBuf) {
    let (mut inlets, recorder) = start(folder);
    let begun = Instant::now();
    for part in 1..=4 {
        (READINGS * (part - 1) / 4..READINGS * part / 4)
            .for_each(|index| assert!(inlets.readings.push(rows::reading(index))));
        while recorder.handle().totals().reading_total < READINGS * part / 4 {
            assert!(begun.elapsed() < Duration::from_secs(120), "waited in vain for a commit");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let file = recorder.file().unwrap();
    let copy = folder.join("killed/20260101T000000Z-01234567.duckdb");
    std::fs::create_dir(copy.parent().unwrap()).unwrap();
    std::fs::copy(&file, &copy).unwrap();
    std::fs::copy(file.with_extension("duckdb.wal"), copy.with_extension("duckdb.wal")).unwrap();
    recorder.stop().unwrap();
    (file, copy)
}

/// Exit code and stderr when the reader of stdout has enough after 20 bytes.
fn headed(line: &[&str]) -> (Option<i32>, String) {
    let mut child = skyhound(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut head = [0; 20];
    let _ = out.read(&mut head);
    drop(out);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_pipe_that_closes_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = flights(folder.path());
    let (file, all) = (file.to_str().unwrap(), folder.path().join("flights"));
    let quiet = (Some(0), String::new());
    for format in ["table", "csv", "json", "parquet"] {
        for sql in
            ["select * from reading", "select *, mean_dbfs::varchar, [mean_e2] from reading", "select 1"]
        {
            assert_eq!(headed(&["query", file, sql, "--format", format]), quiet, "{format}: {sql}");
        }
    }
    let recording = folder.path().join("noise_433.92M_250k.cu8");
    let noise: Vec<u8> = (0..500_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&recording, noise).unwrap();
    let recording = format!("file:{}", recording.display());
    for line in [
        &["report", file][..],
        &["report", file, "--json"],
        &["flights", "--flights", all.to_str().unwrap()],
        &["flights", "--flights", all.to_str().unwrap(), "--json"],
        &["config", "show"],
        &["config", "init", "-"],
        &["scan", "--sdr", &recording],
    ] {
        let mut command = skyhound(line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{line:?}: {said}");
        assert!(!said.contains("ipe"), "{line:?}: {said}");
    }
    // Talk into a closed pipe ends nothing either.
    let mut child =
        skyhound(&["query", file, "selec"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_is_not_whole_is_exit_code_1_with_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = flights(folder.path());
    let count = "select count(*) as n from reading";
    let asked = |file: &Path| run(&["query", file.to_str().unwrap(), count, "--format", "csv"]);
    let all = format!("n\n{READINGS}\n");
    assert_eq!(asked(&whole), (Some(0), all.clone(), String::new()));
    assert_eq!(asked(&killed), (Some(0), all, String::new()));
    let wal = killed.with_extension("duckdb.wal");
    let mut bytes = std::fs::read(&wal).unwrap();
    let at = bytes.len() * 3 / 4;
    bytes[at] ^= 1;
    std::fs::write(&wal, &bytes).unwrap();
    let (code, out, said) = asked(&killed);
    let rows: u64 = out.trim_start_matches("n\n").trim().parse().unwrap();
    assert!(code == Some(1) && rows > 0 && rows < READINGS, "{out}{said}");
    assert!(said.contains("damaged") && said.contains("lost") && said.contains("bytes"), "{said}");
    // Also to whoever reads no more than the first lines of the answer.
    for format in ["table", "csv", "json", "parquet"] {
        let line = ["query", killed.to_str().unwrap(), "select * from reading", "--format", format];
        let (code, said) = headed(&line);
        assert!(code == Some(1) && said.contains("are lost"), "{format}: {code:?} {said}");
    }
    let mut child = skyhound(&["report", killed.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("are lost") && output.status.code() == Some(1));
    let (code, out, said) = run(&["report", killed.to_str().unwrap(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(code == Some(1) && said.contains("damaged"), "{said}");
    assert_eq!(report["reading_count"], rows);
    assert!(report["unread"].as_str().unwrap().contains("damaged"));
    assert!(run(&["report", killed.to_str().unwrap()]).1.contains("NOT WHOLE"));
    let folder = killed.parent().unwrap().to_str().unwrap().to_string();
    let (_, out, _) = run(&["flights", "--flights", &folder, "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(listed[0]["state"].as_str().unwrap().starts_with("cut: its WAL is damaged"), "{out}");
    std::fs::remove_file(&wal).unwrap();
    let (code, out, said) = asked(&killed);
    assert!(code == Some(1) && out == "n\n0\n" && said.contains("no WAL"), "{out}{said}");
}

#[test]
fn the_flight_itself_is_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let (file, killed) = flights(folder.path());
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let before = std::fs::read(&file).unwrap();
    for output in [&file, &link] {
        let (code, _, said) =
            run(&["query", file.to_str().unwrap(), "select 1", "-o", output.to_str().unwrap()]);
        assert!(code == Some(2) && said.contains("name another output"), "{said}");
    }
    let wal = killed.with_extension("duckdb.wal");
    let by_link = folder.path().join("killed by link");
    std::os::unix::fs::symlink(&killed, &by_link).unwrap();
    let missing = file.with_extension("duckdb.wal.checkpoint");
    let wal_before = std::fs::read(&wal).unwrap();
    for (flight, output) in [(&killed, &wal), (&by_link, &wal), (&by_link, &killed), (&file, &missing)] {
        let line = ["query", flight.to_str().unwrap(), "select 1", "-o", output.to_str().unwrap()];
        let (code, _, said) = run(&line);
        assert!(code == Some(2) && said.contains("name another output"), "{line:?}: {said}");
    }
    assert!(std::fs::read(&file).unwrap() == before && std::fs::read(&wal).unwrap() == wal_before);
    assert!(!missing.exists());
}

#[test]
fn an_output_keeps_what_it_has_until_there_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = flights(folder.path());
    let output = folder.path().join("answer.csv");
    std::fs::write(&output, "before").unwrap();
    let ask = |sql: &str| {
        run(&["query", file.to_str().unwrap(), sql, "--format", "csv", "-o", output.to_str().unwrap()])
    };
    for sql in
        ["selec 1", "select nothing from reading", "select error('no') from reading", "copy reading to 'x'"]
    {
        assert_eq!(ask(sql).0, Some(1), "{sql}");
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "before", "{sql}");
    }
    assert_eq!(ask("select 1 as a").0, Some(0));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "a\n1\n");
}

#[test]
fn a_flight_being_recorded_is_not_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let (_inlets, recorder) = start(folder.path());
    let file = recorder.file().unwrap();
    let (code, _, said) =
        run(&["__open", "--parent", &std::process::id().to_string(), file.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains(&format!("in use by process {}", std::process::id())), "{said}");
    assert!(!said.contains("damaged"), "{said}");
    recorder.stop().unwrap();
}

#[test]
fn the_cookbook_is_listed_shown_and_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = flights(folder.path());
    let (code, listed, _) = run(&["query", "--cookbook"]);
    assert_eq!((code, listed.lines().count()), (Some(0), 20));
    assert!(listed.contains("\nnoise        How loud was it"), "{listed}");
    let (code, sql, _) = run(&["query", "--cookbook", "noise"]);
    assert!(code == Some(0) && sql.starts_with("SELECT minute") && !sql.contains(';'), "{sql}");
    let answer = run(&["query", file.to_str().unwrap(), "--cookbook", "noise", "--format", "csv"]);
    assert_eq!(answer, run(&["query", file.to_str().unwrap(), &sql, "--format", "csv"]));
    assert!(answer.1.lines().count() > 1 && answer.0 == Some(0), "{answer:?}");
    let (code, _, said) = run(&["query", file.to_str().unwrap(), "--cookbook", "nose"]);
    assert!(code == Some(2) && said.contains("noise        How loud"), "{said}");
    assert_eq!(run(&["query", file.to_str().unwrap()]).0, Some(2));
}
