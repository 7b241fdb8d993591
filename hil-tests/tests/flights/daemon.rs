//! A flying daemon as a child process, in a folder of its own; the other commands on its file; patience.

use serde_json::Value;
use skyhound_rig::programs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
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

/// A recording of SKYHOUND_DATA (by default `../shared/data` beside the workspace); `None`, said aloud, where it is not.
pub fn recording(name: &str) -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SKYHOUND_DATA").map_or(near, PathBuf::from);
    let path = folder.join(name);
    if !path.is_file() {
        println!("{name}: ignored, needs SKYHOUND_DATA");
        return None;
    }
    Some(path)
}

/// The program, untouched by the settings of whoever runs the tests.
pub fn skyhound() -> Command {
    let program = programs::skyhound(Path::new(env!("CARGO_BIN_EXE_skyhound-rig"))).unwrap();
    let mut command = Command::new(program);
    for name in ["RUST_LOG", "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "XDG_RUNTIME_DIR"] {
        command.env_remove(name);
    }
    command
}

/// What a command answered.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

pub fn run(line: &[&str]) -> Said {
    skyhound().args(line).output().unwrap().into()
}

/// The answer of a command that must succeed.
pub fn told(line: &[&str]) -> String {
    let said = run(line);
    assert_eq!(said.code, Some(0), "skyhound {line:?}: {}", said.err);
    said.out
}

/// Rows of `skyhound query --format json`.
pub fn rows(file: &Path, sql: &str) -> Vec<Value> {
    let text = told(&["query", file.to_str().unwrap(), sql, "--format", "json"]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{sql}: {error}: {text}"))
}

/// The one number that `sql` answers with.
pub fn number(file: &Path, sql: &str) -> f64 {
    let rows = rows(file, sql);
    let value = rows[0].as_object().unwrap().values().next().unwrap();
    value.as_f64().unwrap_or_else(|| panic!("{sql}: {value}"))
}

/// The texts that `sql` answers with, first column.
pub fn texts(file: &Path, sql: &str) -> Vec<String> {
    let text = |row: &Value| {
        let value = row.as_object().unwrap().values().next().unwrap().clone();
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    rows(file, sql).iter().map(text).collect()
}

/// A folder with what a flight leaves: `flights/`, `out`, `err`, `ctl.sock`.
pub struct Field {
    pub folder: tempfile::TempDir,
}

impl Field {
    pub fn new() -> Field {
        Field { folder: tempfile::tempdir().unwrap() }
    }

    pub fn flights(&self) -> PathBuf {
        self.folder.path().join("flights")
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("ctl.sock")
    }

    /// `skyhound fly` with this folder's doors, and `args`.
    pub fn fly(&self, args: &[&str]) -> Command {
        let mut command = skyhound();
        command.args(["fly", "--set", "daemon.realtime=false", "--set"]);
        command.arg(format!("daemon.ctl_socket={}", self.socket().display()));
        command.arg("--flights").arg(self.flights()).args(args);
        command
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

    pub fn start_as(&self, mut command: Command) -> Daemon {
        let (out, err) = (self.folder.path().join("out"), self.folder.path().join("err"));
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap()).stdin(Stdio::null());
        Daemon { child: command.spawn().unwrap(), out, err, socket: self.socket(), flights: self.flights() }
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

/// A running `skyhound fly`. Killed when dropped.
pub struct Daemon {
    child: Child,
    out: PathBuf,
    err: PathBuf,
    socket: PathBuf,
    flights: PathBuf,
}

impl Daemon {
    /// `skyhound ctl` to this daemon.
    pub fn ctl(&self, words: &[&str]) -> Said {
        run(&[&["ctl", "--socket", self.socket.to_str().unwrap()], words].concat())
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
        until(&format!("{what}; it said: {}", self.err.display()), || {
            let gone = self.child.try_wait().unwrap();
            assert!(gone.is_none(), "the daemon ended, {gone:?}, before {what}: {}", self.said());
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

    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// What it said on stderr so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> (ExitStatus, Said) {
        let status = until(&format!("the daemon ends: {}", self.said()), || self.child.try_wait().unwrap());
        let out = std::fs::read_to_string(&self.out).unwrap();
        (status, Said { code: status.code(), out, err: self.said() })
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

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything is in the file itself, and `skyhound flights` says so.
pub fn is_clean(path: &Path) {
    let folder = path.parent().unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let beside: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|other| other.starts_with(name.split('.').next().unwrap()) && other != name)
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
