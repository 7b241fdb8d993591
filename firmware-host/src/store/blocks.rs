//! What a checkpoint writes over in place, kept until it is done.
//!
//! DuckDB writes new blocks for rows, and tells that they count by one sector of the header. But blocks of its own metadata that
//! have room left it writes again where they are: a power cut that tears one of them (64 KB) leaves a file that no DuckDB opens, the
//! whole flight with it. So before a checkpoint those blocks are copied into `NAME.duckdb.blocks`, synced. Found beside a file whose
//! header is still the one from before, they are put back: then the file is as it was, and its WAL is replayed (as InnoDB's
//! doublewrite buffer does). Beside a later header they say nothing.
//!
//! ```text
//!   SKYBLKS1 │ identity 16 │ iteration 8 │ bytes of a block 8 │ count 8 │ count × (id 8, block) │ SHA-256 of all before 32
//! ```
//! Little endian; the block with id n stands behind the headers (12 KiB) at n blocks.

use super::error::StoreError;
use super::head::{HEADER_BYTES, Head, header_of};
use super::place::{BLOCKS, side_path, with_suffix};
use duckdb::Connection;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAGIC: &[u8; 8] = b"SKYBLKS1";
const HASH_BYTES: usize = 32;
const START_BYTES: usize = 48;
/// Metadata blocks that DuckDB may write again in place: also those that are full, which are few.
const METADATA: &str = "SELECT CAST(block_id AS UBIGINT) FROM pragma_metadata_info()";

/// Blocks that were kept, of the state that the file is in.
pub struct Blocks {
    block_bytes: usize,
    /// (id, content).
    blocks: Vec<(u64, Vec<u8>)>,
}

/// Keeps what a checkpoint of `connection` may write over. `file` is the database's own file, open since before the connection:
/// closing any other one would drop its lock.
///
/// # Errors
/// It cannot be written or read; then no checkpoint should be begun.
pub fn keep(connection: &Connection, file: &File, real: &Path) -> Result<(), StoreError> {
    // Prepared anew each time: the answer is that of the moment when it was prepared.
    let mut asked =
        connection.prepare(METADATA).map_err(StoreError::database(real, "cannot list its blocks"))?;
    let ids = asked.query_map([], |row| row.get(0)).and_then(Iterator::collect::<Result<Vec<u64>, _>>);
    let ids = ids.map_err(StoreError::database(real, "cannot list its blocks"))?;
    let kept = with_suffix(real, BLOCKS);
    write(&kept, file, &header_of(file, real)?, &ids)
        .map_err(StoreError::io(&kept, "cannot keep what a checkpoint writes over"))
}

/// The checkpoint is done.
pub fn forget(real: &Path) {
    // Left there it says nothing: the header is a later one.
    let _ = std::fs::remove_file(with_suffix(real, BLOCKS));
}

fn write(kept: &Path, file: &File, head: &Head, ids: &[u64]) -> std::io::Result<()> {
    let mut to = Hashing { to: BufWriter::new(File::create(kept)?), hash: Sha256::new() };
    to.put(MAGIC)?;
    to.put(&head.identity)?;
    for number in [head.iteration, head.block_bytes, ids.len() as u64] {
        to.put(&number.to_le_bytes())?;
    }
    let mut block = vec![0; head.block_bytes as usize];
    for id in ids {
        file.read_exact_at(&mut block, place_of(*id, head.block_bytes))?;
        to.put(&id.to_le_bytes())?;
        to.put(&block)?;
    }
    let Hashing { mut to, hash } = to;
    to.write_all(&hash.finalize())?;
    to.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    kept.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

struct Hashing {
    to: BufWriter<File>,
    hash: Sha256,
}

impl Hashing {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hash.update(bytes);
        self.to.write_all(bytes)
    }
}

/// Those beside the file at `real`, when they are of the state that `head` says it is in.
pub fn waiting(real: &Path, head: &Head) -> Option<Blocks> {
    let mut bytes = Vec::new();
    File::open(side_path(real, BLOCKS)).and_then(|mut file| file.read_to_end(&mut bytes)).ok()?;
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    let (start, rest) = content.split_at_checked(START_BYTES)?;
    let number = |at: usize| start.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let is_of_it = start.starts_with(MAGIC)
        && start.get(8..24) == Some(&head.identity[..])
        && number(24) == Some(head.iteration)
        && number(32) == Some(head.block_bytes);
    if !is_of_it || Sha256::digest(content)[..] != *hash {
        return None;
    }
    let block_bytes = head.block_bytes as usize;
    let blocks = rest.chunks_exact(8 + block_bytes).filter_map(|one| {
        let (id, block) = one.split_first_chunk()?;
        Some((u64::from_le_bytes(*id), block.to_vec()))
    });
    let blocks: Vec<_> = blocks.collect();
    (number(40) == Some(blocks.len() as u64)).then_some(Blocks { block_bytes, blocks })
}

impl Blocks {
    /// Puts them back into the file at `path`, which nobody has open.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put_back(&self, path: &Path) -> Result<(), StoreError> {
        let put = || {
            let file = File::options().write(true).open(path)?;
            for (id, block) in &self.blocks {
                file.write_all_at(block, place_of(*id, self.block_bytes as u64))?;
            }
            file.sync_all()
        };
        put().map_err(StoreError::io(path, "cannot put back what a checkpoint wrote over"))
    }
}

fn place_of(id: u64, block_bytes: u64) -> u64 {
    HEADER_BYTES as u64 + id * block_bytes
}
