//! One question in SQL, from the permit to the last piece of its answer: a child process answers, here its output is passed on, piece by piece
//! as whoever asked takes it.
//!
//! However many ask, this holds one buffer each, and the flight sees nothing of them: the child gives way to it by itself. It is
//! killed when its time is over, when the client hangs up or says anything, and when the flight ends.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::answering::{Answering, Prepared};
use super::line::{WRITE_MAX, refused, tell, write};
use super::running::{Broken, Running};
use super::{Answer, Question, events};

/// Followers of the log at once: with eight questions, four more clients have room.
const FOLLOWERS_MAX: usize = 4;
/// After how long without a question what was kept for the next is let go.
const REST: Duration = Duration::from_secs(5);
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

    /// Whoever knows the flight file.
    pub(super) fn answering(&self) -> &dyn Answering {
        &*self.answering
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
        let told = tokio::select! {
            _ = stopped.changed() => None,
            told = self.pass_on(question, stream) => told,
        };
        match told {
            Some(last) => tell(stream, &last).await,
            None => false,
        }
    }

    /// The last line; `None` when the client has gone, or reads too slowly.
    async fn pass_on(&self, question: Question, stream: &mut BufReader<UnixStream>) -> Option<Answer> {
        let asked = tokio::select! {
            _ = stream.read_u8() => return None,
            asked = self.ask(question) => asked,
        };
        let mut asked = match asked {
            Ok(asked) => asked,
            Err(refused) => return Some(refused),
        };
        let mut client = Client { stream, has_begun: false, deadline: asked.deadline };
        let last = loop {
            let piece = tokio::select! {
                _ = client.stream.read_u8() => return None,
                piece = asked.piece() => piece,
            };
            match piece {
                Ok(Some(piece)) => client.piece(piece).await.ok()?,
                Ok(None) => break Answer { ok: true, ..Answer::default() },
                Err(refused) => break refused,
            }
        };
        client.end(last.ok).await.ok().map(|()| last)
    }

    /// Begins to answer. Whoever drops what it gets cancels.
    ///
    /// # Errors
    /// Why not: too many ask already, the form is none, nothing is recorded, it took too long.
    pub async fn ask(&self, question: Question) -> Result<Asked, Answer> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.try_acquire_owned().map_err(|_| match self.clients_max {
            0 => refused("questions are not answered in flight (daemon.query_clients is 0)"),
            many => refused(&format!(
                "{many} questions are being answered already (daemon.query_clients); try again"
            )),
        })?;
        let deadline = sleep(self.time_max).deadline();
        let resting = Resting { answering: Arc::clone(&self.answering), _permit: permit };
        let (answering, asked) = (Arc::clone(&self.answering), question.clone());
        let preparing = tokio::task::spawn_blocking(move || answering.prepare(&asked));
        let Prepared { command, keep } = match timeout_at(deadline, preparing).await {
            Err(_) => return Err(self.too_long()),
            Ok(Ok(Ok(prepared))) => prepared,
            Ok(Ok(Err(why))) => return Err(refused(&why)),
            Ok(Err(error)) => return Err(refused(&format!("the question could not be prepared: {error}"))),
        };
        let running = Running::start(command, &question.sql, deadline).await;
        let running = running.map_err(|error| not_answered(&error))?;
        Ok(Asked { running, deadline, too_long: self.too_long(), _keep: keep, _resting: resting })
    }

    fn too_long(&self) -> Answer {
        let seconds = self.time_max.as_secs();
        refused(&format!("not answered within {seconds} s (daemon.query_max_s)"))
    }
}

/// A question that is being answered.
pub struct Asked {
    running: Running,
    deadline: Instant,
    too_long: Answer,
    _keep: Box<dyn Any + Send>,
    _resting: Resting,
}

impl Asked {
    /// The next piece of the answer; `None`: that was all of it.
    ///
    /// # Errors
    /// What is wrong with the question, or that it took too long: what came before is not all of the answer then.
    pub async fn piece(&mut self) -> Result<Option<&[u8]>, Answer> {
        self.running.piece().await.map_err(|broken| match broken {
            Broken::Said { why, .. } => refused(&why),
            Broken::Ended(status) => refused(&format!(
                "the question took too much time or memory, and was ended ({status}): daemon.query_memory_mb"
            )),
            Broken::TooLong => self.too_long.clone(),
            Broken::TooMuch => refused("the answer is too long"),
            Broken::Failed(error) => not_answered(&error),
        })
    }
}

/// Gives the turn back; some time later, what was kept for the next is let go.
struct Resting {
    answering: Arc<dyn Answering>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Resting {
    fn drop(&mut self) {
        let answering = Arc::clone(&self.answering);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                sleep(REST).await;
                answering.rest();
            });
        }
    }
}

fn not_answered(error: &io::Error) -> Answer {
    refused(&format!("the question was not answered: {error}"))
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
