//! The link to the autopilot: MAVLink in over serial, UDP or TCP, vehicle state out of it, our commands into it.
//!
//! [`Link`] lives in the control thread's `current_thread` runtime and is driven by its passes: `ready` wakes the thread
//! when bytes came, `drain` takes them in, `command` sends the pass's command, `tick` does the housekeeping. The heartbeat
//! is sent by `tick` and so by the pass: a hung pass is a silent one. Nothing blocks the pass, and no setpoint ever waits
//! behind old bytes: when the line is backed up it is dropped and counted. Each line is read by a thread of its own, which
//! stamps what it reads ([`reader`]); a late pass makes nothing look fresher.
//!
//! Bound to one autopilot that can be commanded ([`binding`]); who else speaks changes nothing, and is named. Ages are the
//! sender's ([`sender_time`]): a late way, a second one too, makes nothing look fresh. On `udpin` only the peer that brings that
//! autopilot's heartbeat is heard and answered; another may take its place after 3 s of silence. Before binding nothing is
//! sent, except heartbeats when the settings name the system, and on `udpout`, where nobody can answer us before we spoke
//! (as system 1, MAVLink's usual one). `is_up` means: the line is open and the autopilot was heard in the last 5 s.
//!
//! Not done here: signing, routing for others, setting parameters, arming or changing modes. Uploading is done by [`upload`] alone, on
//! a line of its own and never by the link.

pub mod address;
pub mod battery;
pub mod binding;
pub mod framing;
pub mod inbound;
pub mod line;
pub mod listener;
pub mod message_id;
pub mod mission;
mod names;
mod opening;
pub mod outbound;
pub mod params;
pub mod parts;
pub mod payload;
mod port;
pub mod post;
pub mod questions;
pub mod reader;
mod receive;
pub mod replies;
mod requests;
pub mod sender_time;
pub mod stamp;
mod taken;
mod telemetry;
pub mod texts;
pub mod timesync;
pub mod tlog;
pub mod upload;
pub mod ways;
pub mod zones;

use std::hash::{BuildHasher, RandomState};

use skyhound::command::{Command, Velocity};
use skyhound::record::{LinkReport, Severity};
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Identity, Vehicle};

use crate::clock::Clock;
use crate::settings::AutopilotSettings;
pub use address::{Address, AddressError};
use framing::Framer;
use listener::Listener;
use outbound::{Encoder, Packet};
use port::{Port, Urgency};
use post::Post;
use reader::Reading;
use requests::{Request, Requests};
use telemetry::{NamedRates, TextQueue};

const HEARTBEAT_EVERY_US: u64 = 1_000_000;
const TIMESYNC_EVERY_US: u64 = 1_000_000;
/// Passes come a little early now and then; the setpoint is not skipped for that.
const SETPOINT_EARLY_US: u64 = 10_000;
const SYSTEM_BEFORE_BINDING: u8 = 1;

