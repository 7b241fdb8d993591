//! What can go wrong with a flight file, said with the file's name and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// No such file.
    NotFound(PathBuf),
    /// The file is being recorded by this very process: opening it here would drop its lock.
    LiveHere(PathBuf),
    /// Another process has the file open.
    InUse {
        /// Which file.
        path: PathBuf,
        /// Which process; 0 when it is one of another container.
        pid: i32,
    },
    /// The file is not a flight file, or its content is damaged.
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What DuckDB or the check said.
        why: String,
    },
    /// A DuckDB that is newer than ours made the file.
    Newer {
        /// Which file.
        path: PathBuf,
        /// Which DuckDB, as `v2.0.0`; may be empty.
        made_by: String,
    },
    /// Reading or writing a file or folder failed.
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What was being done, as "cannot …".
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// DuckDB refused.
    Database {
        /// Which file.
        path: PathBuf,
        /// What was being done, as "cannot …".
        doing: &'static str,
        /// What it said.
        source: duckdb::Error,
    },
    /// The operator's SQL is wrong.
    Sql(String),
    /// There is no room for a copy.
    NoRoom {
        /// Where it would lie.
        folder: PathBuf,
        /// Its size.
        needed_bytes: u64,
        /// Free there now.
        free_bytes: u64,
        /// What must stay free there.
        reserve_bytes: u64,
        /// What to do.
        mend: &'static str,
    },
    /// A flight is not kept as it was asked: which, and why.
    Kept {
        /// Which file or folder.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The recorder stopped before it was told to.
    Stopped(String),
}

impl StoreError {
    pub(crate) fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
        move |source| StoreError::Io { path: path.to_path_buf(), doing, source }
    }

    /// Whether it says that the place is not ours to write to: nothing that time mends.
    pub(crate) fn is_of_the_place(&self) -> bool {
        use std::io::ErrorKind::{AlreadyExists, InvalidFilename, NotADirectory, PermissionDenied};
        let kinds = [PermissionDenied, NotADirectory, AlreadyExists, InvalidFilename];
        matches!(self, StoreError::Io { source, .. } if kinds.contains(&source.kind()))
    }

    pub(crate) fn kept(path: &Path, why: impl Into<String>) -> StoreError {
        StoreError::Kept { path: path.to_path_buf(), why: why.into() }
    }

    /// Whether whoever read our output has enough.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn database(path: &Path, doing: &'static str) -> impl FnOnce(duckdb::Error) -> StoreError {
        move |source| StoreError::Database { path: path.to_path_buf(), doing, source }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::NotFound(path) => {
                write!(f, "{}: no such flight file; `skyhound flights` lists them", path.display())
            }
            StoreError::LiveHere(path) => {
                write!(f, "{}: being recorded by this process; ask from another one", path.display())
            }
            StoreError::InUse { path, pid } => {
                write!(f, "{}: in use by process {pid}; wait until that has ended", path.display())
            }
            StoreError::Damaged { path, why } => {
                write!(f, "{}: not a flight file, or damaged: {why}", path.display())
            }
            StoreError::Newer { path, made_by } => {
                let made_by = if made_by.is_empty() { "a later version" } else { made_by };
                let path = path.display();
                write!(
                    f,
                    "{path}: made by a newer DuckDB ({made_by}); read it with that one, or with a newer skyhound"
                )
            }
            StoreError::Io { path, doing, source } => write!(f, "{}: {doing}: {source}", path.display()),
            StoreError::Database { path, doing, source } => {
                write!(f, "{}: {doing}: {source}", path.display())
            }
            StoreError::Sql(why) => f.write_str(why),
            StoreError::NoRoom { folder, needed_bytes, free_bytes, reserve_bytes, mend } => write!(
                f,
                "{}: a copy needs {} MB there, {} MB are free and {} MB must stay free; {mend}",
                folder.display(),
                needed_bytes.div_ceil(1 << 20),
                free_bytes >> 20,
                reserve_bytes >> 20
            ),
            StoreError::Kept { path, why } => write!(f, "{}: {why}", path.display()),
            StoreError::Stopped(why) => write!(f, "the recorder stopped: {why}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::Io { source, .. } => Some(source),
            StoreError::Database { source, .. } => Some(source),
            _ => None,
        }
    }
}
