//! Five clients ask the real daemon in SQL while it records a reading each millisecond: everybody is answered, refused or ended
//! within bounds, and the flight has lost nothing by it. What it was slowed by is printed, with and without them.

use skyhound_host::ctl::{self, Ask, Question, Questioned, Status};
use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SKYHOUND: &str = env!("CARGO_BIN_EXE_skyhound");
const CLIENTS: usize = 5;
/// How long it is asked.
const ASKED: Duration = Duration::from_secs(12);

struct Daemon {
    child: Child,
    folder: PathBuf,
}

impl Daemon {
    /// Flies noise at a reading each millisecond.
    fn start(folder: &Path, question_max_s: u64) -> Daemon {
        let recording = folder.join("noise_433.92M_250k.cu8");
        let noise: Vec<u8> =
            (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut file = fs::File::create(&recording).unwrap();
        (0..120).for_each(|_| file.write_all(&noise).unwrap());
        let (sdr, flights) = (format!("file:{}", recording.display()), folder.join("flights"));
        let mut command = Command::new(SKYHOUND);
        command.args([
            "--log",
            "warn",
            "fly",
            "--pace",
            "realtime",
            "--autopilot",
            "none",
            "--sdr",
            &sdr,
            "--flights",
        ]);
        command.arg(flights);
        let socket = format!("daemon.ctl_socket={}", folder.join("ctl.sock").display());
        for set in [
            &socket,
            "sense.hop_ms=1",
            "sense.fft_len=128",
            "beacon.0.bandwidth_hz=20000",
            "beacon.0.offset_hz=40000",
            "recorder.disk_reserve_mb=16",
            &format!("daemon.query_max_s={question_max_s}"),
            "daemon.query_memory_mb=32",
        ] {
            command.args(["--set", set]);
        }
        command.env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let daemon = Daemon { child, folder: folder.to_path_buf() };
        let begun = Instant::now();
        while daemon.status().is_none_or(|status| status.recorder.rows_total < 2_000) {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing is recorded");
            std::thread::sleep(Duration::from_millis(50));
        }
        daemon
    }

    fn door(&self) -> PathBuf {
        self.folder.join("ctl.sock")
    }

    fn status(&self) -> Option<Status> {
        ctl::ask(&self.door(), Ask::Status).ok()?.status
    }

    /// The answer, or why there is none.
    fn asked(&self, sql: &str) -> Result<String, String> {
        let (mut out, question) = (Vec::new(), question(sql));
        match ctl::query(&self.door(), question, &mut out)? {
            Questioned::Answered => Ok(String::from_utf8(out).unwrap()),
            Questioned::Refused(why) => Err(why),
            other => Err(format!("{other:?}")),
        }
    }

    /// Ends the flight; its file, and what the daemon took at most, kB.
    fn end(mut self) -> (PathBuf, u64) {
        let peak_kb = peak_kb(self.child.id()).unwrap();
        assert!(ctl::ask(&self.door(), Ask::Stop).unwrap().ok);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut files = fs::read_dir(self.folder.join("flights")).unwrap().map(|file| file.unwrap().path());
        let file = files.next().unwrap();
        assert!(files.next().is_none(), "one file, and nothing beside it");
        (file, peak_kb)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn question(sql: &str) -> Question {
    Question { sql: sql.to_string(), format: "csv".to_string(), file: None }
}

fn peak_kb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let pids = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    pids.flat_map(|pids| pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}

fn number(file: &Path, sql: &str) -> u64 {
    let Output { status, stdout, stderr } =
        Command::new(SKYHOUND).arg("query").arg(file).args([sql, "--format", "csv"]).output().unwrap();
    assert!(status.success(), "{sql}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().lines().nth(1).unwrap().parse().unwrap()
}

/// Nothing of the flight is missing: no reading between the first and the last, nothing thrown away or tried again.
fn nothing_is_missing(status: &Status, file: &Path) {
    let dropped: u64 = status.lanes.iter().map(|lane| lane.dropped_total).sum();
    assert_eq!((dropped, status.recorder.state.as_str()), (0, "recording"), "{:?}", status.lanes);
    let gaps =
        "SELECT count(*) FROM (SELECT sample_index - lag(sample_index) OVER (ORDER BY sample_index) AS step
        FROM reading) WHERE step <> 250";
    assert_eq!(number(file, gaps), 0);
    assert_eq!(
        number(file, "SELECT coalesce(max(dropped_total), 0)::UBIGINT FROM health WHERE kind = 'lane'"),
        0
    );
    assert!(number(file, "SELECT count(*) FROM reading") > 2_000);
}

fn told(name: &str, status: &Status, peak_kb: u64) {
    let passes: Vec<String> = status
        .passes
        .iter()
        .map(|pass| format!("{} {} late, longest {} µs", pass.name, pass.miss_total, pass.longest_us))
        .collect();
    println!("{name}: {}; daemon at most {} MB", passes.join("; "), peak_kb >> 10);
}

/// What a client asks over and over, and whether an answer is expected.
const ASKS: [(&str, bool); CLIENTS] = [
    ("SELECT count(*) FROM range(1000000000000)", false),
    ("SELECT count(DISTINCT (a.acquired_us, b.acquired_us)) FROM reading a, reading b", false),
    ("SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(4000)", false),
    ("SELECT * FROM reading", true),
    (
        "SELECT channel, avg(mean_dbfs), regr_slope(mean_dbfs, acquired_us), mode(mean_e2) FROM reading GROUP BY channel",
        true,
    ),
];

#[test]
fn five_clients_ask_a_flight_at_1_khz_and_it_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), 2);
    std::thread::sleep(ASKED);
    let status = daemon.status().unwrap();
    let (file, peak) = daemon.end();
    nothing_is_missing(&status, &file);
    told("without clients", &status, peak);

    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), 2);
    let counters = || [const { AtomicU64::new(0) }; CLIENTS];
    let (over, answers, ended, children_peak) =
        (AtomicBool::new(false), counters(), counters(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for (((sql, _), count), ended) in ASKS.iter().zip(&answers).zip(&ended) {
            let (daemon, over) = (&daemon, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = daemon.asked(sql);
                    // On a busy machine what could be answered is not: questions get what nobody else wants.
                    if let Err(why) = answer {
                        ended.fetch_add(1, Ordering::Relaxed);
                        let is_bounded = ["daemon.query_max_s", "Memory", "daemon.query_memory_mb"];
                        assert!(is_bounded.iter().any(|word| why.contains(word)), "{sql}: {why}");
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        while begun.elapsed() < ASKED {
            let sum: u64 = children(daemon.child.id()).into_iter().filter_map(peak_kb).sum();
            children_peak.fetch_max(sum, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
        over.store(true, Ordering::Relaxed);
    });
    let status = daemon.status().unwrap();
    let (file, peak) = daemon.end();
    nothing_is_missing(&status, &file);
    told("with five clients", &status, peak);
    let counts: Vec<u64> = answers.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    println!(
        "each was answered or ended {counts:?} times; children at once at most {} MB",
        children_peak.into_inner() >> 10
    );
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    // What is too much is so once there are rows enough.
    for ((sql, is_answered), ended) in ASKS.iter().zip(&ended) {
        assert!(*is_answered || ended.load(Ordering::Relaxed) > 0, "{sql} was answered each time");
    }
    assert!(peak < 160 << 10, "{peak} kB");
}

#[test]
fn a_question_may_not_write_nor_read_other_files_and_ends_with_who_asked() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), 60);
    let other = folder.path().join("other.csv");
    fs::write(&other, "a\n1\n").unwrap();
    let shown = other.display();
    for (sql, word) in [
        ("selec 1".to_string(), "syntax error"),
        ("select nothing from reading".to_string(), "nothing"),
        ("delete from reading".to_string(), "read-only"),
        ("insert into event values (1, 'a', 'b', 'c')".to_string(), "read-only"),
        ("create table x(a int)".to_string(), "read-only"),
        (format!("copy reading to '{shown}'"), "may write files"),
        (format!("from '{shown}'"), "disabled"),
        (format!("from read_text('{shown}')"), "disabled"),
        (format!("attach '{shown}.db'"), "disabled"),
        ("set enable_external_access = true".to_string(), "locked"),
        ("set memory_limit = '10GB'".to_string(), "locked"),
        ("from reading; load httpfs".to_string(), "disabled"),
    ] {
        let why = daemon.asked(&sql).unwrap_err();
        assert!(why.contains(word), "{sql}: {why}");
    }
    assert_eq!(fs::read_to_string(&other).unwrap(), "a\n1\n");

    // Five are answered at once; the sixth is refused, and the operator is not.
    let mut asking: Vec<UnixStream> = Vec::new();
    let endless =
        b"{\"do\":\"query\",\"sql\":\"SELECT count(*) FROM range(1000000000000)\",\"format\":\"csv\"}\n";
    for _ in 0..CLIENTS {
        let mut stream = UnixStream::connect(daemon.door()).unwrap();
        stream.write_all(endless).unwrap();
        asking.push(stream);
    }
    let waited_for = |count: usize| {
        let begun = Instant::now();
        while children(daemon.child.id()).len() != count {
            assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain for {count} children");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    waited_for(CLIENTS);
    let why = daemon.asked("select 1").unwrap_err();
    assert!(why.contains("5 questions are being answered already"), "{why}");
    assert!(daemon.status().is_some());
    drop(asking);
    waited_for(0);
    assert_eq!(daemon.asked("select 1 as a").unwrap(), "a\n1\n");

    // By the file's name it is the same door: no copy is made by who asks.
    let mut file = fs::read_dir(folder.path().join("flights")).unwrap().map(|file| file.unwrap().path());
    let file = file.find(|file| file.extension().is_some_and(|ending| ending == "duckdb")).unwrap();
    let socket = format!("daemon.ctl_socket={}", daemon.door().display());
    let scratch = folder.path().join("no such folder");
    let ask = |socket: &str, scratch: &Path| {
        let mut command = Command::new(SKYHOUND);
        command.args([
            "query",
            file.to_str().unwrap(),
            "select count(*) > 1000 as many from reading",
            "--format",
            "csv",
        ]);
        command.args(["--set", socket]).env("TMPDIR", scratch).env_remove("XDG_RUNTIME_DIR");
        let Output { status, stdout, stderr } = command.output().unwrap();
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    };
    assert_eq!(ask(&socket, &scratch), (Some(0), "many\ntrue\n".to_string(), String::new()));
    // Without a door it is copied.
    let (code, out, said) = ask("daemon.ctl_socket=/none.sock", folder.path());
    assert_eq!((code, out.as_str()), (Some(0), "many\ntrue\n"), "{said}");
    let status = daemon.status().unwrap();
    let (file, _) = daemon.end();
    nothing_is_missing(&status, &file);
}
