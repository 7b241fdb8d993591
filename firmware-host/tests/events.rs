//! The log of a flight followed live, through a restart of the reader, through more than the daemon keeps, and to the flight's
//! end: every entry of the file came, once.

use skyhound_host::ctl::{self, Ask};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SKYHOUND: &str = env!("CARGO_BIN_EXE_skyhound");

fn skyhound() -> Command {
    let mut command = Command::new(SKYHOUND);
    command.env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
    command
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, door: &Path) -> Ended {
    let recording = folder.join("noise_433.92M_250k.cu8");
    let noise: Vec<u8> = (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut file = fs::File::create(&recording).unwrap();
    (0..120).for_each(|_| file.write_all(&noise).unwrap());
    let mut command = skyhound();
    command.args(["--log", "warn", "fly", "--pace", "realtime", "--autopilot", "none", "--flights"]);
    command.arg(folder.join("flights")).args(["--sdr", &format!("file:{}", recording.display())]);
    command.args(["--set", &format!("daemon.ctl_socket={}", door.display())]);
    for set in ["beacon.0.bandwidth_hz=4000", "beacon.0.offset_hz=40000", "recorder.disk_reserve_mb=16"] {
        command.args(["--set", set]);
    }
    let daemon = Ended(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let begun = Instant::now();
    let is_recording =
        || ctl::ask(door, Ask::Status).is_ok_and(|answer| answer.status.unwrap().recorder.rows_total > 0);
    while !is_recording() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is recorded");
        std::thread::sleep(Duration::from_millis(50));
    }
    daemon
}

fn follower(door: &Path, from: u64) -> (Ended, BufReader<ChildStdout>) {
    let mut command = skyhound();
    command.args(["events", "--follow", "--json", "--from", &from.to_string(), "--socket"]).arg(door);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (Ended(child), out)
}

fn id_of(line: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_u64().unwrap()
}

/// Reads on until `count` more acts of the operator came.
fn acts(out: &mut BufReader<ChildStdout>, lines: &mut Vec<String>, count: usize) {
    let mut left = count;
    while left > 0 {
        let mut line = String::new();
        assert!(out.read_line(&mut line).unwrap() > 0, "it ended");
        left -= usize::from(line.contains("\"source\":\"operator\""));
        lines.push(line);
    }
}

fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = skyhound().args(line).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_follower_gets_every_entry_of_the_log_through_restarts_and_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let door: PathBuf = folder.path().join("ctl.sock");
    let mut daemon = start(folder.path(), &door);
    let act = || assert!(!ctl::ask(&door, Ask::Homing { on: true }).unwrap().ok, "a recording homes nothing");
    let (first, mut out) = follower(&door, 0);
    let mut lines = Vec::new();
    (0..3).for_each(|_| act());
    acts(&mut out, &mut lines, 3);
    drop(first);
    // Each refusal is entries of its own: more than the daemon keeps in memory.
    (0..150).for_each(|_| act());
    let (mut second, mut out) = follower(&door, id_of(lines.last().unwrap()));
    acts(&mut out, &mut lines, 150);
    act();
    acts(&mut out, &mut lines, 1);

    let file = ctl::ask(&door, Ask::Status).unwrap().status.unwrap().recorder.file.unwrap();
    let (code, text, said) =
        run(&["events", &file, "--set", &format!("daemon.ctl_socket={}", door.display())]);
    assert!(code == Some(0) && text.contains(" operator     homing_on "), "{said}");
    assert!(ctl::ask(&door, Ask::Stop).unwrap().ok);
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0));
    lines.extend(out.lines().map(Result::unwrap));
    assert_eq!(second.0.wait().unwrap().code(), Some(0), "it ends with the flight");

    let (code, all, said) = run(&["events", &file, "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let followed: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    assert_eq!(followed, all.lines().collect::<Vec<_>>());
    assert!(followed.len() > 300, "{}", followed.len());
    let (_, count, _) = run(&["query", &file, "select count(*) from log", "--format", "csv"]);
    assert_eq!(count.lines().nth(1).unwrap(), followed.len().to_string());
    let last_id = id_of(followed.last().unwrap());
    assert_eq!(run(&["events", &file, "--from", &(last_id - 1).to_string()]).1.lines().count(), 1);
    assert_eq!(run(&["events"]).0, Some(2));
    assert_eq!(run(&["events", "--follow", "--socket", door.to_str().unwrap()]).0, Some(1));
}
