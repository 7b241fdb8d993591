//! From good frames to what is known of the vehicle: binds to one autopilot and lets nobody else speak for it.
//!
//! Bound to (system, component 1) of the first autopilot's heartbeat, or of the system in the settings, for good. Frames of
//! anyone else are counted foreign and change nothing, with two exceptions that change only their own fields: a ground
//! station's heartbeat, and the heartbeat of another program with our own identity (a rival). Our own heartbeat, echoed by
//! a router, is told from a rival's by a random number in its `custom_mode`, and in a value of its own: routers do not pass
//! a heartbeat on to a line on which its sender's ids were heard.
//!
//! A value that is not finite or not possible is not stored, and its frame is counted unknown; the older value goes stale.
//! Nothing is allocated here except while a long STATUSTEXT is joined.

use skyhound::record::{Event, Severity, Text};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Heartbeat, Identity, Parameters, Vehicle};

use super::battery::Batteries;
use super::framing::Frame;
use super::inbound::{self, AnyHeartbeat};
use super::message_id::*;
use super::outbound::MARK_NAME;
use super::params::Params;
use super::payload::Payload;
use super::texts::Texts;
use super::timesync::TimeSync;

const AUTOPILOT_COMPONENT: u8 = 1;
/// The autopilot's clock went back by more than messages overtake each other: it started again.
const REBOOT_STEP_MS: u32 = 2_000;
/// A sequence number this little behind the last is a late or doubled frame, not 240 lost ones.
const SEQUENCE_LATE: u8 = 240;
/// A rival not heard for this long is gone.
const RIVAL_GONE_US: u64 = 5_000_000;

/// What a frame asks of the link.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Of somebody else.
    Foreign,
    /// Of the bound autopilot.
    Bound,
    /// The bound autopilot's heartbeat.
    Heartbeat,
    /// The bound autopilot started again: ask everything again.
    Reboot,
    /// The bound autopilot asks for our time, with its own (`ts1`, ns).
    TimeAsked(i64),
    /// The bound autopilot's answer to a command: its number and MAV_RESULT.
    Answer(u16, u8),
}

/// Counters of what was heard.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerTotals {
    /// Good frames with an unknown enum value, or a value that is not finite or not possible.
    pub unknown_total: u64,
    /// Frames of the bound autopilot missing by sequence number.
    pub sequence_lost_total: u64,
    /// Frames of others.
    pub foreign_total: u64,
}

/// Listens.
pub struct Listener {
    wanted_system: Option<u8>,
    own_component: u8,
    own_mark: u32,
    sequence: Option<u8>,
    boot_ms: Option<u32>,
    batteries: Batteries,
    texts: Texts,
    rival_heard: Option<TimeUs>,
    second_heard: Option<TimeUs>,
    totals: ListenerTotals,
    /// Questions about the clocks.
    pub time_sync: TimeSync,
    /// Questions about parameters.
    pub params: Params,
    /// Frames of MAVLink 1 only so far.
    pub speaks_mavlink_1_only: bool,
}

impl Listener {
    /// One that binds to `wanted_system`, or to the first autopilot. We are `own_component`, and `own_mark` is in our
    /// heartbeats.
    pub fn new(wanted_system: Option<u8>, own_component: u8, own_mark: u32) -> Listener {
        Listener {
            wanted_system,
            own_component,
            own_mark,
            sequence: None,
            boot_ms: None,
            batteries: Batteries::default(),
            texts: Texts::default(),
            rival_heard: None,
            second_heard: None,
            totals: ListenerTotals::default(),
            time_sync: TimeSync::default(),
            params: Params::default(),
            speaks_mavlink_1_only: true,
        }
    }

    /// Counters since the start.
    pub fn totals(&self) -> ListenerTotals {
        self.totals
    }

    /// Whether another program with our identity was heard lately.
    pub fn rival(&self, now: TimeUs) -> bool {
        self.rival_heard.is_some_and(|heard| now.since_us(heard) <= RIVAL_GONE_US)
    }