/// The link to the autopilot.
pub struct Link {
    settings: AutopilotSettings,
    clock: Clock,
    port: Port,
    framer: Framer,
    probe: Framer,
    strangers: Framer,
    listener: Listener,
    requests: Requests,
    own_mark: u32,
    identity: Option<Identity>,
    sequence: u8,
    is_up: bool,
    line_since: TimeUs,
    heard: Option<TimeUs>,
    received: TimeUs,
    heartbeat_sent: Option<TimeUs>,
    time_asked: Option<TimeUs>,
    setpoint: Option<(SetpointKind, TimeUs)>,
    post: Option<Post>,
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
        Link::open_as(settings, clock, || ())
    }

    /// As [`Link::open`]; each thread that reads a line begins with `ask`, which asks the system for what it is to have.
    ///
    /// # Errors
    /// As [`Link::open`].
    pub fn open_as(
        settings: &AutopilotSettings,
        clock: Clock,
        ask: impl Fn() + Send + Sync + 'static,
    ) -> Result<Link, AddressError> {
        let address: Address = settings.address.parse()?;
        let (wait_min_us, wait_max_us) = (settings.reconnect_wait_min_us, settings.reconnect_wait_max_us);
        // RandomState is the standard library's only source of randomness; that is all that is asked of it here.
        let own_mark = RandomState::new().hash_one(std::process::id()) as u32;
        let now = clock.now();
        Ok(Link {
            settings: settings.clone(),
            clock,
            port: Port::open(address, Reading::new(clock, ask), wait_min_us, wait_max_us),
            framer: Framer::new(),
            probe: Framer::new(),
            strangers: Framer::new(),
            listener: Listener::new(settings.system, settings.component, own_mark),
            requests: Requests::new(settings, Firmware::Other),
            own_mark,
            identity: None,
            sequence: 0,
            is_up: false,
            line_since: now,
            heard: None,
            received: now,
            heartbeat_sent: None,
            time_asked: None,
            setpoint: None,
            post: None,
            texts: TextQueue::default(),
            text_id: 0,
            values: NamedRates::default(),
            refused_total: 0,
        })
    }

    /// What ground stations send to us goes this way, and what we answer them.
    pub fn deliver(&mut self, post: Post) {
        self.post = Some(post);
    }

    /// Resolves when bytes or a connection change wait to be drained. Cancel-safe. Never spins.
    pub async fn ready(&mut self) {
        self.port.ready().await;
    }

    /// Sends a command of this pass: Velocity and Stop as SET_POSITION_TARGET_LOCAL_NED, at most `setpoint_hz` of a kind; the
    /// first of a kind goes at once. Silence sends nothing. Never blocks: what the line does not take now is dropped and counted.
    pub fn command(&mut self, now: TimeUs, command: &Command) {
        let (kind, velocity) = match command {
            Command::Velocity(velocity) => (SetpointKind::Velocity, *velocity),
            Command::Stop => (SetpointKind::Stop, Velocity::default()),
            Command::Silence(_) => {
                self.setpoint = None;
                self.port.recall_velocity();
                return;
            }
        };
        if kind == SetpointKind::Stop {
            self.port.recall_velocity();
        }
        let every_us = (1e6 / self.settings.setpoint_hz.clamp(1.0, 50.0)) as u64;
        if let Some((last, sent)) = self.setpoint
            && last == kind
            && now.since_us(sent) + SETPOINT_EARLY_US < every_us
        {
            return;
        }
        let urgency = match kind {
            SetpointKind::Velocity => Urgency::Velocity,
            SetpointKind::Stop => Urgency::Urgent,
        };
        let is_known = self.identity.is_some_and(|bound| bound.firmware != Firmware::Other);
        if is_known && self.send(urgency, |encoder| encoder.setpoint(now, &velocity)) {
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
            self.send(Urgency::Urgent, |encoder| Some(encoder.heartbeat(mark)));
            if self.identity.is_some_and(|bound| bound.firmware != Firmware::Other) {
                self.send(Urgency::Patient, |encoder| Some(encoder.mark(now, mark)));
            }
            self.heartbeat_sent = Some(now);
        }
        if !self.is_up {
            return;
        }
        if is_due(self.time_asked, TIMESYNC_EVERY_US) {
            let ts1_ns = self.listener.time_sync.ask(now);
            self.ask(now, |encoder| encoder.time_sync(0, ts1_ns));
            self.time_asked = Some(now);
        }
        let firmware = self.identity.map_or(Firmware::Other, |bound| bound.firmware);
        if let Some(name) = self.listener.parts.params.due(now, firmware, &vehicle.parameters) {
            self.ask(now, |encoder| encoder.param_request(name));
        }
        if self.listener.parts.zones.is_outdated() {
            vehicle.zones = None;
        }
        if self.listener.parts.params.is_settled(firmware, &vehicle.parameters)
            && let Some(request) = self.listener.parts.zones.due(now)
        {
            self.ask(now, |encoder| encoder.mission_request(request, zones::TYPE_FENCE));
        }
        let knows_home = vehicle.home.is_some();
        if let Some(request) = self.requests.due(now, self.listener.speaks_mavlink_1_only, knows_home) {
            self.ask(now, |encoder| requested(encoder, request));
        }
        self.send_text(now);
        self.send_replies();
    }

    fn send_replies(&mut self) {
        for _ in 0..post::PER_PASS_MAX {
            let Some(reply) = self.post.as_mut().and_then(|post| post.next_reply()) else { return };
            if !self.send(Urgency::Patient, |encoder| Some(encoder.reply(&reply))) {
                self.post.iter_mut().for_each(|post| post.put_back(reply));
                return;
            }
        }
    }

    fn ask(&mut self, now: TimeUs, packet: impl FnOnce(&Encoder) -> Packet) {
        if self.send(Urgency::Patient, |encoder| Some(packet(encoder))) {
            self.listener.parts.questions.ask(now);
        }
    }

    /// Who else was heard on the line in the last 10 s, at most eight, as people name them.
    pub fn others(&self, now: TimeUs) -> impl Iterator<Item = String> + '_ {
        self.listener.others(now)
    }

    fn may_beat(&self) -> bool {
        let (speaks_first, has_hearer) = match self.port.address() {
            Address::UdpOut(_) => (true, true),
            Address::UdpIn(_) => (false, self.port.peer.is_some()),
            _ => (false, true),
        };
        let knows_system = self.identity.is_some() || self.settings.system.is_some();
        self.port.line().is_some() && has_hearer && (knows_system || speaks_first)
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
            self.send(Urgency::Patient, |encoder| {
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
        if self.is_up && self.values.is_due(now, name, rate_hz) {
            let packet = |encoder: &Encoder| value.is_finite().then(|| encoder.named_value(now, name, value));
            self.send(Urgency::Patient, packet);
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
            late_total: heard.late_total,
            unread_total: self.port.unread_total(),
            sent_total: self.port.sent_total,
            recalled_bytes_total: self.port.recalled_bytes_total,
            send_dropped_total: self.port.dropped_total
                + self.refused_total
                + self.texts.dropped_total
                + self.values.refused_total,
            reconnect_total: self.port.reconnect_total,
        }
    }

    /// Whether the line is open and the autopilot was heard in the last 5 s.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    fn send(&mut self, urgency: Urgency, packet: impl FnOnce(&Encoder) -> Option<Packet>) -> bool {
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
        let went = self.port.send(packet.bytes(), urgency);
        self.sequence = self.sequence.wrapping_add(u8::from(went));
        went
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
