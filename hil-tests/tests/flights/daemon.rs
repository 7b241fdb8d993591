//! The daemon of `skyhound_rig::daemon` with everything asserted and with patience.

use serde_json::Value;
pub use skyhound_rig::daemon::Said;
use skyhound_rig::daemon::{self, Site};
pub use skyhound_rig::needs::data as recording;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// Far beyond what anything here takes: only a fault of the program under test reaches it.
const PATIENCE: Duration = Duration::from_secs(90);

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

pub fn run(line: &[&str]) -> Said {
    daemon::run(line).unwrap()
}

/// The answer of a command that must succeed.
pub fn told(line: &[&str]) -> String {
    let said = run(line);
    assert_eq!(said.code, Some(0), "skyhound {line:?}: {}", said.err);
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

/// The texts that `sql` answers with, first column.
pub fn texts(file: &Path, sql: &str) -> Vec<String> {
    daemon::text_column(file, sql).unwrap()
}

/// A folder with what a flight leaves: `flights/`, `out`, `err`, `ctl.sock`.
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

    /// `skyhound fly` with this folder's doors, and `args`.
    pub fn fly(&self, args: &[&str]) -> Command {
        self.site.fly(args).unwrap()
    }

    /// Flies to the end; the file. For flights that must end well.
    pub fn flown(&self, args: &[&str]) -> PathBuf {
        let said: Said = self.fly(args).output().unwrap().into();
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
        let path = PathBuf::from(said.out.strip_suffix('\n').unwrap());
        assert!(path.is_file(), "{}", said.out);
        path
    }

    pub fn start(&self, args: &[&str]) -> Daemon {
        self.start_as(self.fly(args))
    }

    pub fn start_as(&self, command: Command) -> Daemon {
        Daemon { child: self.site.start(command).unwrap(), flights: self.flights() }
    }

    /// Everything in the flights folder, by name.
    pub fn left_behind(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.flights()) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A running `skyhound fly` of which all is asserted.
pub struct Daemon {
    child: daemon::Daemon,
    flights: PathBuf,
}

impl Daemon {
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
    pub fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Daemon) -> Option<T>) -> T {
        until(&format!("{what}; it said: {}", self.child.log().display()), || {
            let gone = self.child.ended();
            assert!(gone.is_none(), "the daemon ended, {gone:?}, before {what}: {}", self.child.said());
            ask(self)
        })
    }

    /// The flight file, once its recording has begun.
    pub fn file(&mut self) -> PathBuf {
        let status =
            self.status_until("there is a flight file", |status| status["recorder"]["file"].is_string());
        PathBuf::from(status["recorder"]["file"].as_str().unwrap())
    }

    /// Waits until `sql` on the file being recorded answers with at least `least`.
    pub fn recorded(&mut self, sql: &str, least: f64) {
        let file = self.file();
        self.until(sql, |_| (number(&file, sql) >= least).then_some(()));
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

    /// Waits for its good end: exit code 0, the path on stdout, a clean file.
    pub fn landed(&mut self) -> PathBuf {
        let (_, said) = self.ended();
        assert_eq!(said.code, Some(0), "{}", said.err);
        let path = PathBuf::from(said.out.strip_suffix('\n').unwrap());
        assert_eq!(path.parent(), Some(self.flights.as_path()), "{}", said.out);
        is_clean(&path);
        path
    }
}

/// Everything is in the file itself, and `skyhound flights` says so.
pub fn is_clean(path: &Path) {
    let folder = path.parent().unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    // NAME.duckdb.wal is of this file, NAME-2.duckdb is the next one of the flight.
    let own = format!("{}.", name.split('.').next().unwrap());
    let beside: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|other| other.starts_with(&own) && other != name)
        .collect();
    assert!(beside.is_empty(), "{beside:?} beside {name}");
    assert_eq!(state_of(path), "clean");
}

/// The file's state by `skyhound flights --json`.
pub fn state_of(path: &Path) -> String {
    let listed = told(&["flights", "--json", "--flights", path.parent().unwrap().to_str().unwrap()]);
    let entries: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let entry = entries.iter().find(|entry| Path::new(entry["path"].as_str().unwrap()) == path);
    entry.unwrap_or_else(|| panic!("{} is not in {listed}", path.display()))["state"]
        .as_str()
        .unwrap()
        .to_owned()
}
