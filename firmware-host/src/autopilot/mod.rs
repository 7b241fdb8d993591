//! The link to the autopilot: MAVLink in over serial, UDP or TCP, vehicle state out of it, our commands into it.
//!
//! [`Link`] lives in the control thread's `current_thread` runtime and is driven by its passes: `ready` wakes the thread
//! when bytes came, `drain` takes them in, `command` sends the pass's command, `tick` does the housekeeping. The heartbeat
//! is sent by `tick` and so by the pass: a hung pass is a silent one. Nothing blocks the pass, and no setpoint ever waits
//! behind old bytes: when the line is backed up it is dropped and counted.
//!
//! Bound to one autopilot ([`listener`]); who else speaks changes nothing. On `udpin` only the peer that brings that
//! autopilot's heartbeat is heard and answered; another may take its place after 3 s of silence. Before binding nothing is
//! sent, except heartbeats when the settings name the system, and on `udpout`, where nobody can answer us before we spoke
//! (as system 1, MAVLink's usual one). `is_up` means: the line is open and the autopilot was heard in the last 5 s.
//!
//! Not done here: signing, routing for others, missions, setting parameters, arming or changing modes.

pub mod address;
pub mod battery;
pub mod framing;
pub mod inbound;
pub mod line;
pub mod listener;
pub mod outbound;
pub mod params;
pub mod payload;
mod port;
mod requests;
mod telemetry;
pub mod texts;
pub mod timesync;

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

use skyhound::command::{Command, Velocity};
use skyhound::record::{Event, LinkReport, Severity};
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Identity, Vehicle};

use crate::clock::Clock;
use crate::settings::AutopilotSettings;
pub use address::{Address, AddressError};
use framing::Framer;
use inbound::AnyHeartbeat;
use listener::{Listener, Taken, note};
use outbound::{Encoder, Packet};
use payload::Payload;
use port::{Change, Port};
use requests::{Request, Requests};
use telemetry::{NamedRates, TextQueue};

/// Reads of one `drain` at most: a flood may cost a pass this much work, and no more.
const CHUNKS_PER_DRAIN: usize = 256;
const BYTES_PER_DRAIN: usize = 128 * 1024;
const HEARTBEAT_EVERY_US: u64 = 1_000_000;
const TIMESYNC_EVERY_US: u64 = 1_000_000;
/// The autopilot was not heard for this long: the link is down. Five heartbeats.
const SILENCE_US: u64 = 5_000_000;
/// A TCP connection this silent may be half open for ever.
const SILENCE_TCP_US: u64 = 15_000_000;
/// Another UDP peer may take over after this much silence of ours.
const PEER_SILENCE_US: u64 = 3_000_000;
/// The rest of a frame comes within this time, or not at all: 280 bytes at 57 600 baud take 49 ms.
const FRAME_WAIT_US: u64 = 100_000;
const FRAME_WAIT_TCP_US: u64 = 2_000_000;
/// Passes come a little early now and then; the setpoint is not skipped for that.
const SETPOINT_EARLY_US: u64 = 10_000;
const SYSTEM_BEFORE_BINDING: u8 = 1;

/// The link to the autopilot.
pub struct Link {
    settings: AutopilotSettings,
    clock: Clock,
    port: Port,
    framer: Framer,
    strangers: Framer,
    listener: Listener,
    requests: Requests,
    own_mark: u32,
    identity: Option<Identity>,
    sequence: u8,
    is_up: bool,
    rival: bool,
    line_since: TimeUs,
    heard: Option<TimeUs>,
    received: TimeUs,
    heartbeat_sent: Option<TimeUs>,
    time_asked: Option<TimeUs>,
    setpoint: Option<(SetpointKind, TimeUs)>,
    texts: TextQueue,
    text_id: u16,
    values: NamedRates,
    refused_total: u64,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum SetpointKind {
    Velocity,
    Stop,
}

impl Link {
    /// Begins to open the line (in the background, with back-off; an absent device is no error, it is tried again). Must be
    /// called inside the runtime.
    ///
    /// # Errors
    /// The address in the settings cannot be meant; the error says why and shows the forms.
    pub fn open(settings: &AutopilotSettings, clock: Clock) -> Result<Link, AddressError> {
        let address: Address = settings.address.parse()?;
        let (wait_min_us, wait_max_us) = (settings.reconnect_wait_min_us, settings.reconnect_wait_max_us);
        // RandomState is the standard library's only source of randomness; that is all that is asked of it here.
        let own_mark = RandomState::new().hash_one(std::process::id()) as u32;
        let now = clock.now();
        Ok(Link {
            settings: settings.clone(),
            clock,
            port: Port::open(address, clock, wait_min_us, wait_max_us),
            framer: Framer::new(),
            strangers: Framer::new(),
            listener: Listener::new(settings.system, settings.component, own_mark),
            requests: Requests::new(settings, Firmware::Other),
            own_mark,
            identity: None,
            sequence: 0,
            is_up: false,
            rival: false,
            line_since: now,
            heard: None,
            received: now,
            heartbeat_sent: None,
            time_asked: None,
            setpoint: None,
            texts: TextQueue::default(),
            text_id: 0,
            values: NamedRates::default(),
            refused_total: 0,
        })
    }

