//! `skyhound-rig run|show|list|metrics` as people and CI servers use them, at depth a: exit codes, files, repeat commands.

use std::path::Path;
use std::process::Command;

/// What a command answered: exit code, stdout, stderr.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn rig(arguments: &[&str]) -> Said {
    let rig = env!("CARGO_BIN_EXE_skyhound-rig");
    let done = Command::new(rig).args(arguments).output().expect("the rig starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

/// The repository's scenario with what it expects replaced.
fn scenario(folder: &Path, expect: &str) -> String {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/open_carrier.toml");
    let sample = std::fs::read_to_string(sample).unwrap();
    let (world, _) = sample.split_once("[expect]").unwrap();
    let path = folder.join("mine.toml");
    std::fs::write(&path, format!("{world}\n[expect]\n{expect}")).unwrap();
    path.to_string_lossy().into_owned()
}

/// The verdict file without what differs from run to run.
fn verdicts(out: &Path) -> serde_json::Value {
    let file = std::fs::read(out.join("verdict.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&file).unwrap();
    for flight in value["flights"].as_array_mut().unwrap() {
        let flight = flight.as_object_mut().unwrap();
        assert!(flight.remove("took_s").is_some());
        flight.remove("page");
    }
    value
}

#[test]
fn a_flight_leaves_verdict_junit_and_page_and_its_seed_repeats_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "states = ['SEARCHING', 'HOMING']");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    for out in [&first, &second] {
        let done = rig(&["run", &path, "--seed", "3", "--repeat", "2", "--out", &out.to_string_lossy()]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        assert!(done.err.is_empty(), "no progress without a terminal: {}", done.err);
        assert!(done.out.contains("2 passed, 0 failed, 0 ignored"), "{}", done.out);
    }
    assert_eq!(verdicts(&first), verdicts(&second), "the same seed is the same flight");
    let flights = verdicts(&first)["flights"].clone();
    assert_eq!((flights[0]["seed"].as_u64(), flights[1]["seed"].as_u64()), (Some(3), Some(4)));
    assert_ne!(flights[0]["numbers"], flights[1]["numbers"], "another seed is another flight");
    let page = |out: &Path| std::fs::read(out.join("mine-3-engine.html")).unwrap();
    assert_eq!(page(&first), page(&second));
    let junit = std::fs::read_to_string(first.join("junit.xml")).unwrap();
    assert!(junit.contains("mine seed 4 depth a"), "{junit}");
}

#[test]
fn a_failure_shows_its_seed_and_the_command_that_repeats_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "number.final_error_m = { max = -1 }");
    let out = folder.path().join("out");
    let done = rig(&["run", &path, "--seed", "12", "--out", &out.to_string_lossy()]);
    let said = done.out;
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(said.contains("✗ final_error_m") && said.contains("at most -1"), "{said}");
    let command = format!("skyhound-rig run {path} --rig engine --seed 12");
    assert!(said.contains(&format!("repeat mine seed 12 (engine):  {command}\n")), "{said}");
    assert!(std::fs::read_to_string(out.join("junit.xml")).unwrap().contains(&command));
    let again: Vec<&str> = command.split(' ').skip(1).chain(["--out", out.to_str().unwrap()]).collect();
    assert_eq!(rig(&again).code, Some(1));
}

