//! SIGKILL at random moments while recording at 1 kHz: every file opens, nothing acknowledged is missing, and the rows are
//! a prefix of what was recorded. Also: reading a flight while another process records it.
//!
//! The test starts itself as the recording process (`recording_child`). 20 kills; `SKYHOUND_KILLS=200` for more.

mod random;
mod rows;

use random::random;
use rows::reading;
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::store::{
    About, FlightState, Format, Mended, Recorder, flights, lanes, mend, query, recover,
};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CHILD_FOLDER: &str = "SKYHOUND_KILL_CHILD";
const CHILD_LANDS: &str = "SKYHOUND_KILL_CHILD_LANDS";

/// Not a test of its own: the recording process. Says `acknowledged N` after each commit it sees answered.
#[test]
fn recording_child() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let settings = rows::settings(Path::new(&folder));
    let lands = std::env::var_os(CHILD_LANDS).is_some();
    let clock = Clock::start();
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, clock, |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let handle = recorder.handle();
    let (started, mut said, mut index) = (clock.now(), 0, 0);
    // libtest has begun a line of its own.
    println!("\nrecording {}", recorder.file().unwrap().display());
    loop {
        while index < clock.now().since_us(started) / 1_000 {
            assert!(inlets.readings.push(reading(index)));
            index += 1;
            if lands && index.is_multiple_of(150) {
                handle.landed();
            }
        }
        let acknowledged = handle.totals().reading_total;
        if acknowledged > said {
            said = acknowledged;
            println!("acknowledged {said}");
            std::io::stdout().flush().unwrap();
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn start_child(folder: &Path, lands: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "recording_child", "--nocapture", "--test-threads=1"]).env(CHILD_FOLDER, folder);
    if lands {
        command.env(CHILD_LANDS, "1");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn number(path: &Path, sql: &str) -> Result<u64, String> {
    let mut out = Vec::new();
    query(path, sql, Format::Csv, 0, &mut out).map_err(|e| e.to_string())?;
    let text = String::from_utf8(out).map_err(|e| e.to_string())?;
    text.lines().nth(1).unwrap_or("0").parse().map_err(|_| format!("{sql}: {text}"))
}

/// Rows in the file; panics unless they are exactly the first ones recorded.
fn checked_rows(path: &Path) -> u64 {
    let rows = number(path, "SELECT count(*) FROM reading").unwrap();
    let sql = "SELECT count(*) FROM (SELECT *, row_number() OVER () - 1 AS i FROM reading)
        WHERE acquired_us <> i * 1000 OR mean_dbfs <> round(-90 + ((i * 7919) % 211) / 100, 2)";
    assert_eq!(number(path, sql).unwrap(), 0, "rows are not a prefix of what was recorded");
    rows
}

#[test]
fn a_kill_costs_nothing_that_was_acknowledged() {
    let kills: u32 = std::env::var("SKYHOUND_KILLS").map_or(20, |count| count.parse().unwrap());
    let mut seed = u64::from(std::process::id());
    let (mut opened, mut not_yet_created, mut unclean, mut most_lost) = (0, 0, 0, 0);
    for kill in 0..kills {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start_child(folder.path(), kill % 2 == 1);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Every fifth kill strikes while the file is being created, the others while it is recorded.
        let wait_ms = if kill.is_multiple_of(5) {
            random(&mut seed) % 250
        } else {
            lines.find(|line| line.starts_with("recording ")).unwrap();
            random(&mut seed) % 900
        };
        std::thread::sleep(Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines
            .filter_map(|line| line.strip_prefix("acknowledged ").and_then(|count| count.parse::<u64>().ok()))
            .last()
            .unwrap_or(0);
        let found = flights(folder.path()).unwrap();
        let Some(entry) = found.first() else {
            assert_eq!(acknowledged, 0);
            not_yet_created += 1;
            continue;
        };
        // A kill within a commit leaves half of it, one just behind a checkpoint leaves no WAL: both are told.
        let says = |why: &str| why.contains("within a commit") || why.contains("no WAL");
        let is_told = matches!(&entry.state, FlightState::Cut { why } if says(why));
        assert!(entry.state == FlightState::Unclean || is_told, "{entry:?}");
        unclean += u32::from(entry.state == FlightState::Unclean);
        let rows = checked_rows(&entry.path);
        assert!(rows >= acknowledged, "kill {kill}: {acknowledged} acknowledged, {rows} there");
        // The child pushes 1 kHz: what it had pushed when it died cannot be told, but its age can.
        most_lost = most_lost.max(rows - acknowledged);
        if let Err(error) = recover(&entry.path) {
            assert!(error.to_string().contains("no WAL"), "{error}");
            continue;
        }
        assert_eq!(flights(folder.path()).unwrap()[0].state, FlightState::Clean);
        assert_eq!(checked_rows(&entry.path), rows);
        opened += 1;
    }
    println!(
        "{kills} kills: {opened} files opened ({unclean} with a WAL), {not_yet_created} not yet created; \
         at most {most_lost} rows more than acknowledged"
    );
    assert!(opened >= kills / 2, "too few kills struck while recording");
}

#[test]
fn a_live_flight_can_be_read_and_is_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start_child(folder.path(), true);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let path = lines.find_map(|line| line.strip_prefix("recording ").map(PathBuf::from)).unwrap();
    let begun = Instant::now();
    let (mut acknowledged, mut read) = (0, 0);
    while begun.elapsed() < Duration::from_secs(4) {
        let said = lines.next().unwrap();
        acknowledged = said.strip_prefix("acknowledged ").unwrap().parse::<u64>().unwrap();
        let rows = checked_rows(&path);
        assert!(rows >= acknowledged, "{acknowledged} acknowledged, {rows} read");
        assert_eq!(flights(folder.path()).unwrap()[0].state, FlightState::Open);
        read += 1;
    }
    assert!(child.try_wait().unwrap().is_none(), "the recording died");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(checked_rows(&path) >= acknowledged);
    println!("read {read} times while recording, up to {acknowledged} rows");
}

/// As a flying daemon does it with what others left, each in a child of the real program.
#[test]
fn what_daemons_left_that_died_is_mended_and_nothing_else_touched() {
    let folder = tempfile::tempdir().unwrap();
    let killed = || {
        let mut child = start_child(folder.path(), false);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let path = lines.find_map(|line| line.strip_prefix("recording ").map(PathBuf::from)).unwrap();
        lines.find(|line| line.starts_with("acknowledged ")).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        path
    };
    let change = |path: &Path, suffix: &str, change: fn(&mut Vec<u8>)| {
        let path = PathBuf::from(format!("{}{suffix}", path.display()));
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
    };
    let (whole, cut, broken, no_file) = (killed(), killed(), killed(), killed());
    change(&cut, ".wal", |wal| {
        let at = wal.len() * 3 / 4;
        wal[at] ^= 1;
    });
    change(&broken, "", |file| file[3 * 4096..].fill(0xAA));
    change(&no_file, "", |file| file.clear());
    let mut flying = start_child(folder.path(), false);
    let mut lines = BufReader::new(flying.stdout.take().unwrap()).lines().map_while(Result::ok);
    let live = lines.find_map(|line| line.strip_prefix("recording ").map(PathBuf::from)).unwrap();
    let rows = checked_rows(&whole);

    let program = Path::new(env!("CARGO_BIN_EXE_skyhound"));
    let mut became = std::collections::BTreeMap::new();
    let mut told = |file: &Path, mended: Mended| {
        println!("{}: {mended}", file.display());
        assert!(became.insert(file.to_path_buf(), mended).is_none());
    };
    mend(folder.path(), program, 0, &|| true, &mut |_, _| panic!("the flight is over")).unwrap();
    mend(folder.path(), program, 1 << 30, &|| false, &mut |file, mended| {
        assert!(file == no_file || matches!(mended, Mended::Left { .. }), "{mended}: there was no room");
    })
    .unwrap();
    mend(folder.path(), program, 0, &|| false, &mut told).unwrap();
    assert_eq!(became[&whole], Mended::Recovered);
    assert_eq!(checked_rows(&whole), rows);
    assert!(matches!(&became[&cut], Mended::Salvaged { why } if why.contains("lost")), "{:?}", became[&cut]);
    checked_rows(&cut);
    assert!(matches!(&became[&broken], Mended::SetAside { to, .. } if to.exists()), "{:?}", became[&broken]);
    assert!(!broken.exists() && !no_file.exists() && became.len() == 3, "{became:?}");
    let states: Vec<_> =
        flights(folder.path()).unwrap().into_iter().map(|entry| (entry.path, entry.state)).collect();
    let state = |path: &Path| states.iter().find(|(file, _)| file == path).map(|(_, state)| state.name());
    assert_eq!([state(&whole), state(&cut), state(&live)], [Some("clean"), Some("cut"), Some("open")]);
    assert_eq!(states.iter().filter(|(_, state)| *state == FlightState::Quarantined).count(), 2);
    mend(folder.path(), program, 0, &|| false, &mut |file, mended| {
        panic!("again: {}: {mended}", file.display())
    })
    .unwrap();
    assert!(flying.try_wait().unwrap().is_none(), "the recording died");
    flying.kill().unwrap();
    flying.wait().unwrap();
    checked_rows(&live);
}