    /// Resolves when bytes or a connection change wait to be drained. Cancel-safe. Never spins.
    pub async fn ready(&mut self) {
        self.port.ready().await;
    }

    /// Takes in what has arrived, without waiting, at most a bounded amount. Vehicle parts are stamped with the time their
    /// bytes were read, never later than `now`.
    pub fn drain(&mut self, now: TimeUs, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let mut bytes = 0;
        for _ in 0..CHUNKS_PER_DRAIN {
            self.take_change(now, vehicle, events);
            bytes += match self.take_chunk(now, vehicle, events) {
                Some(count) if bytes + count < BYTES_PER_DRAIN => count,
                _ => break,
            };
        }
        self.take_change(now, vehicle, events);
        self.give_up_late_frames(now, vehicle, events);
        self.listener.expire(now, events);
        self.judge_silence(now, vehicle, events);
        self.rival = self.listener.rival(now);
        self.identity = vehicle.identity;
    }

    fn take_change(&mut self, now: TimeUs, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let Some(change) = self.port.take_change() else { return };
        let address = self.port.address().clone();
        self.framer.cut();
        match change {
            Change::Opened => {
                self.line_since = now;
                note(events, now, Severity::Note, "line_open", format_args!("{address} is open"));
            }
            Change::Lost(error) => {
                note(
                    events,
                    now,
                    Severity::Warning,
                    "line_lost",
                    format_args!("{address}: {error}; opening again"),
                );
                self.go_down(now, "the line is lost", vehicle, events);
            }
        }
    }

    fn take_chunk(
        &mut self,
        now: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) -> Option<usize> {
        let peer = self.port.peer;
        let waits_for_peer = matches!(self.port.address(), Address::UdpIn(_));
        let (bytes, chunk) = self.port.next_chunk(now)?;
        let from = chunk.from.filter(|&from| waits_for_peer && peer != Some(from));
        if let Some(from) = from {
            let may_take_over =
                peer.is_none() || self.heard.is_none_or(|heard| now.since_us(heard) > PEER_SILENCE_US);
            let wanted = vehicle.identity.map(|bound| bound.system).or(self.settings.system);
            if !(brings_autopilot(&mut self.strangers, bytes, wanted, &mut self.listener) && may_take_over) {
                return Some(chunk.bytes);
            }
            tell_peer(peer, from, now, events);
            self.framer.cut();
        }
        let mut asks = Asks::default();
        self.framer.push(bytes, |frame| {
            asks.take(self.listener.take(&frame, chunk.at, vehicle, events), frame.id, &mut self.requests);
        });
        self.received = chunk.at;
        if let Some(from) = from {
            self.port.peer = Some(from);
        }
        self.answer(asks, chunk.at, vehicle, events);
        Some(chunk.bytes)
    }

    /// Does what frames asked for.
    fn answer(&mut self, asks: Asks, at: TimeUs, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let Some(identity) = vehicle.identity else { return };
        let is_changed = self.identity != Some(identity);
        self.identity = Some(identity);
        if asks.heard {
            self.heard = Some(at);
        }
        if is_changed || asks.reboot || (asks.heartbeat && !self.is_up) {
            self.requests = Requests::new(&self.settings, identity.firmware);
        }
        if asks.heartbeat {
            self.port.is_good();
            if !self.is_up {
                self.is_up = true;
                let system = identity.system;
                note(events, at, Severity::Note, "link_up", format_args!("system {system} is heard"));
            }
        }
        if let Some(theirs_ns) = asks.time {
            let ours_ns = timesync::ns(self.clock.now());
            self.send(false, |encoder| Some(encoder.time_sync(ours_ns, theirs_ns)));
        }
    }

    fn give_up_late_frames(&mut self, now: TimeUs, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let may_pause = self.port.line().is_some_and(|line| line.may_pause());
        let wait_us = if may_pause { FRAME_WAIT_TCP_US } else { FRAME_WAIT_US };
        if self.framer.waiting_bytes() == 0 || now.since_us(self.received) < wait_us {
            return;
        }
        let (at, mut asks) = (self.received, Asks::default());
        self.framer.give_up(|frame| {
            asks.take(self.listener.take(&frame, at, vehicle, events), frame.id, &mut self.requests);
        });
        self.answer(asks, at, vehicle, events);
    }

