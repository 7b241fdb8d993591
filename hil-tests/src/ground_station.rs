//! A ground station: system 255 on a line of its own, the operator's and the pilot's hands in scenarios.
//!
//! It speaks real MAVLink over a real socket and knows of the aircraft only what it hears. Its thread sends the heartbeat at
//! 1 Hz and held sticks at 10 Hz, and fulfils one wish after the other: asks, waits for the answer, asks again, gives up.

mod wishes;

use crate::aircraft::{Waypoint, custom_mode_of};
use crate::autopilot::wire::Message;
use crate::scenario::Flavour;
use skyhound_host::autopilot::framing::Framer;
use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// MAV_COMP_ID_MISSIONPLANNER.
const OWN: (u8, u8) = (255, 190);
const MAV_TYPE_GCS: u8 = 6;
const MAV_AUTOPILOT_INVALID: u8 = 8;
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
const STICKS_EVERY: Duration = Duration::from_millis(100);
const LISTEN: Duration = Duration::from_millis(5);
/// Asked again after this, given up after [`PATIENCE`].
const AGAIN: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(5);
/// RC_CHANNELS_OVERRIDE of channels 1 to 8: as it is.
const LEAVE: u16 = u16::MAX;
/// Give it back to the radio.
const RELEASE: u16 = 0;

/// What a ground station is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Another mode, by the flavour's own name.
    Mode(String),
    /// Arm or disarm.
    Arm(bool),
    /// Take off to this height above home.
    TakeOff {
        /// Above home.
        alt_m: f64,
    },
    /// Upload a mission.
    Upload(Vec<Waypoint>),
    /// Fly it from its begin.
    StartMission,
    /// Set a parameter.
    Parameter {
        /// Its name.
        name: String,
        /// Its value; whole for integer ones.
        value: f64,
    },
}

/// A wish, and who is told how it ended.
type Wished = (Wish, Sender<Result<(), String>>);

/// A running ground station. It ends when dropped.
pub struct GroundStation {
    flavour: Flavour,
    wishes: Option<Sender<Wished>>,
    hands: Arc<Hands>,
    thread: Option<JoinHandle<()>>,
}

struct Hands {
    is_silent: AtomicBool,
    sticks_us: Mutex<[u16; 8]>,
}

impl GroundStation {
    /// One that speaks UDP to the autopilot's line at `to`, to its `system`.
    ///
    /// # Errors
    /// There is no socket to be had.
    pub fn connect(to: SocketAddr, flavour: Flavour, system: u8) -> io::Result<GroundStation> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(to)?;
        socket.set_read_timeout(Some(LISTEN))?;
        let hands = Arc::new(Hands { is_silent: AtomicBool::new(false), sticks_us: Mutex::new([LEAVE; 8]) });
        let (wishes, wished) = channel();
        let mut station = Station {
            socket,
            flavour,
            system,
            hands: Arc::clone(&hands),
            framer: Framer::new(),
            heard: VecDeque::new(),
            sequence: 0,
            beaten: None,
            moved: Instant::now(),
            mode: None,
        };
        let thread =
            std::thread::Builder::new().name("ground-station".into()).spawn(move || station.run(&wished))?;
        Ok(GroundStation { flavour, wishes: Some(wishes), hands, thread: Some(thread) })
    }

    /// Begins to fulfil a wish, after those before it; the receiver is told how it ended.
    pub fn begin(&self, wish: Wish) -> Receiver<Result<(), String>> {
        let (told, ended) = channel();
        if let Some(wishes) = &self.wishes {
            // Its thread lives as long as this.
            let _ = wishes.send((wish, told));
        }
        ended
    }

    fn fulfil(&self, wish: Wish) -> Result<(), String> {
        self.begin(wish).recv().unwrap_or_else(|_| Err("the ground station has ended".into()))
    }

    /// Whether the flavour has a mode of this name.
    ///
    /// # Errors
    /// It has not.
    pub fn check_mode(&self, name: &str) -> Result<(), String> {
        let known = custom_mode_of(self.flavour, name);
        known.map(drop).ok_or_else(|| format!("mode `{name}`: {:?} has none of this name", self.flavour))
    }

    /// Asks for a mode by the flavour's own name, until the aircraft says that it has it.
    ///
    /// # Errors
    /// The flavour has no such mode, or the aircraft refused or did not answer.
    pub fn set_mode(&self, name: &str) -> Result<(), String> {
        self.check_mode(name)?;
        self.fulfil(Wish::Mode(name.into()))
    }

    /// Arms or disarms.
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn arm(&self, armed: bool) -> Result<(), String> {
        self.fulfil(Wish::Arm(armed))
    }

    /// Takes off to this height above home. ArduCopter must be armed, and in GUIDED.
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn take_off(&self, alt_m: f64) -> Result<(), String> {
        self.fulfil(Wish::TakeOff { alt_m })
    }

    /// Uploads a mission, with home as its item 0 for ArduCopter (`aircraft::plan` makes one).
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn upload(&self, mission: &[Waypoint]) -> Result<(), String> {
        self.fulfil(Wish::Upload(mission.to_vec()))
    }

    /// Sets a parameter.
    ///
    /// # Errors
    /// The aircraft has no such parameter, did not take the value, or did not answer.
    pub fn set_parameter(&self, name: &str, value: f64) -> Result<(), String> {
        self.fulfil(Wish::Parameter { name: name.into(), value })
    }

    /// Moves a stick (channel 1..=8) by RC_CHANNELS_OVERRIDE, 10 times a second; `None` lets it go.
    pub fn hold_stick(&self, channel: u8, us: Option<u16>) {
        let mut sticks_us = self.hands.sticks_us.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stick) = sticks_us.get_mut(usize::from(channel).wrapping_sub(1)) {
            *stick = us.unwrap_or(RELEASE);
        }
    }

    /// Its heartbeat stops or comes back.
    pub fn fall_silent(&self, silent: bool) {
        self.hands.is_silent.store(silent, Ordering::Release);
    }
}

