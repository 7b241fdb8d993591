//! Lanes: bounded single-producer single-consumer rings between threads, each with a name, a capacity and a drop counter.
//!
//! Guarantees: allocation only in [`lane`]; push and pop are wait-free; what does not fit is dropped *newest first* and
//! counted, and the count is visible at both ends. Not guaranteed: waking anybody. A consumer polls at its own pace.

use ringbuf::traits::{Consumer as _, Observer as _, Producer as _, Split as _};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What both ends and the health report know of a lane.
#[derive(Debug)]
pub struct Gauge {
    name: &'static str,
    capacity_count: usize,
    dropped_total: AtomicU64,
    pushed_total: AtomicU64,
}

impl Gauge {
    /// Name of the lane.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Items it holds at most.
    pub fn capacity_count(&self) -> usize {
        self.capacity_count
    }

    /// Items that did not fit since the start.
    pub fn dropped_total(&self) -> u64 {
        self.dropped_total.load(Ordering::Relaxed)
    }

    /// Items that did fit since the start.
    pub fn pushed_total(&self) -> u64 {
        self.pushed_total.load(Ordering::Relaxed)
    }
}

/// The end that pushes.
pub struct Producer<T> {
    ring: HeapProd<T>,
    gauge: Arc<Gauge>,
    // The producer alone counts, so plain stores of these suffice: no read-modify-write on the hot path.
    dropped_total: u64,
    pushed_total: u64,
}

/// The end that pops.
pub struct Consumer<T> {
    ring: HeapCons<T>,
    gauge: Arc<Gauge>,
}

/// A lane of `capacity_count` items (at least 1).
pub fn lane<T>(name: &'static str, capacity_count: usize) -> (Producer<T>, Consumer<T>) {
    let (producer, consumer) = HeapRb::new(capacity_count.max(1)).split();
    let gauge = Arc::new(Gauge {
        name,
        capacity_count: capacity_count.max(1),
        dropped_total: AtomicU64::new(0),
        pushed_total: AtomicU64::new(0),
    });
    let other = Arc::clone(&gauge);
    (
        Producer { ring: producer, gauge, dropped_total: 0, pushed_total: 0 },
        Consumer { ring: consumer, gauge: other },
    )
}

impl<T> Producer<T> {
    /// Pushes one item; `false` when it was dropped and counted.
    #[inline]
    pub fn push(&mut self, item: T) -> bool {
        let fits = self.ring.try_push(item).is_ok();
        self.count(u64::from(fits), u64::from(!fits));
        fits
    }

    /// Pushes what fits of `items`, drops and counts the rest; how many fitted.
    #[inline]
    pub fn push_slice(&mut self, items: &[T]) -> usize
    where
        T: Copy,
    {
        let pushed = self.ring.push_slice(items);
        self.count(pushed as u64, (items.len() - pushed) as u64);
        pushed
    }

    /// Room left now; the consumer can only make it more.
    pub fn vacant_count(&self) -> usize {
        self.ring.vacant_len()
    }

    /// The lane's gauge.
    pub fn gauge(&self) -> &Arc<Gauge> {
        &self.gauge
    }

    /// Whether the consumer is gone.
    pub fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.gauge) == 1 || !self.ring.read_is_held()
    }

    fn count(&mut self, pushed: u64, dropped: u64) {
        self.pushed_total += pushed;
        self.gauge.pushed_total.store(self.pushed_total, Ordering::Relaxed);
        if dropped > 0 {
            self.dropped_total += dropped;
            self.gauge.dropped_total.store(self.dropped_total, Ordering::Relaxed);
        }
    }
}

impl<T> Consumer<T> {
    /// The oldest item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.ring.try_pop()
    }

    /// Fills `items` from the oldest on; how many were there.
    #[inline]
    pub fn pop_slice(&mut self, items: &mut [T]) -> usize
    where
        T: Copy,
    {
        self.ring.pop_slice(items)
    }

    /// Items waiting now; the producer can only make it more.
    pub fn waiting_count(&self) -> usize {
        self.ring.occupied_len()
    }

    /// The lane's gauge.
    pub fn gauge(&self) -> &Arc<Gauge> {
        &self.gauge
    }

    /// Whether the producer is gone. Items may still wait.
    pub fn is_abandoned(&self) -> bool {
        !self.ring.write_is_held()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_newest_and_counts() {
        let (mut producer, mut consumer) = lane::<u32>("test", 3);
        assert_eq!(producer.push_slice(&[1, 2]), 2);
        assert!(producer.push(3));
        assert!(!producer.push(4));
        assert_eq!(producer.push_slice(&[5, 6]), 0);
        assert_eq!((consumer.gauge().dropped_total(), consumer.gauge().pushed_total()), (3, 3));
        let mut items = [0; 8];
        assert_eq!(consumer.pop_slice(&mut items), 3);
        assert_eq!(items[..3], [1, 2, 3]);
        assert_eq!(consumer.pop(), None);
    }

    #[test]
    fn each_end_sees_the_other_go() {
        let (producer, consumer) = lane::<u32>("test", 3);
        assert!(!producer.is_abandoned() && !consumer.is_abandoned());
        drop(consumer);
        assert!(producer.is_abandoned());
        let (producer, consumer) = lane::<u32>("test", 3);
        drop(producer);
        assert!(consumer.is_abandoned());
    }
}
