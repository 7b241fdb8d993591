//! How far long work has come, drawn at the end of the terminal.
//!
//! Drawn on stderr, and there only where that is a terminal that can be drawn on: with `--json` too, for its answer goes to stdout. Not
//! before a second has passed, and gone when the work ends, with its errors and by Ctrl-C too.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{self, Drawn, Onlooker, Unit, Watched, set_drawn};
use crate::signals;

/// Work that is shorter needs none.
const QUIET: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_millis(100);
const BAR: &str = "{spinner} {wide_msg} [{bar:24}] {percent:>3} % {eta:>4} left";
const NO_BAR: &str = "{spinner} {wide_msg} {elapsed:>4}";

/// Draws how far the work of this thread has come, until it is dropped.
pub struct Progress {
    drawing: Option<(Watched, Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Of the command that begins.
    pub fn begin() -> Progress {
        let is_drawn =
            std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let drawing = is_drawn.then(|| {
            let (seen, (stop, stopped)) = (Arc::new(Seen::default()), channel());
            let shown = Arc::clone(&seen);
            let thread =
                std::thread::Builder::new().name("progress".into()).spawn(move || draw(&shown, &stopped));
            // Without a thread there is none.
            thread.ok().map(|thread| (Watched::by(seen), stop, thread))
        });
        Progress { drawing: drawing.flatten() }
    }

    /// One of several files is begun, `index` from 0.
    pub fn item(&self, file: &Path, index: usize, of: usize) {
        progress::item(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy(), index + 1, of);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((watched, stop, thread)) = self.drawing.take() {
            drop((watched, stop));
            // It draws, and nothing hangs on it.
            let _ = thread.join();
        }
    }
}

/// What the work told.
#[derive(Default)]
struct Seen {
    part: Mutex<Part>,
    done: AtomicU64,
}

#[derive(Clone, Default)]
struct Part {
    item: String,
    doing: &'static str,
    total: Option<u64>,
    unit: Unit,
    /// Of the parts so far.
    number: u64,
}

impl Onlooker for Seen {
    fn item(&self, name: &str, number: usize, of: usize) {
        let item = if of > 1 { format!("{number} of {of}, {name}: ") } else { format!("{name}: ") };
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        *part = Part { item, number: part.number + 1, ..Part::default() };
        self.done.store(0, Ordering::Relaxed);
    }

    fn part(&self, doing: &'static str, total: Option<u64>, unit: Unit) {
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let (item, number) = (std::mem::take(&mut part.item), part.number + 1);
        *part = Part { item, doing, total: total.filter(|total| *total > 0), unit, number };
        self.done.store(0, Ordering::Relaxed);
    }

    fn done(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
    }
}

struct Bar(ProgressBar);

impl Drawn for Bar {
    fn aside(&self, write: &mut dyn FnMut()) {
        self.0.suspend(write);
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ").tick_chars("|/-\\ ")
}

fn draw(seen: &Seen, stopped: &Receiver<()>) {
    if stopped.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    set_drawn(Some(Arc::new(Bar(bar.clone()))));
    let last = bar.clone();
    // Where no handler is to be had, the signal ends the process all the same, and the bar stays.
    let _ = signals::end_after(move || last.finish_and_clear());
    let mut number = None;
    loop {
        let part = seen.part.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = seen.done.load(Ordering::Relaxed);
        if number.replace(part.number) != Some(part.number) {
            bar.set_style(style(if part.total.is_some() { BAR } else { NO_BAR }));
            part.total.map_or_else(|| bar.unset_length(), |total| bar.set_length(total));
            bar.reset();
        }
        bar.set_position(part.total.map_or(done, |total| done.min(total)));
        bar.set_message(message(&part, done));
        if stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    set_drawn(None);
    bar.finish_and_clear();
}

/// What is done, and how much of it.
fn message(part: &Part, done: u64) -> String {
    let Part { item, doing, total, unit, .. } = part;
    let doing = if doing.is_empty() { "at work" } else { doing };
    if done == 0 && total.is_none() {
        return format!("{item}{doing}");
    }
    let counted = |count: u64| match unit {
        Unit::Bytes => format!("{:.1}", count as f64 / 1e6),
        Unit::Milliseconds => format!("{:.1}", count as f64 / 1e3),
        Unit::Rows | Unit::Passes => count.to_string(),
    };
    let unit = match unit {
        Unit::Rows => "rows",
        Unit::Bytes => "MB",
        Unit::Passes => "passes",
        Unit::Milliseconds => "s",
    };
    let of = total.map_or_else(String::new, |total| format!(" of {}", counted(total)));
    format!("{item}{doing}, {}{of} {unit}", counted(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_told_in_its_unit() {
        let seen = Seen::default();
        seen.item("a.duckdb", 2, 5);
        seen.part("copying", Some(3_000_000), Unit::Bytes);
        seen.done(1_000_000);
        seen.done(500_000);
        let told = || message(&seen.part.lock().unwrap(), seen.done.load(Ordering::Relaxed));
        assert_eq!(told(), "2 of 5, a.duckdb: copying, 1.5 of 3.0 MB");
        seen.part("reading", None, Unit::Rows);
        assert_eq!(told(), "2 of 5, a.duckdb: reading");
        seen.done(7);
        assert_eq!(told(), "2 of 5, a.duckdb: reading, 7 rows");
        seen.item("a.duckdb", 1, 1);
        assert_eq!(told(), "a.duckdb: at work");
    }
}
