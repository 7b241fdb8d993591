//! One running `skyhound fly`, and the other commands of the same program; among them questions to a flight file, by the
//! program that wrote it: `skyhound query FILE SQL --format json`.

use super::Site;
use crate::programs;
use crate::shared::within;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use skyhound_host::ctl::{self, Answer, Ask, Status};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// Settings of whoever runs the rig that must not reach the program under test.
const NOT_OURS: [&str; 5] =
    ["RUST_LOG", "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "XDG_RUNTIME_DIR"];

/// The program, untouched by the settings of whoever runs the rig.
pub fn command() -> Result<Command, String> {
    let mut command = Command::new(programs::skyhound()?);
    for name in NOT_OURS {
        command.env_remove(name);
    }
    Ok(command)
}

/// What a command answered.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Data.
    pub out: String,
    /// Talk.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Runs the program with the arguments `line` to its end.
pub fn run(line: &[&str]) -> Result<Said, String> {
    let output = command()?.args(line).output();
    Ok(output.map_err(|error| format!("skyhound {}: {error}", line.join(" ")))?.into())
}

/// The answer of `skyhound query` in `format` (table, csv, json).
pub fn query(file: &Path, sql: &str, format: &str) -> Result<String, String> {
    let path = file.to_string_lossy();
    let said = run(&["query", &path, sql, "--format", format])?;
    match said.code {
        Some(0) => Ok(said.out),
        _ => Err(format!("query of {path}: {}: {sql}", said.err.trim())),
    }
}

/// Where the replay of a flight is not what was flown, in words; nothing where it is the same to the bit.
pub fn replay(file: &Path) -> Result<Vec<String>, String> {
    let path = file.to_string_lossy();
    let said = run(&["replay", &path, "--verify", "--json"])?;
    let value: Value = serde_json::from_str(&said.out)
        .map_err(|error| format!("replay of {path}: {}: {error}", said.err.trim()))?;
    let tables = value["tables"].as_array().into_iter().flatten();
    let told = |table: &Value| -> Vec<String> {
        let differences = table["differences"].as_array().into_iter().flatten();
        let words = differences.map(|difference| difference.as_str().unwrap_or_default());
        words.map(|words| format!("{}: {words}", table["table"].as_str().unwrap_or_default())).collect()
    };
    Ok(tables.flat_map(told).collect())
}

/// Rows of the answer, each an object by column.
pub fn rows(file: &Path, sql: &str) -> Result<Vec<Value>, String> {
    let text = query(file, sql, "json")?;
    serde_json::from_str(&text).map_err(|error| format!("{sql}: {error}: {text}"))
}

/// The one number that `sql` answers with.
pub fn number(file: &Path, sql: &str) -> Result<f64, String> {
    let rows = rows(file, sql)?;
    let value = rows.first().and_then(first_column);
    value.and_then(Value::as_f64).ok_or_else(|| format!("{sql}: no number in {rows:?}"))
}

/// The first column as texts.
pub fn text_column(file: &Path, sql: &str) -> Result<Vec<String>, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(rows(file, sql)?.iter().filter_map(first_column).map(text).collect())
}

fn first_column(row: &Value) -> Option<&Value> {
    row.as_object()?.values().next()
}

/// A running flight. Killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    ended: Option<ExitStatus>,
    out: Kept,
    err: Kept,
    socket: PathBuf,
}

/// A file to which daemons of one site append, and where ours began.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    from_bytes: usize,
}

impl Kept {
    fn begin(path: PathBuf) -> Result<(Kept, File), String> {
        let opened = File::options().create(true).append(true).open(&path);
        let told = |error: io::Error| format!("{}: {error}", path.display());
        let file = opened.map_err(told)?;
        let from_bytes = file.metadata().map_err(told)?.len() as usize;
        Ok((Kept { path, from_bytes }, file))
    }

    fn read(&self) -> String {
        let bytes = fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.from_bytes..).unwrap_or_default()).into_owned()
    }
}

