//! Depth a's link: the simulated autopilot's own messages in, the engine's [`Vehicle`] out, as the host reads them.
//!
//! What stands in a message and what the host makes of it is written once, elsewhere, and only called here: `autopilot::{messages,
//! streams, absurd}` of the rig, `autopilot::parts` of the host. Here is what lies between: the rates at which the daemon asks for
//! messages, its questions (home each 10 s; parameters and the uploaded fence when the host's own turn comes) with their answers
//! at once, and the faults of the link: nothing passes; all is late, or comes again late (and then replaces nothing newer);
//! nothing of ours arrives; somebody else speaks; a field is absurd. ArduPilot's heartbeat comes each second and at once when
//! mode or arming change; PX4's stays on its grid of 1 Hz (`HEARTBEAT.hpp`), with CURRENT_MODE beside it.
//! Not here: frames, their senders and their times by the sender's clock (depth b).

use super::machine::{RIVAL, RIVAL_GONE_US};
use crate::aircraft::{Aircraft, firmware_of};
use crate::autopilot::absurd::Absurd;
use crate::autopilot::messages;
use crate::autopilot::streams::Streams;
use crate::autopilot::wire::Message;
use crate::scenario::fault::Impostor;
use crate::scenario::{Flavour, Kind};
use crate::trace::COMPONENT;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Identity, Vehicle};
use skyhound_host::autopilot::parts::{Heard, Parts};
use skyhound_host::autopilot::payload::Payload;
use skyhound_host::autopilot::stamp::Stamp;
use skyhound_host::autopilot::zones::ZoneRequest;
use std::collections::VecDeque;

const HOME_EVERY_US: u64 = 10_000_000;
const HOME_UNKNOWN_EVERY_US: u64 = 2_000_000;
/// Sticks come at least this often (`requests.rs` of the host); so do mode and ground.
const RC_LEAST_HZ: f64 = 40.0;
const MODE_HZ: f64 = 10.0;
const GROUND_LEAST_HZ: f64 = 4.0;
const WIND_HZ: f64 = 1.0;
/// Copies that come late are looked at this often.
const COPY_EVERY_US: u64 = 50_000;
/// MAV_MISSION_TYPE_FENCE.
const FENCE: u8 = 1;

/// What arrives later than it was sent.
#[derive(Default)]
struct Late {
    /// All of it.
    slow_us: Option<u64>,
    /// Once more.
    copies_us: Option<u64>,
    /// When it arrives, and as it was sent.
    on_the_way: VecDeque<(u64, Vehicle)>,
    copied_us: u64,
    copies: VecDeque<(u64, Vehicle)>,
    /// As it has arrived.
    arrived: Vehicle,
}

/// The link.
pub(super) struct Telemetry {
    vehicle: Vehicle,
    parts: Parts,
    streams: Streams,
    home_due_us: u64,
    left_seen: u32,
    boot_us: u64,
    link_is_lost: bool,
    transmits_not: bool,
    /// Mode and arming in the last heartbeat sent.
    told: Option<(u32, bool)>,
    impostor: Option<Impostor>,
    contested_until: Option<(TimeUs, &'static str)>,
    absurd: Absurd,
    late: Late,
}

impl Telemetry {
    /// A link on which nothing was heard yet. Rates as the settings name them: `[autopilot] position_hz, attitude_hz, status_hz`.
    pub(super) fn new(aircraft: &Aircraft, position_hz: f64, attitude_hz: f64, status_hz: f64) -> Telemetry {
        let now_us = aircraft.now_us();
        let mut streams = Streams::new(aircraft.flavour(), aircraft.rc_every_us(), now_us);
        let ground_hz = status_hz.max(GROUND_LEAST_HZ);
        let wanted = [
            ("GLOBAL_POSITION_INT", position_hz),
            ("ATTITUDE", attitude_hz),
            ("RC_CHANNELS", status_hz.max(RC_LEAST_HZ)),
            ("CURRENT_MODE", MODE_HZ),
            ("EXTENDED_SYS_STATE", ground_hz),
            ("TERRAIN_REPORT", ground_hz),
            ("ALTITUDE", ground_hz),
            ("DISTANCE_SENSOR", ground_hz),
            ("GPS_RAW_INT", status_hz),
            ("EKF_STATUS_REPORT", status_hz),
            ("ESTIMATOR_STATUS", status_hz),
            ("WIND", status_hz.min(WIND_HZ)),
            ("WIND_COV", status_hz.min(WIND_HZ)),
            ("SYS_STATUS", status_hz),
            ("SYSTEM_TIME", status_hz),
        ];
        for (name, hz) in wanted {
            // What the flavour has not is refused, and missed by nobody.
            streams.set(name, if hz > 0.0 { (1e6 / hz) as i64 } else { -1 }, now_us);
        }
        Telemetry {
            vehicle: Vehicle::default(),
            parts: Parts::default(),
            streams,
            home_due_us: 0,
            left_seen: aircraft.left_total(),
            boot_us: 0,
            link_is_lost: false,
            transmits_not: false,
            told: None,
            impostor: None,
            contested_until: None,
            absurd: Absurd::default(),
            late: Late::default(),
        }
    }

