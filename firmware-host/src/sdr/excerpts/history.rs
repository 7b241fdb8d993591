//! The ring of the newest blocks: the sense thread writes, the one that cuts reads behind it, and neither waits for the other.
//!
//! Each block has a place of fixed size with its stamp before its samples. The place is numbered before it is written and again after; a
//! reader that finds another number than it asked for, before or after it has read, was overtaken, and what it read is void. All is
//! allocated and touched when it is made. Places are words of 64 bits, atomic, so that reading what is just written over is
//! defined; samples lie in them as little-endian bytes, in the form that they came in.

use super::super::block::Tuned;
use super::super::{Block, Stream};
use skyhound::signal::{BlockStamp, Flags, SampleFormat, Samples};
use skyhound::time::TimeUs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// Words before the samples of a place: its number, and what [`Head`] holds.
const HEAD_WORDS: usize = 7;
const WORD_BYTES: usize = 8;

struct Shared {
    words: Box<[AtomicU64]>,
    /// Words of a place.
    place_words: usize,
    /// Blocks written since the start.
    written: AtomicU64,
    is_closed: AtomicBool,
}

/// The end that writes.
pub struct History {
    shared: Arc<Shared>,
    /// Number of the next block.
    next: u64,
}

/// The end that reads.
pub struct HistoryReader {
    shared: Arc<Shared>,
    sample_bytes: usize,
}

/// A block without its samples.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Head {
    /// Its stamp.
    pub stamp: BlockStamp,
    /// How the receiver stood.
    pub tuned: Tuned,
    /// Its samples.
    pub count: usize,
}

/// Bytes of a ring of `seconds` of `stream`.
pub fn ring_bytes(stream: &Stream, seconds: f64) -> u64 {
    (place_count(stream, seconds) * place_words(stream) * WORD_BYTES) as u64
}

fn place_words(stream: &Stream) -> usize {
    HEAD_WORDS + (stream.block_samples * stream.format.sample_bytes()).div_ceil(WORD_BYTES)
}

/// One more than are held: the one that is being written.
fn place_count(stream: &Stream, seconds: f64) -> usize {
    (seconds * stream.sample_rate_sps / stream.block_samples as f64).ceil() as usize + 1
}

/// A ring of `seconds` of the blocks of `stream`; `None` when the system does not give the memory.
pub fn history(stream: &Stream, seconds: f64) -> Option<(History, HistoryReader)> {
    let (count, place_words) = (place_count(stream, seconds), place_words(stream));
    let mut words = Vec::new();
    words.try_reserve_exact(count * place_words).ok()?;
    // Written, not only reserved: the sense pass must meet no page that is not there.
    words.resize_with(count * place_words, || AtomicU64::new(1));
    let shared = Arc::new(Shared {
        words: words.into_boxed_slice(),
        place_words,
        written: AtomicU64::new(0),
        is_closed: AtomicBool::new(false),
    });
    let reader = HistoryReader { shared: Arc::clone(&shared), sample_bytes: stream.format.sample_bytes() };
    Some((History { shared, next: 0 }, reader))
}

impl Shared {
    fn count(&self) -> u64 {
        (self.words.len() / self.place_words) as u64
    }

    fn place(&self, number: u64) -> &[AtomicU64] {
        let at = (number % self.count()) as usize * self.place_words;
        &self.words[at..at + self.place_words]
    }
}

/// What stands at a place while block `number` is written, and what when it is whole: even from 2 on.
fn marks(number: u64) -> (u64, u64) {
    (2 * number + 3, 2 * number + 2)
}

