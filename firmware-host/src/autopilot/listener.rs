//! From good frames to what is known of the vehicle: what is not the bound autopilot's, or is late, changes nothing.
//!
//! Frames of anyone but the bound autopilot ([`binding`](super::binding)) are counted foreign and change nothing, with two
//! exceptions that change only their own fields: a ground station's heartbeat, and the heartbeat of another program with our
//! own identity (a rival). Our own heartbeat, echoed by a router, is told from a rival's by a random number in its
//! `custom_mode`, and in a value of its own: routers do not pass a heartbeat on to a line on which its sender's ids were heard.
//!
//! Each part of the vehicle carries the time at which it was true, by the sender's clock
//! ([`sender_time`](super::sender_time)); what has none is as late as what has one. What came before by a faster way
//! ([`ways`](super::ways)) is counted late. A value that is not finite or not possible is not stored, and its frame is counted
//! unknown; the older value goes stale. Nothing is allocated here except while a long STATUSTEXT is joined.

use skyhound::record::{Event, Severity};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::index;
use skyhound::vehicle::{Firmware, Identity, Vehicle, Zones};

use super::binding::Binding;
use super::framing::Frame;
use super::inbound::AnyHeartbeat;
use super::message_id::*;
use super::outbound::MARK_NAME;
use super::parts::{Heard, Parts};
use super::payload::Payload;
use super::sender_time::{Dated, SenderTime};
use super::stamp::Stamp;
use super::taken::{Taken, note};
use super::timesync::TimeSync;
use super::ways::{Judged, Ways, print};

const MAVLINK_1: &str = "it speaks MAVLink 1 here, which has no words for its uploaded fence: set SERIALn_PROTOCOL \
                         (PX4: MAV_PROTO_VER) to 2";
const FENCE_TYPE: usize = index("FENCE_TYPE");

/// Counters of what was heard.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerTotals {
    /// Good frames with an unknown enum value, or a value that is not finite or not possible.
    pub unknown_total: u64,
    /// Frames of the bound autopilot missing by sequence number.
    pub sequence_lost_total: u64,
    /// Frames of others.
    pub foreign_total: u64,
    /// Frames of the bound autopilot that came late.
    pub late_total: u64,
}

/// Listens.
pub struct Listener {
    own_component: u8,
    binding: Binding,
    time: SenderTime,
    ways: Ways,
    totals: ListenerTotals,
    /// What several messages make together.
    pub parts: Parts,
    /// Questions about the clocks.
    pub time_sync: TimeSync,
    /// Frames of MAVLink 1 only so far.
    pub speaks_mavlink_1_only: bool,
}

impl Listener {
    /// One that binds to `wanted_system`, or to the first autopilot that can be commanded. We are `own_component`, and
    /// `own_mark` is in our heartbeats.
    pub fn new(wanted_system: Option<u8>, own_component: u8, own_mark: u32) -> Listener {
        Listener {
            own_component,
            binding: Binding::new(wanted_system, own_component, own_mark),
            time: SenderTime::default(),
            ways: Ways::default(),
            totals: ListenerTotals::default(),
            parts: Parts::default(),
            time_sync: TimeSync::default(),
            speaks_mavlink_1_only: true,
        }
    }

    /// Counters since the start.
    pub fn totals(&self) -> ListenerTotals {
        ListenerTotals { sequence_lost_total: self.ways.lost_total, ..self.totals }
    }

    /// Whether another program with our identity was heard lately.
    pub fn rival(&self, now: TimeUs) -> bool {
        self.binding.rival(now)
    }