    /// Why it is not certain that the bound aircraft is ours alone to command.
    pub fn contested(&self, now: TimeUs) -> Option<&'static str> {
        if self.rival(now) {
            return Some("another program speaks with our system and component id");
        }
        let second = self.second_heard.is_some_and(|heard| now.since_us(heard) <= RIVAL_GONE_US);
        second.then_some("two autopilots on the link: name ours with autopilot.system")
    }

    /// Counts a good frame of someone else's.
    pub fn count_foreign(&mut self) {
        self.totals.foreign_total += 1;
    }

    /// Gives what was waited for too long.
    pub fn expire(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        self.texts.expire(now, events);
    }

    /// The line is a new one, or the autopilot started again: what it said of itself holds no more.
    pub fn forget(&mut self, vehicle: &mut Vehicle) {
        self.sequence = None;
        self.boot_ms = None;
        self.time_sync = TimeSync::default();
        self.params = Params::default();
        self.batteries = Batteries::default();
        self.speaks_mavlink_1_only = true;
        vehicle.parameters = Parameters::default();
        vehicle.home = None;
        vehicle.clock_offset_us = None;
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
        if frame.id == 0 {
            self.take_any_heartbeat(frame, AnyHeartbeat::read(payload), at, vehicle, events);
        }
        if frame.id == NAMED_VALUE_INT && payload.text(8, 10) == MARK_NAME.as_bytes() {
            self.judge_mark(frame, payload.u32(4), at, vehicle, events);
        }
        let Some(identity) = vehicle.identity.filter(|identity| is_from(frame, identity)) else {
            self.totals.foreign_total += 1;
            return Taken::Foreign;
        };
        self.count_sequence(frame.sequence);
        self.speaks_mavlink_1_only &= !frame.is_mavlink_2;
        if self.has_rebooted(frame.id, payload) {
            self.forget(vehicle);
            note(
                events,
                at,
                Severity::Critical,
                "autopilot_reboot",
                format_args!("the autopilot started again"),
            );
            self.store(frame.id, payload, identity, at, vehicle, events);
            return Taken::Reboot;
        }
        self.store(frame.id, payload, identity, at, vehicle, events)
    }

    fn take_any_heartbeat(
        &mut self,
        frame: &Frame<'_>,
        heard: AnyHeartbeat,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) {
        let Ok(system) = u8::try_from(frame.system) else { return };
        match vehicle.identity {
            None => self.bind(system, frame.component, heard, at, vehicle, events),
            Some(bound)
                if is_from(frame, &bound) && heard.is_autopilot() && heard.firmware() != bound.firmware =>
            {
                vehicle.identity = Some(Identity { firmware: heard.firmware(), ..bound });
                self.forget(vehicle);
                let firmware = heard.firmware();
                note(
                    events,
                    at,
                    Severity::Critical,
                    "autopilot_changed",
                    format_args!("system {system} now speaks as {firmware:?}"),
                );
            }
            Some(bound) if self.wanted_system.is_none() && is_other_autopilot(frame, &bound, &heard) => {
                if self.contested(at).is_none() {
                    let text =
                        format_args!("system {system} is an autopilot too; we are bound to {}", bound.system);
                    note(events, at, Severity::Critical, "second_autopilot", text);
                }
                self.second_heard = Some(at);
            }
            _ => {}
        }
        if heard.is_ground_station() && self.own_system(vehicle) != Some(system) {
            vehicle.ground_station = Some(Aged::new(system, at));
        }
        self.judge_mark(frame, heard.custom, at, vehicle, events);
    }

    fn own_system(&self, vehicle: &Vehicle) -> Option<u8> {
        vehicle.identity.map(|bound| bound.system).or(self.wanted_system)
    }

    /// Who speaks with our ids and another `mark` is a rival; with ours, it is our echo.
    fn judge_mark(
        &mut self,
        frame: &Frame<'_>,
        mark: u32,
        at: TimeUs,
        vehicle: &Vehicle,
        events: &mut dyn FnMut(Event),
    ) {
        let Frame { system, component, .. } = *frame;
        let is_own_name =
            self.own_system(vehicle).map(u32::from) == Some(system) && component == self.own_component;
        if !is_own_name || mark == self.own_mark {
            return;
        }
        if !self.rival(at) {
            let who = format_args!("another program speaks as system {system} component {component}");
            note(events, at, Severity::Critical, "rival", who);
        }
        self.rival_heard = Some(at);
    }

    fn bind(
        &mut self,
        system: u8,
        component: u8,
        heard: AnyHeartbeat,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) {
        let is_wanted = self.wanted_system.is_none_or(|wanted| wanted == system);
        // System 0 is "everybody" as a target: nobody may be called so.
        if component != AUTOPILOT_COMPONENT || system == 0 || !is_wanted || !heard.is_autopilot() {
            return;
        }
        let firmware = heard.firmware();
        vehicle.identity = Some(Identity { system, component, firmware });
        self.forget(vehicle);
        note(
            events,
            at,
            Severity::Note,
            "autopilot_bound",
            format_args!("bound to system {system}, {firmware:?} in {}", heard.heartbeat().mode.name()),
        );
    }

    fn count_sequence(&mut self, sequence: u8) {
        let step = self.sequence.map_or(1, |last| sequence.wrapping_sub(last));
        if step == 0 || step > SEQUENCE_LATE {
            return;
        }
        self.totals.sequence_lost_total += u64::from(step - 1);
        self.sequence = Some(sequence);
    }

    fn has_rebooted(&mut self, id: u32, payload: Payload) -> bool {
        let boot_ms = match id {
            SYSTEM_TIME => payload.u32(8),
            ATTITUDE | GLOBAL_POSITION_INT => payload.u32(0),
            _ => return false,
        };
        let went_back = self.boot_ms.is_some_and(|last| last.saturating_sub(boot_ms) > REBOOT_STEP_MS);
        self.boot_ms = Some(if went_back { boot_ms } else { boot_ms.max(self.boot_ms.unwrap_or(0)) });
        went_back
    }

    fn store(
        &mut self,
        id: u32,
        payload: Payload,
        identity: Identity,
        at: TimeUs,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) -> Taken {
        let refused = match id {
            HEARTBEAT => return take_heartbeat(AnyHeartbeat::read(payload), at, vehicle, events),
            TIMESYNC if payload.i64(0) == 0 => return Taken::TimeAsked(payload.i64(8)),
            TIMESYNC => {
                let offset_us = self.time_sync.take(payload.i64(0), payload.i64(8), at);
                let _ = keep(&mut vehicle.clock_offset_us, offset_us, at);
                false
            }
            COMMAND_ACK => return Taken::Answer(payload.u16(0), payload.u8(2)),
            PARAM_VALUE => {
                self.params.take(identity.firmware, at, payload, &mut vehicle.parameters);
                payload.finite(0).is_none() && identity.firmware == Firmware::ArduCopter
            }
            STATUSTEXT => {
                self.texts.take(payload, at, events);
                false
            }
            SYS_STATUS => {
                vehicle.battery = Some(self.batteries.take_sys_status(payload, at));
                false
            }
            BATTERY_STATUS => {
                vehicle.battery = self.batteries.take_battery_status(payload, at).or(vehicle.battery);
                false
            }
            ATTITUDE => keep(&mut vehicle.attitude, inbound::attitude(payload), at),
            GLOBAL_POSITION_INT => {
                // No position before a fix is no fault of the frame.
                let _ = keep(&mut vehicle.position, inbound::position(payload), at);
                false
            }
            GPS_RAW_INT => keep(&mut vehicle.gps, Some(inbound::gps(payload)), at),
            EKF_STATUS_REPORT if identity.firmware != Firmware::Px4 => {
                let ekf = inbound::ekf_of_ardupilot(payload);
                tell_ekf(vehicle, ekf.map(|ekf| ekf.degraded), at, events);
                keep(&mut vehicle.ekf, ekf, at)
            }
            ESTIMATOR_STATUS if identity.firmware == Firmware::Px4 => {
                let ekf = inbound::ekf_of_px4(payload);
                tell_ekf(vehicle, ekf.map(|ekf| ekf.degraded), at, events);
                keep(&mut vehicle.ekf, ekf, at)
            }
            RC_CHANNELS => keep(&mut vehicle.rc, Some(inbound::rc(payload)), at),
            RC_CHANNELS_RAW => {
                let _ = keep(&mut vehicle.rc, inbound::rc_raw(payload), at);
                false
            }
            HOME_POSITION => keep(&mut vehicle.home, inbound::home(payload), at),
            SYSTEM_TIME => {
                let _ = keep(&mut vehicle.utc_us, inbound::utc_us(payload), at);
                false
            }
            _ => false,
        };
        self.totals.unknown_total += u64::from(refused);
        Taken::Bound
    }
}

