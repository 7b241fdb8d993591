//! The daemon of `skyhound_rig::daemon` with everything asserted and with patience.
//!
//! Command lines are one text, in which each word `key=value` is a setting.

use serde_json::Value;
pub use skyhound_rig::daemon::Said;
use skyhound_rig::daemon::{self, Site};
pub use skyhound_rig::needs::recorded as recording;
use skyhound_rig::sample_flight;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// Far beyond what anything here takes: only a fault of the program under test reaches it.
const PATIENCE: Duration = Duration::from_secs(90);
/// The beacon of [`Field::sample`].
pub const SAMPLE_BEACON: &str = "beacon.0.offset_hz=40000 beacon.0.bandwidth_hz=4000";
/// A recording without an end.
pub const REPEAT: &str = "sdr.file.repeat=true";

/// Asks again and again until there is an answer.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn words(line: &str) -> Vec<&str> {
    let is_setting = |word: &str| word.contains('=') && !word.starts_with('-');
    line.split_whitespace()
        .flat_map(|word| is_setting(word).then_some("--set").into_iter().chain([word]))
        .collect()
}

/// `skyhound` with `line`, to its end.
pub fn run(line: &str) -> Said {
    daemon::run(&words(line)).unwrap()
}

/// The answer of a command that must succeed.
pub fn told(line: &str) -> String {
    let said = run(line);
    assert_eq!(said.code, Some(0), "skyhound {line}: {}", said.err);
    said.out
}

/// Rows of `skyhound query --format json`.
pub fn rows(file: &Path, sql: &str) -> Vec<Value> {
    daemon::rows(file, sql).unwrap()
}

/// The one number that `sql` answers with.
pub fn number(file: &Path, sql: &str) -> f64 {
    daemon::number(file, sql).unwrap()
}

/// How many rows there are of `table where …`.
pub fn count(file: &Path, of: &str) -> f64 {
    number(file, &format!("select count(*) from {of}"))
}

/// Median time from a pulse's start to the next one's.
pub fn period_us(file: &Path) -> f64 {
    let gaps = "(select start_us - lag(start_us) over (order by start_us) as gap from pulse)";
    number(file, &format!("select median(gap) from {gaps}"))
}

/// The texts that `sql` answers with, first column.
pub fn texts(file: &Path, sql: &str) -> Vec<String> {
    daemon::text_column(file, sql).unwrap()
}

/// A column of a row as a number.
pub fn value(row: &Value, column: &str) -> f64 {
    row[column].as_f64().unwrap_or_else(|| panic!("{column} of {row}"))
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder with what a flight leaves: `flights/`, `out`, `err`; and what it is made from.
pub struct Field {
    site: Site,
}

impl Field {
    pub fn new() -> Field {
        Field { site: Site::temporary().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.site.root()
    }

    pub fn flights(&self) -> PathBuf {
        self.site.flights()
    }

    pub fn socket(&self) -> PathBuf {
        self.site.socket()
    }

    /// A file of this folder as `--sdr` takes it, or as a word.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A made recording of [`SAMPLE_BEACON`], as `--sdr` takes it.
    pub fn sample(&self, seconds: f64) -> String {
        sample_flight::write(&self.folder().join("made"), seconds).unwrap()
    }

    /// `skyhound fly` with this folder's doors.
    pub fn fly(&self, sdr: &str, line: &str) -> Command {
        self.site.fly(&[&["--sdr", sdr], &words(line)[..]].concat()).unwrap()
    }

    /// Flies to the end as fast as can be; the file. For flights that must end well.
    pub fn flown(&self, sdr: &str, line: &str) -> PathBuf {
        let said: Said = self.fly(sdr, &format!("--pace max {line}")).output().unwrap().into();
        self.landed(&said)
    }

    pub fn start(&self, sdr: &str, line: &str) -> Daemon<'_> {
        self.start_as(self.fly(sdr, line))
    }

    pub fn start_as(&self, command: Command) -> Daemon<'_> {
        Daemon { child: self.site.start(command).unwrap(), field: self }
    }

    /// A good end: exit code 0, the path on stdout, a clean file.
    fn landed(&self, said: &Said) -> PathBuf {
        assert_eq!(said.code, Some(0), "{}", said.err);
        let path = PathBuf::from(said.out.strip_suffix('\n').unwrap());
        assert_eq!(path.parent(), Some(self.flights().as_path()), "{}", said.out);
        is_clean(&path);
        path
    }

    /// Everything in the flights folder, by name.
    pub fn left_behind(&self) -> Vec<String> {
        names_in(&self.flights())
    }
}

