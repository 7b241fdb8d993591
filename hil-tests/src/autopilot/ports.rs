//! The tasks of the lines: bytes off the sockets with their time, frames from the outboxes onto them.
//!
//! A pseudo-terminal carries `baud / 10` bytes a second in each direction: a piece of bytes is written when its last bit would
//! have left, and taken when its last bit would have arrived. What its other end does not take in time is lost, as on a UART.

use super::clock::Clock;
use super::face::{Face, lock};
use super::line::Line;
use super::outbox::{Leaving, Outbox};
use super::wire_log::WireLog;
use crate::aircraft::Aircraft;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{Instant, sleep_until};
use tokio_serial::{SerialPort, SerialStream};

/// Of a socket: far more than a second of everything.
const SOCKET_BYTES: usize = 64 << 10;
/// Of a serial line: of the order of an ArduPilot board's UART buffer.
const SERIAL_BYTES: usize = 1_024;
const DATAGRAM_BYTES_MAX: usize = 65_536;
/// Start, eight, stop.
const BITS_PER_BYTE: f64 = 10.0;
/// A sender this far behind was starved by the machine; a real UART would not make up for it.
const BEHIND_MAX: Duration = Duration::from_millis(50);
/// A wait this long before bytes came means that the line was idle.
const IDLE: Duration = Duration::from_micros(500);
const UNLOCK_EVERY: Duration = Duration::from_millis(500);

/// What the tasks share with the stepping thread.
pub struct Shared {
    /// The autopilot.
    pub face: Mutex<Face>,
    /// What it flies.
    pub aircraft: Arc<Mutex<Aircraft>>,
    /// What passed.
    pub log: Arc<Mutex<WireLog>>,
    /// Time.
    pub clock: Arc<Clock>,
}

/// A link in the hands of the task that serves its line; closed when the task ends.
struct Port {
    shared: Arc<Shared>,
    link: usize,
    outbox: Arc<Outbox>,
}

impl Port {
    fn open(shared: &Arc<Shared>, capacity_bytes: usize) -> Port {
        let (link, outbox) = lock(&shared.face).open(capacity_bytes);
        Port { shared: Arc::clone(shared), link, outbox }
    }

    fn receive(&self, bytes: &[u8]) {
        let at_us = self.shared.clock.now_us();
        lock(&self.shared.face).receive(self.link, bytes, at_us);
    }

    fn has_left(&self, leaving: Leaving) {
        if let Some(mut row) = leaving.row {
            row.at_us = self.shared.clock.now_us();
            lock(&self.shared.log).push(row);
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        lock(&self.shared.face).links[self.link].is_open = false;
    }
}

/// Opens a line and starts its task. Must be called inside the runtime.
///
/// # Errors
/// What the system answers, with the line's spelling.
pub async fn open(shared: &Arc<Shared>, spec: &Line) -> io::Result<Line> {
    match spec {
        Line::UdpIn(at) => {
            let socket = UdpSocket::bind(at).await.map_err(named(format!("udpin:{at}")))?;
            let line = Line::UdpIn(socket.local_addr()?);
            tokio::spawn(run_udp(Port::open(shared, SOCKET_BYTES), socket, None));
            Ok(line)
        }
        Line::UdpOut(to) => {
            let any: &str = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).await.map_err(named(format!("udpout:{to}")))?;
            tokio::spawn(run_udp(Port::open(shared, SOCKET_BYTES), socket, Some(*to)));
            Ok(Line::UdpOut(*to))
        }
        Line::Tcp(at) => {
            let listener = TcpListener::bind(at).await.map_err(named(format!("tcp:{at}")))?;
            let line = Line::Tcp(listener.local_addr()?);
            tokio::spawn(run_listener(Arc::clone(shared), listener));
            Ok(line)
        }
        Line::Pty { baud, .. } => {
            let name = format!("pty:{baud}");
            let (ours, theirs) = SerialStream::pair().map_err(io::Error::from).map_err(named(name))?;
            let path = theirs.name().ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
            tokio::spawn(run_pty(Port::open(shared, SERIAL_BYTES), ours, theirs, *baud));
            Ok(Line::Pty { path: PathBuf::from(path), baud: *baud })
        }
    }
}

fn named(line: String) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{line}: {error}"))
}

/// Without a fixed peer it speaks to whom it heard last, and to nobody before.
async fn run_udp(port: Port, socket: UdpSocket, fixed: Option<SocketAddr>) {
    let mut peer = fixed;
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        tokio::select! {
            got = socket.recv_from(&mut datagram) => match got {
                Ok((count, from)) => {
                    port.receive(&datagram[..count]);
                    peer = fixed.or(Some(from));
                }
                // An ICMP answer to an earlier datagram; it says nothing of the socket.
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            },
            leaving = port.outbox.next() => {
                port.outbox.sent(leaving.bytes.len());
                if let Some(peer) = peer
                    && socket.send_to(&leaving.bytes, peer).await.is_ok()
                {
                    port.has_left(leaving);
                }
            }
        }
    }
}

