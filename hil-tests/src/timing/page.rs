//! The ground crew at the page: five who look on, one who asks in SQL without a pause, and the one who stops.

use crate::daemon::Daemon;
use skyhound_host::ctl::Status;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Who look on.
const VIEWERS: usize = 5;
/// Reads all that there is, so that it takes the longest.
const QUESTION: &str = r#"{"sql":"select channel, median(mean_dbfs), stddev(mean_dbfs) from reading group by all","format":"csv"}"#;
/// Far beyond what an answer takes.
const PATIENCE: Duration = Duration::from_secs(40);
/// How soon those who look on see that they are to leave.
const LOOK: Duration = Duration::from_millis(100);

/// They, until this is dropped.
pub struct Crew {
    page: SocketAddr,
    leaves: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// At the page of `daemon`.
    ///
    /// # Errors
    /// It has none.
    pub fn at(daemon: &Daemon) -> Result<Crew, String> {
        let page = daemon.status().as_ref().and_then(address).ok_or("the daemon has no page")?;
        let leaves = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for number in 0..=VIEWERS {
            let leaves = Arc::clone(&leaves);
            threads.push(std::thread::spawn(move || {
                while !leaves.load(Ordering::Relaxed) {
                    let _ = if number < VIEWERS { look_on(page, &leaves) } else { ask(page) };
                }
            }));
        }
        Ok(Crew { page, leaves, threads })
    }

    /// Presses Stop.
    ///
    /// # Errors
    /// It was not done, with the answer.
    pub fn stop(&self) -> Result<(), String> {
        let answer =
            post(self.page, "/api/v1/homing", r#"{"on":false}"#).map_err(|error| format!("page: {error}"))?;
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

fn address(status: &Status) -> Option<SocketAddr> {
    status.page.as_ref()?.strip_prefix("http://")?.parse().ok()
}

fn look_on(page: SocketAddr, leaves: &AtomicBool) -> io::Result<()> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(format!("GET /api/v1/live HTTP/1.1\r\nHost: {page}\r\n\r\n").as_bytes())?;
    let mut frame = vec![0; 64 << 10];
    while !leaves.load(Ordering::Relaxed) {
        match stream.read(&mut frame) {
            Ok(0) => return Ok(()),
            Err(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

fn ask(page: SocketAddr) -> io::Result<()> {
    let answer = post(page, "/api/v1/flights/live/query", QUESTION)?;
    if !answer.starts_with("HTTP/1.1 200") {
        // Nothing recorded yet.
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn post(page: SocketAddr, path: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\nContent-Type: application/json\r\nX-Skyhound-Client: rig\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