impl History {
    /// Writes a block over the oldest. Never waits, allocates nothing.
    pub fn push(&mut self, block: &Block) {
        let place = self.shared.place(self.next);
        let (begun, whole) = marks(self.next);
        place[0].store(begun, Ordering::Relaxed);
        fence(Ordering::Release);
        let (stamp, tuned, samples) = (block.stamp(), block.tuned(), block.samples());
        let head = [
            stamp.sample_index,
            stamp.acquired_us.0,
            stamp.lost_samples,
            (samples.len() as u64) << 16 | u64::from(stamp.flags.0),
            tuned.center_hz.to_bits(),
            tuned.gain_db.to_bits(),
        ];
        let (head_words, sample_words) = place[1..].split_at(HEAD_WORDS - 1);
        for (word, value) in head_words.iter().zip(head) {
            word.store(value, Ordering::Relaxed);
        }
        match samples {
            Samples::Cu8(s) => keep::<_, 4>(sample_words, s, |[i, q]| u64::from(u16::from_le_bytes([i, q]))),
            Samples::Cs8(s) => keep::<_, 4>(sample_words, s, |iq| {
                let [i, q] = iq.map(|v| v as u8);
                u64::from(u16::from_le_bytes([i, q]))
            }),
            Samples::Cs16(s) => keep::<_, 2>(sample_words, s, |iq| {
                let [i, q] = iq.map(|v| u64::from(v as u16));
                i | q << 16
            }),
            Samples::Cf32(s) => keep::<_, 1>(sample_words, s, |iq| {
                let [i, q] = iq.map(|v| u64::from(v.to_bits()));
                i | q << 32
            }),
        }
        place[0].store(whole, Ordering::Release);
        self.next += 1;
        self.shared.written.store(self.next, Ordering::Release);
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
    }
}

/// Stores `samples`, so many to a word, the first in its lowest bits.
fn keep<T: Copy, const PER_WORD: usize>(
    words: &[AtomicU64],
    samples: &[[T; 2]],
    bits: impl Fn([T; 2]) -> u64,
) {
    let width = 64 / PER_WORD as u32;
    let joined = |some: &[[T; 2]]| {
        some.iter().rev().fold(0_u64, |joined, sample| joined.unbounded_shl(width) | bits(*sample))
    };
    let (whole, rest) = samples.as_chunks::<PER_WORD>();
    for (word, some) in words.iter().zip(whole) {
        word.store(joined(some), Ordering::Relaxed);
    }
    if let Some(word) = words.get(whole.len()).filter(|_| !rest.is_empty()) {
        word.store(joined(rest), Ordering::Relaxed);
    }
}

impl HistoryReader {
    /// Number of the next block to come.
    pub fn end(&self) -> u64 {
        self.shared.written.load(Ordering::Acquire)
    }

    /// Number of the oldest block that is there, if any is.
    pub fn oldest(&self) -> u64 {
        self.end().saturating_sub(self.shared.count() - 1)
    }

    /// Whether no block comes any more.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Acquire)
    }

    /// Block `number` without its samples; `None` when it is not there yet or not any more.
    pub fn head(&self, number: u64) -> Option<Head> {
        self.at(number, head_of)
    }

    /// Block `number`, its samples' bytes put in place of what is in `bytes`; `None` as before, and then those are nothing.
    pub fn read(&self, number: u64, bytes: &mut Vec<u8>) -> Option<Head> {
        self.at(number, |place| {
            let head = head_of(place);
            bytes.clear();
            let words = place[HEAD_WORDS..].iter().map(|word| word.load(Ordering::Relaxed).to_le_bytes());
            // A count that is just being written over may be anything.
            let wanted = head.count.saturating_mul(self.sample_bytes);
            bytes.extend(words.take(wanted.div_ceil(WORD_BYTES)).flatten());
            bytes.truncate(wanted);
            head
        })
    }

    fn at<T>(&self, number: u64, read: impl FnOnce(&[AtomicU64]) -> T) -> Option<T> {
        let place = self.shared.place(number);
        let (_, whole) = marks(number);
        if place[0].load(Ordering::Acquire) != whole {
            return None;
        }
        let found = read(place);
        fence(Ordering::Acquire);
        (place[0].load(Ordering::Relaxed) == whole).then_some(found)
    }
}

fn head_of(place: &[AtomicU64]) -> Head {
    let word = |at: usize| place[at].load(Ordering::Relaxed);
    let count_and_flags = word(4);
    Head {
        stamp: BlockStamp {
            sample_index: word(1),
            acquired_us: TimeUs(word(2)),
            lost_samples: word(3),
            flags: Flags(count_and_flags as u16),
        },
        tuned: Tuned { center_hz: f64::from_bits(word(5)), gain_db: f64::from_bits(word(6)) },
        count: (count_and_flags >> 16) as usize,
    }
}

/// As SigMF spells the form of the bytes.
pub fn datatype(format: SampleFormat) -> &'static str {
    match format {
        SampleFormat::Cu8 => "cu8",
        SampleFormat::Cs8 => "ci8",
        SampleFormat::Cs16 => "ci16_le",
        SampleFormat::Cf32 => "cf32_le",
    }
}
