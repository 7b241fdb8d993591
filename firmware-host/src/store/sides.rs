//! What waits beside a flight file, and which of it can be read: decided without opening anything.

use super::error::StoreError;
use super::head::Head;
use super::place::{CHECKPOINT_WAL, SideFile, WAL, is_plain, side_files};
use super::wal::{Match, Wal};
use std::path::{Path, PathBuf};

/// Says that what a closed file should have within is nowhere.
pub const MISSING: &str = "it was not closed, and no WAL is beside it: what was committed since its last checkpoint, if anything, is missing";

/// A side file to be read with the flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub from: PathBuf,
    /// The suffix by which DuckDB finds it.
    pub suffix: &'static str,
    /// How much of it is read.
    pub bytes: u64,
}

/// What waits beside a flight file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// What is read with it.
    pub kept: Vec<Kept>,
    /// What is not, and why.
    pub unread: Option<String>,
    /// Whether whole commits are among what is not read.
    pub is_lost: bool,
    /// Whether DuckDB finds exactly that beside the file by itself.
    pub is_in_place: bool,
}

impl Sides {
    /// Looks at the side files of `real`, whose headers are `head`.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn look(real: &Path, head: &Head) -> Result<Sides, StoreError> {
        let files = side_files(real);
        let of = |suffix: &str| files.iter().find(|file| file.suffix == suffix && file.bytes > 0);
        let look = |file: &SideFile| Wal::look(&file.path).map_err(StoreError::io(&file.path, "cannot read"));
        let main = of(WAL).map(|file| Ok((file, look(file)?))).transpose()?;
        let during = of(CHECKPOINT_WAL).map(|file| Ok((file, look(file)?))).transpose()?;
        let mut sides = Sides { is_in_place: is_plain(real), ..Sides::default() };
        match (main, during) {
            (Some((file, Some(wal))), during) => {
                let goes_on = sides.take(file, &wal, wal.matches(head));
                if let Some((file, Some(wal))) = during {
                    let follows = if wal.follows_checkpoint_of(head) { Match::Next } else { Match::Foreign };
                    // What stands behind a gap is not what was recorded.
                    if goes_on {
                        sides.take(file, &wal, follows);
                    } else {
                        sides.leave(format!("{} bytes of {} are not read", wal.bytes, file.path.display()));
                    }
                }
            }
            (_, Some((file, Some(wal)))) => {
                // Its checkpoint may be done, and the WAL before it gone: then it goes on where the file ends.
                let state = if wal.matches(head) == Match::Next { Match::Next } else { Match::Foreign };
                sides.is_in_place = false;
                sides.take(&SideFile { suffix: WAL, ..file.clone() }, &wal, state);
            }
            _ => {}
        }
        Ok(sides)
    }

    /// Everything as it is, for a file that another process is writing.
    pub fn live(real: &Path) -> Sides {
        let kept = side_files(real)
            .into_iter()
            .map(|file| Kept { from: file.path, suffix: file.suffix, bytes: u64::MAX })
            .collect();
        Sides { kept, ..Sides::default() }
    }

    /// Nothing of them, because DuckDB said `why`.
    pub fn none(&self, why: &str) -> Sides {
        let bytes: u64 = self.kept.iter().map(|kept| kept.bytes).sum();
        let refused = format!("its WAL ({bytes} bytes) is not read: {why}");
        Sides { unread: Some(self.unread.clone().unwrap_or(refused)), is_lost: true, ..Sides::default() }
    }

    /// `true` when all of it is read.
    fn take(&mut self, file: &SideFile, wal: &Wal, state: Match) -> bool {
        let fault = match state {
            Match::Foreign => {
                let why = "is of another file, or of an earlier state of this one, and is not read";
                self.leave(format!("{} ({} bytes) {why}", file.path.display(), wal.bytes));
                return false;
            }
            // What DuckDB has moved into the file needs no reading; damaged, it would only be in the way.
            Match::Done => {
                self.is_in_place &= wal.fault().is_none();
                if wal.fault().is_none() {
                    self.kept.push(Kept { from: file.path.clone(), suffix: file.suffix, bytes: wal.bytes });
                }
                return true;
            }
            Match::Next => wal.fault(),
        };
        if wal.whole_bytes > 0 {
            self.kept.push(Kept { from: file.path.clone(), suffix: file.suffix, bytes: wal.whole_bytes });
        }
        let is_whole = fault.is_none();
        let is_lost = self.is_lost || wal.lost_count > 0;
        fault.into_iter().for_each(|fault| self.leave(fault));
        self.is_lost = is_lost;
        is_whole
    }

    fn leave(&mut self, why: String) {
        self.is_in_place = false;
        self.is_lost = true;
        self.unread = Some(self.unread.take().map_or(why.clone(), |before| format!("{before}; {why}")));
    }
}