#[test]
fn wrong_use_is_told_with_its_mend() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = scenario(folder.path(), "number.final_error_km = { max = 1 }");
    let nowhere = "/nowhere/at/all.sock";
    for (code, arguments, words) in [
        (2, vec!["run"], "SCENARIO"),
        (2, vec!["run", "no_such_scenario"], "no_such_scenario"),
        (2, vec!["run", "open_carrier", "--rig", "no_such_rig"], "engine, software, serial, tcp"),
        (2, vec!["run", "open_carrier", "--repeat", "0"], "--repeat"),
        (2, vec!["run", &unknown], "expect.number.final_error_km: no such number"),
        (2, vec!["show", "open_carrier", "--fast", "--rig", "tcp"], "--fast"),
        (2, vec!["autopilot", "--airborne", "nan"], "`nan` is no finite number"),
        (2, vec!["autopilot", "--airborne", "inf"], "`inf` is no finite number"),
        (2, vec!["autopilot", "--airborne=-3"], "over 0 and at most 5000 m"),
        (2, vec!["autopilot", "--param", "GUID_TIMEOUT=nan"], "`nan` is no finite number"),
        (2, vec!["autopilot", "--param", "GUIDED_TIMEOUT=3"], "near it: GUID_TIMEOUT"),
        (2, vec!["autopilot", "--param", "COM_OF_LOSS_T=3"], "of the other --flavour"),
        (2, vec!["autopilot", "--param", "XYZ=3"], "known: ANGLE_MAX, "),
        (2, vec!["play-tlog", "flight.tlog", "--to", "udpin:127.0.0.1:9"], "udpout:ADDR:PORT"),
        (2, vec!["play-tlog", "flight.tlog", "--to", "udpout:14550"], "udpout:14550"),
        (2, vec!["play-tlog", "flight.tlog", "--to", "udpout:127.0.0.1:9", "--speed", "0"], "0.01..=1000"),
        (1, vec!["play-tlog", "nowhere.tlog", "--to", "udpout:127.0.0.1:9"], "nowhere.tlog: No such file"),
        (2, vec!["world", "open_carrier", "--iq", "out.wav"], ".sigmf-meta"),
        (2, vec!["world", "open_carrier", "--for", "10s"], "--iq"),
        (2, vec!["world", "no_such_one", "--iq", "out.sigmf-meta"], "no_such_one"),
        (1, vec!["world", "open_carrier", "--serve", nowhere], nowhere),
        (1, vec!["world", "open_carrier", "--iq", "/nowhere/at/all/out.sigmf-meta"], "/nowhere/at/all"),
    ] {
        let done = rig(&arguments);
        assert_eq!(done.code, Some(code), "{arguments:?}: {}", done.err);
        assert!(done.err.contains(words) && done.out.is_empty(), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn scenarios_and_numbers_are_listed() {
    let said = rig(&["list"]).out;
    assert!(said.contains("open_carrier") && said.contains("software"), "{said}");
    let said = rig(&["metrics"]).out;
    assert!(said.contains("stop_delay_CAUSE_ms") && said.contains("final_error_m"), "{said}");
}

/// As after `| head -1`, but already when the command begins.
#[test]
fn nobody_reads_and_no_command_minds() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    assert!(rig(&["sample-flight", &at("sample"), "--for", "1s"]).code == Some(0));
    let (tlog, iq) = (at("sample/flight.tlog"), at("world.sigmf-meta"));
    let played = ["play-tlog", &tlog, "--to", "udpout:127.0.0.1:9", "--speed", "1000"];
    let path = scenario(folder.path(), "");
    let out = at("out");
    for arguments in [
        &["list"][..],
        &["metrics"],
        &["--help"],
        &["autopilot", "--line", "udpin:127.0.0.1:0", "--for", "300ms"],
        &played,
        &["statistics", &path, "--flights", "1"],
        &["statistics", &path, "--flights", "1", "--json"],
        &["campaign", "--flights", "1", "--seed", "1", "--verbose"],
        &["world", &path, "--iq", &iq, "--for", "100ms"],
        &["run", &path, "--out", &out],
        &["show", &path, "--fast", "--out", &out],
    ] {
        let closed = || std::io::pipe().unwrap().1;
        let told = folder.path().join("told");
        let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound-rig"));
        command.args(arguments).stdout(closed()).stderr(std::fs::File::create(&told).unwrap());
        let code = command.status().unwrap().code();
        let told = std::fs::read_to_string(&told).unwrap();
        assert!(code == Some(0) && !told.contains("panic"), "{arguments:?}: {code:?}: {told}");
        let code = command.stdout(closed()).stderr(closed()).status().unwrap().code();
        assert_eq!(code, Some(0), "{arguments:?}, nobody at stderr either");
    }
}

#[test]
fn a_flight_in_virtual_time_is_shown_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "states = ['SEARCHING', 'HOMING']");
    let out = folder.path().join("out");
    let done = rig(&["show", &path, "--fast", "--out", &out.to_string_lossy()]);
    let (said, told) = (done.out, done.err);
    assert_eq!(done.code, Some(0), "{told}");
    assert!(told.lines().filter(|line| line.contains("beacon at")).count() > 20, "{told}");
    assert!(told.contains("HOMING: beacon confirmed") && !told.contains('\x1b'), "{told}");
    assert!(said.contains("1 passed") && said.contains("fly without --fast"), "{said}");
    assert!(said.contains("mine-1-engine.html"), "{said}");
}
