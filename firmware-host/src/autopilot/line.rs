//! One open line to the autopilot: serial, UDP or TCP behind the same three verbs: read, write, how much waits.
//!
//! Nothing here blocks: a thread opens and reads it (`reader`), writes are tries on the same socket or port.

use std::io;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::net::SendFlags;
use rustix::termios::{QueueSelector, tcflush};

use super::address::Address;
use super::opening::Half;
use super::reader::{Chunk, Reader, Reading};
use crate::clock::Clock;

/// A serial byte is 10 bits: start, 8, stop.
const BITS_PER_BYTE: usize = 10;
/// Asked of a TCP line, on which nobody can know the rate: enough for all we send.
const TCP_BYTES_PER_S: usize = 10_000;

/// What is written to, and who reads.
pub struct Ends<W> {
    out: W,
    reader: Reader,
}

/// An open line.
pub enum Line {
    /// Serial, with its speed.
    Serial {
        /// The device.
        port: Ends<OwnedFd>,
        /// What it carries.
        bytes_per_s: usize,
    },
    /// UDP that waits for its peer.
    UdpIn(Ends<UdpSocket>),
    /// UDP to one peer.
    UdpOut(Ends<UdpSocket>),
    /// TCP.
    Tcp(Ends<TcpStream>),
}

impl Line {
    /// Opens `address`, read by a thread that asks the system for nothing.
    ///
    /// # Errors
    /// What the system answers: no such device, permission denied, connection refused, …
    pub async fn open(address: &Address) -> io::Result<Line> {
        Line::open_as(address.clone(), &Reading::new(Clock::start(), || ())).await
    }

    /// Opens `address`, read as `reading` says.
    ///
    /// # Errors
    /// As [`Line::open`].
    pub async fn open_as(address: Address, reading: &Reading) -> io::Result<Line> {
        let (reader, half) = Reader::open(address, reading).await?;
        Ok(match half {
            Half::Serial(out, baud) => {
                Line::Serial { port: Ends { out, reader }, bytes_per_s: baud as usize / BITS_PER_BYTE }
            }
            Half::UdpIn(out) => Line::UdpIn(Ends { out, reader }),
            Half::UdpOut(out) => Line::UdpOut(Ends { out, reader }),
            Half::Tcp(out) => Line::Tcp(Ends { out, reader }),
        })
    }

    /// The next chunk that was read.
    ///
    /// # Errors
    /// The line is gone; a read of nothing (hang-up, end of stream) is such an error too.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        match self {
            Line::Serial { port, .. } => port.reader.poll_chunk(cx),
            Line::UdpIn(ends) | Line::UdpOut(ends) => ends.reader.poll_chunk(cx),
            Line::Tcp(ends) => ends.reader.poll_chunk(cx),
        }
    }

    /// The next chunk, as much of it as `buffer` holds: its length, and from whom where the line has several speakers.
    ///
    /// # Errors
    /// As [`Line::poll_chunk`].
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, Option<SocketAddr>)>> {
        let chunk = ready!(self.poll_chunk(cx))?;
        let count = chunk.bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&chunk.bytes[..count]);
        Poll::Ready(Ok((count, chunk.from)))
    }

    /// Writes as much of `bytes` as goes at once. UDP to a peer that is not there (yet) goes nowhere, which is no error.
    ///
    /// # Errors
    /// `WouldBlock`: the line is full. Else the line is gone.
    pub fn try_write(&mut self, bytes: &[u8], peer: Option<SocketAddr>) -> io::Result<usize> {
        match (self, peer) {
            (Line::Serial { port, .. }, _) => Ok(rustix::io::write(&port.out, bytes)?),
            (Line::Tcp(ends), _) => Ok(rustix::net::send(&ends.out, bytes, SendFlags::NOSIGNAL)?),
            (Line::UdpOut(ends), _) => udp_sent(ends.out.send(bytes)),
            (Line::UdpIn(ends), Some(peer)) => udp_sent(ends.out.send_to(bytes, peer)),
            (Line::UdpIn(_), None) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Throws away what a serial line's queue still holds; returns how many bytes. Other lines cannot take anything back.
    pub fn discard_queued(&self) -> usize {
        let Line::Serial { port, .. } = self else { return 0 };
        let bytes = self.queued_bytes();
        match tcflush(&port.out, QueueSelector::OFlush) {
            Ok(()) => bytes,
            Err(error) => {
                tracing::debug!("the serial queue was not emptied: {error}");
                0
            }
        }
    }

    /// Bytes we wrote that still wait in the system, where it knows.
    pub fn queued_bytes(&self) -> usize {
        match self {
            Line::Serial { port, .. } => queued_bytes(&port.out),
            Line::Tcp(ends) => queued_bytes(&ends.out),
            Line::UdpIn(_) | Line::UdpOut(_) => 0,
        }
    }

    /// What the line carries; `None` where nothing queues.
    pub fn bytes_per_s(&self) -> Option<usize> {
        match self {
            Line::Serial { bytes_per_s, .. } => Some(*bytes_per_s),
            Line::Tcp(_) => Some(TCP_BYTES_PER_S),
            Line::UdpIn(_) | Line::UdpOut(_) => None,
        }
    }

    /// Whether what was sent together may come with long pauses between: TCP sends lost pieces again after 200 ms or more.
    pub fn may_pause(&self) -> bool {
        matches!(self, Line::Tcp(_))
    }

    /// Closes it without waiting: a serial device would first send what is queued, for up to 30 s.
    pub fn close(self) {
        self.discard_queued();
        if let Line::Serial { port, .. } = self {
            tokio::task::spawn_blocking(move || drop(port));
        }
    }
}

fn udp_sent(result: io::Result<usize>) -> io::Result<usize> {
    result.map_err(|_| io::ErrorKind::WouldBlock.into())
}

fn queued_bytes(line: impl AsFd) -> usize {
    // SIOCOUTQ of tcp(7): bytes sent and not acknowledged, or not sent. The same number as a tty's TIOCOUTQ.
    const SIOCOUTQ: rustix::ioctl::Opcode = 0x5411;
    // SAFETY: SIOCOUTQ writes one int, which is what `Getter<_, i32>` gives it.
    let queued = unsafe { rustix::ioctl::ioctl(line, rustix::ioctl::Getter::<SIOCOUTQ, i32>::new()) };
    queued.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(0))
}
