//! Hashes as people write them, and of what is read to its end.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

const PIECE_BYTES: usize = 1 << 20;

/// As hexadecimal digits, two a byte.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of bytes that are at hand, as 64 hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(Sha256::digest(bytes))
}

/// How many bytes `from` gives until its end, each piece of which goes to `take`.
///
/// # Errors
/// It cannot be read.
pub fn pieces(mut from: impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let (mut bytes, mut piece) = (0, vec![0; PIECE_BYTES]);
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(bytes),
            count => {
                take(&piece[..count]);
                bytes += count as u64;
            }
        }
    }
}

/// Size and SHA-256 of what `from` gives until its end.
///
/// # Errors
/// It cannot be read.
pub fn sum(from: impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let bytes = pieces(from, |piece| hash.update(piece))?;
    Ok((bytes, hex(hash.finalize())))
}
