//! What of a WAL can be replayed, found without replaying it.
//!
//! By DuckDB's `write_ahead_log.cpp`, version 2: a header (fields, each a number of 2 bytes and LEB128 values), then entries of
//! size, checksum (8 bytes each) and content. A commit ends with a flush entry, which is always the same 21 bytes; a checkpoint
//! begins with an entry that names the block its file will have as root. DuckDB takes an entry that is longer than the rest of
//! the file for the end of the file, without a word, and refuses the whole file for a wrong checksum. The header has no
//! checksum, and what DuckDB cannot read in it it takes for the end of the file too: so only what it writes itself is a header.

use super::checksum::checksum;
use super::head::Head;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

const FIELD_TYPE: u16 = 100;
const FIELD_VERSION: u16 = 101;
const FIELD_IDENTITY: u16 = 102;
const FIELD_ITERATION: u16 = 103;
const FIELD_BLOCK_POINTER: u16 = 100;
const FIELDS_END: u16 = 0xFFFF;
const TYPE_VERSION: u64 = 98;
/// The one version whose entries are read here: 1 has no checksums, 3 is encrypted.
const VERSION: u64 = 2;
/// Files of a later format have WALs that say of which file they are.
const FORMAT_WITHOUT_IDENTITY_MAX: u64 = 66;
/// Size, checksum and content (type 100, end) of a flush entry.
const FLUSH_CONTENT: [u8; 5] = [100, 0, 100, 0xFF, 0xFF];
/// How the content of a checkpoint's entry (type 99) begins; its root block follows.
const CHECKPOINT_CONTENT: [u8; 5] = [100, 0, 99, 101, 0];
/// Size and checksum.
const ENTRY_HEAD_BYTES: usize = 16;

/// A file, and its checkpoints when the WAL was begun.
type Identity = ([u8; 16], u64);

/// What of a WAL can be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wal {
    /// Its size.
    pub bytes: u64,
    /// Up to here it is commits that are whole; 0 when it has none.
    pub whole_bytes: u64,
    /// Commits up to there.
    pub commit_count: u64,
    /// Commits behind the first fault, at least.
    pub lost_count: u64,
    /// Up to here it is its header; 0 when it does not begin as a WAL does.
    pub header_bytes: u64,
    /// The root block of the checkpoint that was begun behind its commits.
    checkpoint_root: Option<u64>,
    /// Of which file and state of it this is; older files do not say.
    identity: Option<Identity>,
}

/// How a WAL goes with its file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// It goes on where the file ends.
    Next,
    /// A checkpoint has moved all of it into the file.
    Done,
    /// It was written beside another file, or another state of this one.
    Foreign,
}

impl Wal {
    /// Looks through the WAL at `path` of the file with this head; `None` when it is empty or not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn look(path: &Path, head: &Head) -> Result<Option<Wal>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let bytes = file.metadata()?.len();
        if bytes == 0 {
            return Ok(None);
        }
        let mut reader = Reader { from: BufReader::with_capacity(1 << 16, file), at: 0 };
        let mut wal = Wal {
            bytes,
            whole_bytes: 0,
            commit_count: 0,
            lost_count: 0,
            header_bytes: 0,
            checkpoint_root: None,
            identity: None,
        };
        if let Some(identity) = reader.header(head.format) {
            (wal.identity, wal.header_bytes) = (identity, reader.at);
            let mut content = Vec::new();
            while reader.entry(bytes, &mut content)? {
                wal.checkpoint_root = checkpoint_root(&content).or(wal.checkpoint_root);
                if content == FLUSH_CONTENT {
                    wal.whole_bytes = reader.at;
                    wal.commit_count += 1;
                }
            }
        }
        if wal.whole_bytes < bytes {
            wal.look_behind(path)?;
        }
        Ok(Some(wal))
    }

    /// What still stands behind the first fault.
    fn look_behind(&mut self, path: &Path) -> Result<()> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.whole_bytes))?;
        let mut rest = Vec::new();
        file.read_to_end(&mut rest)?;
        // An entry's checksum tells it from all else; what stands between two may be what is damaged.
        for at in 0..rest.len().saturating_sub(ENTRY_HEAD_BYTES) {
            let content = &rest[at + ENTRY_HEAD_BYTES..];
            if content.starts_with(&FLUSH_CONTENT) {
                self.lost_count += u64::from(is_entry(&rest[at..], FLUSH_CONTENT.len()));
            } else if content.starts_with(&CHECKPOINT_CONTENT)
                && let Some(root) = checkpoint_root(content)
                && content_bytes(&rest[at..]).is_some_and(|bytes| is_entry(&rest[at..], bytes))
            {
                self.checkpoint_root = Some(root);
            }
        }
        Ok(())
    }

    /// How it goes with the file of this head.
    pub fn matches(&self, head: &Head) -> Match {
        let is_done = self.checkpoint_root == Some(head.root);
        match self.identity {
            Some((identity, _)) if identity != head.identity => Match::Foreign,
            Some((_, iteration)) if iteration == head.iteration && !is_done => Match::Next,
            Some((_, iteration)) if iteration.checked_add(1) == Some(head.iteration) && is_done => {
                Match::Done
            }
            Some(_) => Match::Foreign,
            None if is_done => Match::Done,
            None => Match::Next,
        }
    }

    /// Whether a checkpoint began behind its commits: only then what was committed meanwhile stands in another WAL.
    pub fn has_checkpoint(&self) -> bool {
        self.checkpoint_root.is_some()
    }

    /// Whether it goes on where the file ends once the checkpoint is done, or was when it began.
    pub fn follows_checkpoint_of(&self, head: &Head) -> bool {
        let is_near =
            |iteration| iteration == head.iteration || Some(iteration) == head.iteration.checked_add(1);
        self.identity.is_none_or(|(identity, iteration)| identity == head.identity && is_near(iteration))
    }

    /// What cannot be replayed, for people; `None` when all can.
    pub fn fault(&self) -> Option<String> {
        let lost_bytes = self.bytes - self.whole_bytes;
        match (lost_bytes, self.lost_count) {
            (0, _) => None,
            (_, lost) if self.header_bytes == 0 => Some(format!(
                "its WAL is damaged from its first byte on: none of it is read, and all its commits (at least {lost} in {} bytes) \
                 are lost",
                self.bytes
            )),
            (_, 0) => Some(format!(
                "its WAL ends within a commit, as when its process or its disk died: the last {lost_bytes} of {} bytes are not \
                 read, all {} commits before are",
                self.bytes, self.commit_count
            )),
            (_, lost) => Some(format!(
                "its WAL is damaged behind byte {}: {} commits before it are read, {lost} behind it ({lost_bytes} of {} bytes) \
                 are lost",
                self.whole_bytes, self.commit_count, self.bytes
            )),
        }
    }
}

