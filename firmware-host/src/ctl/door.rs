//! What can be asked of the flight and done to it, by whichever way: the operator's socket, a page.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::line::refused;
use super::question::{Asked, Questions};
use super::{Act, Answer, Board, Peer, Picture, ProfileDoor, Question, Request, Status};

/// How long the control pass may take to answer: twenty passes.
const ACT_MAX: Duration = Duration::from_secs(1);
/// How long the making of another profile's engine may take, which takes a second or two on a Pi.
const SWITCH_MAX: Duration = Duration::from_secs(20);

/// The way in. Clones are the same door.
#[derive(Clone)]
pub struct Door {
    board: Board,
    acts: Acts,
    pub(super) questions: Questions,
    profiles: ProfileDoor,
}

/// The way of the acts. When nobody holds it any more, the control pass knows that nobody could switch homing off.
#[derive(Clone)]
enum Acts {
    Held(Arc<SyncSender<Request>>),
    Lent(Weak<SyncSender<Request>>),
}

impl Acts {
    fn sender(&self) -> Option<Arc<SyncSender<Request>>> {
        match self {
            Acts::Held(sender) => Some(Arc::clone(sender)),
            Acts::Lent(sender) => sender.upgrade(),
        }
    }
}

impl Door {
    /// Status is read from `board`, acts go to `acts`, questions to `questions`, profiles are asked for at `profiles`.
    pub fn new(board: Board, acts: SyncSender<Request>, questions: Questions, profiles: ProfileDoor) -> Door {
        Door { board, acts: Acts::Held(Arc::new(acts)), questions, profiles }
    }

    /// The same door beside the one that an operator relies on: open as long as that one is.
    pub fn beside(&self) -> Door {
        let acts = match &self.acts {
            Acts::Held(sender) => Acts::Lent(Arc::downgrade(sender)),
            lent @ Acts::Lent(_) => lent.clone(),
        };
        Door { acts, ..self.clone() }
    }

    /// How it goes.
    pub fn status(&self) -> Status {
        self.board.read()
    }

    /// What was recorded last.
    pub fn picture(&self) -> Picture {
        self.questions.answering().picture()
    }

    /// Begins to answer `question` about the flight that is being recorded.
    ///
    /// # Errors
    /// Why not.
    pub async fn ask(&self, question: Question) -> Result<Asked, Answer> {
        self.questions.ask(question).await
    }

    /// The log after the entry `id`, each line with its id; `None` when some of it is in the file only.
    pub fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>> {
        self.questions.answering().log_after(id)
    }

    /// The newest entry that is in the file only; 0 where there is none.
    pub fn log_forgotten(&self) -> u64 {
        self.questions.answering().log_forgotten()
    }

    /// The file that is being recorded.
    pub fn file(&self) -> Option<PathBuf> {
        self.questions.answering().file()
    }

    /// Does what the operator wants done; what came of it.
    pub async fn act(&self, act: Act, peer: Peer) -> Answer {
        tracing::info!("operator ({peer}): {act:?}");
        let (reply, answered) = oneshot::channel();
        let Some(acts) = self.acts.sender() else { return refused("the operator's socket has ended") };
        let sent = acts.try_send(Request { act, peer, reply });
        // Not held while it is waited for.
        drop(acts);
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                return refused("the control pass has not taken the last acts yet; try again");
            }
            Err(TrySendError::Disconnected(_)) => return refused("the flight is ending"),
        }
        match timeout(ACT_MAX, answered).await {
            Ok(Ok(Ok(said))) => Answer { ok: true, said: Some(said), ..Answer::default() },
            Ok(Ok(Err(why))) => refused(&why),
            Ok(Err(_)) => refused("the flight is ending"),
            Err(_) => refused(
                "the control pass did not answer within 1 s; homing will not be allowed by it, off and stop may still come",
            ),
        }
    }

    /// Which profiles there are; with a name, has the flight seek by that one.
    pub async fn profile(&self, name: Option<String>, sets: Vec<String>, peer: Peer) -> Answer {
        if let Some(name) = &name {
            tracing::info!("operator ({peer}): profile {name} {}", sets.join(" "));
        }
        let profiles = self.profiles.clone();
        let asked = tokio::task::spawn_blocking(move || profiles.answer(name.as_deref(), &sets, peer));
        match timeout(SWITCH_MAX, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => refused("the making of the profile's engine ended by a panic; nothing has changed"),
            Err(_) => refused("it takes longer than 20 s; `skyhound ctl profile` tells what is in force"),
        }
    }
}
