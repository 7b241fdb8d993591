//! What the socket asks of whoever knows the flight file: it opens none itself.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Picture, Question};

/// Whoever knows how a question is answered.
pub trait Answering: Send + Sync {
    /// A process that answers `question` on its stdout, having its SQL on stdin. May take seconds.
    ///
    /// # Errors
    /// Why not.
    fn prepare(&self, question: &Question) -> Result<Prepared, String>;

    /// Whether `file` is the one that is being recorded.
    fn is_recorded(&self, file: &Path) -> bool;

    /// The file that is being recorded, if there is one.
    fn file(&self) -> Option<PathBuf> {
        None
    }

    /// The log after the entry `id`, each line with its id; `None` when some of it is in the file only.
    fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>>;

    /// The newest entry that is in the file only; 0 where there is none.
    fn log_forgotten(&self) -> u64 {
        0
    }

    /// What was recorded last.
    fn picture(&self) -> Picture {
        Picture::default()
    }

    /// Nobody has asked anything for a while.
    fn rest(&self);
}

/// A process that will answer.
pub struct Prepared {
    /// Its command.
    pub command: Command,
    /// What it reads, kept until it is done.
    pub keep: Box<dyn Any + Send>,
}