struct Reader {
    from: BufReader<File>,
    at: u64,
}

impl Reader {
    fn take(&mut self, count: usize, into: &mut Vec<u8>) -> Result<()> {
        into.resize(count, 0);
        self.from.read_exact(into)?;
        self.at += count as u64;
        Ok(())
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).ok()?;
        self.at += N as u64;
        Some(bytes)
    }

    /// Which file and state of it, if the header says so; `None` when it is not to the byte what DuckDB writes beside a file
    /// of this format.
    fn header(&mut self, format: u64) -> Option<Option<Identity>> {
        let is_ours = self.field()? == FIELD_TYPE
            && self.leb128()? == TYPE_VERSION
            && self.field()? == FIELD_VERSION
            && self.leb128()? == VERSION;
        if !is_ours {
            return None;
        }
        let mut identity = [0; 16];
        match self.field()? {
            FIELDS_END => return (format <= FORMAT_WITHOUT_IDENTITY_MAX).then_some(None),
            FIELD_IDENTITY if self.leb128()? == identity.len() as u64 => {}
            _ => return None,
        }
        for byte in &mut identity {
            *byte = u8::try_from(self.leb128()?).ok()?;
        }
        let iteration = (self.field()? == FIELD_ITERATION).then_some(self.leb128()?)?;
        (self.field()? == FIELDS_END).then_some(Some((identity, iteration)))
    }

    fn field(&mut self) -> Option<u16> {
        self.fixed().map(u16::from_le_bytes)
    }

    fn leb128(&mut self) -> Option<u64> {
        let mut at = Vec::with_capacity(10);
        loop {
            let [byte] = self.fixed()?;
            at.push(byte);
            if byte < 0x80 || at.len() == 10 {
                return leb128(&at).map(|(value, _)| value);
            }
        }
    }

    /// The next entry's content; `false` when there is none that is whole.
    fn entry(&mut self, file_bytes: u64, content: &mut Vec<u8>) -> Result<bool> {
        let Some(size) = self.fixed().map(u64::from_le_bytes) else { return Ok(false) };
        let Some(stored) = self.fixed().map(u64::from_le_bytes) else { return Ok(false) };
        if size > file_bytes.saturating_sub(self.at) {
            return Ok(false);
        }
        self.take(size as usize, content)?;
        Ok(checksum(content) == stored)
    }
}

/// The number that `bytes` begin with, and how many bytes it has.
fn leb128(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F) << (7 * at);
        if *byte < 0x80 {
            return Some((value, at + 1));
        }
    }
    None
}

/// The root block that a checkpoint's entry names; `None` of another entry. A number that is 0 is not written.
fn checkpoint_root(content: &[u8]) -> Option<u64> {
    let (field, value) = content.strip_prefix(&CHECKPOINT_CONTENT)?.split_first_chunk()?;
    if u16::from_le_bytes(*field) == FIELD_BLOCK_POINTER { Some(leb128(value)?.0) } else { Some(0) }
}

/// Bytes of the content that the entry at the begin of `rest` says it has.
fn content_bytes(rest: &[u8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*rest.first_chunk()?)).ok()
}

/// Whether an entry with so much content stands at the begin of `rest`.
fn is_entry(rest: &[u8], bytes: usize) -> bool {
    let stored = rest.get(8..ENTRY_HEAD_BYTES).and_then(<[u8]>::first_chunk);
    let content = rest.get(ENTRY_HEAD_BYTES..).and_then(|content| content.get(..bytes));
    content_bytes(rest) == Some(bytes)
        && content
            .zip(stored)
            .is_some_and(|(content, stored)| checksum(content) == u64::from_le_bytes(*stored))
}