    fn judge_silence(&mut self, now: TimeUs, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let since = self.heard.unwrap_or(self.line_since).max(self.line_since);
        let silence_us = now.since_us(since);
        if self.is_up && silence_us > SILENCE_US {
            self.go_down(now, "the autopilot is silent", vehicle, events);
        }
        if silence_us > SILENCE_TCP_US && self.port.line().is_some_and(|line| line.may_pause()) {
            self.port.lose(std::io::Error::new(std::io::ErrorKind::TimedOut, "silent for 15 s"));
        }
    }

    fn go_down(&mut self, now: TimeUs, why: &str, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        self.listener.forget(vehicle);
        if std::mem::take(&mut self.is_up) {
            note(events, now, Severity::Critical, "link_down", format_args!("{why}"));
        }
    }

    /// Sends a command of this pass: Velocity and Stop as SET_POSITION_TARGET_LOCAL_NED, at most `setpoint_hz` of a kind; the
    /// first of a kind goes at once. Silence sends nothing. Never blocks: what the line does not take now is dropped and counted.
    pub fn command(&mut self, now: TimeUs, command: &Command) {
        let (kind, velocity) = match command {
            Command::Velocity(velocity) => (SetpointKind::Velocity, *velocity),
            Command::Stop => (SetpointKind::Stop, Velocity::default()),
            Command::Silence(_) => {
                self.setpoint = None;
                return;
            }
        };
        let every_us = (1e6 / self.settings.setpoint_hz.clamp(1.0, 50.0)) as u64;
        if let Some((last, sent)) = self.setpoint
            && last == kind
            && now.since_us(sent) + SETPOINT_EARLY_US < every_us
        {
            return;
        }
        let is_known = self.identity.is_some_and(|bound| bound.firmware != Firmware::Other);
        if is_known && self.send(true, |encoder| encoder.setpoint(now, &velocity)) {
            self.setpoint = Some((kind, now));
        } else if !is_known {
            self.refused_total += 1;
        }
    }

    /// Housekeeping, called every pass: heartbeat and clock question at 1 Hz, message rates, failsafe parameters and home
    /// asked for, one waiting text sent.
    pub fn tick(&mut self, now: TimeUs, vehicle: &mut Vehicle) {
        let is_due = |last: Option<TimeUs>, every_us| last.is_none_or(|last| now.since_us(last) >= every_us);
        if is_due(self.heartbeat_sent, HEARTBEAT_EVERY_US) && self.may_beat() {
            let mark = self.own_mark;
            self.send(true, |encoder| Some(encoder.heartbeat(mark)));
            self.heartbeat_sent = Some(now);
        }
        if !self.is_up {
            return;
        }
        if is_due(self.time_asked, TIMESYNC_EVERY_US) {
            let ts1_ns = self.listener.time_sync.ask(now);
            self.send(false, |encoder| Some(encoder.time_sync(0, ts1_ns)));
            self.time_asked = Some(now);
        }
        let firmware = self.identity.map_or(Firmware::Other, |bound| bound.firmware);
        if let Some(name) = self.listener.params.due(now, firmware, &vehicle.failsafes) {
            self.send(false, |encoder| Some(encoder.param_request(name)));
        }
        if let Some(request) = self.requests.due(now, self.listener.speaks_v1_only, vehicle.home.is_some()) {
            self.send(false, |encoder| Some(requested(encoder, request)));
        }
        self.send_text(now);
    }

    fn may_beat(&self) -> bool {
        let speaks_first = matches!(self.port.address(), Address::UdpOut(_));
        self.port.line().is_some()
            && (self.identity.is_some() || self.settings.system.is_some() || speaks_first)
    }

    fn send_text(&mut self, now: TimeUs) {
        let Some(waiting) = self.texts.due(now) else { return };
        let chunks = telemetry::chunks(waiting.text.as_str());
        let mut id = 0;
        if chunks.len() > 1 {
            self.text_id = self.text_id.checked_add(1).unwrap_or(1);
            id = self.text_id;
        }
        for (sequence, chunk) in chunks.iter().enumerate() {
            let severity = waiting.severity;
            self.send(false, |encoder| {
                Some(encoder.status_text(severity, chunk.as_bytes(), id, sequence as u8))
            });
        }
    }