/// A running `skyhound fly` of which all is asserted.
pub struct Daemon<'a> {
    child: daemon::Daemon,
    field: &'a Field,
}

impl Daemon<'_> {
    /// `skyhound ctl` to this daemon.
    pub fn ctl(&self, words: &[&str]) -> Said {
        // On a machine that others use a control pass may come too late to answer.
        until("the control pass answers", || {
            Some(self.child.ctl(words).unwrap()).filter(|said| !said.err.contains("did not answer within"))
        })
    }

    /// `ctl status --json`, once it answers.
    pub fn status(&mut self) -> Value {
        self.until("the status is told", |daemon| {
            let said = daemon.ctl(&["status", "--json"]);
            (said.code == Some(0)).then(|| serde_json::from_str(&said.out).unwrap())
        })
    }

    /// Waits until the status is as wanted.
    pub fn status_until(&mut self, what: &str, mut is_so: impl FnMut(&Value) -> bool) -> Value {
        self.until(what, |daemon| Some(daemon.status()).filter(|status| is_so(status)))
    }

    /// Asks until there is an answer; fails at once when the daemon has gone.
    pub fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        until(&format!("{what}; it said: {}", self.child.log().display()), || {
            let gone = self.child.ended();
            assert!(gone.is_none(), "the daemon ended, {gone:?}, before {what}: {}", self.child.said());
            ask(self)
        })
    }

    /// The flight file, once its recording has begun.
    pub fn file(&mut self) -> PathBuf {
        let has_file = |status: &Value| status["recorder"]["file"].is_string();
        let status = self.status_until("there is a flight file", has_file);
        PathBuf::from(status["recorder"]["file"].as_str().unwrap())
    }

    /// Waits until the file being recorded has at least `least` rows of `table where …`.
    pub fn recorded(&mut self, of: &str, least: f64) {
        let file = self.file();
        self.until(of, |_| (count(&file, of) >= least).then_some(()));
    }

    pub fn signal(&mut self, signal: rustix::process::Signal) {
        self.child.signal(signal).unwrap();
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> (ExitStatus, Said) {
        let status = self.child.wait(PATIENCE);
        let status = status.unwrap_or_else(|| panic!("waited in vain until it ends: {}", self.child.said()));
        (status, Said { code: status.code(), out: self.child.printed(), err: self.child.said() })
    }

    /// Waits for its good end: the file.
    pub fn landed(&mut self) -> PathBuf {
        let (_, said) = self.ended();
        self.field.landed(&said)
    }

    /// The operator ends the flight.
    pub fn stop(&mut self) {
        assert_eq!(self.ctl(&["stop"]).code, Some(0));
    }

    /// The operator ends the flight, and it ends well: the file.
    pub fn stopped(&mut self) -> PathBuf {
        self.stop();
        self.landed()
    }
}

/// Everything is in the file itself, and `skyhound flights` says so.
pub fn is_clean(path: &Path) {
    let name = path.file_name().unwrap().to_str().unwrap();
    // NAME.duckdb.wal is of this file, NAME-2.duckdb is the next one of the flight.
    let own = format!("{}.", name.split('.').next().unwrap());
    let mut beside = names_in(path.parent().unwrap());
    beside.retain(|other| other.starts_with(&own) && other != name);
    assert!(beside.is_empty(), "{beside:?} beside {name}");
    assert_eq!(state_of(path), "clean");
}

/// The file's state by `skyhound flights --json`.
pub fn state_of(path: &Path) -> String {
    let listed = told(&format!("flights --json --flights {}", path.parent().unwrap().display()));
    let entries: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let entry = entries.iter().find(|entry| Path::new(entry["path"].as_str().unwrap()) == path);
    let entry = entry.unwrap_or_else(|| panic!("{} is not in {listed}", path.display()));
    entry["state"].as_str().unwrap().to_owned()
}
