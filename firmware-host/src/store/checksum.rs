//! DuckDB's checksum (its `checksum.cpp`): of WAL entries, headers and blocks.

/// Words multiplied and joined by XOR, the remainder by MurmurHash64A.
pub fn checksum(bytes: &[u8]) -> u64 {
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
