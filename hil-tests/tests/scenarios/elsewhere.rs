//! Depth c, tested here with a simulator in another process: someone else's, as far as the runner knows.

use super::field::{HOVER, PATIENT, passes, scenario};
use skyhound_rig::rig::Rig;
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
    /// In the air, with two lines; and what a daemon must be told to meet each.
    fn start() -> (Simulator, Vec<String>) {
        let line = "tcp:127.0.0.1:0";
        let mut child = Command::new(env!("CARGO_BIN_EXE_skyhound-rig"))
            .args(["autopilot", "--airborne", "40", "--line", line, "--line", line, "--for", "10m"])
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

#[test]
fn someone_elses_simulator_is_flown() {
    let (_simulator, lines) = Simulator::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("elsewhere.toml");
    let (daemon, own) = (&lines[0], &lines[1]);
    let text = format!("about = 'elsewhere'\ndepth = 'c'\nautopilot = '{daemon}'\nrig_line = '{own}'\n");
    std::fs::write(&path, text).unwrap();
    let rig = Rig::find(path.to_str().unwrap()).unwrap();

    let deeds = r#"
[[fault]]
on = "homing"
after_s = 4
do = "mode"
mode = "LOITER"
[expect]
states = ["SEARCHING", "DETECTING", "HOMING", "IDLE"]
stops = ["mode"]
[expect.number]
exit_code = { max = 0 }
"#;
    let scenario_c = scenario("elsewhere", &[HOVER, PATIENT, deeds]);
    let Some(trace) = passes(&scenario_c, &rig) else { return };
    assert!(
        trace.truth.iter().any(|row| row.mode == "GUIDED") && trace.truth.last().unwrap().mode == "LOITER"
    );
    // The world followed that aircraft: it flew north, towards the beacon, and heard it rise.
    let (first, last) = (trace.truth.first().unwrap(), trace.truth.last().unwrap());
    assert!((first.pose.up_m - 40.0).abs() < 3.0, "{first:?}");
    assert!(last.pose.speed_mps() < 0.7, "{last:?}");

    let glitch = scenario("glitch", &[HOVER, "[[fault]]\ndo = 'gps_loss'\n"]);
    assert!(passes(&glitch, &rig).is_none(), "nobody loses someone else's GPS");
}
