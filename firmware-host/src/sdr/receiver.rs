//! The sdr-rx thread: reads a source into preallocated blocks and sends them through a lane.
//!
//! Blocks go round: full ones to the sense thread, used ones back. The thread never waits for anyone downstream: with no
//! free block it reads into a spare one, throws that away, and counts its samples as lost before the next block. Only a
//! recording played as fast as it goes waits for a free block, since nothing presses it. The thread wakes the taker by
//! unparking it, once a block. After the start nothing is allocated while the source is well.
//!
//! Stopping waits one second at most: a driver that hangs is left behind with its thread.

use super::{Block, Source, Step, event, say};
use crate::clock::Clock;
use crate::realtime::Body;
use skyhound::record::{Event, Record, Severity};
use skyhound::ring::{Consumer, Producer, lane};
use skyhound::signal::Flags;
use skyhound::time::TimeUs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

const STOP_WAIT_US: u64 = 1_000_000;
/// A read waits 100 ms; one that takes this long does not come back.
const HANG_US: u64 = 1_000_000;

/// What both ends and the control thread see.
#[derive(Default)]
struct Shared {
    alive: AtomicBool,
    stop: AtomicBool,
    taker: OnceLock<Thread>,
    lost_samples_total: AtomicU64,
    dropped_blocks_total: AtomicU64,
    dropped_samples_total: AtomicU64,
    overflow_total: AtomicU64,
    lost_total: AtomicU64,
    blocks_total: AtomicU64,
    /// When the source last came back from a read, µs.
    read_us: AtomicU64,
    /// Why it cannot be read on.
    failed: OnceLock<String>,
}

/// Totals since the start. Each can be read from any thread.
#[derive(Clone)]
pub struct ReceiverTotals(Arc<Shared>, Clock);

impl ReceiverTotals {
    /// Whether samples are coming: false while the device is stalled or lost, while its driver hangs in a read for over a
    /// second, and after the thread's end.
    pub fn is_alive(&self) -> bool {
        let read_us = TimeUs(self.0.read_us.load(Ordering::Acquire));
        self.0.alive.load(Ordering::Acquire) && self.1.now().since_us(read_us) <= HANG_US
    }

    /// Why the source cannot be read on, if so: the thread has ended by it.
    pub fn failed(&self) -> Option<&str> {
        self.0.failed.get().map(String::as_str)
    }

    /// Samples missing in the stream of blocks: lost by the driver (told, or by the clock) and thrown away here.
    pub fn lost_samples_total(&self) -> u64 {
        self.0.lost_samples_total.load(Ordering::Relaxed)
    }

    /// Blocks thrown away because no free one was there.
    pub fn dropped_blocks_total(&self) -> u64 {
        self.0.dropped_blocks_total.load(Ordering::Relaxed)
    }

    /// Samples in those.
    pub fn dropped_samples_total(&self) -> u64 {
        self.0.dropped_samples_total.load(Ordering::Relaxed)
    }

    /// Times the driver said that it lost samples.
    pub fn overflow_total(&self) -> u64 {
        self.0.overflow_total.load(Ordering::Relaxed)
    }

    /// Times the device was lost (stalled, unplugged).
    pub fn device_lost_total(&self) -> u64 {
        self.0.lost_total.load(Ordering::Relaxed)
    }

    /// Blocks handed on.
    pub fn blocks_total(&self) -> u64 {
        self.0.blocks_total.load(Ordering::Relaxed)
    }
}

/// The running thread.
pub struct Receiver {
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    clock: Clock,
}

/// The taker's end: one thread takes blocks from here.
pub struct Blocks {
    full: Consumer<Block>,
    free: Producer<Block>,
    shared: Arc<Shared>,
    reader: Thread,
    patient: bool,
    clock: Clock,
}

/// A block on loan; it goes back when this is dropped.
pub struct Lease<'a> {
    block: Option<Block>,
    blocks: &'a mut Blocks,
}

