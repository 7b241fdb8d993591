//! The asking side of the operator's socket.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Answer, Ask};

/// The daemon answers within its own limit of 1 s, or says that it could not.
const WAIT: Duration = Duration::from_secs(4);

/// Asks the daemon at `path`.
///
/// # Errors
/// Why there is no answer, and what to do about it. That the daemon refused is an answer.
pub fn ask(path: &Path, ask: Ask) -> Result<Answer, String> {
    let shown = path.display();
    let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            format!("no skyhound flies at {shown}; start one (`skyhound fly`) or name its --socket")
        }
        ErrorKind::ConnectionRefused => format!("no skyhound flies at {shown}; its socket was left over"),
        ErrorKind::PermissionDenied => {
            format!("{shown} is not for you; ask to be added to its group, then log in again")
        }
        _ => format!("{shown}: {error}"),
    })?;
    exchange(stream, ask).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("{shown}: no answer within {} s", WAIT.as_secs())
        }
        _ => format!("{shown}: {error}"),
    })
}

fn exchange(mut stream: UnixStream, ask: Ask) -> std::io::Result<Answer> {
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    let mut line = serde_json::to_vec(&ask)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut line = String::new();
    if BufReader::new(stream).read_line(&mut line)? == 0 {
        return Err(std::io::Error::other("it closed without an answer"));
    }
    Ok(serde_json::from_str(&line)?)
}
