//! A child process that answers: what it is told on stdin, what it says on stdout piece by piece, and on stderr at its end. Killed when its time
//! is over, and when it is dropped.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout};
use tokio::time::{Instant, timeout_at};

/// A piece of an answer at most.
const PIECE_BYTES_MAX: usize = 64 << 10;
/// Of what a child says went wrong.
const SAID_BYTES_MAX: u64 = 8 << 10;
/// By which a command says that it was asked wrongly.
const WRONG_USE: i32 = 2;
/// Exit codes 0 to 2 are its own words; what else ends it, it cannot tell itself.
const CODES: std::ops::RangeInclusive<i32> = 0..=WRONG_USE;

/// A child process at work.
pub struct Running {
    child: Child,
    out: ChildStdout,
    deadline: Instant,
    piece: Vec<u8>,
}

/// Why what a child wrote is not all that it was to write.
#[derive(Debug)]
pub enum Broken {
    /// It says why.
    Said {
        /// In its words.
        why: String,
        /// Whether what it was asked is wrong, or what it was to do failed.
        is_wrong_use: bool,
    },
    /// It was ended: too much time of a core, or memory.
    Ended(ExitStatus),
    /// It was not ready in time.
    TooLong,
    /// It writes more than is taken.
    TooMuch,
    /// The system gives no process, or none of its output.
    Failed(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Failed(error)
    }
}

impl Running {
    /// Starts `command`, tells it `told`, and lets it work until `deadline`.
    ///
    /// # Errors
    /// The system gives no process.
    pub async fn start(command: Command, told: &str, deadline: Instant) -> io::Result<Running> {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that has died already says why on its stderr.
            let _ = stdin.write_all(told.as_bytes()).await;
        }
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Running { child, out, deadline, piece: vec![0; PIECE_BYTES_MAX] })
    }

    /// The next piece of what it writes; `None`: that was all of it.
    ///
    /// # Errors
    /// Why it is not: what came before is not all then.
    pub async fn piece(&mut self) -> Result<Option<&[u8]>, Broken> {
        let read = timeout_at(self.deadline, self.out.read(&mut self.piece)).await;
        let count = read.map_err(|_| Broken::TooLong)??;
        if count > 0 {
            return Ok(Some(&self.piece[..count]));
        }
        timeout_at(self.deadline, self.end()).await.map_err(|_| Broken::TooLong)?.map(|()| None)
    }

    /// All that it writes, `bytes_max` at most.
    ///
    /// # Errors
    /// Why it is not all.
    pub async fn whole(&mut self, bytes_max: usize) -> Result<Vec<u8>, Broken> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await? {
            if whole.len() + piece.len() > bytes_max {
                return Err(Broken::TooMuch);
            }
            whole.extend_from_slice(piece);
        }
        Ok(whole)
    }

    async fn end(&mut self) -> Result<(), Broken> {
        let mut said = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            stderr.take(SAID_BYTES_MAX).read_to_end(&mut said).await?;
        }
        let status = self.child.wait().await?;
        if status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&said);
        let why = said.trim().trim_start_matches("skyhound: ").to_string();
        match status.code() {
            Some(code) if CODES.contains(&code) && !why.is_empty() => {
                Err(Broken::Said { why, is_wrong_use: code == WRONG_USE })
            }
            _ => Err(Broken::Ended(status)),
        }
    }
}
