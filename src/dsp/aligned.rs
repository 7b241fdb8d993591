//! Buffers that begin on a cache line, so that no packed load or store lies across two of them: an allocator promises 16
//! bytes, and every second one would.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line of the CPUs we fly on, which is also the widest packed register.
const LINE_BYTES: usize = 64;

/// As many values as it was made with; allocated once.
pub struct Aligned<T> {
    storage: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy> Aligned<T> {
    /// `len` times `value`.
    pub fn filled(value: T, len: usize) -> Aligned<T> {
        let storage = vec![value; len + LINE_BYTES / size_of::<T>().max(1)];
        let start = storage.as_ptr().align_offset(LINE_BYTES).min(storage.len() - len);
        Aligned { storage, start, len }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.storage[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_on_a_line_whatever_was_allocated_before() {
        for len in [0, 1, 7, 512, 4_096] {
            let odd = vec![1_u8; 3 * len + 1];
            let (floats, pairs) = (Aligned::filled(1.5_f32, len), Aligned::filled([2.0_f32; 2], len));
            assert_eq!((floats.as_ptr().addr() % LINE_BYTES, pairs.as_ptr().addr() % LINE_BYTES), (0, 0));
            assert!(floats.iter().all(|value| *value == 1.5) && floats.len() == len && pairs.len() == len);
            drop(odd);
        }
    }
}
