//! The rig's line to someone else's autopilot: a thread that hears it, beats as a ground station, and sends what it is given.
//!
//! A line that breaks is opened again and again: simulators hang up when they start anew.

use super::heard::Heard;
use crate::autopilot::messages;
use crate::autopilot::wire::Message;
use crate::shared::lock;
use skyhound::vehicle::Firmware;
use skyhound_host::autopilot::Address;
use skyhound_host::autopilot::framing::Framer;
use skyhound_host::autopilot::line::Line;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ground stations' system id, and MAV_COMP_ID_MISSIONPLANNER.
const GROUND: (u8, u8) = (255, 190);
const BEAT_EVERY: Duration = Duration::from_secs(1);
const SET_MESSAGE_INTERVAL: u16 = 511;
/// ArduPilot gives sticks back RC_OVERRIDE_TIME (3 s) after the last override.
const STICKS_EVERY: Duration = Duration::from_millis(100);
/// What truth and state are made of, with their rates. Asked again and again: autopilots forget when they start anew.
const WANTED: [(u32, f64); 7] =
    [(33, 20.0), (30, 20.0), (108, 25.0), (242, 0.5), (245, 2.0), (1, 2.0), (0, 1.0)];
/// PX4's besides: CURRENT_MODE. ArduPilot has it not, and says so in words each time it is asked.
const WANTED_OF_PX4: [(u32, f64); 1] = [(436, 10.0)];
const ASK_EVERY: Duration = Duration::from_secs(3);
const READ_WAIT: Duration = Duration::from_millis(5);
const OPEN_EVERY: Duration = Duration::from_millis(500);
const NO_OVERRIDE: u16 = u16::MAX;
/// Gives a channel back to the radio.
const RELEASE: u16 = 0;

/// The line. It ends when dropped.
pub struct Link {
    pub shared: Arc<Shared>,
    sender: mpsc::Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread shares.
pub struct Shared {
    heard: Mutex<Heard>,
    opened: Instant,
    /// When the scenario began, µs since the line was opened.
    zero_us: AtomicU64,
    silent: AtomicBool,
    over: AtomicBool,
    sticks: Mutex<[u16; 8]>,
    gone: Mutex<Option<String>>,
}

impl Shared {
    /// µs since the scenario's begin; before it, since the line was opened.
    pub fn now_us(&self) -> u64 {
        (self.opened.elapsed().as_micros() as u64).saturating_sub(self.zero_us.load(Ordering::Acquire))
    }

    pub fn begin(&self) {
        let mut heard = self.heard();
        self.zero_us.store(self.opened.elapsed().as_micros() as u64, Ordering::Release);
        heard.begin();
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        lock(&self.heard)
    }
}

impl Link {
    pub fn open(address: &Address) -> Result<Link, String> {
        let shared = Arc::new(Shared {
            heard: Mutex::default(),
            opened: Instant::now(),
            zero_us: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            over: AtomicBool::new(false),
            sticks: Mutex::new([NO_OVERRIDE; 8]),
            gone: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let line = runtime.block_on(Line::open(address)).map_err(|error| format!("{address}: {error}"))?;
        let (sender, orders) = mpsc::channel();
        let (shared_inside, address) = (Arc::clone(&shared), address.clone());
        let thread = std::thread::spawn(move || {
            runtime.block_on(live(line, &address, &shared_inside, &orders));
        });
        Ok(Link { shared, sender, thread: Some(thread) })
    }

    pub fn send(&self, message: Message) -> Result<(), String> {
        lock(&self.shared.gone).clone().map_or(Ok(()), Err)?;
        self.sender.send(message).map_err(|_| "the rig's line has ended".to_owned())
    }

    /// Holds a stick (channel 1..=8), or lets it go.
    pub fn hold_stick(&self, channel: u8, us: Option<u16>) {
        let mut sticks = lock(&self.shared.sticks);
        if let Some(stick) = usize::from(channel).checked_sub(1).and_then(|index| sticks.get_mut(index)) {
            *stick = us.unwrap_or(RELEASE);
        }
    }

    /// Its heartbeat stops or comes back.
    pub fn fall_silent(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::Release);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What goes out: frames with their numbers, to whoever was heard last.
struct Out {
    sequence: u8,
    peer: Option<SocketAddr>,
}

impl Out {
    async fn send(&mut self, line: &mut Line, message: &Message) -> std::io::Result<()> {
        let frame = message.frame(GROUND, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        let mut rest = frame.as_slice();
        while !rest.is_empty() {
            match line.try_write(rest, self.peer) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if matches!(line, Line::UdpIn(_)) => return Ok(()),
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        Ok(())
    }
}

/// Runs the line, and opens it again while it must.
async fn live(line: Line, address: &Address, shared: &Shared, orders: &mpsc::Receiver<Message>) {
    let mut opened = Ok(line);
    while !shared.over.load(Ordering::Acquire) {
        let tell = |why: Option<String>| *lock(&shared.gone) = why;
        let broken = match opened {
            Ok(line) => {
                tell(None);
                run(line, shared, orders).await.err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = broken {
            tell(Some(format!("{address}: {error}")));
            tokio::time::sleep(OPEN_EVERY).await;
            // What nobody took is no order any more.
            orders.try_iter().for_each(drop);
        }
        opened = Line::open(address).await;
    }
}

async fn run(mut line: Line, shared: &Shared, orders: &mpsc::Receiver<Message>) -> std::io::Result<()> {
    let (mut framer, mut out) = (Framer::new(), Out { sequence: 0, peer: None });
    let mut buffer = [0; 4_096];
    let (mut beat, mut stick, mut ask) = (Instant::now(), Instant::now(), Instant::now());
    while !shared.over.load(Ordering::Acquire) {
        let read = std::future::poll_fn(|cx| line.poll_read(cx, &mut buffer));
        if let Ok(read) = tokio::time::timeout(READ_WAIT, read).await {
            let (count, peer) = read?;
            out.peer = peer.or(out.peer);
            let now_us = shared.now_us();
            framer.push(&buffer[..count], |frame| shared.heard().take(&frame, now_us));
        }
        while let Ok(message) = orders.try_recv() {
            out.send(&mut line, &message).await?;
        }
        let now = Instant::now();
        if now >= beat && !shared.silent.load(Ordering::Acquire) {
            out.send(&mut line, &messages::station_beat()).await?;
            beat = now + BEAT_EVERY;
        }
        let (system, is_px4) = {
            let heard = shared.heard();
            (heard.system, heard.firmware == Some(Firmware::Px4))
        };
        if let Some(system) = system.filter(|_| now >= ask) {
            let besides = WANTED_OF_PX4.iter().filter(|_| is_px4);
            for &(id, rate_hz) in WANTED.iter().chain(besides) {
                let asked = messages::command(SET_MESSAGE_INTERVAL, &[f64::from(id), 1e6 / rate_hz]);
                out.send(&mut line, &asked.to((system, 1))).await?;
            }
            ask = now + ASK_EVERY;
        }
        if let Some(system) = system.filter(|_| now >= stick) {
            let sent = *lock(&shared.sticks);
            if sent.iter().any(|us| *us != NO_OVERRIDE) {
                out.send(&mut line, &messages::rc_override(sent).to((system, 1))).await?;
            }
            for (stick, sent) in lock(&shared.sticks).iter_mut().zip(sent) {
                // Given back once, it is the radio's; and ArduPilot takes each override for a ground station's sign of life.
                if (*stick, sent) == (RELEASE, RELEASE) {
                    *stick = NO_OVERRIDE;
                }
            }
            stick = now + STICKS_EVERY;
        }
    }
    Ok(())
}
