//! Opens a line to the autopilot, for who reads it and for who writes to it.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

use super::address::{Address, Place};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An ICMP "nobody there" is one failed read; more in a row than this is a broken socket.
const UDP_ERRORS_IN_A_ROW: usize = 16;

/// Where bytes come from.
pub enum Source {
    /// A serial port.
    Serial(SerialStream),
    /// Datagrams.
    Udp(UdpSocket),
    /// A connection.
    Tcp(TcpStream),
}

/// What is written to.
pub enum Half {
    /// A serial port, and its baud rate.
    Serial(OwnedFd, u32),
    /// A bound socket.
    UdpIn(std::net::UdpSocket),
    /// A connected socket.
    UdpOut(std::net::UdpSocket),
    /// A connection.
    Tcp(std::net::TcpStream),
}

/// Opens `address` for reading and writing, in the runtime of the thread that will read it.
pub async fn begin(address: &Address) -> io::Result<(Source, Half)> {
    match address {
        Address::Serial { device, baud } => {
            // Opening a USB adapter takes its time, which is the reading thread's own.
            let port = SerialStream::open(&tokio_serial::new(device, *baud))?;
            // What waited there is old, and would be taken for fresh.
            let _ = port.clear(ClearBuffer::All);
            // SAFETY: `port` owns this descriptor and outlives the borrow, which ends with the call.
            let twin = rustix::io::dup(unsafe { BorrowedFd::borrow_raw(port.as_raw_fd()) })?;
            Ok((Source::Serial(port), Half::Serial(twin, *baud)))
        }
        Address::UdpIn(place) => {
            let socket = UdpSocket::bind(target(place)).await?;
            let twin = socket.as_fd().try_clone_to_owned()?.into();
            Ok((Source::Udp(socket), Half::UdpIn(twin)))
        }
        Address::UdpOut(place) => {
            let to = tokio::net::lookup_host(target(place)).await?.next();
            let to = to.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
            let any: &str = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(to).await?;
            let twin = socket.as_fd().try_clone_to_owned()?.into();
            Ok((Source::Udp(socket), Half::UdpOut(twin)))
        }
        Address::TcpOut(place) => {
            let connecting = TcpStream::connect(target(place));
            let stream = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await??;
            stream.set_nodelay(true)?;
            let twin = stream.as_fd().try_clone_to_owned()?.into();
            Ok((Source::Tcp(stream), Half::Tcp(twin)))
        }
        Address::None => Err(io::Error::new(io::ErrorKind::Unsupported, "no line is configured")),
    }
}

fn target(place: &Place) -> (&str, u16) {
    (&place.host, place.port)
}

impl Source {
    /// Reads what has come: its length, and from whom where the line has several speakers. Cancel-safe.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Option<SocketAddr>)> {
        let count = match self {
            Source::Udp(socket) => return datagram(socket, buffer).await,
            Source::Serial(port) => port.read(buffer).await?,
            Source::Tcp(stream) => stream.read(buffer).await?,
        };
        if count == 0 { Err(hung_up()) } else { Ok((count, None)) }
    }
}

async fn datagram(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, Option<SocketAddr>)> {
    let mut error_count = 0;
    while error_count < UDP_ERRORS_IN_A_ROW {
        match socket.try_recv_from(buffer) {
            Ok((count, from)) => return Ok((count, Some(from))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                socket.readable().await?;
                error_count = 0;
            }
            Err(_) => error_count += 1,
        }
    }
    Err(io::Error::other("the socket only answers errors"))
}

/// The end of a stream that should have none.
pub fn hung_up() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "hung up")
}