impl Receiver {
    /// Gives the work over `block_count` blocks (two at least) to a thread of `start`. What happens goes into `events`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn spawn(
        source: Source,
        block_count: usize,
        events: Producer<Record>,
        clock: Clock,
        start: impl FnOnce(Body) -> std::io::Result<JoinHandle<()>>,
    ) -> std::io::Result<(Receiver, Blocks)> {
        let block_count = block_count.max(2);
        let (full, takes) = lane("blocks", block_count);
        let (mut back, free) = lane("free_blocks", block_count);
        for _ in 0..block_count {
            back.push(source.block());
        }
        let shared = Arc::new(Shared::default());
        shared.alive.store(true, Ordering::Release);
        shared.read_us.store(clock.now().0, Ordering::Release);
        let patient = source.is_patient();
        let spare = source.block();
        let mut reader =
            Reader { source, full, free, spare, events, clock, shared: Arc::clone(&shared), lost: 0 };
        let thread = start(Box::new(move || {
            let _dead = DeadAtEnd(Arc::clone(&reader.shared));
            reader.run(patient);
        }))?;
        let wake = thread.thread().clone();
        let blocks =
            Blocks { full: takes, free: back, shared: Arc::clone(&shared), reader: wake, patient, clock };
        Ok((Receiver { thread: Some(thread), shared, clock }, blocks))
    }

    /// The totals, for any thread.
    pub fn totals(&self) -> ReceiverTotals {
        ReceiverTotals(Arc::clone(&self.shared), self.clock)
    }

    /// Stops the thread and closes the source; waits 1 s at most. False when a hanging driver was left behind.
    pub fn stop(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        self.shared.stop.store(true, Ordering::Release);
        let Some(thread) = self.thread.take() else { return true };
        thread.thread().unpark();
        let until = self.clock.now().plus_us(STOP_WAIT_US);
        while !thread.is_finished() {
            if self.clock.now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        thread.join().is_ok()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whoever asks learns of the thread's end, also by panic, and whoever waits is woken.
struct DeadAtEnd(Arc<Shared>);

impl Drop for DeadAtEnd {
    fn drop(&mut self) {
        self.0.alive.store(false, Ordering::Release);
        if let Some(taker) = self.0.taker.get() {
            taker.unpark();
        }
    }
}

struct Reader {
    source: Source,
    full: Producer<Block>,
    free: Consumer<Block>,
    spare: Block,
    events: Producer<Record>,
    clock: Clock,
    shared: Arc<Shared>,
    /// Samples thrown away since the last block that was sent.
    lost: u64,
}

impl Reader {
    fn run(&mut self, patient: bool) {
        let mut pooled: Option<Block> = None;
        while !self.shared.stop.load(Ordering::Acquire) && !self.full.is_abandoned() {
            self.shared.read_us.store(self.clock.now().0, Ordering::Release);
            pooled = pooled.or_else(|| self.free.pop());
            if pooled.is_none() && patient {
                std::thread::park_timeout(Duration::from_millis(20));
                continue;
            }
            let events = &mut self.events;
            let block = pooled.as_mut().unwrap_or(&mut self.spare);
            let step = self.source.read(block, &mut |event| {
                say(&event);
                events.push(Record::Event(event));
            });
            self.shared.alive.store(self.source.is_alive(), Ordering::Release);
            self.shared.overflow_total.store(self.source.overflow_total(), Ordering::Relaxed);
            self.shared.lost_total.store(self.source.lost_total(), Ordering::Relaxed);
            match step {
                Ok(Step::Block) => match pooled.take() {
                    Some(block) => self.send(block),
                    None => self.drop_spare(),
                },
                Ok(Step::Nothing) => {}
                Ok(Step::End) => return,
                Err(error) => {
                    self.tell(Severity::Critical, "sdr_file", format_args!("{error}"));
                    // Set once: the thread ends here.
                    let _ = self.shared.failed.set(error.to_string());
                    return;
                }
            }
        }
    }

    fn send(&mut self, mut block: Block) {
        if self.lost > 0 {
            block.stamp.lost_samples += std::mem::take(&mut self.lost);
            block.stamp.flags = block.stamp.flags.with(Flags::GAP);
        }
        self.shared.lost_samples_total.fetch_add(block.stamp.lost_samples, Ordering::Relaxed);
        // There are only as many blocks as the lane holds, so this one fits.
        self.full.push(block);
        self.shared.blocks_total.fetch_add(1, Ordering::Relaxed);
        if let Some(taker) = self.shared.taker.get() {
            taker.unpark();
        }
    }

    fn drop_spare(&mut self) {
        let count = self.spare.samples().len() as u64;
        self.lost += self.spare.stamp.lost_samples + count;
        let dropped = self.shared.dropped_blocks_total.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared.dropped_samples_total.fetch_add(count, Ordering::Relaxed);
        // Told at 1, 2, 4, 8 …: a stuck taker must not fill the record lane.
        if dropped.is_power_of_two() {
            self.tell(
                Severity::Warning,
                "sdr_gap",
                format_args!("{dropped} blocks thrown away: sense is late"),
            );
        }
    }

    fn tell(&mut self, severity: Severity, kind: &'static str, text: std::fmt::Arguments<'_>) {
        let told: Event = event(self.clock.now(), severity, kind, text);
        say(&told);
        self.events.push(Record::Event(told));
    }
}

impl Blocks {
    /// The next block, or `None` when none came within `wait` or the stream has ended. Always to be called from one
    /// thread: the receiver wakes the first one that called.
    pub fn next(&mut self, wait: Duration) -> Option<Lease<'_>> {
        self.shared.taker.get_or_init(std::thread::current);
        let until = self.clock.now().plus_us(wait.as_micros() as u64);
        loop {
            // Asked before the pop: what was sent before the end is still taken.
            let over = self.full.is_abandoned();
            if let Some(block) = self.full.pop() {
                return Some(Lease { block: Some(block), blocks: self });
            }
            let left_us = until.since_us(self.clock.now());
            if over || left_us == 0 {
                return None;
            }
            std::thread::park_timeout(Duration::from_micros(left_us));
        }
    }

    /// Whether the stream has ended and all of it was taken.
    pub fn is_ended(&self) -> bool {
        self.full.is_abandoned() && self.full.waiting_count() == 0
    }

    /// The totals, for any thread.
    pub fn totals(&self) -> ReceiverTotals {
        ReceiverTotals(Arc::clone(&self.shared), self.clock)
    }

    /// Blocks waiting.
    pub fn waiting_count(&self) -> usize {
        self.full.waiting_count()
    }
}

impl std::ops::Deref for Lease<'_> {
    type Target = Block;

    fn deref(&self) -> &Block {
        self.block.as_ref().expect("the block is here until the drop")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.blocks.free.push(block);
        }
        if self.blocks.patient {
            self.blocks.reader.unpark();
        }
    }
}

#[cfg(test)]
mod tests;
