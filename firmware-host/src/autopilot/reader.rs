//! Reads a line by a thread of its own, and stamps what it reads.
//!
//! The control thread has passes to keep: a chunk that waited for one would look as fresh as the pass. And polling a tty
//! makes the kernel wait for its own worker (`n_tty_poll` calls `tty_buffer_flush_work`), which has normal priority: beside
//! busy programs such a poll took 0.3 to 4 s, whatever the priority of who polled. So a thread opens each line, reads it,
//! reads the clock, and hands chunks over by a bounded channel; when that is full it drops and counts, and reads on, so
//! that what comes next is fresh. It ends with the line's other end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::thread;

use skyhound::time::TimeUs;
use tokio::sync::{mpsc, oneshot};

use super::address::Address;
use super::opening::{Half, begin, hung_up};
use crate::clock::Clock;

/// A UDP datagram at most.
const READ_BYTES: usize = 65_536;
/// Chunks and bytes that wait for a late pass: a second of a serial line that gives each byte alone, a burst of a recording
/// that is played.
const CHUNKS_MAX: usize = 1_024;
const BYTES_MAX: usize = 262_144;

/// How lines are read: by whose clock, and what each reading thread asks the system for first.
#[derive(Clone)]
pub struct Reading {
    clock: Clock,
    ask: Arc<dyn Fn() + Send + Sync>,
    dropped_total: Arc<AtomicU64>,
}

impl Reading {
    /// By `clock`; each thread begins with `ask`.
    pub fn new(clock: Clock, ask: impl Fn() + Send + Sync + 'static) -> Reading {
        Reading { clock, ask: Arc::new(ask), dropped_total: Arc::default() }
    }

    /// Chunks that found no place, or whose line was given up, since the start.
    pub fn dropped_total(&self) -> u64 {
        self.dropped_total.load(Ordering::Relaxed)
    }
}

/// Bytes that came together.
#[derive(Debug)]
pub struct Chunk {
    /// What came.
    pub bytes: Vec<u8>,
    /// From whom, on UDP.
    pub from: Option<SocketAddr>,
    /// When it was read.
    pub at: TimeUs,
}

/// The near end of a reading thread. It ends with this.
pub struct Reader {
    chunks: mpsc::Receiver<io::Result<Chunk>>,
    waiting_bytes: Arc<AtomicUsize>,
    dropped_total: Arc<AtomicU64>,
}

impl Reader {
    /// Opens `address` in a thread of its own, which then reads it.
    ///
    /// # Errors
    /// What the system answers.
    pub async fn open(address: Address, reading: &Reading) -> io::Result<(Reader, Half)> {
        let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
        let (told, opened) = oneshot::channel();
        let waiting_bytes = Arc::<AtomicUsize>::default();
        let dropped_total = Arc::clone(&reading.dropped_total);
        let (reading, waiting) = (reading.clone(), Arc::clone(&waiting_bytes));
        thread::Builder::new().name("autopilot-rx".into()).spawn(move || {
            (reading.ask)();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    runtime.block_on(read(&address, told, Sender { chunks: sender, waiting, reading }));
                    // A look-up that hangs is left behind.
                    runtime.shutdown_background();
                }
                Err(error) => drop(told.send(Err(error))),
            }
        })?;
        let half = opened.await.map_err(io::Error::other)??;
        Ok((Reader { chunks, waiting_bytes, dropped_total }, half))
    }

    /// The next chunk.
    ///
    /// # Errors
    /// The line is gone.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        let chunk = ready!(self.chunks.poll_recv(cx)).unwrap_or_else(|| Err(hung_up()))?;
        self.waiting_bytes.fetch_sub(chunk.bytes.len(), Ordering::Relaxed);
        Poll::Ready(Ok(chunk))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.chunks.close();
        while let Ok(Ok(_)) = self.chunks.try_recv() {
            self.dropped_total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Sender {
    chunks: mpsc::Sender<io::Result<Chunk>>,
    waiting: Arc<AtomicUsize>,
    reading: Reading,
}

impl Sender {
    fn send(&self, chunk: Chunk) {
        let bytes = chunk.bytes.len();
        let fits = self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= BYTES_MAX;
        if !fits || self.chunks.try_send(Ok(chunk)).is_err() {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.reading.dropped_total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Opens, tells, and reads until the line or its user is gone.
async fn read(address: &Address, told: oneshot::Sender<io::Result<Half>>, sender: Sender) {
    let (mut source, half) = match begin(address).await {
        Ok(opened) => opened,
        Err(error) => return drop(told.send(Err(error))),
    };
    if told.send(Ok(half)).is_err() {
        return;
    }
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = tokio::select! {
            () = sender.chunks.closed() => return,
            read = source.read(&mut buffer) => read,
        };
        let at = sender.reading.clock.now();
        match read {
            Ok((count, from)) => sender.send(Chunk { bytes: buffer[..count].to_vec(), from, at }),
            Err(error) => return drop(sender.chunks.send(Err(error)).await),
        }
    }
}
