//! The binary as users meet it: exit codes, what goes to stdout and what to stderr.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use skyhound_host::ctl::{Answering, Board, Door, Prepared, ProfileDoor, Question, Questions, Server, acts};
use skyhound_host::realtime::{self, Role};

fn skyhound() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env_remove("JOURNAL_STREAM").env_remove("XDG_RUNTIME_DIR");
    // The default profile of whoever runs the tests is none of theirs.
    command.env("SKYHOUND_PROFILES", "/nonexistent");
    command
}

fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = skyhound().args(line).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Answers no questions.
struct Nobody;

impl Answering for Nobody {
    fn prepare(&self, _: &Question) -> Result<Prepared, String> {
        Err("nobody answers here".to_string())
    }

    fn is_recorded(&self, _: &Path) -> bool {
        false
    }

    fn log_after(&self, _: u64) -> Option<Vec<(u64, String)>> {
        None
    }

    fn rest(&self) {}
}

fn questions() -> Questions {
    Questions::new(std::sync::Arc::new(Nobody), 1, std::time::Duration::from_secs(1))
}

#[test]
fn config_init_check_and_show() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skyhound.toml");
    let file = path.to_str().unwrap();
    assert_eq!(run(&["config", "init", file]).0, Some(0));
    let template = std::fs::read_to_string(&path).unwrap();
    assert_eq!(run(&["config", "init", "-"]).1, template);
    std::fs::write(&path, "# mine\n[homing]\nspeed_mps = 2.0\n").unwrap();
    let (code, _, said) = run(&["config", "init", file]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is there already"), "{said}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("# mine"));

    let (code, checked, said) = run(&["config", "check", "--config", file]);
    assert_eq!((code, checked.as_str()), (Some(0), "ok\n"));
    // The template's beacon is as wide as the band, so it lies on the spike: said, and no more.
    assert!(said.lines().all(|line| line.starts_with("note: beacon.0.")), "{said}");
    let (code, shown, _) = run(&["config", "show", "--config", file, "--set", "homing.lost_s=7"]);
    assert_eq!(code, Some(0));
    assert!(shown.contains("speed_mps = 2.0\n") && shown.contains("lost_s = 7.0\n"), "{shown}");

    let elsewhere = ["--set", "beacon.0.frequency_hz=1e9", "--set", "sdr.frequency_hz=433.92e6"];
    let (code, _, said) = run(&[&["config", "check"][..], &elsewhere].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("beacon.0.frequency_hz: ") && said.contains("outside the band"), "{said}");

    let (code, _, said) = run(&["config", "check", "--set", "sdr.source=file:none_433.92M_250k.cu8"]);
    assert_eq!(code, Some(0), "it may be there when it is flown: {said}");
    assert!(said.contains("note: none_433.92M_250k.cu8 is not there"), "{said}");

    let crossing = "search.polygon=[[47.0, 8.0], [47.001, 8.001], [47.0, 8.001], [47.001, 8.0]]";
    let (code, _, said) = run(&["config", "check", "--set", crossing]);
    assert_eq!(code, Some(2), "a flight would be refused: {said}");
    assert!(said.contains("search.polygon: "), "{said}");

    let (code, needed, _) = run(&["config", "autopilot"]);
    assert_eq!(code, Some(0));
    for row in &skyhound::vehicle::parameter::PARAMETERS {
        assert!(needed.contains(row.name), "{} is not in\n{needed}", row.name);
    }

    std::fs::write(&path, "[homing]\nsped_mps = 2.0\nlost_s = -1\n").unwrap();
    let (code, out, said) = run(&["config", "check", "--config", file]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains(":2: homing.sped_mps: no such key; did you mean homing.speed_mps?"), "{said}");
    assert!(said.contains(":3: homing.lost_s: -1 is out of range; write 0.1 to 120 s"), "{said}");
}

