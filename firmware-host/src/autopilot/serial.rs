//! A serial port: bytes in by a thread of its own, writes as tries on the same open port.
//!
//! Polling a tty makes the kernel wait for its own worker (`n_tty_poll` calls `tty_buffer_flush_work`), which has normal
//! priority: beside busy programs such a poll took 0.3 to 4 s, whatever the priority of who polled. So the control thread
//! never polls one; it takes chunks from a channel. Writes and the ioctls here do not wait for that worker.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};
use std::thread;

use rustix::termios::{QueueSelector, tcflush};
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

/// One read.
const CHUNK_BYTES: usize = 1024;
/// Chunks that wait for a late pass; then the kernel's own buffer fills.
const CHUNKS_MAX: usize = 16;

/// An open port. Its reader ends with it.
pub struct Serial {
    port: OwnedFd,
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Serial {
    /// Opens `device`, and throws away what waited there: it is old, and would be taken for fresh.
    ///
    /// # Errors
    /// What the system answers.
    pub async fn open(device: String, baud: u32) -> io::Result<Serial> {
        let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
        let (told, opened) = oneshot::channel();
        // Opening a USB adapter takes its time; the pass has none.
        thread::Builder::new().name("serial-rx".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            match runtime {
                Ok(runtime) => runtime.block_on(read(&device, baud, told, sender)),
                Err(error) => drop(told.send(Err(error))),
            }
        })?;
        Ok(Serial { port: opened.await.map_err(io::Error::other)??, chunks })
    }

    /// Takes what came; `buffer` holds at least 1024 bytes.
    ///
    /// # Errors
    /// The port is gone.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let chunk = ready!(self.chunks.poll_recv(cx)).unwrap_or_else(|| Err(hung_up()))?;
        buffer[..chunk.len()].copy_from_slice(&chunk);
        Poll::Ready(Ok(chunk.len()))
    }

    /// Writes what goes at once.
    ///
    /// # Errors
    /// `WouldBlock`: it is full. Else it is gone.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.port, bytes)?)
    }

    /// Throws away what was written and has not left.
    ///
    /// # Errors
    /// The port is gone.
    pub fn discard_queued(&self) -> io::Result<()> {
        Ok(tcflush(&self.port, QueueSelector::OFlush)?)
    }

    /// For what else the system knows of it.
    pub fn port(&self) -> &OwnedFd {
        &self.port
    }
}

/// The end of a stream that should have none.
pub(super) fn hung_up() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "hung up")
}

/// Opens, tells, and reads until the port or its user is gone.
async fn read(
    device: &str,
    baud: u32,
    told: oneshot::Sender<io::Result<OwnedFd>>,
    chunks: mpsc::Sender<io::Result<Vec<u8>>>,
) {
    let opened = SerialStream::open(&tokio_serial::new(device, baud));
    let mut port = match opened {
        Ok(port) => port,
        Err(error) => return drop(told.send(Err(error.into()))),
    };
    let _ = port.clear(ClearBuffer::All);
    // SAFETY: `port` owns this descriptor and outlives the borrow, which ends with the call.
    let twin = rustix::io::dup(unsafe { BorrowedFd::borrow_raw(port.as_raw_fd()) });
    if told.send(twin.map_err(io::Error::from)).is_err() {
        return;
    }
    let mut buffer = [0; CHUNK_BYTES];
    loop {
        let read = tokio::select! {
            () = chunks.closed() => return,
            read = port.read(&mut buffer) => read,
        };
        let chunk = match read {
            Ok(0) => Err(hung_up()),
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) => Err(error),
        };
        let is_over = chunk.is_err();
        if chunks.send(chunk).await.is_err() || is_over {
            return;
        }
    }
}
