//! A client of the daemon's page, over HTTP on loopback: what it says, what comes back, and how much.

use super::Daemon;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Far beyond what an answer takes.
const PATIENCE: Duration = Duration::from_secs(40);
/// How soon those who look on see that they are to leave.
pub const LOOK: Duration = Duration::from_millis(100);

/// Where the page of `daemon` is.
///
/// # Errors
/// It has none.
pub fn page(daemon: &Daemon) -> Result<SocketAddr, String> {
    let page = daemon.status().and_then(|status| status.page);
    let page = page.as_deref().and_then(|page| page.strip_prefix("http://")?.parse().ok());
    page.ok_or_else(|| "the daemon has no page".to_string())
}

/// Follows the flight until it is to leave; adds to `heard_bytes` what comes, heads too.
///
/// # Errors
/// The connection breaks.
pub fn look_on(page: SocketAddr, leaves: &AtomicBool, heard_bytes: &AtomicU64) -> io::Result<()> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(format!("GET /api/v1/live HTTP/1.1\r\nHost: {page}\r\n\r\n").as_bytes())?;
    let mut frame = vec![0; 64 << 10];
    while !leaves.load(Ordering::Relaxed) {
        match stream.read(&mut frame) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                heard_bytes.fetch_add(count as u64, Ordering::Relaxed);
            }
            Err(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Err(error);
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// The body of what is there; `None` where nothing is.
///
/// # Errors
/// No answer comes.
pub fn get(page: SocketAddr, path: &str) -> io::Result<Option<Vec<u8>>> {
    let answer = said(page, &format!("GET {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\n\r\n"))?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::other("an answer without a head"))?;
    Ok(answer.starts_with(b"HTTP/1.1 200").then(|| answer[end + 4..].to_vec()))
}

/// The whole answer to JSON.
///
/// # Errors
/// No answer comes.
pub fn post(page: SocketAddr, path: &str, body: &str) -> io::Result<String> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\nContent-Type: application/json\r\nX-Skyhound-Client: rig\r\nContent-Length: {length}\r\n\r\n"
    );
    Ok(String::from_utf8_lossy(&said(page, &(head + body))?).into_owned())
}

fn said(page: SocketAddr, request: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