impl Drop for GroundStation {
    fn drop(&mut self) {
        self.wishes = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has already been printed, and this may run during another one.
            let _ = thread.join();
        }
    }
}

struct Station {
    socket: UdpSocket,
    flavour: Flavour,
    system: u8,
    hands: Arc<Hands>,
    framer: Framer,
    heard: VecDeque<Message>,
    sequence: u8,
    beaten: Option<Instant>,
    moved: Instant,
    /// Of the aircraft's last heartbeat: its mode, and whether it is armed.
    mode: Option<(u32, bool)>,
}

impl Station {
    fn run(&mut self, wished: &Receiver<Wished>) {
        use std::sync::mpsc::TryRecvError;
        loop {
            match wished.try_recv() {
                Ok((wish, told)) => {
                    let ended = self.fulfil(&wish);
                    // Whoever began it may not care how it ends.
                    let _ = told.send(ended);
                }
                Err(TryRecvError::Empty) => {
                    self.live();
                    self.heard.clear();
                }
                Err(TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Heartbeat, sticks, and whatever comes within a few milliseconds.
    fn live(&mut self) {
        let now = Instant::now();
        let is_silent = self.hands.is_silent.load(Ordering::Acquire);
        if !is_silent && self.beaten.is_none_or(|beaten| now - beaten >= HEARTBEAT_EVERY) {
            self.beaten = Some(now);
            let beat =
                Message::new("HEARTBEAT").with("type", MAV_TYPE_GCS).with("autopilot", MAV_AUTOPILOT_INVALID);
            self.send(&beat.with("system_status", 4u8).with("mavlink_version", 3u8));
        }
        if now - self.moved >= STICKS_EVERY {
            self.moved = now;
            self.move_sticks();
        }
        let mut datagram = [0; 2_048];
        let Ok(count) = self.socket.recv(&mut datagram) else { return };
        let (system, heard) = (u32::from(self.system), &mut self.heard);
        self.framer.push(&datagram[..count], |frame| {
            if frame.system == system && frame.component == 1 {
                heard.extend(Message::read(frame.id, frame.payload));
            }
        });
        for message in heard.iter().filter(|message| message.name() == "HEARTBEAT") {
            self.mode = Some((message.whole("custom_mode") as u32, message.byte("base_mode") & 0x80 != 0));
        }
    }

    fn move_sticks(&mut self) {
        const NAMES: [&str; 8] = [
            "chan1_raw",
            "chan2_raw",
            "chan3_raw",
            "chan4_raw",
            "chan5_raw",
            "chan6_raw",
            "chan7_raw",
            "chan8_raw",
        ];
        let sticks_us = *self.hands.sticks_us.lock().unwrap_or_else(PoisonError::into_inner);
        if sticks_us == [LEAVE; 8] {
            return;
        }
        let sticks = NAMES.iter().zip(sticks_us);
        let message =
            sticks.fold(Message::new("RC_CHANNELS_OVERRIDE"), |message, (name, us)| message.with(name, us));
        self.send(&message.to((self.system, 1)));
        let mut held = self.hands.sticks_us.lock().unwrap_or_else(PoisonError::into_inner);
        for (now, sent) in held.iter_mut().zip(sticks_us) {
            // Given back once, it is the radio's.
            if *now == RELEASE && sent == RELEASE {
                *now = LEAVE;
            }
        }
    }

    fn send(&mut self, message: &Message) {
        self.sequence = self.sequence.wrapping_add(1);
        // Refused while the autopilot is going: nobody waits for it then.
        let _ = self.socket.send(&message.frame(OWN, self.sequence));
    }

    /// Says `question` again and again until `answer` finds what it wants among what is heard.
    fn ask<T>(
        &mut self,
        what: &str,
        question: Option<&Message>,
        mut answer: impl FnMut(&Message) -> Option<T>,
    ) -> Result<T, String> {
        let begun = Instant::now();
        let mut asked: Option<Instant> = None;
        while begun.elapsed() < PATIENCE {
            if let Some(question) = question
                && asked.is_none_or(|asked| asked.elapsed() >= AGAIN)
            {
                asked = Some(Instant::now());
                self.send(question);
            }
            self.live();
            while let Some(message) = self.heard.pop_front() {
                if let Some(found) = answer(&message) {
                    return Ok(found);
                }
            }
        }
        Err(format!("{what}: no answer in {} s", PATIENCE.as_secs()))
    }

    fn until(&mut self, what: &str, is_so: impl Fn((u32, bool)) -> bool) -> Result<(), String> {
        let begun = Instant::now();
        while !self.mode.is_some_and(&is_so) {
            if begun.elapsed() > PATIENCE {
                return Err(format!("waited in vain until {what}"));
            }
            self.live();
            self.heard.clear();
        }
        Ok(())
    }
}
