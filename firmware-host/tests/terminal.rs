//! What a terminal is shown and what a pipe is not: colours, progress, the handbook. The terminal is a real one, made by `script`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_skyhound");
const ESCAPE: &str = "\u{1b}[";

/// As nobody has set anything of colours.
fn plain(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in
        ["RUST_LOG", "JOURNAL_STREAM", "XDG_RUNTIME_DIR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER"]
    {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").env("SKYHOUND_PROFILES", "/nonexistent").stdin(Stdio::null());
    command
}

/// What a line of the shell shows on a terminal.
fn shown(line: &str, no_color: Option<&str>) -> String {
    let mut command = plain("script");
    if let Some(value) = no_color {
        command.env("NO_COLOR", value);
    }
    let output =
        command.args(["-qec", line, "/dev/null"]).output().expect("script, of util-linux or bsdutils");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn noise(path: &Path, seconds: usize) {
    let mut state = 1_u32;
    let half = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (107 + ((u64::from(state >> 8) * 41) >> 24)) as u8
    };
    std::fs::write(path, (0..seconds * 500_000).map(half).collect::<Vec<u8>>()).unwrap();
}

#[test]
fn colours_are_for_terminals_and_no_color_puts_them_out() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("noise_433.92M_250k.cu8");
    noise(&recording, 2);
    let fly = format!(
        "fly --sdr file:{} --pace max --autopilot none --flights {} --set recorder.disk_reserve_mb=16",
        recording.display(),
        folder.path().display()
    );
    let flights = format!("flights --flights {}", folder.path().display());
    for (what, line, is_coloured, told) in [
        ("help", "--help".to_string(), true, "Usage"),
        ("wrong use", "fry".to_string(), true, "unrecognized subcommand"),
        ("the log", fly, true, "readings"),
        ("a table", flights, false, "clean"),
        ("an error", "report /nonexistent/a.duckdb".to_string(), false, "skyhound: /nonexistent/a.duckdb"),
    ] {
        let line: Vec<_> = line.split(' ').collect();
        let piped = plain(PROGRAM).args(&line).output().unwrap();
        let piped = [piped.stdout, piped.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(piped.contains(told) && !piped.contains(ESCAPE), "{what} in a pipe: {piped:?}");
        let typed = format!("{PROGRAM} {}", line.join(" "));
        let terminal = shown(&typed, None);
        assert!(terminal.contains(told.split(' ').next_back().unwrap()), "{what}: {terminal:?}");
        assert_eq!(terminal.contains(ESCAPE), is_coloured, "{what} on a terminal: {terminal:?}");
        let without = shown(&typed, Some("1"));
        assert!(without.contains(told) && !without.contains(ESCAPE), "{what} with NO_COLOR: {without:?}");
    }
    let forced =
        plain(PROGRAM).args(["--log", "debug", "--help"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8(forced.stdout).unwrap().contains(ESCAPE));
}

#[test]
fn watch_without_a_terminal_says_what_to_do_instead() {
    let output = plain(PROGRAM).arg("watch").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`skyhound ctl status`"), "{said}");
}

#[test]
fn long_work_shows_how_far_it_is_on_a_terminal_only_and_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("noise.cu8");
    noise(&recording, 2);
    let (air, json) = (recording.display(), folder.path().join("told.json"));
    let set = "--set sdr.format=cu8 --set sdr.sample_rate_sps=250000 --set sdr.frequency_hz=433.92e6";
    // Half of it comes three seconds late.
    let slow = format!("(head -c 500000 {air}; sleep 3; tail -c +500001 {air})");
    let scan = format!("{slow} | {PROGRAM} scan --sdr file:- --for 2s {set} --json >{}", json.display());
    let terminal = shown(&scan, None);
    assert!(terminal.contains("listening, 1.0 of 2.0 s") && terminal.contains("50 %"), "{terminal:?}");
    let last = terminal.rsplit("\u{1b}[2K").next().unwrap();
    assert!(!last.contains("listening") && !last.contains("searching"), "it is taken away: {terminal:?}");
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(told["sample_rate_sps"], 250_000.0);
    let said = folder.path().join("said");
    shown(&format!("{scan} 2>{}", said.display()), None);
    assert_eq!(std::fs::read_to_string(&said).unwrap(), "", "no terminal, no bar");
}

#[test]
fn ctrl_c_takes_the_bar_away_and_ends_the_process_as_a_signal_does() {
    let folder = tempfile::tempdir().unwrap();
    let silent = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&silent).status().unwrap().success());
    // Open for both, so that nothing comes and it does not end.
    let line = format!(
        "exec {PROGRAM} scan --sdr file:- --set sdr.format=cu8 --set sdr.sample_rate_sps=250000 --set sdr.frequency_hz=433.92e6 <>{}",
        silent.display()
    );
    let mut terminal = plain("script");
    terminal.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = terminal.spawn().unwrap();
    let (mut seen, mut piece) = (String::new(), [0; 4096]);
    let (mut screen, mut keys) = (terminal.stdout.take().unwrap(), terminal.stdin.take().unwrap());
    let mut is_pressed = false;
    loop {
        let count = screen.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        seen += &String::from_utf8_lossy(&piece[..count]);
        if !is_pressed && seen.contains("at work") {
            keys.write_all(b"\x03").unwrap();
            is_pressed = true;
        }
    }
    assert!(is_pressed && !seen.rsplit("\u{1b}[2K").next().unwrap().contains("at work"), "{seen:?}");
    assert_eq!(terminal.wait().unwrap().code(), Some(128 + 2), "{seen:?}");
}

#[test]
fn the_handbook_is_served_opened_and_printed() {
    let listed = plain(PROGRAM).args(["handbook", "--list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("locked     When homing stays locked\n") && listed.lines().count() == 15,
        "{listed}"
    );
    let printed = plain(PROGRAM).args(["handbook", "locked", "--text"]).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.starts_with("# ") && printed.contains("\n## battery\n"), "{printed}");
    let wrong = plain(PROGRAM).args(["handbook", "lokced"]).output().unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.status.code() == Some(2) && said.contains("a similar value exists: 'locked'"), "{said}");

    // A browser that writes down where it was sent.
    let folder = tempfile::tempdir().unwrap();
    let (opener, sent) = (folder.path().join("xdg-open"), folder.path().join("sent"));
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" >{}\n", sent.display())).unwrap();
    std::fs::set_permissions(&opener, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = plain(PROGRAM);
    command
        .args(["handbook", "locked"])
        .env("DISPLAY", ":7")
        .env("PATH", format!("{}:/bin:/usr/bin", folder.path().display()));
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
    if !skyhound_host::ground::has_page("index.html") {
        assert!(first.starts_with("# "), "without its page it is text: {first}");
        assert!(server.wait().unwrap().success());
        eprintln!("ignored, needs a program that was built with its page (make setup)");
        return;
    }
    let place = first.trim().strip_prefix("http://").unwrap();
    let (address, path) = place.split_once('/').unwrap();
    assert_eq!(path, "handbook/locked.html");
    let mut asked = TcpStream::connect(address).unwrap();
    write!(asked, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    asked.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("When homing stays locked"), "{page}");
    while !sent.exists() || std::fs::read_to_string(&sent).unwrap().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(std::fs::read_to_string(&sent).unwrap(), first);
    let pid = rustix::process::Pid::from_raw(server.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert!(server.wait().unwrap().success(), "Ctrl-C is how it ends");
}
