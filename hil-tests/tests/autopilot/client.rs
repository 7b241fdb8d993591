//! Somebody on a line: hears, and says what a test wants.

use skyhound_host::autopilot::framing::{Framer, FramingTotals};
use skyhound_rig::aircraft::Aircraft;
use skyhound_rig::autopilot::messages::{command, station_beat};
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::autopilot::{Autopilot, Line};
use skyhound_rig::scenario::{self, Flavour, Place};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// 30 m above home, armed, in LOITER or AUTO.LOITER.
pub fn aloft(settings: &scenario::Aircraft) -> Aircraft {
    let mut aircraft = Aircraft::new(settings, &Place::default(), 7);
    aircraft.begin_airborne(0.0, 0.0, 30.0, 0.0);
    aircraft
}

/// Flies it on `lines`.
pub fn flown(flavour: Flavour, lines: &[&str]) -> Autopilot {
    let lines: Vec<Line> = lines.iter().map(|line| line.parse().unwrap()).collect();
    let settings = scenario::Aircraft { flavour, ..Default::default() };
    Autopilot::start(aloft(&settings), &lines).unwrap()
}

/// Flies it on any UDP port, where the companion meets it and has heard its heartbeat.
pub fn met(flavour: Flavour) -> (Autopilot, Client) {
    let autopilot = flown(flavour, &["udpin:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
    client.told("HEARTBEAT");
    (autopilot, client)
}

/// Who said it, its sequence number, what was said.
pub type Heard = ((u8, u8), u8, Message);

/// Somebody.
pub struct Client {
    /// Of whatever kind: without blocking, they are all written and read alike.
    line: File,
    framer: Framer,
    from: (u8, u8),
    sequence: u8,
    pub heard: Vec<Heard>,
}

impl Client {
    /// Who meets the autopilot on `line`, speaking as `from`.
    pub fn meet(line: &Line, from: (u8, u8)) -> Client {
        let line = match line {
            Line::UdpIn(at) => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.connect(at).unwrap();
                socket.set_nonblocking(true).unwrap();
                File::from(OwnedFd::from(socket))
            }
            Line::UdpOut(to) => panic!("nobody meets it at {to}"),
            Line::Tcp(at) => {
                let stream = TcpStream::connect(at).unwrap();
                stream.set_nonblocking(true).unwrap();
                File::from(OwnedFd::from(stream))
            }
            Line::Pty { path, .. } => {
                let flags = rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::NONBLOCK;
                let flags = i32::try_from(flags.bits()).unwrap();
                File::options().read(true).write(true).custom_flags(flags).open(path).unwrap()
            }
        };
        let mut client = Client { line, framer: Framer::new(), from, sequence: 0, heard: Vec::new() };
        client.beat();
        client
    }

    /// Its heartbeat: a ground station's from system 255, an onboard computer's from any other.
    pub fn beat(&mut self) {
        let kind: u8 = if self.from.0 == 255 { 6 } else { 18 };
        self.say(station_beat().with("type", kind));
    }

    pub fn say(&mut self, message: Message) {
        self.sequence = self.sequence.wrapping_add(1);
        self.write(&message.frame(self.from, self.sequence));
    }

    /// COMMAND_LONG to the autopilot.
    pub fn command(&mut self, id: u16, params: &[f64]) {
        self.say(command(id, params).to((1, 1)));
    }

    /// Writes all of it, however slowly the line takes it.
    pub fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.line.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(1))
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Takes in what has come.
    pub fn take(&mut self) {
        let mut bytes = [0; 4_096];
        while let Ok(count @ 1..) = self.line.read(&mut bytes) {
            let heard = &mut self.heard;
            self.framer.push(&bytes[..count], |frame| {
                let from = (frame.system as u8, frame.component);
                let message = Message::read(frame.id, frame.payload);
                heard.extend(message.map(|message| (from, frame.sequence, message)));
            });
        }
    }

    /// Hears for a while.
    pub fn hear(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.take();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the first message, of those not waited for yet, that is wanted; beats meanwhile.
    pub fn until<T>(&mut self, what: &str, mut wanted: impl FnMut((u8, u8), &Message) -> Option<T>) -> T {
        let (begun, mut beaten) = (Instant::now(), Instant::now());
        while begun.elapsed() < PATIENCE {
            self.take();
            while !self.heard.is_empty() {
                let (from, _, message) = self.heard.remove(0);
                if let Some(found) = wanted(from, &message) {
                    return found;
                }
            }
            if beaten.elapsed() > Duration::from_millis(500) {
                beaten = Instant::now();
                self.beat();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("waited in vain until {what}");
    }

    /// Waits for a message of this name from the autopilot.
    pub fn told(&mut self, name: &str) -> Message {
        self.until(name, |from, message| (from == (1, 1) && message.name() == name).then(|| message.clone()))
    }

    /// Waits for a message of this name, whoever's, that is so.
    pub fn until_so(&mut self, name: &str, is_so: impl Fn(&Message) -> bool) {
        self.until(name, |_, message| (message.name() == name && is_so(message)).then_some(()));
    }

    /// What has come since now, within `time`, if it is so.
    pub fn heard_within(&mut self, time: Duration, is_so: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        self.take();
        self.heard.clear();
        self.hear(time);
        self.heard.iter().filter(|heard| is_so(heard)).cloned().collect()
    }

    /// What came, as bytes.
    pub fn totals(&self) -> FramingTotals {
        self.framer.totals()
    }
}

/// SET_POSITION_TARGET_LOCAL_NED, velocity only, to the autopilot.
pub fn velocity(north_mps: f64, east_mps: f64, down_mps: f64) -> Message {
    let message = Message::new("SET_POSITION_TARGET_LOCAL_NED").with("coordinate_frame", 1u8);
    let message = message.with("type_mask", 0b0101_1100_0111_u16);
    message.with("vx", north_mps).with("vy", east_mps).with("vz", down_mps).to((1, 1))
}