    /// What is known at `now`, which is the aircraft's own time. Call it at each step, or at least at each control pass: a message
    /// counts as received when this is called.
    pub(super) fn vehicle(&mut self, aircraft: &Aircraft, now: TimeUs) -> &Vehicle {
        let left_total = aircraft.left_total();
        let left_lately = left_total - std::mem::replace(&mut self.left_seen, left_total);
        let is_bound = self.vehicle.identity.is_none_or(|bound| bound.system == aircraft.system());
        if !self.link_is_lost && !aircraft.belief().is_silent && is_bound {
            self.judge_others(now);
            self.receive(aircraft, left_lately, now);
        }
        let silent = "the system we are bound to is silent, another is heard in its place";
        let contested = self.contested_until.filter(|(until, _)| now <= *until).map(|(_, why)| why);
        self.vehicle.contested = contested.or((!is_bound).then_some(silent));
        self.late.take(&self.vehicle, now)
    }

    /// `left_lately`: how often our mode was left since the last look.
    fn receive(&mut self, aircraft: &Aircraft, left_lately: u32, now: TimeUs) {
        let belief = aircraft.belief();
        if belief.boot_us < self.boot_us {
            self.forget();
        }
        self.boot_us = belief.boot_us;
        let is_changed = self.told.is_some_and(|told| told != (belief.custom_mode, belief.armed));
        if aircraft.flavour() == Flavour::ArduCopter && (is_changed || left_lately > 0) {
            self.streams.beaten(now.0);
            self.streams.ask("HEARTBEAT");
        }
        let mut streams = std::mem::take(&mut self.streams);
        streams.run(now.0, |name| {
            match messages::telemetry(name, aircraft) {
                Some(message) if name == "HEARTBEAT" => {
                    self.take_heartbeat(message, aircraft, left_lately, now)
                }
                Some(message) => self.take(message, now),
                None => {}
            }
            true
        });
        self.streams = streams;
        // Nobody to be bound to yet.
        let Some(identity) = self.vehicle.identity else { return };
        // TIMESYNC tells it.
        self.vehicle.clock_offset_us = Some(Aged::new(belief.boot_us as i64 - now.0 as i64, now));
        if let Some((at_us, system)) = aircraft.ground_station {
            self.vehicle.ground_station = Some(Aged::new(system, TimeUs(at_us)));
        }
        if !self.transmits_not {
            self.ask(identity, aircraft, now);
        }
    }

    /// A message as the host's reader takes it; before the first heartbeat it is a stranger's.
    fn take(&mut self, mut message: Message, now: TimeUs) {
        let Some(identity) = self.vehicle.identity else { return };
        self.absurd.spoil(&mut message);
        let heard = Heard {
            id: message.layout.id,
            payload: Payload(message.payload()),
            stamp: Stamp::news(now),
            at: now,
            us: (identity.system, COMPONENT),
        };
        self.parts.take(&heard, identity, &mut self.vehicle, &mut |_| {});
    }

    fn take_heartbeat(&mut self, message: Message, aircraft: &Aircraft, left_lately: u32, now: TimeUs) {
        if self.impostor == Some(Impostor::GimbalHeartbeat) {
            return;
        }
        self.told = Some((aircraft.belief().custom_mode, aircraft.belief().armed));
        let firmware = firmware_of(aircraft.flavour());
        self.vehicle.identity = Some(Identity { system: aircraft.system(), component: 1, firmware });
        let before = self.vehicle.left_total;
        self.take(message, now);
        // ArduPilot told of each leaving since the last look; PX4 tells of what lasts until its next beat.
        if aircraft.flavour() == Flavour::ArduCopter {
            self.vehicle.left_total = self.vehicle.left_total.max(before + left_lately);
        }
    }

    /// The autopilot started again: nothing of it is known until it is heard again.
    fn forget(&mut self) {
        let Vehicle { identity, left_total, heartbeat, .. } = self.vehicle;
        let could = heartbeat.is_some_and(|beat| beat.value.armed && beat.value.mode.accepts_commands());
        let left_total = left_total + u32::from(could);
        self.vehicle = Vehicle { identity, left_total, ..Vehicle::default() };
        self.parts.forget();
        self.home_due_us = 0;
    }