#[test]
fn wrong_use_is_exit_code_2_on_stderr() {
    for line in [
        &["fry"][..],
        &["config"],
        &["config", "show", "--set", "a.b"],
        &["--log", "x=loud", "config", "check"],
    ] {
        let (code, out, said) = run(line);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line:?}: {said}");
        assert!(!said.is_empty());
    }
    let (code, out, _) = run(&["--version"]);
    assert_eq!((code, out.starts_with("skyhound ")), (Some(0), true));
}

#[test]
fn a_reader_that_has_enough_ends_us_quietly() {
    let mut child = skyhound()
        .args(["config", "init", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn ctl_talks_to_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ctl.sock");
    let socket = path.to_str().unwrap();
    let (code, _, said) = run(&["ctl", "--socket", socket, "status"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no skyhound flies at"), "{said}");

    let (sender, requests) = acts();
    let board = Board::default();
    board.write(|status| status.state = "IDLE".into());
    let start = |body| realtime::start(Role::Ground, body);
    let door = Door::new(board, sender, questions(), ProfileDoor::default());
    let server = Server::start(&path, door, start).unwrap();
    let (code, out, said) = run(&["ctl", "query", "select 1", "--socket", socket]);
    assert_eq!((code, out.as_str(), said.as_str()), (Some(1), "", "skyhound: nobody answers here\n"));
    let (code, out, _) = run(&["ctl", "status", "--json", "--socket", socket]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, status["state"].as_str()), (Some(0), Some("IDLE")));
    assert!(run(&["ctl", "--socket", socket, "status"]).1.starts_with("state      IDLE"));

    let pass = std::thread::spawn(move || {
        requests.recv().unwrap().answer(Err("failsafes unknown: FS_GCS_ENABLE".into()));
        requests.recv().unwrap().answer(Ok("homing is on".into()));
    });
    let (code, out, said) = run(&["ctl", "--socket", socket, "homing", "on"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(said, "skyhound: failsafes unknown: FS_GCS_ENABLE\n");
    assert_eq!(
        run(&["ctl", "--socket", socket, "homing", "on"]),
        (Some(0), "homing is on\n".into(), String::new())
    );
    pass.join().unwrap();
    drop(server);
}

#[test]
fn only_the_sockets_group_may_talk_to_it() {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::process::CommandExt;

    const STRANGER: u32 = 65_533;
    const GROUP: u32 = 65_531;
    let folder = tempfile::tempdir().unwrap();
    let is_open = std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755));
    let can_run = |gid: u32| {
        let version = skyhound().arg("--version").uid(STRANGER).gid(gid).output();
        version.is_ok_and(|output| output.status.success())
    };
    if is_open.is_err() || chown(folder.path(), None, Some(GROUP)).is_err() || !can_run(GROUP) {
        eprintln!("ignored, needs root and a target folder that others may enter");
        return;
    }
    let path = folder.path().join("ctl.sock");
    let start = |body| realtime::start(Role::Ground, body);
    let door = Door::new(Board::default(), acts().0, questions(), ProfileDoor::default());
    let server = Server::start(&path, door, start).unwrap();
    let status_as = |gid: u32| {
        let mut command = skyhound();
        command.args(["ctl", "status", "--socket"]).arg(&path).uid(STRANGER).gid(gid);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(status_as(GROUP), (Some(0), String::new()));
    let (code, said) = status_as(STRANGER);
    assert_eq!(code, Some(1));
    assert!(said.contains("is not for you"), "{said}");
    drop(server);
}

#[test]
fn range_tells_a_distance_for_planning() {
    let narrow = ["--set", "beacon.0.bandwidth_hz=4000", "--set", "beacon.0.offset_hz=40000"];
    let asked = [&["range", "--power-dbm", "-60", "--height", "60"][..], &narrow].concat();
    let (code, text, said) = run(&asked);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(text.contains("distance") && text.contains("lanes") && text.contains("ITU-R P.372"), "{text}");
    let metres = |more: &[&str]| {
        let (_, out, said) = run(&[&asked[..], more, &["--json"]].concat());
        let plan: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{said}"));
        plan["distance_m"].as_f64().unwrap()
    };
    assert!(metres(&["--sigma-db", "10"]) < metres(&["--sigma-db", "2"]));
    assert!(metres(&["--for", "2s"]) < metres(&["--for", "30s"]));
    assert!(metres(&["--surroundings", "city"]) < metres(&["--floor-dbm-hz", "-173"]));
    assert!(metres(&["--model", "free_space"]) > metres(&["--model", "log_distance", "--exponent", "3"]));

    let (code, out, said) = run(&[&asked[..], &["--beacon", "wolf"]].concat());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains("there is no such beacon; the settings have beacon"), "{said}");
    for wrong in [&["--sdr", "soapy:"][..], &["--exponent", "0"], &["--height", "-1"], &["--model", "hata"]] {
        let (code, out, said) = run(&[&asked[..], wrong].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{wrong:?}: {said}");
    }
    assert_eq!(run(&["range"]).0, Some(2), "a power is needed");
}

#[test]
fn search_plan_lays_a_pattern_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (area, mission, map) = (file("area.geojson"), file("plan.waypoints"), file("map.geojson"));
    let ring = "[[8.0, 47.0], [8.01, 47.0], [8.01, 47.01],\n[8.0, 47.01], [8.0, 47.0]]";
    let polygon = format!(r#"{{"type": "Polygon", "coordinates": [{ring}]}}"#);
    std::fs::write(&area, &polygon).unwrap();
    let narrow = ["--set", "beacon.0.bandwidth_hz=4000", "--set", "beacon.0.offset_hz=40000"];
    let power = [&["--power-dbm", "-75", "--speed", "5"][..], &narrow].concat();
    let plan = |more: &[&str]| run(&[&["search", "plan"][..], more].concat());

    let (code, out, said) = plan(&[&["--polygon", &area, "--out", &mission][..], &power].concat());
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    for told in ["parallel track (PS) on 000°", "0.85 km²", "coverage", "POD", "POS", "even over the area"]
    {
        assert!(said.contains(told), "{told} is not in\n{said}");
    }
    let taken = ["--from", &mission, "--polygon", &area, "--poa", &area, "--map", &map, "--format", "wpl"];
    let (code, out, again) = plan(&[&taken[..], &power].concat());
    assert_eq!((code, out), (Some(0), std::fs::read_to_string(&mission).unwrap()), "{again}");
    let of = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert_eq!(of(&again, "route"), of(&said, "route"));
    assert_eq!(of(&again, "coverage"), of(&said, "coverage"));
    let cells: serde_json::Value = serde_json::from_slice(&std::fs::read(&map).unwrap()).unwrap();
    let cells = cells["features"].as_array().unwrap();
    let sum = |name: &str| cells.iter().map(|cell| cell["properties"][name].as_f64().unwrap()).sum::<f64>();
    assert!((sum("poa_before") - 1.0).abs() < 1e-6 && (sum("poa_now") - 1.0).abs() < 1e-6);

    let disc = ["--centre", "-33.9,18.4", "--radius", "300", "--pattern", "ss", "--spacing", "40"];
    let (code, out, said) = plan(&[&disc[..], &["--format", "kml"]].concat());
    assert!(code == Some(0) && out.contains("18.4000") && said.contains("write --power-dbm"), "{said}");

    std::fs::write(&area, polygon.replace("[8.0, 47.01]", "[8.0, 147.01]")).unwrap();
    for (wrong, told) in [
        (&["--polygon", &area, "--spacing", "50"][..], "area.geojson:2: no place at [8, 147.01]"),
        (&["--spacing", "50"], "--centre and --radius"),
        (&disc[..6], "--spacing: write it, or --power-dbm"),
        (&[&disc[..], &["--start", "-34,18.4"]].concat(), "--start: expanding square (SS)"),
        (&[&disc[..], &["--out", "plan.gpx"]].concat(), "name it .geojson, .kml or .waypoints"),
    ] {
        let (code, out, said) = plan(wrong);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{wrong:?}: {said}");
        assert!(said.contains(told), "{told} is not in\n{said}");
    }
    let missing = file("none.waypoints");
    assert_eq!(plan(&["--from", &missing]).0, Some(1), "a file that is not there");
}

/// White noise whose halves are uniform over ±20 of 127.5: 2·(41² − 1)/12 over 127.5², in 250 kHz.
fn noise_dbfs_hz(path: &Path) -> f64 {
    let mut state = 1_u32;
    let half = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (107 + ((u64::from(state >> 8) * 41) >> 24)) as u8
    };
    std::fs::write(path, (0..4 * 500_000).map(half).collect::<Vec<u8>>()).unwrap();
    10.0 * (280.0 / 127.5_f64.powi(2) / 250e3).log10()
}

#[test]
fn range_takes_the_floor_from_a_recording_or_a_flight() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("noise_433.92M_250k.cu8");
    let floor_dbm_hz = noise_dbfs_hz(&recording) - 30.0;
    let source = format!("file:{}", recording.display());
    let flights = folder.path().to_str().unwrap();
    let narrow = ["--set", "beacon.0.bandwidth_hz=4000", "--set", "beacon.0.offset_hz=40000"];
    let flying = ["fly", "--sdr", &source, "--pace", "max", "--autopilot", "none", "--flights", flights];
    let (code, flown, said) = run(&[&flying[..], &narrow].concat());
    assert_eq!(code, Some(0), "{said}");
    let asked = [&["range", "--power-dbm", "-60", "--full-scale-dbm", "-30"][..], &narrow].concat();
    for read in [["--sdr", &source], ["--flight", flown.trim()]] {
        let (code, out, said) = run(&[&asked[..], &read, &["--json"]].concat());
        assert_eq!(code, Some(0), "{said}");
        let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
        let told = plan["floor_dbm_hz"].as_f64().unwrap();
        assert!((told - floor_dbm_hz).abs() < 0.3, "{read:?}: {told} for {floor_dbm_hz}");
    }
    for (wrong, code, told) in [
        (&["--flight", "none.duckdb"][..], 1, "none.duckdb"),
        (
            &["--flight", flown.trim(), "--set", "beacon.0.name=wolf"],
            2,
            "no beacon wolf was flown with, but beacon",
        ),
        (&["--flight", flown.trim(), "--sdr", &source], 2, "cannot be used with"),
    ] {
        let (ended, out, said) = run(&[&asked[..], wrong].concat());
        assert_eq!((ended, out.as_str(), said.contains(told)), (Some(code), "", true), "{wrong:?}: {said}");
    }
}

#[test]
fn locate_ends_by_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track.csv");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "time_s,lat_deg,lon_deg,alt_rel_m,power_db\n0,47.3,8.5,40,loud\n").unwrap();
    let (code, out, said) = run(&["locate", file]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(said.contains("track.csv: line 2, column power_db: \"loud\": write a number"), "{said}");
    std::fs::write(&path, "time_s,lat_deg,lon_deg,alt_rel_m,power_db\n0,47.3,8.5,40,-50\n").unwrap();
    let (code, _, said) = run(&["locate", file]);
    assert!(code == Some(1) && said.contains("too few places"), "{said}");
    assert_eq!(run(&["locate"]).0, Some(2));
    assert_eq!(run(&["locate", file, "--at", "soon"]).0, Some(2));
    assert_eq!(run(&["locate", file, file, "--plot", "map.svg"]).0, Some(2));
}

#[test]
fn a_report_that_cannot_be_written_says_what_to_write_instead() {
    for (line, told) in [
        (&["report", "a.duckdb", "b.duckdb"][..], "add -o report.html"),
        (
            &["report", "a.duckdb", "-o", "report.doc"],
            "report.doc: \"doc\" is no form of a report; name it .html",
        ),
        (&["report", "a.duckdb", "b.duckdb", "-o", "x.mcap"], "x.mcap: that form holds one flight"),
        (&["report", "a.duckdb", "--truth", "truth.csv"], "--output"),
    ] {
        let (code, printed, said) = run(line);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{line:?}: {said}");
        assert!(said.contains(told), "{line:?}: {said}");
    }
    let (code, _, said) = run(&["report", "/nonexistent/a.duckdb", "-o", "/nonexistent/x.html"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("/nonexistent/a.duckdb"), "{said}");
}
