//! The log of a flight followed live, through a restart of the reader, through more than the daemon keeps, and to the flight's
//! end: every entry of the file came, once.

mod noisy;

use noisy::{Ended, skyhound, start};
use skyhound_host::ctl::{self, Ask};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Output, Stdio};

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
    let (mut daemon, _) = start(folder.path(), &door);
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
