//! The world's samples for the SDR driver, over a Unix socket: asked for, made, sent.
//!
//! ```text
//! driver (in the program under test)                        this process
//!   open                                         ─────→     one device: `ok`, or `busy` while another has it
//!   take from=INDEX count=N rate=… center=… …    ─────→     newest true pose, N samples between the pose before and it
//!   N samples in the form asked for              ←─────
//! ```
//! The driver asks, because it is the device's clock: it asks for a few milliseconds when they are due, so no air is made
//! ahead and what is heard is what is flown now; a stall, a rate that is not the asked one or lost samples are its own
//! doing, told by index. Each line says all that matters, so a driver that was unplugged and comes back needs no memory here. A
//! socket and not shared memory: 160 MB/s at most (20 MS/s as floats), a copy costs 2 % of a core, and a death of either end
//! is seen at once by the other.
//! Nobody waits for a driver: it has a thread of its own, and one that does not read for a second is put out.

mod request;
mod span;

use crate::scenario::Kind;
use crate::truth::Poses;
use crate::world::iq::IqWorld;
use request::{LINE_BYTES_MAX, Request};
use span::StreamTime;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A driver that does not take what it asked for within this is put out.
const SEND_WAIT: Duration = Duration::from_secs(1);

/// The running server; its threads end and the socket's file goes when it is dropped.
pub struct IqServer {
    shared: Arc<Shared>,
    listener: Arc<UnixListener>,
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
}

struct Shared {
    world: Mutex<IqWorld>,
    poses: Poses,
    /// The driver that has the device.
    owner: Mutex<Option<UnixStream>>,
    /// All that are connected.
    connections: Mutex<Vec<UnixStream>>,
    ending: AtomicBool,
    samples_total: AtomicU64,
    opened_total: AtomicU64,
}

impl IqServer {
    /// Listens on `socket`; a file that a dead rig left there is replaced.
    pub fn start(socket: &Path, world: IqWorld, poses: Poses) -> io::Result<IqServer> {
        if UnixStream::connect(socket).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
            std::fs::remove_file(socket)?;
        }
        let told = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", socket.display()));
        let listener = Arc::new(UnixListener::bind(socket).map_err(told)?);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            poses,
            owner: Mutex::new(None),
            connections: Mutex::new(Vec::new()),
            ending: AtomicBool::new(false),
            samples_total: AtomicU64::new(0),
            opened_total: AtomicU64::new(0),
        });
        let (ours, theirs) = (Arc::clone(&listener), Arc::clone(&shared));
        let thread =
            std::thread::Builder::new().name("iq-listen".into()).spawn(move || listen(&ours, &theirs))?;
        Ok(IqServer { shared, listener, thread: Some(thread), socket: socket.to_owned() })
    }

    /// As [`IqWorld::apply`]; waits for the samples that are being made, some milliseconds of air.
    pub fn apply(&self, kind: &Kind, begins: bool) -> bool {
        lock(&self.shared.world).apply(kind, begins)
    }

    /// Samples made so far.
    pub fn samples_total(&self) -> u64 {
        self.shared.samples_total.load(Ordering::Relaxed)
    }

    /// Times a driver opened the device.
    pub fn opened_total(&self) -> u64 {
        self.shared.opened_total.load(Ordering::Relaxed)
    }
}

impl Drop for IqServer {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Release);
        // Wakes the thread in `accept`; nothing can be done where it fails, and then nobody waits for it.
        let woken = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes drivers in until the end, then waits for their threads.
fn listen(listener: &UnixListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if shared.ending.load(Ordering::Acquire) {
            break;
        }
        let Ok(stream) = stream else {
            // Out of descriptors, perhaps: not for ever.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let (Ok(known), shared) = (stream.try_clone(), Arc::clone(shared)) else { continue };
        threads.retain(|thread| !thread.is_finished());
        let mut connections = lock(&shared.connections);
        connections.retain(|stream| !is_gone(stream));
        connections.push(known);
        drop(connections);
        let serving = std::thread::Builder::new().name("iq-serve".into());
        threads.extend(serving.spawn(move || {
            if let Err(why) = serve(&stream, &shared) {
                eprintln!("skyhound-rig: the SDR driver's connection ends: {why}");
            }
            let _ = stream.shutdown(Shutdown::Both);
        }));
    }
    for stream in lock(&shared.connections).drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// Whether the other end has closed.
fn is_gone(stream: &UnixStream) -> bool {
    use rustix::net::{RecvFlags, recv};
    let peeked = recv(stream, &mut [0; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    !matches!(peeked, Ok((_, 1..)) | Err(rustix::io::Errno::AGAIN))
}

/// Answers one driver until it goes.
fn serve(stream: &UnixStream, shared: &Shared) -> Result<(), String> {
    stream.set_write_timeout(Some(SEND_WAIT)).map_err(|e| e.to_string())?;
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    let (mut line, mut samples, mut bytes) = (String::new(), Vec::new(), Vec::new());
    let (mut time, mut is_open) = (StreamTime::default(), false);
    loop {
        line.clear();
        let read = Read::take(&mut lines, LINE_BYTES_MAX as u64).read_line(&mut line);
        if !matches!(read, Ok(1..)) {
            return Ok(());
        }
        match Request::parse(&line)? {
            Request::Open => {
                is_open = shared.open(stream);
                let answer: &[u8] = if is_open { b"ok\n" } else { b"busy\n" };
                if out.write_all(answer).is_err() {
                    return Ok(());
                }
            }
            Request::Take(_) if !is_open => return Err("it takes before it has opened".into()),
            Request::Take(take) => {
                let (from, to) = time.span(&take, &(shared.poses)());
                samples.resize(take.count, [0.0; 2]);
                let mut world = lock(&shared.world);
                world.tune(take.tuning);
                world.samples(&from, &to, &mut samples);
                drop(world);
                bytes.clear();
                take.form.write(&samples, &mut bytes);
                shared.samples_total.fetch_add(take.count as u64, Ordering::Relaxed);
                match out.write_all(&bytes) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                        return Err("it does not take what it asked for".into());
                    }
                    Err(_) => return Ok(()),
                    Ok(()) => {}
                }
            }
        }
    }
}

impl Shared {
    /// Gives the device to `stream` unless somebody else has it.
    fn open(&self, stream: &UnixStream) -> bool {
        let mut owner = lock(&self.owner);
        if owner.as_ref().is_some_and(|owner| !is_gone(owner)) {
            return false;
        }
        *owner = stream.try_clone().ok();
        self.opened_total.fetch_add(1, Ordering::Relaxed);
        owner.is_some()
    }
}

#[cfg(test)]
mod tests;
