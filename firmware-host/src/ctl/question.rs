//! One question in SQL, from the permit to the last piece of its answer: a child process answers, here its output is passed on.
//!
//! However many ask, this holds one buffer each, and the flight sees nothing of them: the child gives way to it by itself. It is
//! killed when its time is over, when the client hangs up or says anything, and when the flight ends.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::answering::{Answering, Prepared};
use super::line::{WRITE_MAX, refused, tell, write};
use super::{Answer, Question, events};

/// A piece of an answer at most.
const PIECE_BYTES_MAX: usize = 64 << 10;
/// Of what a child says went wrong.
const SAID_BYTES_MAX: u64 = 8 << 10;
/// Followers of the log at once: with eight questions, four more clients have room.
const FOLLOWERS_MAX: usize = 4;
/// After how long without a question what was kept for the next is let go.
const REST: Duration = Duration::from_secs(5);
/// Exit codes 0 to 2 are its own words; what else ends it, it cannot tell itself.
const CODES: std::ops::RangeInclusive<i32> = 0..=2;

/// How questions are answered, and how many at once.
#[derive(Clone)]
pub struct Questions {
    answering: Arc<dyn Answering>,
    permits: Arc<Semaphore>,
    followers: Arc<Semaphore>,
    clients_max: u32,
    time_max: Duration,
}

impl Questions {
    /// For `clients_max` at once, each with its answer read within `time_max`.
    pub fn new(answering: Arc<dyn Answering>, clients_max: u32, time_max: Duration) -> Questions {
        let permits = Arc::new(Semaphore::new(clients_max as usize));
        let followers = Arc::new(Semaphore::new(FOLLOWERS_MAX));
        Questions { answering, permits, followers, clients_max, time_max }
    }

    /// Streams the log after the entry `from` on `stream`. `false`: nothing more can be asked on it.
    pub async fn events(
        &self,
        (from, file): (u64, Option<PathBuf>),
        stream: &mut BufReader<UnixStream>,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        if let Some(refused) = self.other_file(file.as_deref()) {
            return tell(stream, &refused).await;
        }
        let Ok(_permit) = self.followers.try_acquire() else {
            return tell(stream, &refused(&format!("{FOLLOWERS_MAX} follow already; try again"))).await;
        };
        events::stream(&*self.answering, from, stream, stopped).await
    }

    fn other_file(&self, file: Option<&Path>) -> Option<Answer> {
        let file = file.filter(|file| !self.answering.is_recorded(file))?;
        let why = format!("{}: another file is being recorded", file.display());
        Some(Answer { other_file: true, ..refused(&why) })
    }

    /// Answers on `stream`. `false`: nothing more can be asked on it.
    pub async fn answer(
        &self,
        question: Question,
        stream: &mut BufReader<UnixStream>,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        if let Some(refused) = self.other_file(question.file.as_deref()) {
            return tell(stream, &refused).await;
        }
        let Ok(_permit) = self.permits.try_acquire() else {
            let why = match self.clients_max {
                0 => "questions are not answered in flight (daemon.query_clients is 0)".to_string(),
                many => {
                    format!("{many} questions are being answered already (daemon.query_clients); try again")
                }
            };
            return tell(stream, &refused(&why)).await;
        };
        let told = tokio::select! {
            _ = stopped.changed() => None,
            told = self.pass_on(question, stream) => told,
        };
        let answering = Arc::clone(&self.answering);
        tokio::spawn(async move {
            sleep(REST).await;
            answering.rest();
        });
        match told {
            Some(last) => tell(stream, &last).await,
            None => false,
        }
    }

