//! The ground crew at the page: five who look on, one who asks in SQL without a pause, and the one who stops.

use crate::daemon::Daemon;
use crate::daemon::client::{self, LOOK};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Who look on.
pub const VIEWERS: usize = 5;
/// Reads all that there is, so that it takes the longest.
const QUESTION: &str = r#"{"sql":"select channel, median(mean_dbfs), stddev(mean_dbfs) from reading group by all","format":"csv"}"#;
/// They, until this is dropped.
pub struct Crew {
    page: SocketAddr,
    leaves: Arc<AtomicBool>,
    heard_bytes: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// At the page of `daemon`.
    ///
    /// # Errors
    /// It has none.
    pub fn at(daemon: &Daemon) -> Result<Crew, String> {
        Crew::of(daemon, true)
    }

    /// The same without who asks in SQL.
    ///
    /// # Errors
    /// It has none.
    pub fn looking_on(daemon: &Daemon) -> Result<Crew, String> {
        Crew::of(daemon, false)
    }

    fn of(daemon: &Daemon, asks: bool) -> Result<Crew, String> {
        let page = client::page(daemon)?;
        let (leaves, heard_bytes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut threads = Vec::new();
        for number in 0..VIEWERS + usize::from(asks) {
            let (leaves, heard_bytes) = (Arc::clone(&leaves), Arc::clone(&heard_bytes));
            threads.push(std::thread::spawn(move || {
                while !leaves.load(Ordering::Relaxed) {
                    let _ = if number < VIEWERS {
                        client::look_on(page, &leaves, &heard_bytes)
                    } else {
                        ask(page)
                    };
                }
            }));
        }
        Ok(Crew { page, leaves, heard_bytes, threads })
    }

    /// What all who look on have been told so far, bytes.
    pub fn heard_bytes(&self) -> u64 {
        self.heard_bytes.load(Ordering::Relaxed)
    }

    /// Presses Stop.
    ///
    /// # Errors
    /// It was not done, with the answer.
    pub fn stop(&self) -> Result<(), String> {
        let answer = client::post(self.page, "/api/v1/homing", r#"{"on":false}"#)
            .map_err(|error| format!("page: {error}"))?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("Stop was refused: {answer}")) }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.leaves.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn ask(page: SocketAddr) -> io::Result<()> {
    let answer = client::post(page, "/api/v1/flights/live/query", QUESTION)?;
    if !answer.starts_with("HTTP/1.1 200") {
        // Nothing recorded yet.
        std::thread::sleep(LOOK);
    }
    Ok(())
}
