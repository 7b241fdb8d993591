//! Brings a mission to the autopilot over a line of its own: finds whom, says who we are, and runs [`mission`](super::mission).
//!
//! It only uploads and reads: nothing here arms, changes a mode or starts a mission. Not to an armed aircraft, unless told, which
//! is judged until the first word of the upload; from then on it is brought to its end, because half a mission is worse.
//! We speak as a second companion beside the `skyhound` that flies, so that neither takes the other for a rival, and never
//! as a ground station, whose silence the autopilot watches.

use std::time::Duration;

use skyhound::geo::Wgs84;
use skyhound::time::TimeUs;
use skyhound::vehicle::Identity;

use super::address::Address;
use super::binding;
use super::framing::{Frame, Framer};
use super::inbound::AnyHeartbeat;
use super::message_id::HEARTBEAT;
use super::mission::{self, Upload};
use super::outbound::{Encoder, Packet};
use super::payload::Payload;
use super::port::{Change, Port, Urgency};
use super::reader::Reading;
use crate::clock::Clock;
use crate::settings::AutopilotSettings;

const STEP: Duration = Duration::from_millis(20);
const HEARTBEAT_EVERY_US: u64 = 1_000_000;
/// No autopilot by then: there is none.
const FOUND_US: u64 = 15_000_000;
/// After the first heartbeat: a second autopilot would have been heard.
const LISTEN_US: u64 = 1_500_000;
/// A heartbeat older than this tells nothing of being armed.
const HEARD_US: u64 = 2_500_000;
const SILENT_US: u64 = 10_000_000;
const WAIT_US: u32 = 500_000;

/// What to bring.
#[derive(Clone, Debug)]
pub struct Order {
    /// Waypoints, with their heights over home, m.
    pub waypoints: Vec<(Wgs84, f64)>,
    /// Over the ground.
    pub speed_mps: f64,
    /// A mission that is there may be replaced.
    pub may_replace: bool,
    /// The aircraft may be armed.
    pub may_be_armed: bool,
}

/// What was brought, and to whom.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The aircraft.
    pub identity: Identity,
    /// Items, as many as were read back.
    pub item_count: usize,
}

/// Brings it to the autopilot of `settings`.
///
/// # Errors
/// Nobody to bring it to, or it is not there now: why, and what to do.
pub fn upload(settings: &AutopilotSettings, order: &Order, clock: Clock) -> Result<Uploaded, String> {
    let address: Address = settings.address.parse().map_err(|error| format!("{error}"))?;
    if address == Address::None {
        return Err("autopilot.address is none: write --autopilot".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let port = Port::open(address, Reading::new(clock, || ()), WAIT_US, WAIT_US);
        let mut courier = Courier::new(settings, order, clock, port);
        let brought = courier.run().await;
        // What was said last is on its way.
        tokio::time::sleep(STEP).await;
        brought
    })
}

struct Courier<'a> {
    order: &'a Order,
    wanted_system: Option<u8>,
    component: u8,
    clock: Clock,
    port: Port,
    framer: Framer,
    sequence: u8,
    beaten: Option<TimeUs>,
    heard: Heard,
    upload: Option<Upload>,
}

/// The aircraft, as it is heard.
#[derive(Default)]
struct Heard {
    identity: Option<Identity>,
    found: TimeUs,
    beat: TimeUs,
    is_armed: bool,
    /// Another autopilot's system.
    second: Option<u8>,
    has_unfit: bool,
}

