//! One open line to the autopilot: serial, UDP or TCP behind the same three verbs: read, write, how much waits.
//!
//! Nothing here blocks: opening runs in a task, reads are polls, writes are tries. A serial port is read by a thread of its
//! own (`serial`), because polling one may block.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpStream, UdpSocket};

use super::address::{Address, Place};
use super::serial::{self, Serial};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An ICMP "nobody there" is one failed read; more in a row than this is a broken socket.
const UDP_ERRORS_IN_A_ROW: usize = 16;
/// A serial byte is 10 bits: start, 8, stop.
const BITS_PER_BYTE: usize = 10;
/// Asked of a TCP line, on which nobody can know the rate: enough for all we send.
const TCP_BYTES_PER_S: usize = 10_000;

/// An open line.
pub enum Line {
    /// Serial, with its speed.
    Serial {
        /// The device.
        port: Serial,
        /// What it carries.
        bytes_per_s: usize,
    },
    /// UDP that waits for its peer.
    UdpIn(UdpSocket),
    /// UDP to one peer.
    UdpOut(UdpSocket),
    /// TCP.
    Tcp(TcpStream),
}

impl Line {
    /// Opens `address`. Must be called inside the runtime.
    ///
    /// # Errors
    /// What the system answers: no such device, permission denied, connection refused, …
    pub async fn open(address: &Address) -> io::Result<Line> {
        match address {
            Address::Serial { device, baud } => {
                let port = Serial::open(device.clone(), *baud).await?;
                Ok(Line::Serial { port, bytes_per_s: *baud as usize / BITS_PER_BYTE })
            }
            Address::UdpIn(place) => {
                let socket = UdpSocket::bind(target(place)).await?;
                // Until the runtime has seen it writable, every try says that it is full.
                socket.writable().await?;
                Ok(Line::UdpIn(socket))
            }
            Address::UdpOut(place) => {
                let to = tokio::net::lookup_host(target(place)).await?.next();
                let to =
                    to.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
                let any: &str = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any).await?;
                socket.connect(to).await?;
                socket.writable().await?;
                Ok(Line::UdpOut(socket))
            }
            Address::TcpOut(place) => {
                let connecting = TcpStream::connect(target(place));
                let stream = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await??;
                stream.set_nodelay(true)?;
                stream.writable().await?;
                Ok(Line::Tcp(stream))
            }
            Address::None => Err(io::Error::new(io::ErrorKind::Unsupported, "no line is configured")),
        }
    }

    /// Reads what has come into `buffer`: its length, and from whom where the line has several speakers.
    ///
    /// # Errors
    /// The line is gone; a read of nothing (hang-up, end of stream) is such an error too.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, Option<SocketAddr>)>> {
        match self {
            Line::Serial { port, .. } => port.poll_read(cx, buffer).map_ok(|count| (count, None)),
            Line::Tcp(stream) => {
                let mut into = ReadBuf::new(buffer);
                ready!(Pin::new(stream).poll_read(cx, &mut into))?;
                match into.filled().len() {
                    0 => Poll::Ready(Err(serial::hung_up())),
                    count => Poll::Ready(Ok((count, None))),
                }
            }
            Line::UdpIn(socket) | Line::UdpOut(socket) => {
                let mut into = ReadBuf::new(buffer);
                for _ in 0..UDP_ERRORS_IN_A_ROW {
                    if let Ok(from) = ready!(socket.poll_recv_from(cx, &mut into)) {
                        return Poll::Ready(Ok((into.filled().len(), Some(from))));
                    }
                }
                Poll::Ready(Err(io::Error::other("the socket only answers errors")))
            }
        }
    }

    /// Writes as much of `bytes` as goes at once. UDP to a peer that is not there (yet) goes nowhere, which is no error.
    ///
    /// # Errors
    /// `WouldBlock`: the line is full. Else the line is gone.
    pub fn try_write(&mut self, bytes: &[u8], peer: Option<SocketAddr>) -> io::Result<usize> {
        match (self, peer) {
            (Line::Serial { port, .. }, _) => port.try_write(bytes),
            (Line::Tcp(stream), _) => stream.try_write(bytes),
            (Line::UdpOut(socket), _) => udp_sent(socket.try_send(bytes)),
            (Line::UdpIn(socket), Some(peer)) => udp_sent(socket.try_send_to(bytes, peer)),
            (Line::UdpIn(_), None) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Throws away what a serial line's queue still holds. Other lines cannot take anything back.
    pub fn discard_queued(&self) {
        if let Line::Serial { port, .. } = self
            && let Err(error) = port.discard_queued()
        {
            tracing::debug!("the serial queue was not emptied: {error}");
        }
    }

    /// Bytes we wrote that still wait in the system, where it knows.
    pub fn queued_bytes(&self) -> usize {
        match self {
            Line::Serial { port, .. } => queued_bytes(port.port()),
            Line::Tcp(stream) => queued_bytes(stream),
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
        if let Line::Serial { port, .. } = self {
            let _ = port.discard_queued();
            tokio::task::spawn_blocking(move || drop(port));
        }
    }
}

fn target(place: &Place) -> (&str, u16) {
    (&place.host, place.port)
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