fn is_from(frame: &Frame<'_>, identity: &Identity) -> bool {
    frame.system == u32::from(identity.system) && frame.component == identity.component
}

/// The bound component's heartbeat.
fn take_heartbeat(
    heard: AnyHeartbeat,
    at: TimeUs,
    vehicle: &mut Vehicle,
    events: &mut dyn FnMut(Event),
) -> Taken {
    if !heard.is_autopilot() {
        return Taken::Bound;
    }
    let now = heard.heartbeat();
    tell_changes(vehicle.heartbeat, now, at, events);
    let may_command = |beat: &Heartbeat| beat.armed && beat.mode.accepts_commands();
    let could = vehicle.heartbeat.is_some_and(|before| may_command(&before.value));
    vehicle.left_total += u32::from(could && !may_command(&now));
    vehicle.heartbeat = Some(Aged::new(now, at));
    Taken::Heartbeat
}

/// Whether this is the heartbeat of an autopilot that is not the bound one.
fn is_other_autopilot(frame: &Frame<'_>, bound: &Identity, heard: &AnyHeartbeat) -> bool {
    frame.component == AUTOPILOT_COMPONENT && frame.system != u32::from(bound.system) && heard.is_autopilot()
}

/// Keeps a part; returns whether there was none to keep.
fn keep<T>(part: &mut Option<Aged<T>>, value: Option<T>, at: TimeUs) -> bool {
    let refused = value.is_none();
    if let Some(value) = value {
        *part = Some(Aged::new(value, at));
    }
    refused
}

