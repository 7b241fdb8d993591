//! The receiving half of the link: line changes, chunks, whose datagram counts, what frames ask for, and silence.

use std::net::SocketAddr;

use skyhound::record::{Event, Severity};
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Vehicle};

use super::Link;
use super::address::Address;
use super::binding;
use super::framing::Framer;
use super::inbound::AnyHeartbeat;
use super::payload::Payload;
use super::port::{Change, Urgency};
use super::requests::{Refusal, Requests};
use super::taken::{Taken, note};
use super::timesync;

/// Reads of one `drain` at most: a flood may cost a pass this much work, and no more.
const CHUNKS_PER_DRAIN: usize = 64;
const BYTES_PER_DRAIN: usize = 16 * 1024;
/// The autopilot was not heard for this long: the link is down. Five heartbeats.
const SILENCE_US: u64 = 5_000_000;
/// A TCP connection this silent may be half open for ever.
const SILENCE_TCP_US: u64 = 15_000_000;
/// Another UDP peer may take over after this much silence of ours.
const PEER_SILENCE_US: u64 = 3_000_000;
/// The rest of a frame comes within this time, or not at all: 280 bytes at 57 600 baud take 49 ms.
const FRAME_WAIT_US: u64 = 100_000;
const FRAME_WAIT_TCP_US: u64 = 2_000_000;

impl Link {
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
        vehicle.contested = self.listener.contested(now, vehicle);
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
                self.listener.forget(vehicle);
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
        let chunk = self.port.next_chunk(now)?;
        let bytes = chunk.bytes.as_slice();
        let from = chunk.from.filter(|&from| waits_for_peer && peer != Some(from));
        if let Some(from) = from {
            let may_take_over =
                peer.is_none() || self.heard.is_none_or(|heard| now.since_us(heard) > PEER_SILENCE_US);
            let bound = vehicle.identity.filter(|bound| bound.firmware != Firmware::Other);
            let wanted = bound.map(|bound| bound.system).or(self.settings.system);
            if !(may_take_over && brings_autopilot(&mut self.probe, bytes, wanted)) {
                self.strangers.push(bytes, |frame| self.listener.overhear(&frame, chunk.at, vehicle));
                self.strangers.cut();
                return Some(bytes.len());
            }
            tell_peer(peer, from, now, events);
            self.framer.cut();
        }
        let mut asks = Asks::default();
        let us = (self.identity.map_or(0, |bound| bound.system), self.settings.component);
        self.framer.push(bytes, |frame| {
            self.post.iter_mut().for_each(|post| post.take(&frame, us, chunk.at));
            asks.take(self.listener.take(&frame, chunk.at, vehicle, events), frame.id, &mut self.requests);
        });
        self.received = chunk.at;
        if let Some(from) = from {
            self.port.peer = Some(from);
        }
        self.answer(asks, chunk.at, vehicle, events);
        Some(bytes.len())
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
        if let Some(refusal) = asks.refusal {
            note(events, at, Severity::Warning, "request_refused", format_args!("{refusal}"));
        }
        if let Some(theirs_ns) = asks.time {
            let ours_ns = timesync::ns(self.clock.now());
            self.send(Urgency::Patient, |encoder| Some(encoder.time_sync(ours_ns, theirs_ns)));
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
        self.listener.forget_said(vehicle);
        if std::mem::take(&mut self.is_up) {
            note(events, now, Severity::Critical, "link_down", format_args!("{why}"));
        }
    }
}

/// What the frames of a chunk asked for.
#[derive(Debug, Default)]
struct Asks {
    heard: bool,
    heartbeat: bool,
    reboot: bool,
    time: Option<i64>,
    refusal: Option<Refusal>,
}

impl Asks {
    fn take(&mut self, taken: Taken, id: u32, requests: &mut Requests) {
        match taken {
            Taken::Foreign | Taken::Late => return,
            Taken::Bound => {}
            Taken::Heartbeat => self.heartbeat = true,
            Taken::Reboot => self.reboot = true,
            Taken::TimeAsked(theirs_ns) => self.time = Some(theirs_ns),
            Taken::Answer(command, result) => {
                self.refusal = requests.answered(command, result).or(self.refusal);
            }
        }
        self.heard = true;
        requests.heard(id);
    }
}

/// Whether a datagram of a stranger brings a heartbeat of the autopilot we are, or would be, bound to: else an antenna
/// tracker's address would take the peer's place.
fn brings_autopilot(probe: &mut Framer, bytes: &[u8], wanted: Option<u8>) -> bool {
    let mut brings = false;
    probe.push(bytes, |frame| {
        let heard = (frame.id == 0).then(|| AnyHeartbeat::read(Payload(frame.payload)));
        brings |= heard.is_some_and(|heard| binding::is_fit(&frame, &heard, wanted));
    });
    probe.cut();
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