    /// Who else was heard lately, as people name them.
    pub fn others(&self, now: TimeUs) -> impl Iterator<Item = String> + '_ {
        self.binding.others(now)
    }

    /// Why it is not certain that there is an aircraft that is ours alone to command and answers us.
    pub fn contested(&self, now: TimeUs, vehicle: &Vehicle) -> Option<&'static str> {
        let contested = self.binding.contested(now, vehicle.identity);
        contested.or_else(|| self.parts.questions.mute(now)).or_else(|| self.unreadable(vehicle))
    }

    /// Homing is locked by the fence that nobody read; this tells why nobody can.
    fn unreadable(&self, vehicle: &Vehicle) -> Option<&'static str> {
        let fence_type = vehicle.parameters.told(FENCE_TYPE).map(|told| told.value);
        let firmware = vehicle.identity.map_or(Firmware::Other, |bound| bound.firmware);
        let is_missing = vehicle.zones.is_none() && Zones::are_heeded(firmware, fence_type);
        let cannot = self.speaks_mavlink_1_only && self.parts.zones.has_failed();
        (is_missing && cannot).then_some(MAVLINK_1)
    }

    /// Takes a good frame of someone whose frames are not ours to take.
    pub fn overhear(&mut self, frame: &Frame<'_>, at: TimeUs, vehicle: &Vehicle) {
        self.totals.foreign_total += 1;
        let heard = (frame.id == HEARTBEAT).then(|| AnyHeartbeat::read(Payload(frame.payload)));
        self.binding.overhear(frame, heard.as_ref(), at, vehicle.identity);
    }

    /// Gives what was waited for too long.
    pub fn expire(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        self.parts.expire(now, events);
    }

    /// The autopilot is silent: what it said of itself holds no more. Its time goes on.
    pub fn forget_said(&mut self, vehicle: &mut Vehicle) {
        self.parts.forget();
        self.time_sync = TimeSync::default();
        self.ways.pause();
        vehicle.parameters = Default::default();
        vehicle.zones = None;
        vehicle.home = None;
        vehicle.clock_offset_us = None;
    }

    /// The line is a new one, or another speaks on it: its time begins too.
    pub fn forget(&mut self, vehicle: &mut Vehicle) {
        self.forget_said(vehicle);
        self.ways.forget();
        self.time = SenderTime::default();
        self.speaks_mavlink_1_only = true;
    }

    /// Takes a frame received `at`.
    pub fn take(
        &mut self,
        frame: &Frame<'_>,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) -> Taken {
        if !frame.is_decodable() {
            self.totals.unknown_total += 1;
        }
        let payload = Payload(frame.payload);
        if frame.id == HEARTBEAT {
            self.take_any_heartbeat(frame, at, vehicle, events);
        }
        if frame.id == NAMED_VALUE_INT && payload.text(8, 10) == MARK_NAME.as_bytes() {
            self.binding.judge_mark(frame, payload.u32(4), at, vehicle.identity, events);
        }
        let is_ours = self.binding.is_ours(frame, at, vehicle.identity);
        let Some(identity) = vehicle.identity.filter(|_| is_ours) else {
            self.totals.foreign_total += 1;
            return Taken::Foreign;
        };
        let dated = match frame.id {
            TIMESYNC if payload.i64(0) != 0 => self.take_time(payload, at, vehicle),
            id => self.time.date(id, payload, at),
        };
        let Some(stamp) = self.stamp(frame, dated, at) else {
            self.totals.late_total += 1;
            return Taken::Late;
        };
        self.binding.hears_bound(at);
        self.speaks_mavlink_1_only &= !frame.is_mavlink_2;
        if dated == Dated::Reboot {
            self.begin_again(identity, vehicle);
            self.ways.take_news(frame.sequence, print(frame.id, frame.payload), 0, at);
            let text = format_args!("the autopilot started again");
            note(events, at, Severity::Critical, "autopilot_reboot", text);
        }
        let us = (identity.system, self.own_component);
        let heard = Heard { id: frame.id, payload, stamp, at, us };
        let taken = match frame.id {
            TIMESYNC if payload.i64(0) == 0 => Taken::TimeAsked(payload.i64(8)),
            _ => self.store(&heard, vehicle, events),
        };
        if dated == Dated::Reboot { Taken::Reboot } else { taken }
    }

    fn store(&mut self, heard: &Heard<'_>, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) -> Taken {
        if heard.id == HEARTBEAT {
            self.follow_firmware(heard, vehicle, events);
        }
        let Some(identity) = vehicle.identity else { return Taken::Foreign };
        let (taken, is_refused) = self.parts.take(heard, identity, vehicle, events);
        self.totals.unknown_total += u64::from(is_refused);
        taken
    }

    /// When what a frame tells was true; `None` when it is late.
    fn stamp(&mut self, frame: &Frame<'_>, dated: Dated, at: TimeUs) -> Option<Stamp> {
        let (sequence, print) = (frame.sequence, print(frame.id, frame.payload));
        let lateness_us = self.time.lateness_us();
        match dated {
            Dated::At(then) => {
                self.ways.take_news(sequence, print, at.since_us(then), at);
                Some(Stamp::news(then))
            }
            Dated::Same(then) => {
                // As new as what is known: it renews nothing. Late, it is a copy that came before the next of its kind.
                if !self.ways.take_late(sequence, print, at.since_us(then), at) {
                    self.ways.judge(sequence, print, at);
                }
                Some(Stamp::as_of(then))
            }
            Dated::Late(late_us) => {
                if let Some(late_us) = late_us {
                    self.ways.take_late(sequence, print, late_us, at);
                }
                None
            }
            Dated::Reboot => Some(Stamp::news(at)),
            Dated::Newer => {
                let late_us = self.ways.may_be_late_us(sequence, at);
                self.ways.take_news(sequence, print, 0, at);
                Some(match late_us {
                    Some(late_us) => Stamp::as_of(at.minus_us(late_us.max(lateness_us))),
                    None => Stamp::news(at.minus_us(lateness_us)),
                })
            }
            Dated::Undated => match self.ways.judge(sequence, print, at) {
                Judged::Fresh => Some(Stamp::news(at.minus_us(lateness_us))),
                Judged::AsOf(then) => Some(Stamp::as_of(then.min(at.minus_us(lateness_us)))),
                Judged::Late => None,
            },
        }
    }

    /// An answer to our question about the time dates itself; another's does not concern us.
    fn take_time(&mut self, payload: Payload, at: TimeUs, vehicle: &mut Vehicle) -> Dated {
        let Some(said) = self.time_sync.take(payload.i64(0), payload.i64(8), at) else {
            return Dated::Undated;
        };
        let dated = self.time.date_answer(said.asked, said.theirs_us, at);
        if !matches!(dated, Dated::Late(_)) {
            self.parts.questions.answer();
            vehicle.clock_offset_us = Some(Aged::new(said.offset_us, at));
        }
        // Its clock tells when it was asked for as well: it does not tell how late its way is.
        if matches!(dated, Dated::At(_) | Dated::Same(_)) { Dated::Undated } else { dated }
    }

    /// The autopilot started again: nothing is known of it until it is heard again, nor of a ground station, whose loss it
    /// would notice only after hearing one.
    fn begin_again(&mut self, identity: Identity, vehicle: &mut Vehicle) {
        let could =
            vehicle.heartbeat.is_some_and(|beat| beat.value.armed && beat.value.mode.accepts_commands());
        let left_total = vehicle.left_total + u32::from(could);
        *vehicle = Vehicle { identity: Some(identity), left_total, ..Vehicle::default() };
        self.parts.forget();
        self.time_sync = TimeSync::default();
        self.ways.forget();
    }

    fn take_any_heartbeat(
        &mut self,
        frame: &Frame<'_>,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) {
        let heard = AnyHeartbeat::read(Payload(frame.payload));
        let Some(identity) = self.binding.take_heartbeat(frame, &heard, at, vehicle, events) else { return };
        let Vehicle { left_total, ground_station, .. } = *vehicle;
        *vehicle = Vehicle { identity: Some(identity), left_total, ground_station, ..Vehicle::default() };
        self.forget(vehicle);
        let Identity { system, firmware, .. } = identity;
        let mode = heard.heartbeat().mode.name();
        let text = format_args!("bound to system {system}, {firmware:?} in {mode}");
        note(events, at, Severity::Note, "autopilot_bound", text);
    }

    /// The bound system speaks as something else.
    fn follow_firmware(&mut self, heard: &Heard<'_>, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) {
        let beat = AnyHeartbeat::read(heard.payload);
        self.binding.changes(&beat, heard.at);
        let Some(bound) =
            vehicle.identity.filter(|bound| beat.is_autopilot() && beat.firmware() != bound.firmware)
        else {
            return;
        };
        let (system, firmware) = (bound.system, beat.firmware());
        let left_total = vehicle.left_total;
        let identity = Some(Identity { firmware, ..bound });
        *vehicle =
            Vehicle { identity, left_total, ground_station: vehicle.ground_station, ..Vehicle::default() };
        self.forget(vehicle);
        let what = if firmware == Firmware::Other { "what cannot be commanded" } else { "another autopilot" };
        let text = format_args!("system {system} now speaks as {what} ({firmware:?})");
        note(events, heard.at, Severity::Critical, "autopilot_changed", text);
    }
}

#[cfg(test)]
mod tests;