fn tell_changes(before: Option<Aged<Heartbeat>>, now: Heartbeat, at: TimeUs, events: &mut dyn FnMut(Event)) {
    let Some(Aged { value: before, .. }) = before else { return };
    if before.mode != now.mode {
        let (from, to) = (before.mode, now.mode);
        match (from.name(), to.name()) {
            ("UNKNOWN", _) | (_, "UNKNOWN") => {
                let text =
                    format_args!("mode {} ({}) -> {} ({})", from.name(), from.custom, to.name(), to.custom);
                note(events, at, Severity::Note, "mode_change", text);
            }
            (from, to) => {
                note(events, at, Severity::Note, "mode_change", format_args!("mode {from} -> {to}"))
            }
        }
    }
    match (before.armed, now.armed) {
        (false, true) => note(events, at, Severity::Note, "armed", format_args!("armed")),
        (true, false) => note(events, at, Severity::Note, "disarmed", format_args!("disarmed")),
        _ => {}
    }
}

fn tell_ekf(vehicle: &Vehicle, degraded: Option<bool>, at: TimeUs, events: &mut dyn FnMut(Event)) {
    let before = vehicle.ekf.map(|ekf| ekf.value.degraded);
    match (before, degraded) {
        (Some(false), Some(true)) => {
            let why = "the estimator reports a GPS glitch or a guessed position";
            note(events, at, Severity::Warning, "ekf", format_args!("{why}"));
        }
        (Some(true), Some(false)) => {
            note(events, at, Severity::Note, "ekf", format_args!("the estimator is good again"));
        }
        _ => {}
    }
}

/// Makes an event.
pub fn note(
    events: &mut dyn FnMut(Event),
    at: TimeUs,
    severity: Severity,
    kind: &'static str,
    text: std::fmt::Arguments<'_>,
) {
    events(Event { at, severity, kind, text: Text::format(text) });
}

#[cfg(any())]
mod tests;