async fn run_listener(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Nagle would keep a heartbeat back for 40 ms.
                let _ = stream.set_nodelay(true);
                tokio::spawn(run_client(Port::open(&shared, SOCKET_BYTES), stream));
            }
            // Too many open files, for example: it may pass.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn run_client(port: Port, stream: TcpStream) {
    let (mut reader, mut writer) = stream.into_split();
    let read = async {
        let mut bytes = vec![0; 4_096];
        while let Ok(count @ 1..) = reader.read(&mut bytes).await {
            port.receive(&bytes[..count]);
        }
    };
    let write = async {
        loop {
            let leaving = port.outbox.next().await;
            if writer.write_all(&leaving.bytes).await.is_err() {
                return;
            }
            port.outbox.sent(leaving.bytes.len());
            port.has_left(leaving);
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

async fn run_pty(port: Port, ours: SerialStream, theirs: SerialStream, baud: u32) {
    let (reader, writer) = tokio::io::split(ours);
    tokio::select! {
        () = read_pty(&port, reader, baud) => {}
        () = write_pty(&port, writer, baud) => {}
        () = keep_open(theirs) => {}
    }
}

/// Held open, so that whoever opens the other end may come and go. One who was killed left it marked as exclusive, which
/// only the last close would clear.
async fn keep_open(theirs: SerialStream) {
    const TIOCNXCL: rustix::ioctl::Opcode = 0x540D;
    loop {
        tokio::time::sleep(UNLOCK_EVERY).await;
        // SAFETY: the descriptor is open for the length of this borrow, because `theirs` owns it.
        let fd = unsafe { BorrowedFd::borrow_raw(theirs.as_raw_fd()) };
        // SAFETY: TIOCNXCL of ioctl_tty(2) takes no argument.
        let _ = unsafe { rustix::ioctl::ioctl(fd, rustix::ioctl::NoArg::<TIOCNXCL>::new()) };
    }
}

async fn read_pty(port: &Port, mut reader: ReadHalf<SerialStream>, baud: u32) {
    let mut way = SerialWay::new(baud);
    let mut bytes = vec![0; way.piece_bytes()];
    loop {
        let asked = Instant::now();
        let Ok(count @ 1..) = reader.read(&mut bytes).await else { return };
        let now = Instant::now();
        sleep_until(way.passed_at(now, count, now - asked > IDLE)).await;
        port.receive(&bytes[..count]);
    }
}

async fn write_pty(port: &Port, mut writer: WriteHalf<SerialStream>, baud: u32) {
    let mut way = SerialWay::new(baud);
    let piece_bytes = way.piece_bytes();
    loop {
        let asked = Instant::now();
        let leaving = port.outbox.next().await;
        let mut was_idle = asked.elapsed() > IDLE;
        for piece in leaving.bytes.chunks(piece_bytes) {
            sleep_until(way.passed_at(Instant::now(), piece.len(), was_idle)).await;
            was_idle = false;
            if !write_what_fits(&mut writer, piece).await {
                return;
            }
            port.outbox.sent(piece.len());
        }
        port.has_left(leaving);
    }
}

/// False when the terminal is gone.
async fn write_what_fits(writer: &mut WriteHalf<SerialStream>, bytes: &[u8]) -> bool {
    poll_fn(|cx| match Pin::new(&mut *writer).poll_write(cx, bytes) {
        Poll::Ready(Err(_)) => Poll::Ready(false),
        Poll::Ready(Ok(_)) | Poll::Pending => Poll::Ready(true),
    })
    .await
}

/// One direction of a serial line.
#[derive(Debug)]
struct SerialWay {
    byte: Duration,
    free_at: Instant,
}

impl SerialWay {
    fn new(baud: u32) -> SerialWay {
        SerialWay { byte: Duration::from_secs_f64(BITS_PER_BYTE / f64::from(baud)), free_at: Instant::now() }
    }

    /// Bytes to move at once so that a piece takes about 5 ms, at least 8.
    fn piece_bytes(&self) -> usize {
        ((5e-3 / self.byte.as_secs_f64()) as usize).clamp(8, 512)
    }

    /// When the last of `bytes` more bytes has passed, if they begin at `now` at the earliest.
    fn passed_at(&mut self, now: Instant, bytes: usize, was_idle: bool) -> Instant {
        if was_idle || now.saturating_duration_since(self.free_at) > BEHIND_MAX {
            self.free_at = self.free_at.max(now);
        }
        self.free_at += self.byte * bytes as u32;
        self.free_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_takes_ten_bits() {
        let mut way = SerialWay::new(57_600);
        let now = Instant::now();
        let first = way.passed_at(now, 576, true);
        let took = first - now;
        assert!((took.as_secs_f64() - 0.1).abs() < 1e-3, "{took:?}");
        let second = way.passed_at(now, 57, true);
        assert!((second - first).as_secs_f64() > 9.8e-3, "it waits for those before it");
        let late = way.passed_at(second + Duration::from_millis(3), 57, false);
        assert!((late - second).as_secs_f64() < 10e-3, "a late wake does not slow the line");
        assert_eq!(way.piece_bytes(), 28);
    }
}
