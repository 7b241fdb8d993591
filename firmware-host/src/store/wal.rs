//! What of a WAL can be replayed, found without replaying it.
//!
//! By DuckDB's `write_ahead_log.cpp`, version 2: a header (fields, each a number of 2 bytes and LEB128 values), then entries of
//! size, checksum (8 bytes each) and content. A commit ends with a flush entry, which is always the same 21 bytes. DuckDB
//! takes an entry that is longer than the rest of the file for the end of the file, without a word, and refuses the whole
//! file for a wrong checksum.

use super::head::Head;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Result};
use std::path::Path;

const FIELD_TYPE: u16 = 100;
const FIELD_VERSION: u16 = 101;
const FIELD_IDENTITY: u16 = 102;
const FIELD_ITERATION: u16 = 103;
const FIELDS_END: u16 = 0xFFFF;
const TYPE_VERSION: u64 = 98;
/// The one version whose entries are read here.
const VERSION: u64 = 2;
/// Size, checksum and content (type 100, end) of a flush entry.
const FLUSH_CONTENT: [u8; 5] = [100, 0, 100, 0xFF, 0xFF];

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
    /// Looks through the WAL at `path`; `None` when it is empty or not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn look(path: &Path) -> Result<Option<Wal>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let bytes = file.metadata()?.len();
        if bytes == 0 {
            return Ok(None);
        }
        let mut reader = Reader { from: BufReader::with_capacity(1 << 16, file), at: 0 };
        let mut wal = Wal { bytes, whole_bytes: 0, commit_count: 0, lost_count: 0, identity: None };
        match reader.header() {
            Some((VERSION, identity)) => wal.identity = identity,
            // Another version: DuckDB may know more of it than we do.
            Some(_) => {
                wal.whole_bytes = bytes;
                return Ok(Some(wal));
            }
            None => return Ok(Some(wal)),
        }
        let mut content = Vec::new();
        while reader.entry(bytes, &mut content)? {
            if content == FLUSH_CONTENT {
                wal.whole_bytes = reader.at;
                wal.commit_count += 1;
            }
        }
        if wal.whole_bytes < bytes {
            wal.lost_count = flushes_behind(path, wal.whole_bytes)?;
        }
        Ok(Some(wal))
    }

    /// How it goes with the file of this head.
    pub fn matches(&self, head: &Head) -> Match {
        match self.identity {
            Some((identity, _)) if identity != head.identity => Match::Foreign,
            Some((_, iteration)) if iteration + 1 == head.iteration => Match::Done,
            Some((_, iteration)) if iteration != head.iteration => Match::Foreign,
            _ => Match::Next,
        }
    }

    /// Whether it goes on where the file ends once the checkpoint is done, or was when it began.
    pub fn follows_checkpoint_of(&self, head: &Head) -> bool {
        let is_near = |iteration| iteration == head.iteration || iteration == head.iteration + 1;
        self.identity.is_none_or(|(identity, iteration)| identity == head.identity && is_near(iteration))
    }

    /// What cannot be replayed, for people; `None` when all can.
    pub fn fault(&self) -> Option<String> {
        let lost_bytes = self.bytes - self.whole_bytes;
        match (lost_bytes, self.lost_count) {
            (0, _) => None,
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

    /// Version, and which file and state of it; `None` when it is no header.
    fn header(&mut self) -> Option<(u64, Option<Identity>)> {
        let (mut version, mut identity, mut iteration) = (None, None, None);
        loop {
            match u16::from_le_bytes(self.fixed()?) {
                FIELD_TYPE => {
                    if self.leb128()? != TYPE_VERSION {
                        return None;
                    }
                }
                FIELD_VERSION => version = Some(self.leb128()?),
                FIELD_IDENTITY => {
                    let count = self.leb128()?;
                    let bytes = (0..count.min(16)).map(|_| u8::try_from(self.leb128()?).ok());
                    identity = Some(<[u8; 16]>::try_from(bytes.collect::<Option<Vec<u8>>>()?).ok()?);
                }
                FIELD_ITERATION => iteration = Some(self.leb128()?),
                FIELDS_END => return Some((version?, identity.zip(iteration))),
                _ => return None,
            }
        }
    }

    fn leb128(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.fixed()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
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

fn flushes_behind(path: &Path, at: u64) -> Result<u64> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    let size = (FLUSH_CONTENT.len() as u64).to_le_bytes();
    let flush = [&size[..], &checksum(&FLUSH_CONTENT).to_le_bytes(), &FLUSH_CONTENT].concat();
    // The checksum's eight bytes tell a flush from all else; the rest of its entry may be what is damaged.
    Ok(rest.windows(flush.len()).filter(|window| *window == flush).count() as u64)
}

/// DuckDB's `Checksum`: words multiplied and joined by XOR, the remainder by MurmurHash64A.
fn checksum(bytes: &[u8]) -> u64 {
    const START: u64 = 5381;
    const WORD: u64 = 0xbf58_476d_1ce4_e5b9;
    let (words, rest) = bytes.as_chunks::<8>();
    let joined = words.iter().fold(START, |sum, word| sum ^ u64::from_le_bytes(*word).wrapping_mul(WORD));
    if rest.is_empty() { joined } else { joined ^ murmur(rest) }
}

fn murmur(rest: &[u8]) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const SEED: u64 = 0xe17a_1465;
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    let mut h = SEED ^ (rest.len() as u64).wrapping_mul(M);
    h = (h ^ u64::from_le_bytes(word)).wrapping_mul(M);
    h = (h ^ (h >> 47)).wrapping_mul(M);
    h ^ (h >> 47)
}