    /// The last line; `None` when the client has gone, or reads too slowly.
    async fn pass_on(&self, question: Question, stream: &mut BufReader<UnixStream>) -> Option<Answer> {
        let deadline = sleep(self.time_max).deadline();
        let seconds = self.time_max.as_secs();
        let too_long = refused(&format!("not answered within {seconds} s (daemon.query_max_s)"));
        let (answering, asked) = (Arc::clone(&self.answering), question.clone());
        let preparing = tokio::task::spawn_blocking(move || answering.prepare(&asked));
        let prepared = tokio::select! {
            _ = stream.read_u8() => return None,
            prepared = timeout_at(deadline, preparing) => prepared,
        };
        let Prepared { command, keep: _keep } = match prepared {
            Err(_) => return Some(too_long),
            Ok(Ok(Ok(prepared))) => prepared,
            Ok(Ok(Err(why))) => return Some(refused(&why)),
            Ok(Err(error)) => return Some(refused(&format!("the question could not be prepared: {error}"))),
        };
        let mut client = Client { stream, has_begun: false, deadline };
        let ended = match run(command, &question.sql, &mut client).await {
            Ok(Ended::Cancelled) => return None,
            Ok(Ended::TooLong) => too_long,
            Ok(Ended::Said(last)) => *last,
            Err(error) => refused(&format!("the question was not answered: {error}")),
        };
        client.end(ended.ok).await.ok().map(|()| ended)
    }
}

/// How a child ended.
enum Ended {
    Said(Box<Answer>),
    Cancelled,
    TooLong,
}

/// Whoever asked, and whether an answer has begun.
struct Client<'stream> {
    stream: &'stream mut BufReader<UnixStream>,
    has_begun: bool,
    deadline: Instant,
}

impl Client<'_> {
    async fn begin(&mut self) -> io::Result<()> {
        if self.has_begun {
            return Ok(());
        }
        self.has_begun = true;
        write(self.stream.get_mut(), &Answer { ok: true, streams: true, ..Answer::default() }).await
    }

    /// One that does not read in time is left in the middle of it.
    async fn piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
        let deadline = self.deadline;
        let written = async {
            self.begin().await?;
            self.stream.get_mut().write_all(&length).await?;
            self.stream.get_mut().write_all(piece).await
        };
        timeout_at(deadline, written).await?
    }

    /// An answer without a byte is one too; where there is none, the last line is all.
    async fn end(&mut self, is_whole: bool) -> io::Result<()> {
        let end = async {
            if is_whole {
                self.begin().await?;
            }
            if self.has_begun { self.stream.get_mut().write_all(&[0; 4]).await } else { Ok(()) }
        };
        timeout(WRITE_MAX, end).await?
    }
}

async fn run(command: Command, sql: &str, client: &mut Client<'_>) -> io::Result<Ended> {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has died already says why on its stderr.
        let _ = stdin.write_all(sql.as_bytes()).await;
    }
    let Some(mut out) = child.stdout.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
    let mut piece = vec![0; PIECE_BYTES_MAX];
    loop {
        let count = tokio::select! {
            _ = client.stream.read_u8() => return Ok(Ended::Cancelled),
            count = timeout_at(client.deadline, out.read(&mut piece)) => count,
        };
        let Ok(count) = count else { return Ok(Ended::TooLong) };
        match count? {
            0 => return ended(&mut child).await.map(|last| Ended::Said(Box::new(last))),
            count => {
                if client.piece(&piece[..count]).await.is_err() {
                    return Ok(Ended::Cancelled);
                }
            }
        }
    }
}

/// What the child says at its end.
async fn ended(child: &mut Child) -> io::Result<Answer> {
    let said = match child.stderr.take() {
        Some(stderr) => read_most(stderr).await?,
        None => String::new(),
    };
    let status = child.wait().await?;
    if status.success() {
        return Ok(Answer { ok: true, ..Answer::default() });
    }
    let said = said.trim().trim_start_matches("skyhound: ").to_string();
    Ok(refused(&if has_said(status) && !said.is_empty() {
        said
    } else {
        format!("the question took too much time or memory, and was ended ({status}): daemon.query_memory_mb")
    }))
}

fn has_said(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| CODES.contains(&code))
}

async fn read_most(stderr: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut said = Vec::new();
    stderr.take(SAID_BYTES_MAX).read_to_end(&mut said).await?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