    /// The daemon's questions, in the host's own turn, with their answers.
    fn ask(&mut self, identity: Identity, aircraft: &Aircraft, now: TimeUs) {
        if now.0 >= self.home_due_us {
            let home = messages::telemetry("HOME_POSITION", aircraft);
            self.home_due_us = now.0 + if home.is_some() { HOME_EVERY_US } else { HOME_UNKNOWN_EVERY_US };
            home.into_iter().for_each(|home| self.take(home, now));
        }
        let (firmware, parameters) = (identity.firmware, &aircraft.parameters);
        let name = self.parts.params.due(now, firmware, &self.vehicle.parameters);
        if let Some((index, known)) = name.and_then(|name| parameters.find(name)) {
            let told = messages::parameter(aircraft.flavour(), known, index as u16, parameters.count());
            self.take(told, now);
        }
        if !self.parts.params.is_settled(firmware, &self.vehicle.parameters) {
            return;
        }
        let Some(request) = self.parts.zones.due(now) else { return };
        let items = aircraft.fence_items();
        let answer = match request {
            ZoneRequest::List => Some(messages::mission_count(items.len(), FENCE)),
            ZoneRequest::Item(index) => {
                let item = items.get(usize::from(index));
                item.map(|item| messages::mission_item(item, index, false).with("mission_type", FENCE))
            }
            ZoneRequest::Thanks => None,
        };
        let answer = answer.map(|answer| answer.to((identity.system, COMPONENT)));
        answer.into_iter().for_each(|answer| self.take(answer, now));
    }

    /// A fault of the link begins or ends. GcsLost is the caller's: it stops the heartbeats.
    pub(super) fn fault(&mut self, kind: &Kind, begins: bool) {
        let late_us = |delay_s: f64| begins.then_some((delay_s * 1e6) as u64);
        match kind {
            Kind::LinkLost => self.link_is_lost = begins,
            Kind::TransmitOff => self.transmits_not = begins,
            Kind::SlowLink { delay_s } => self.late.slow_us = late_us(*delay_s),
            Kind::LateCopies { delay_s } => self.late.copies_us = late_us(*delay_s),
            Kind::Impostor { who } => self.impostor = begins.then_some(*who),
            // A field that no message has is absurd nowhere; where there is a wire, that is told.
            Kind::Absurd { field, value } => drop(self.absurd.apply(field, *value, begins)),
            // The framing drops garbage whole.
            _ => {}
        }
    }

    /// Whether what the daemon sends reaches the autopilot, and by how much later.
    pub(super) fn passes(&self) -> Option<u64> {
        (!self.link_is_lost && !self.transmits_not).then_some(self.late.slow_us.unwrap_or(0))
    }

    /// Others on the link. Strangers' commands reach nothing at this depth: the engine has no door for them.
    fn judge_others(&mut self, now: TimeUs) {
        let why = match self.impostor {
            Some(Impostor::OwnIds) => RIVAL,
            Some(Impostor::OtherSystem) => "two autopilots on the link: name ours with autopilot.system",
            // A tracker cannot be commanded: it is named, and nothing more.
            Some(Impostor::GimbalHeartbeat | Impostor::Commander | Impostor::Tracker) | None => return,
        };
        self.contested_until = Some((now.plus_us(RIVAL_GONE_US), why));
    }
}

impl Late {
    /// What has arrived of what is sent now and was before.
    fn take(&mut self, sent: &Vehicle, now: TimeUs) -> &Vehicle {
        match self.slow_us {
            None => {
                self.on_the_way.clear();
                self.arrived = *sent;
            }
            Some(slow_us) => {
                self.on_the_way.push_back((now.0 + slow_us, *sent));
                while let Some((_, arrived)) = self.on_the_way.pop_front_if(|(due_us, _)| *due_us <= now.0) {
                    self.arrived = arrived;
                }
            }
        }
        if let Some(copies_us) = self.copies_us
            && now.0 >= self.copied_us + COPY_EVERY_US
        {
            self.copied_us = now.0;
            self.copies.push_back((now.0 + copies_us, *sent));
        }
        while let Some((_, copy)) = self.copies.pop_front_if(|(due_us, _)| *due_us <= now.0) {
            again(&mut self.arrived.position, copy.position);
            again(&mut self.arrived.attitude, copy.attitude);
            again(&mut self.arrived.heartbeat, copy.heartbeat);
            again(&mut self.arrived.rc, copy.rc);
        }
        &self.arrived
    }
}

/// A copy is as old as it is: it replaces nothing newer.
fn again<T: Copy>(part: &mut Option<Aged<T>>, copy: Option<Aged<T>>) {
    let Some(copy) = copy else { return };
    if part.is_some_and(|known| known.received_us < copy.received_us) {
        *part = Some(copy);
    }
}
