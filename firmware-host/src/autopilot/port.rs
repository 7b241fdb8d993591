//! Keeps a line open: opens it in the background, loses it, opens it again with back-off; reads and writes whole frames.
//!
//! An absent device is no error, it is tried again. Nothing spins: between two tries a timer runs, and a lost line is
//! closed before the next poll. Nothing queues here but the rest of one frame of which the system took only a part.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use skyhound::time::TimeUs;
use tokio::task::JoinHandle;

use super::address::Address;
use super::framing::FRAME_BYTES_MAX;
use super::line::Line;
use super::reader::{Chunk, Reading};

/// What a frame is, which says how much line time may wait before it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A movement: on the wire at once or never, because the mode may be the pilot's a moment later.
    Velocity,
    /// A stop, a heartbeat.
    Urgent,
    /// What can wait.
    Patient,
}

impl Urgency {
    const fn wait_ms(self) -> usize {
        match self {
            Urgency::Velocity => 10,
            Urgency::Urgent => 100,
            Urgency::Patient => 40,
        }
    }
}

/// What happened to the line.
#[derive(Debug)]
pub enum Change {
    /// It is open.
    Opened,
    /// It is gone, or (told once) could not be opened.
    Lost(io::Error),
}

enum State {
    Unused,
    Opening(JoinHandle<io::Result<Line>>),
    Open(Line),
}

/// A line that is kept open.
pub struct Port {
    address: Address,
    reading: Reading,
    wait_min: Duration,
    wait_max: Duration,
    wait: Duration,
    state: State,
    was_told: bool,
    was_open: bool,
    change: Option<Change>,
    chunk: Option<Chunk>,
    tail: Vec<u8>,
    /// A velocity was written and not recalled since; the tail may be the rest of it.
    has_velocity: bool,
    tail_is_velocity: bool,
    /// Whom we answer on `udpin`.
    pub peer: Option<SocketAddr>,
    /// Frames out.
    pub sent_total: u64,
    /// Frames that were not sent.
    pub dropped_total: u64,
    /// Bytes that were written and taken back.
    pub recalled_bytes_total: u64,
    /// Times it was opened again.
    pub reconnect_total: u64,
}