impl<'a> Courier<'a> {
    fn new(settings: &AutopilotSettings, order: &'a Order, clock: Clock, port: Port) -> Courier<'a> {
        // MAV_COMP_ID_ONBOARD_COMPUTER2, beside the first.
        let component = if settings.component == 192 { 193 } else { 192 };
        Courier {
            order,
            wanted_system: settings.system,
            component,
            clock,
            port,
            framer: Framer::new(),
            sequence: 0,
            beaten: None,
            heard: Heard::default(),
            upload: None,
        }
    }

    async fn run(&mut self) -> Result<Uploaded, String> {
        let begun = self.clock.now();
        loop {
            let _ = tokio::time::timeout(STEP, self.port.ready()).await;
            let now = self.clock.now();
            match self.port.take_change() {
                Some(Change::Lost(error)) => return Err(format!("{}: {error}", self.port.address())),
                Some(Change::Opened) => self.framer.cut(),
                None => {}
            }
            self.hear(now);
            self.beat(now);
            if let Some(second) = self.heard.second.filter(|_| self.upload.is_none()) {
                return Err(format!("system {second} is an autopilot too: write autopilot.system"));
            }
            let Some(identity) = self.heard.identity else {
                if now.since_us(begun) > FOUND_US {
                    return Err(self.nobody());
                }
                continue;
            };
            if let Some(ended) = self.carry(now, identity) {
                return ended;
            }
        }
    }

    fn nobody(&self) -> String {
        let who = if self.heard.has_unfit {
            "no multirotor or helicopter of ArduPilot or PX4"
        } else {
            "no autopilot"
        };
        format!("{who} is heard on {} after {} s: check the line", self.port.address(), FOUND_US / 1_000_000)
    }

    /// One step of the upload to the aircraft.
    fn carry(&mut self, now: TimeUs, identity: Identity) -> Option<Result<Uploaded, String>> {
        if now.since_us(self.heard.found) < LISTEN_US {
            return None;
        }
        let order = self.order;
        let upload = self.upload.get_or_insert_with(|| {
            let items = mission::items(identity.firmware, &order.waypoints, order.speed_mps);
            Upload::new(identity.firmware, items, order.may_replace)
        });
        if !upload.has_begun() {
            if self.heard.is_armed && !order.may_be_armed {
                return Some(Err("the aircraft is armed: land it, or write --while-armed".into()));
            }
            if now.since_us(self.heard.beat) > HEARD_US {
                let is_gone = now.since_us(self.heard.beat) > SILENT_US;
                return is_gone
                    .then(|| Err("the autopilot is silent: whether it is armed is not known".into()));
            }
        }
        while let Some(say) = self.upload.as_mut().and_then(|upload| upload.due(now)) {
            let item = |seq: u16| {
                self.upload.as_ref().and_then(|upload| upload.items().get(usize::from(seq)).copied())
            };
            let packet = match say {
                mission::Say::Read(request) => self.encoder().mission_request(request, mission::TYPE_MISSION),
                mission::Say::Count(count) => self.encoder().mission_count(count),
                mission::Say::Item(seq) => self.encoder().mission_item(&item(seq)?, seq),
            };
            self.send(&packet);
        }
        let upload = self.upload.as_ref()?;
        let item_count = upload.items().len();
        let half = if upload.has_begun() {
            "; what is aboard now is not sure: read it before it is flown"
        } else {
            ""
        };
        upload.end().map(|end| match end {
            Ok(()) => Ok(Uploaded { identity, item_count }),
            Err(why) => Err(format!("{why}{half}")),
        })
    }

    fn hear(&mut self, now: TimeUs) {
        while let Some(chunk) = self.port.next_chunk(now) {
            let waits_for_peer = matches!(self.port.address(), Address::UdpIn(_));
            if waits_for_peer && self.heard.identity.is_some() && chunk.from != self.port.peer {
                continue;
            }
            let (heard, upload, wanted) = (&mut self.heard, &mut self.upload, self.wanted_system);
            let component = self.component;
            self.framer.push(&chunk.bytes, |frame| {
                heard.take(&frame, now, wanted);
                if let (Some(identity), Some(upload)) = (heard.identity, upload.as_mut())
                    && (frame.system, frame.component) == (u32::from(identity.system), identity.component)
                {
                    upload.take(frame.id, Payload(frame.payload), (identity.system, component), now);
                }
            });
            if waits_for_peer && self.heard.identity.is_some() {
                self.port.peer = chunk.from;
            }
        }
    }

    /// As on the link: on `udpout` nobody can answer us before we spoke.
    fn beat(&mut self, now: TimeUs) {
        let may_beat = self.heard.identity.is_some() || matches!(self.port.address(), Address::UdpOut(_));
        let is_due = self.beaten.is_none_or(|beaten| now.since_us(beaten) >= HEARTBEAT_EVERY_US);
        if may_beat && is_due && self.port.line().is_some() {
            let packet = self.encoder().heartbeat(0);
            self.send(&packet);
            self.beaten = Some(now);
        }
    }

    fn encoder(&self) -> Encoder {
        let bound = self.heard.identity.map(|bound| bound.system).or(self.wanted_system);
        Encoder {
            system: bound.unwrap_or(super::SYSTEM_BEFORE_BINDING),
            component: self.component,
            target_component: 1,
            sequence: self.sequence,
        }
    }

    /// What the line does not take is as if it were lost.
    fn send(&mut self, packet: &Packet) {
        let went = self.port.send(packet.bytes(), Urgency::Patient);
        self.sequence = self.sequence.wrapping_add(u8::from(went));
    }
}

impl Heard {
    fn take(&mut self, frame: &Frame<'_>, now: TimeUs, wanted_system: Option<u8>) {
        if frame.id != HEARTBEAT {
            return;
        }
        let beat = AnyHeartbeat::read(Payload(frame.payload));
        if !binding::is_fit(frame, &beat, wanted_system) {
            self.has_unfit |= beat.is_autopilot();
            return;
        }
        let Ok(system) = u8::try_from(frame.system) else { return };
        let identity = Identity { system, component: frame.component, firmware: beat.firmware() };
        if self.identity.is_none() {
            (self.identity, self.found) = (Some(identity), now);
        }
        if self.identity.is_some_and(|bound| bound.system == system) {
            (self.beat, self.is_armed) = (now, beat.heartbeat().armed);
        } else {
            self.second = Some(system);
        }
    }
}
