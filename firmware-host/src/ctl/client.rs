//! The asking side of the operator's socket.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Answer, Ask, Question};

/// The daemon answers within its own limit of 1 s, or says that it could not.
const WAIT: Duration = Duration::from_secs(4);
/// Another profile within 20 s.
const SWITCH_WAIT: Duration = Duration::from_secs(25);
/// A question may take 600 s at most (daemon.query_max_s), and a little to begin and end.
const QUESTION_WAIT: Duration = Duration::from_secs(610);

/// Asks the daemon at `path`.
///
/// # Errors
/// Why there is no answer, and what to do about it. That the daemon refused is an answer.
pub fn ask(path: &Path, ask: Ask) -> Result<Answer, String> {
    let shown = path.display();
    let stream = connect(path)?;
    let wait = if matches!(ask, Ask::Profile { .. }) { SWITCH_WAIT } else { WAIT };
    exchange(stream, ask, wait).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("{shown}: no answer within {} s", wait.as_secs())
        }
        _ => format!("{shown}: {error}"),
    })
}

fn exchange(mut stream: UnixStream, ask: Ask, wait: Duration) -> std::io::Result<Answer> {
    stream.set_read_timeout(Some(wait))?;
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

/// How a question went.
#[derive(Debug)]
pub enum Questioned {
    /// All of its answer was written.
    Answered,
    /// The daemon records another file, or knows no questions: why. Nothing was written.
    Elsewhere(String),
    /// It was refused, or not answered to the end: why.
    Refused(String),
    /// Some of what was to be followed is in the file only.
    Behind,
    /// What takes the answer takes no more.
    NotTaken(std::io::Error),
}

/// Puts a question to the daemon at `path`; the answer is written into `out` as it comes.
///
/// # Errors
/// There is no daemon for us; as [`ask`].
pub fn query(path: &Path, question: Question, out: &mut dyn Write) -> Result<Questioned, String> {
    streamed(path, &Ask::Query(question), Some(QUESTION_WAIT), out)
}

/// Follows the log of the flight that the daemon at `path` records, from the entry after `from`; each entry is written into `out`
/// as a line of JSON. Ends with the flight.
///
/// # Errors
/// There is no daemon for us; as [`ask`].
pub fn follow(
    path: &Path,
    from: u64,
    file: Option<PathBuf>,
    out: &mut dyn Write,
) -> Result<Questioned, String> {
    streamed(path, &Ask::Events { from, file }, None, out)
}

fn streamed(
    path: &Path,
    ask: &Ask,
    wait: Option<Duration>,
    out: &mut dyn Write,
) -> Result<Questioned, String> {
    let stream = connect(path)?;
    exchange_stream(stream, ask, wait, out).or_else(|error| {
        let why = match error.kind() {
            ErrorKind::UnexpectedEof => {
                "it closed before the end of the answer, which was read too slowly or is cut \
                                         off by the flight's end"
                    .to_string()
            }
            _ => error.to_string(),
        };
        Ok(Questioned::Refused(format!("{}: {why}", path.display())))
    })
}

fn exchange_stream(
    mut stream: UnixStream,
    ask: &Ask,
    wait: Option<Duration>,
    out: &mut dyn Write,
) -> std::io::Result<Questioned> {
    stream.set_read_timeout(wait)?;
    stream.set_write_timeout(Some(WAIT))?;
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut stream = BufReader::new(stream);
    let first = answer_line(&mut stream)?;
    if !first.streams {
        // A daemon from before there were questions names what it knows.
        let is_older = first.said.as_ref().is_some_and(|said| said.contains("unknown variant"));
        let is_elsewhere = first.other_file || is_older;
        let why = first.said.unwrap_or_else(|| "refused".to_string());
        return Ok(if is_elsewhere { Questioned::Elsewhere(why) } else { Questioned::Refused(why) });
    }
    let mut length = [0; 4];
    loop {
        stream.read_exact(&mut length)?;
        let bytes = u64::from(u32::from_be_bytes(length));
        if bytes == 0 {
            break;
        }
        let mut piece = (&mut stream).take(bytes);
        let mut taken = 0;
        while taken < bytes {
            let read = piece.fill_buf()?;
            if read.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Err(error) = out.write_all(read) {
                return Ok(Questioned::NotTaken(error));
            }
            let count = read.len();
            piece.consume(count);
            taken += count as u64;
        }
        if wait.is_none()
            && let Err(error) = out.flush()
        {
            return Ok(Questioned::NotTaken(error));
        }
    }
    let last = answer_line(&mut stream)?;
    match last.said {
        _ if last.ok => Ok(Questioned::Answered),
        _ if last.behind => Ok(Questioned::Behind),
        why => Ok(Questioned::Refused(why.unwrap_or_else(|| "not all was answered".to_string()))),
    }
}

fn answer_line(stream: &mut impl BufRead) -> std::io::Result<Answer> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

fn connect(path: &Path) -> Result<UnixStream, String> {
    let shown = path.display();
    UnixStream::connect(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            format!("no skyhound flies at {shown}; start one (`skyhound fly`) or name its --socket")
        }
        ErrorKind::ConnectionRefused => format!("no skyhound flies at {shown}; its socket was left over"),
        ErrorKind::PermissionDenied => {
            format!("{shown} is not for you; ask to be added to its group, then log in again")
        }
        _ => format!("{shown}: {error}"),
    })
}