impl Port {
    /// Begins to open `address`. Must be called inside the runtime.
    pub fn open(address: Address, reading: Reading, wait_min_us: u32, wait_max_us: u32) -> Port {
        let wait_min = Duration::from_micros(u64::from(wait_min_us.max(1_000)));
        let wait_max = Duration::from_micros(u64::from(wait_max_us)).max(wait_min);
        let mut port = Port {
            address,
            reading,
            wait_min,
            wait_max,
            wait: Duration::ZERO,
            state: State::Unused,
            was_told: false,
            was_open: false,
            change: None,
            chunk: None,
            tail: Vec::with_capacity(FRAME_BYTES_MAX),
            has_velocity: false,
            tail_is_velocity: false,
            peer: None,
            sent_total: 0,
            dropped_total: 0,
            recalled_bytes_total: 0,
            reconnect_total: 0,
        };
        if port.address != Address::None {
            port.begin_opening();
        }
        port
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The line, while it is open.
    pub fn line(&self) -> Option<&Line> {
        match &self.state {
            State::Open(line) => Some(line),
            _ => None,
        }
    }

    /// Resolves when a chunk or a change waits. Cancel-safe: what was read stays here.
    pub async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll_ready(cx)).await;
    }

    /// The change that waits.
    pub fn take_change(&mut self) -> Option<Change> {
        self.change.take()
    }

    /// The next chunk, without waiting. Its time is never later than `now`, which was read before.
    pub fn next_chunk(&mut self, now: TimeUs) -> Option<Chunk> {
        let _ = self.poll_ready(&mut Context::from_waker(Waker::noop()));
        let chunk = self.chunk.take()?;
        Some(Chunk { at: chunk.at.min(now), ..chunk })
    }

    /// Chunks that a late pass left no room for.
    pub fn unread_total(&self) -> u64 {
        self.reading.dropped_total()
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.change.is_none() && self.chunk.is_none() {
            match &mut self.state {
                State::Unused => return Poll::Pending,
                State::Opening(opening) => {
                    let opened = std::task::ready!(Pin::new(opening).poll(cx));
                    match opened.map_err(io::Error::other).and_then(|result| result) {
                        Ok(line) => self.take_open(line),
                        Err(error) => self.lose(error),
                    }
                }
                State::Open(line) => match std::task::ready!(line.poll_chunk(cx)) {
                    Ok(chunk) => self.chunk = Some(chunk),
                    Err(error) => self.lose(error),
                },
            }
        }
        Poll::Ready(())
    }

    fn begin_opening(&mut self) {
        let (address, reading, wait) = (self.address.clone(), self.reading.clone(), self.wait);
        let open = async move {
            tokio::time::sleep(wait).await;
            Line::open_as(address, &reading).await
        };
        self.state = State::Opening(tokio::spawn(open));
        self.wait = (wait * 2).clamp(self.wait_min, self.wait_max);
    }

    fn take_open(&mut self, line: Line) {
        self.reconnect_total += u64::from(self.was_open);
        (self.was_open, self.was_told) = (true, false);
        self.tail.clear();
        (self.has_velocity, self.tail_is_velocity) = (false, false);
        self.state = State::Open(line);
        self.change = Some(Change::Opened);
    }

    /// Gives the line up and begins to open it again.
    pub fn lose(&mut self, error: io::Error) {
        if let State::Open(line) = std::mem::replace(&mut self.state, State::Unused) {
            line.close();
        }
        self.peer = None;
        if !self.was_told {
            self.change = Some(Change::Lost(error));
            self.was_told = true;
        }
        self.begin_opening();
    }

    /// Something good was heard on this line: the next outage begins with the shortest wait. Not at opening, or a device
    /// that opens and fails at once would be tried without pause.
    pub fn is_good(&mut self) {
        self.wait = self.wait_min;
    }

    /// Writes a frame now or never. Returns whether it went.
    pub fn send(&mut self, frame: &[u8], urgency: Urgency) -> bool {
        let went = self.try_send(frame, urgency);
        self.sent_total += u64::from(went);
        self.dropped_total += u64::from(!went);
        went
    }

    /// Commanding is over: a velocity that has not left the system yet must not arrive any more. The rest of a frame of
    /// which a part is out is thrown away (it costs the receiver that frame); a serial line's own queue is emptied.
    pub fn recall_velocity(&mut self) {
        if !std::mem::take(&mut self.has_velocity) {
            return;
        }
        if std::mem::take(&mut self.tail_is_velocity) {
            self.recalled_bytes_total += self.tail.len() as u64;
            self.tail.clear();
        }
        if let State::Open(line) = &self.state {
            self.recalled_bytes_total += line.discard_queued() as u64;
        }
    }

    fn try_send(&mut self, frame: &[u8], urgency: Urgency) -> bool {
        let State::Open(line) = &mut self.state else { return false };
        if let Some(bytes_per_s) = line.bytes_per_s()
            && line.queued_bytes() > bytes_per_s * urgency.wait_ms() / 1000
        {
            return false;
        }
        if !self.tail.is_empty() {
            match line.try_write(&self.tail, self.peer) {
                Ok(count) => drop(self.tail.drain(..count)),
                Err(error) => return self.take_write_error(error),
            }
            if !self.tail.is_empty() {
                return false;
            }
        }
        match line.try_write(frame, self.peer) {
            Ok(count) => {
                self.tail.extend_from_slice(&frame[count..]);
                let is_velocity = urgency == Urgency::Velocity;
                self.has_velocity |= is_velocity;
                self.tail_is_velocity = is_velocity && !self.tail.is_empty();
                true
            }
            Err(error) => self.take_write_error(error),
        }
    }

    fn take_write_error(&mut self, error: io::Error) -> bool {
        if error.kind() != io::ErrorKind::WouldBlock {
            self.lose(error);
        }
        false
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let State::Opening(opening) = &self.state {
            opening.abort();
        }
    }
}
