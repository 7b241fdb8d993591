//! The tasks of the lines: bytes off the sockets with their time, frames from the outboxes onto them.
//!
//! A pseudo-terminal carries `baud / 10` bytes a second in each direction: a piece of bytes is written when its last bit would
//! have left, and taken when its last bit would have arrived. What its other end does not take in time is lost, as on a UART.

use super::baud::Wire;
use super::clock::Clock;
use super::face::{Face, lock};
use super::line::{Line, LineSpec};
use super::outbox::{Leaving, Outbox};
use super::wire_log::WireLog;
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
/// A wait this long before bytes came means that the line was idle.
const IDLE: Duration = Duration::from_micros(500);
const UNLOCK_EVERY: Duration = Duration::from_millis(500);

/// What the tasks share with the stepping thread.
pub struct Shared {
    /// The autopilot.
    pub face: Mutex<Face>,
    /// What passed.
    pub log: Arc<Mutex<WireLog>>,
    /// Time.
    pub clock: Arc<Clock>,
}

impl Shared {
    fn receive(&self, link: usize, bytes: &[u8]) {
        let at_us = self.clock.now_us();
        lock(&self.face).receive(link, bytes, at_us);
    }

    fn has_left(&self, leaving: Leaving) {
        if let Some(mut row) = leaving.row {
            row.at_us = self.clock.now_us();
            lock(&self.log).push(row);
        }
    }
}

/// Opens a line and starts its task. Must be called inside the runtime.
///
/// # Errors
/// What the system answers, with the line's spelling.
pub async fn open(shared: &Arc<Shared>, spec: &LineSpec) -> io::Result<Line> {
    match spec {
        LineSpec::UdpIn(at) => {
            let socket = UdpSocket::bind(at).await.map_err(named(format!("udpin:{at}")))?;
            let line = Line::UdpIn(socket.local_addr()?);
            let (link, outbox) = lock(&shared.face).open(SOCKET_BYTES);
            tokio::spawn(run_udp(Arc::clone(shared), link, outbox, socket, None));
            Ok(line)
        }
        LineSpec::UdpOut(to) => {
            let any: &str = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).await.map_err(named(format!("udpout:{to}")))?;
            let (link, outbox) = lock(&shared.face).open(SOCKET_BYTES);
            tokio::spawn(run_udp(Arc::clone(shared), link, outbox, socket, Some(*to)));
            Ok(Line::UdpOut(*to))
        }
        LineSpec::Tcp(at) => {
            let listener = TcpListener::bind(at).await.map_err(named(format!("tcp:{at}")))?;
            let line = Line::Tcp(listener.local_addr()?);
            tokio::spawn(run_listener(Arc::clone(shared), listener));
            Ok(line)
        }
        LineSpec::Pty { baud } => {
            let name = format!("pty:{baud}");
            let (ours, theirs) = SerialStream::pair().map_err(io::Error::from).map_err(named(name))?;
            let path = theirs.name().ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
            let (link, outbox) = lock(&shared.face).open(SERIAL_BYTES);
            tokio::spawn(run_pty(Arc::clone(shared), link, outbox, ours, theirs, *baud));
            Ok(Line::Pty { path: PathBuf::from(path), baud: *baud })
        }
    }
}

fn named(line: String) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{line}: {error}"))
}

/// Without a fixed peer it speaks to whom it heard last, and to nobody before.
async fn run_udp(
    shared: Arc<Shared>,
    link: usize,
    outbox: Arc<Outbox>,
    socket: UdpSocket,
    fixed: Option<SocketAddr>,
) {
    let mut peer = fixed;
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        tokio::select! {
            got = socket.recv_from(&mut datagram) => match got {
                Ok((count, from)) => {
                    shared.receive(link, &datagram[..count]);
                    peer = fixed.or(Some(from));
                }
                // An ICMP answer to an earlier datagram; it says nothing of the socket.
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            },
            leaving = outbox.next() => {
                outbox.sent(leaving.bytes.len());
                if let Some(peer) = peer
                    && socket.send_to(&leaving.bytes, peer).await.is_ok()
                {
                    shared.has_left(leaving);
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
                let (link, outbox) = lock(&shared.face).open(SOCKET_BYTES);
                tokio::spawn(run_client(Arc::clone(&shared), link, outbox, stream));
            }
            // Too many open files, for example: it may pass.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn run_client(shared: Arc<Shared>, link: usize, outbox: Arc<Outbox>, stream: TcpStream) {
    let (mut reader, mut writer) = stream.into_split();
    let read = async {
        let mut bytes = vec![0; 4_096];
        while let Ok(count @ 1..) = reader.read(&mut bytes).await {
            shared.receive(link, &bytes[..count]);
        }
    };
    let write = async {
        loop {
            let leaving = outbox.next().await;
            if writer.write_all(&leaving.bytes).await.is_err() {
                return;
            }
            outbox.sent(leaving.bytes.len());
            shared.has_left(leaving);
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
    lock(&shared.face).close(link);
}

async fn run_pty(
    shared: Arc<Shared>,
    link: usize,
    outbox: Arc<Outbox>,
    ours: SerialStream,
    theirs: SerialStream,
    baud: u32,
) {
    let (reader, writer) = tokio::io::split(ours);
    tokio::select! {
        () = read_pty(&shared, link, reader, baud) => {}
        () = write_pty(&shared, &outbox, writer, baud) => {}
        () = keep_open(theirs) => {}
    }
    lock(&shared.face).close(link);
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

async fn read_pty(shared: &Shared, link: usize, mut reader: ReadHalf<SerialStream>, baud: u32) {
    let mut wire = Wire::new(baud);
    let mut bytes = vec![0; wire.piece_bytes()];
    loop {
        let asked = Instant::now();
        let Ok(count @ 1..) = reader.read(&mut bytes).await else { return };
        let now = Instant::now();
        sleep_until(wire.passed_at(now, count, now - asked > IDLE)).await;
        shared.receive(link, &bytes[..count]);
    }
}

async fn write_pty(shared: &Shared, outbox: &Outbox, mut writer: WriteHalf<SerialStream>, baud: u32) {
    let mut wire = Wire::new(baud);
    let piece_bytes = wire.piece_bytes();
    loop {
        let asked = Instant::now();
        let leaving = outbox.next().await;
        let mut was_idle = asked.elapsed() > IDLE;
        for piece in leaving.bytes.chunks(piece_bytes) {
            sleep_until(wire.passed_at(Instant::now(), piece.len(), was_idle)).await;
            was_idle = false;
            if !write_what_fits(&mut writer, piece).await {
                return;
            }
            outbox.sent(piece.len());
        }
        shared.has_left(leaving);
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
