//! The newest values of a time window, in a ring whose memory is taken once.
//!
//! A value taken at `t` is in the window of length `span` that ends at the newest reading `now` exactly when
//! `now − span < t`: the boundary itself is out, so a window of 1 s over readings every 10 ms holds 100 of them. In SQL:
//! `WHERE acquired_us > now - span AND acquired_us <= now`.
//! When the ring is full the oldest value leaves early; capacities are sized so that only a stream faster than its own
//! settings gets there.

use crate::limits::WINDOW_READINGS_MAX;
use crate::time::TimeUs;

/// Values with their times, oldest first.
pub struct Window<V> {
    span_us: u64,
    slots: Box<[(TimeUs, V)]>,
    oldest: usize,
    len: usize,
}

/// Values that a window of `span_us` may hold when one comes every `interval_us`: an eighth more for the jitter of
/// their times, at most [`WINDOW_READINGS_MAX`].
pub fn capacity(span_us: u32, interval_us: u32) -> usize {
    let expected = span_us as usize / interval_us.max(1) as usize + 1;
    (expected + expected / 8 + 8).min(WINDOW_READINGS_MAX)
}

impl<V: Copy> Window<V> {
    /// A window of `span_us` with room for `capacity` values (at least one); `blank` fills the unused room.
    pub fn new(span_us: u32, capacity: usize, blank: V) -> Window<V> {
        let slots = vec![(TimeUs(0), blank); capacity.max(1)].into_boxed_slice();
        Window { span_us: u64::from(span_us), slots, oldest: 0, len: 0 }
    }

    /// Lets the window end at `now`; `left` gets each value that leaves, oldest first.
    #[inline]
    pub fn slide(&mut self, now: TimeUs, mut left: impl FnMut(TimeUs, V)) {
        while self.len > 0 {
            let (at, value) = self.slots[self.oldest];
            if now.since_us(at) < self.span_us {
                break;
            }
            self.drop_oldest();
            left(at, value);
        }
    }

    /// Lets the window end at `at`, and appends `value`. Times must not decrease.
    #[inline]
    pub fn push(&mut self, at: TimeUs, value: V, mut left: impl FnMut(TimeUs, V)) {
        self.slide(at, &mut left);
        if self.len == self.slots.len() {
            let (early, value) = self.slots[self.oldest];
            self.drop_oldest();
            left(early, value);
        }
        let slot = self.slot(self.len);
        self.slots[slot] = (at, value);
        self.len += 1;
    }

    /// Takes the oldest value out.
    pub fn pop(&mut self) -> Option<(TimeUs, V)> {
        let first = self.first()?;
        self.drop_oldest();
        Some(first)
    }

    /// Values in the window.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The oldest value.
    pub fn first(&self) -> Option<(TimeUs, V)> {
        (self.len > 0).then(|| self.slots[self.oldest])
    }

    /// The newest value.
    pub fn last(&self) -> Option<(TimeUs, V)> {
        (self.len > 0).then(|| self.slots[self.slot(self.len - 1)])
    }

    #[inline]
    fn slot(&self, index: usize) -> usize {
        let slot = self.oldest + index;
        if slot >= self.slots.len() { slot - self.slots.len() } else { slot }
    }

    #[inline]
    fn drop_oldest(&mut self) {
        self.oldest = if self.oldest + 1 == self.slots.len() { 0 } else { self.oldest + 1 };
        self.len -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_out() {
        let mut window = Window::new(1_000_000, 1_000, 0);
        for i in 0..500u64 {
            window.push(TimeUs(i * 10_000), i, |_, _| {});
        }
        assert_eq!(window.len(), 100);
        assert_eq!(window.first().unwrap(), (TimeUs(4_000_000), 400));
        assert_eq!(window.last().unwrap(), (TimeUs(4_990_000), 499));
    }

    #[test]
    fn a_full_ring_lets_the_oldest_go() {
        let mut window = Window::new(1_000, 3, 0);
        let mut left = Vec::new();
        for i in 0..5u64 {
            window.push(TimeUs(i), i, |_, v| left.push(v));
        }
        assert_eq!((left, window.len()), (vec![0, 1], 3));
    }
}
