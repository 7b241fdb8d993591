//! Depth c, tested here with a simulator in another process: someone else's, as far as the runner knows.

use super::field::{HOVER, PATIENT, passes, scenario};
use skyhound_rig::flight::NotFlown;
use skyhound_rig::rig::Rig;
use skyhound_rig::scenario::Scenario;
use skyhound_rig::watch::Unwatched;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Killed when dropped.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Simulator {
    /// In the air, with two lines; and what a daemon must be told to meet each. `more` are its arguments.
    fn start(more: &[&str]) -> (Simulator, Vec<String>) {
        let line = "tcp:127.0.0.1:0";
        let mut child = Command::new(env!("CARGO_BIN_EXE_skyhound-rig"))
            .args(["autopilot", "--airborne", "8", "--line", line, "--line", line, "--for", "10m"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = out.lines().take(2).map(|line| line.unwrap().split('\t').nth(1).unwrap().to_owned());
        let lines = lines.collect();
        (Simulator(child), lines)
    }
}

/// What someone would write for it.
fn rig(lines: &[String], more: &str) -> Rig {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let (daemon, own) = (&lines[0], &lines[1]);
    let text =
        format!("about = 'elsewhere'\ndepth = 'c'\nautopilot = '{daemon}'\nrig_line = '{own}'\n{more}");
    std::fs::write(&file, text).unwrap();
    Rig::find(file.path().to_str().unwrap()).unwrap()
}

/// A low hover, of which the pilot takes over.
fn hover(more: &str) -> Scenario {
    let pilot = r#"
fault = [{ on = "homing", after_s = 4, do = "mode", mode = "LOITER" }]
expect.states = ["SEARCHING", "DETECTING", "HOMING", "IDLE"]
expect.stops = ["mode"]
expect.number = { exit_code = { max = 0 } }
"#;
    let text = HOVER.replace("airborne = true\n", "airborne = true\naltitude_m = 12.0\n");
    scenario("elsewhere", &[pilot, &text, PATIENT, more])
}

/// Why it was not flown.
fn ignored(rig: &Rig) -> String {
    let folder = tempfile::tempdir().unwrap();
    match rig.fly(&hover(""), 1, folder.path(), &mut Unwatched) {
        Err(NotFlown::Ignored(needs)) => needs,
        other => panic!("{other:?}"),
    }
}

/// It is found in the air with parameters that keep homing locked, and flown twice, one flight after the other.
#[test]
fn someone_elses_simulator_is_flown_from_a_known_state_each_time() {
    let (_simulator, lines) = Simulator::start(&["--param", "GUID_TIMEOUT=3", "--param", "FENCE_ENABLE=0"]);
    let rig = rig(&lines, "set_parameters = true");
    for scenario in [&hover("[aircraft.parameters]\nWPNAV_SPEED = 500\n"), &hover("")] {
        let Some(trace) = passes(scenario, &rig) else { return };
        let begun = "rig: begins in the air over home, battery ";
        assert!(trace.deeds[0].what.starts_with(begun), "{:?}", trace.deeds[0]);
        assert!(trace.truth.iter().any(|row| row.mode == "GUIDED"));
        assert_eq!(trace.truth.last().unwrap().mode, "LOITER");
        // It was led away from home, along its nose at first, and stands where the pilot took it.
        let (first, last) = (trace.truth.first().unwrap(), trace.truth.last().unwrap());
        assert!((first.pose.up_m - 12.0).abs() < 2.0 && first.pose.distance_m(0.0, 0.0) < 4.0, "{first:?}");
        assert!(last.pose.speed_mps() < 0.7 && last.pose.distance_m(0.0, 0.0) > 5.0, "{last:?}");
    }
    let needs = ignored(&self::rig(&lines, "[parameters]\nWPNAV_SPEED = 1"));
    assert!(needs.contains("WPNAV_SPEED = 1 (is 1000)"), "{needs}");
    let glitch = scenario("glitch", &[HOVER, "[[fault]]\ndo = 'gps_loss'\n"]);
    assert!(passes(&glitch, &rig).is_none(), "nobody loses someone else's GPS");
}

#[test]
fn parameters_that_keep_homing_locked_are_told_before_anything_flies() {
    let (_simulator, lines) = Simulator::start(&["--param", "GUID_TIMEOUT=3", "--param", "BATT_LOW_MAH=0"]);
    let needs = ignored(&rig(&lines, "[parameters]\nFENCE_RADIUS = 300\nBATT_CRT_MAH = 0"));
    for words in [
        "GUID_TIMEOUT = 1 (is 3)",
        "FENCE_RADIUS = 300 (is 1000)",
        "a threshold over 0, written under [parameters]",
        "set_parameters = true in the rig file, or --set-parameters",
    ] {
        assert!(needs.contains(words), "{words} in {needs}");
    }
    assert!(!needs.contains("FS_GCS_ENABLE"), "what is as it must be is not told: {needs}");
    let folder = tempfile::tempdir().unwrap();
    let px4 = rig(&lines, "flavour = 'px4'").fly(&hover(""), 1, folder.path(), &mut Unwatched).unwrap_err();
    assert!(matches!(&px4, NotFlown::Failed(why) if why.contains("mend flavour")), "{px4:?}");
}

/// It rises only for a place that is none and a height above the sea, and its integers are bytes.
#[test]
fn someone_elses_px4_takes_off_and_is_flown() {
    let (_simulator, lines) = Simulator::start(&["--flavour", "px4", "--param", "COM_OBL_RC_ACT=0"]);
    let rig = rig(&lines, "flavour = 'px4'\nset_parameters = true");
    let scenario = rig.adapted(&hover("")).unwrap();
    let Some(trace) = passes(&scenario, &rig) else { return };
    assert!(trace.truth.iter().any(|row| row.mode == "OFFBOARD"));
    assert_eq!(trace.truth.last().unwrap().mode, "POSCTL");
}
