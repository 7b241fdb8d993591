//! A process that gets no processor for a while (SIGSTOP, SIGCONT), and hogs that keep every core busy.

use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A process that is paused again and again until this is dropped; then it goes on.
#[derive(Debug)]
pub struct Starving {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Starving {
    /// Pauses `process` for `pause`, from pause to pause `every` (at least a millisecond more than the pause).
    pub fn begin(process: Pid, pause: Duration, every: Duration) -> Starving {
        let over = Arc::new(AtomicBool::new(false));
        let running = every.saturating_sub(pause).max(Duration::from_millis(1));
        let over_inside = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            while !over_inside.load(Ordering::Acquire) {
                // A process that has ended takes no signal, and that is all that can go wrong with these.
                let _ = kill_process(process, Signal::STOP);
                std::thread::sleep(pause);
                let _ = kill_process(process, Signal::CONT);
                std::thread::sleep(running);
            }
        });
        Starving { over, thread: Some(thread) }
    }
}

impl Drop for Starving {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Processes that do nothing but take the processor, one for each core, until this is dropped.
#[derive(Debug)]
pub struct Hogs(Vec<Child>);

impl Hogs {
    /// Lets `count` loose; they end by themselves with the rig, because each looks now and then whether its parent lives.
    pub fn begin(count: usize) -> Result<Hogs, String> {
        let mut hogs = Hogs(Vec::new());
        for _ in 0..count {
            // No watcher in the background: a shell that is not interactive gives it /dev/null to read, which ends at once.
            let line =
                "while kill -0 $PPID; do i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; done 2>/dev/null";
            let hog = Command::new("sh").args(["-c", line]).stdin(Stdio::null()).spawn();
            hogs.0.push(hog.map_err(|error| format!("sh: {error}"))?);
        }
        Ok(hogs)
    }

    /// One for each core.
    pub fn on_every_core() -> Result<Hogs, String> {
        Hogs::begin(std::thread::available_parallelism().map_or(2, usize::from))
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in &mut self.0 {
            let _ = hog.kill();
            let _ = hog.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::within;

    /// The letter of a process's state (proc(5)): R running, T stopped …
    fn state(process: Pid) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap();
        stat[stat.rfind(')').unwrap() + 2..].chars().next().unwrap()
    }

    fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let seen = within(Duration::from_secs(60), || is_so().then_some(()));
        assert!(seen.is_some(), "waited in vain until {what}");
    }

    #[test]
    fn a_process_is_paused_again_and_again_and_then_goes_on() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let process = Pid::from_child(&child);
        let starving = Starving::begin(process, Duration::from_millis(30), Duration::from_millis(60));
        for _ in 0..3 {
            until("it is paused", || state(process) == 'T');
            until("it goes on", || state(process) != 'T');
        }
        drop(starving);
        assert_ne!(state(process), 'T');
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_hog_runs_and_is_gone_when_dropped() {
        let mut hogs = Hogs::begin(1).unwrap();
        let process = Pid::from_child(&hogs.0[0]);
        until("it runs", || state(process) == 'R');
        std::thread::sleep(Duration::from_millis(300));
        assert!(hogs.0[0].try_wait().unwrap().is_none(), "it runs on");
        drop(hogs);
        assert!(!std::path::Path::new(&format!("/proc/{}", process.as_raw_nonzero())).exists());
    }
}