    /// STATUSTEXT for the ground station. At most five per second leave; in a flood the worst stay.
    pub fn status_text(&mut self, severity: Severity, text: &str) {
        self.texts.push(self.clock.now(), severity, text);
    }

    /// NAMED_VALUE_FLOAT, each name at most `telemetry_hz`; names are cut at 10 bytes. What is not finite is not sent.
    pub fn named_value(&mut self, now: TimeUs, name: &str, value: f32) {
        let rate_hz = self.settings.telemetry_hz;
        if self.is_up && value.is_finite() && self.values.is_due(now, name, rate_hz) {
            self.send(false, |encoder| Some(encoder.named_value(now, name, value)));
        }
    }

    /// Counters since the start.
    pub fn report(&self) -> LinkReport {
        let (ours, others) = (self.framer.totals(), self.strangers.totals());
        let heard = self.listener.totals();
        LinkReport {
            received_bytes_total: ours.received_bytes_total + others.received_bytes_total,
            received_total: ours.received_total + others.received_total,
            crc_error_total: ours.crc_error_total + others.crc_error_total,
            unknown_total: ours.unknown_total + others.unknown_total + heard.unknown_total,
            sequence_lost_total: heard.sequence_lost_total,
            resync_total: ours.resync_total + others.resync_total,
            garbage_bytes_total: ours.garbage_bytes_total + others.garbage_bytes_total,
            foreign_total: heard.foreign_total,
            sent_total: self.port.sent_total,
            send_dropped_total: self.port.dropped_total + self.refused_total + self.texts.dropped_total,
            reconnect_total: self.port.reconnect_total,
        }
    }

    /// Whether the line is open and the autopilot was heard in the last 5 s.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether another program speaks with our system and component id.
    pub fn rival(&self) -> bool {
        self.rival
    }

    fn send(&mut self, is_urgent: bool, packet: impl FnOnce(&Encoder) -> Option<Packet>) -> bool {
        let bound = self.identity.map(|bound| bound.system).or(self.settings.system);
        let encoder = Encoder {
            system: bound.unwrap_or(SYSTEM_BEFORE_BINDING),
            component: self.settings.component,
            target_component: 1,
            sequence: self.sequence,
        };
        let Some(packet) = packet(&encoder) else {
            self.refused_total += 1;
            return false;
        };
        let went = self.port.send(packet.bytes(), is_urgent);
        self.sequence = self.sequence.wrapping_add(u8::from(went));
        went
    }
}

/// What the frames of a chunk asked for.
#[derive(Debug, Default)]
struct Asks {
    heard: bool,
    heartbeat: bool,
    reboot: bool,
    time: Option<i64>,
}

impl Asks {
    fn take(&mut self, taken: Taken, id: u32, requests: &mut Requests) {
        self.heard |= taken != Taken::Foreign;
        match taken {
            Taken::Foreign => return,
            Taken::Bound => {}
            Taken::Heartbeat => self.heartbeat = true,
            Taken::Reboot => self.reboot = true,
            Taken::TimeAsked(theirs_ns) => self.time = Some(theirs_ns),
            Taken::Answer(command, result) => requests.answered(command, result),
        }
        requests.heard(id);
    }
}

/// Whether a datagram of a stranger brings a heartbeat of the autopilot we are, or would be, bound to.
fn brings_autopilot(
    strangers: &mut Framer,
    bytes: &[u8],
    wanted: Option<u8>,
    listener: &mut Listener,
) -> bool {
    let mut brings = false;
    strangers.push(bytes, |frame| {
        let is_wanted = wanted.is_none_or(|system| u32::from(system) == frame.system);
        let is_autopilot = frame.id == 0 && AnyHeartbeat::read(Payload(frame.payload)).is_autopilot();
        brings |= is_wanted && is_autopilot && frame.component == 1 && frame.system != 0;
        listener.count_foreign();
    });
    strangers.cut();
    brings
}

fn tell_peer(before: Option<SocketAddr>, peer: SocketAddr, at: TimeUs, events: &mut dyn FnMut(Event)) {
    match before {
        None => note(events, at, Severity::Note, "peer", format_args!("the autopilot is heard from {peer}")),
        Some(before) => {
            let text = format_args!("the autopilot moved from {before} to {peer}");
            note(events, at, Severity::Warning, "peer", text);
        }
    }
}

fn requested(encoder: &Encoder, request: Request) -> Packet {
    match request {
        Request::Interval(id, interval_us) => encoder.message_interval(id, interval_us),
        Request::Stream(stream, rate_hz) => encoder.stream_request(stream, rate_hz),
        Request::Home(is_old) => encoder.home_request(is_old),
    }
}

#[cfg(test)]
mod tests;
