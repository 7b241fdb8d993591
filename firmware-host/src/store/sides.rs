//! What waits beside a flight file, and which of it can be read: decided without opening anything.

use super::error::StoreError;
use super::head::Head;
use super::place::{CHECKPOINT_WAL, SideFile, WAL, is_plain, side_files};
use super::wal::{Match, Wal};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
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
    /// Whether a checkpoint has moved a WAL into the file that is still there: none but that one need be.
    pub is_done: bool,
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
        let of = |suffix: &str| {
            let file = files.iter().find(|file| file.suffix == suffix && file.bytes > 0)?;
            let wal = Wal::look(&file.path, head).map_err(StoreError::io(&file.path, "cannot read"));
            wal.map(|wal| Some((file, wal?))).transpose()
        };
        let (main, during) = (of(WAL).transpose()?, of(CHECKPOINT_WAL).transpose()?);
        let mut sides = Sides { is_in_place: is_plain(real), ..Sides::default() };
        match (main, during) {
            (Some((file, wal)), None) => {
                sides.take(file, &wal, wal.matches(head));
            }
            (Some(main), Some(during)) => sides.take_both(head, main, during)?,
            (None, Some((file, wal))) => {
                // Its checkpoint may be done, and the WAL before it gone: then it goes on where the file ends.
                let state = if wal.matches(head) == Match::Next { Match::Next } else { Match::Foreign };
                sides.is_in_place = false;
                sides.take(&SideFile { suffix: WAL, ..file.clone() }, &wal, state);
            }
            (None, None) => {}
        }
        Ok(sides)
    }

    /// Two WALs, as a checkpoint leaves them that was cut off: what was committed before it began, and since.
    fn take_both(
        &mut self,
        head: &Head,
        (main, before): (&SideFile, Wal),
        (during, since): (&SideFile, Wal),
    ) -> Result<(), StoreError> {
        let state = before.matches(head);
        if is_merged(main, during, &since).map_err(StoreError::io(&main.path, "cannot read"))? {
            self.take(main, &before, state);
            return Ok(());
        }
        let is_done = state == Match::Done;
        // DuckDB looks for the second one where the first says that a checkpoint began.
        let goes_on = self.take(main, &before, state) && (is_done || before.has_checkpoint());
        let follows = if since.follows_checkpoint_of(head) { Match::Next } else { Match::Foreign };
        match () {
            // Without the first, which the file has, the second is found as the only one.
            () if is_done && self.kept.is_empty() => {
                self.take(&SideFile { suffix: WAL, ..during.clone() }, &since, follows);
            }
            () if goes_on => {
                self.take(during, &since, follows);
            }
            // What stands behind a gap is not what was recorded.
            () => self.leave(format!("{} bytes of {} are not read", since.bytes, during.path.display())),
        }
        Ok(())
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

    /// Whether nothing is there that a file would have which was not closed.
    pub fn lacks_a_wal(&self) -> bool {
        self.kept.is_empty() && !self.is_done
    }

    /// `true` when all of it is read.
    fn take(&mut self, file: &SideFile, wal: &Wal, state: Match) -> bool {
        let fault = match state {
            Match::Foreign => {
                let why = "is of another file, or of another state of this one, and is not read";
                self.leave(format!("{} ({} bytes) {why}", file.path.display(), wal.bytes));
                return false;
            }
            // What DuckDB has moved into the file needs no reading; damaged, it would only be in the way.
            Match::Done => {
                self.is_done = true;
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
        let is_lost = self.is_lost || wal.lost_count > 0 || wal.whole_bytes == 0;
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

/// Whether all of `since` is in the first WAL already: DuckDB merges the two, and removes the second one after that.
fn is_merged(main: &SideFile, during: &SideFile, since: &Wal) -> std::io::Result<bool> {
    if since.header_bytes == 0 || main.bytes < during.bytes {
        return Ok(false);
    }
    let commits = &std::fs::read(&during.path)?[since.header_bytes as usize..];
    let mut file = File::open(&main.path)?;
    file.seek(SeekFrom::End(-(commits.len() as i64)))?;
    let mut end = Vec::with_capacity(commits.len());
    file.read_to_end(&mut end)?;
    Ok(!commits.is_empty() && end == commits)
}