impl Daemon {
    pub(super) fn start(site: &Site, mut command: Command) -> Result<Daemon, String> {
        let (out, out_file) = Kept::begin(site.root().join("out"))?;
        let (err, err_file) = Kept::begin(site.root().join("err"))?;
        command.stdout(out_file).stderr(err_file).stdin(Stdio::null());
        let child = command.spawn().map_err(|error| format!("skyhound fly: {error}"))?;
        Ok(Daemon { child, ended: None, out, err, socket: site.socket() })
    }

    /// `skyhound ctl` to this daemon.
    pub fn ctl(&self, words: &[&str]) -> Result<Said, String> {
        let socket = self.socket.to_string_lossy();
        run(&[&["ctl", "--socket", &*socket], words].concat())
    }

    /// Asks over the operator's socket what `skyhound ctl` would.
    pub fn ask(&self, ask: Ask) -> Result<Answer, String> {
        ctl::ask(&self.socket, ask)
    }

    /// What `ctl status` shows; `None` while nobody answers.
    pub fn status(&self) -> Option<Status> {
        self.ask(Ask::Status).ok()?.status
    }

    /// The operator's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Most that it had in memory so far (VmHWM), MB.
    ///
    /// # Errors
    /// It is gone.
    pub fn peak_mb(&self) -> Result<f64, String> {
        let (path, text) = self.proc("status")?;
        let kb = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        kb.map(|kb: f64| kb / 1024.0).ok_or_else(|| format!("{path}: no VmHWM"))
    }

    /// CPU seconds that it took so far, all threads, in steps of 10 ms.
    ///
    /// # Errors
    /// It is gone.
    pub fn cpu_s(&self) -> Result<f64, String> {
        let (path, text) = self.proc("stat")?;
        // Behind the name, which may hold anything: state is field 3, utime and stime are 14 and 15, in hundredths (proc(5)).
        let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect();
        if ticks.len() == 2 { Ok((ticks[0] + ticks[1]) / 100.0) } else { Err(format!("{path}: no times")) }
    }

    fn proc(&self, name: &str) -> Result<(String, String), String> {
        let path = format!("/proc/{}/{name}", self.pid().as_raw_nonzero());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        Ok((path, text))
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().unwrap_or_default();
        }
        self.ended
    }

    /// Sends a signal. One that has ended gets none.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        if self.ended().is_some() {
            return Ok(());
        }
        Ok(kill_process(self.pid(), signal)?)
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            // It may end by itself between the two lines.
            let _ = self.child.kill();
            self.ended = self.child.wait().ok();
        }
    }

    /// Asks again and again until there is an answer.
    ///
    /// # Errors
    /// It ended instead, or `patience` was over before: with what it said.
    pub fn until<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut ask: impl FnMut(&Daemon) -> Option<T>,
    ) -> Result<T, String> {
        let answer = within(patience, || match ask(self) {
            Some(answer) => Some(Ok(answer)),
            None => self
                .ended()
                .map(|how| Err(format!("skyhound fly ended ({how}) before {what}: {}", self.said().trim()))),
        });
        let in_vain = || Err(format!("waited in vain until {what}; it said: {}", self.said().trim()));
        answer.unwrap_or_else(in_vain)
    }

    /// Waits for its end; `None` when `patience` is over before.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        within(patience, || self.ended())
    }

    /// Ends the flight as an operator does (`skyhound ctl stop`) and waits for its end.
    ///
    /// # Errors
    /// It refused, or did not end within `patience`: with what it said last.
    pub fn stop(&mut self, patience: Duration) -> Result<ExitStatus, String> {
        if let Some(status) = self.ended() {
            return Ok(status);
        }
        let told = self.ctl(&["stop"])?;
        self.wait(patience).ok_or_else(|| {
            let last = self.said();
            let last = last.lines().last().unwrap_or_default();
            format!("the daemon did not end on `ctl stop` ({}{}); it last said: {last}", told.out, told.err)
        })
    }

    /// What it printed on stdout so far.
    pub fn printed(&self) -> String {
        self.out.read()
    }

    /// What it said on stderr so far.
    pub fn said(&self) -> String {
        self.err.read()
    }

    /// Where that is kept.
    pub fn log(&self) -> &Path {
        &self.err.path
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}
