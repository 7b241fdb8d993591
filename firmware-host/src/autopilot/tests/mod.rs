//! The link over real sockets and a real pty, against a small autopilot that speaks through the dialect's own encoder.

mod lines;
mod rates;
mod udp;
mod witness;

use std::time::Duration;

use mavlink::dialects::ardupilotmega::{self as dialect, MavMessage};
use mavlink::{MavlinkVersion, Message};
use skyhound::command::{Fault, Interlock, Trip};
use skyhound::record::Event;

use super::framing::tests::{encoded, made};
use super::*;

pub const SILENCE: Command =
    Command::Silence(Trip { interlock: Interlock::Mode, fault: Fault::Refused, detail: "" });

pub fn settings(address: &str) -> AutopilotSettings {
    AutopilotSettings {
        address: address.to_owned(),
        system: None,
        component: 191,
        setpoint_hz: 20.0,
        telemetry_hz: 2.0,
        position_hz: 10.0,
        attitude_hz: 10.0,
        status_hz: 2.0,
        reconnect_wait_min_us: 20_000,
        reconnect_wait_max_us: 100_000,
    }
}

/// The control thread in small: a link, what it knows, what happened.
pub struct Pilot {
    pub link: Link,
    pub vehicle: Vehicle,
    pub events: Vec<(&'static str, String)>,
    pub clock: Clock,
}

impl Pilot {
    pub fn new(settings: &AutopilotSettings) -> Pilot {
        let clock = Clock::start();
        let link = Link::open(settings, clock).unwrap();
        Pilot { link, vehicle: Vehicle::default(), events: Vec::new(), clock }
    }

    pub fn drain(&mut self) {
        let now = self.clock.now();
        self.drain_at(now);
    }

    pub fn drain_at(&mut self, now: TimeUs) {
        let events = &mut self.events;
        self.link.drain(now, &mut self.vehicle, &mut |event: Event| {
            events.push((event.kind, event.text.as_str().to_owned()));
        });
    }

    /// Passes, woken by bytes or every 10 ms, until `done`; fails after 10 s.
    pub async fn pass_until(&mut self, what: &str, mut done: impl FnMut(&mut Pilot) -> bool) {
        let given_up = tokio::time::Instant::now() + Duration::from_secs(10);
        while !done(self) {
            assert!(tokio::time::Instant::now() < given_up, "never: {what}; events {:?}", self.events);
            let _ = tokio::time::timeout(Duration::from_millis(10), self.link.ready()).await;
            self.drain();
            let now = self.clock.now();
            self.link.tick(now, &mut self.vehicle);
        }
    }

    pub fn happened(&self, kind: &str) -> usize {
        self.events.iter().filter(|(known, _)| *known == kind).count()
    }
}

pub fn heartbeat(custom_mode: u32) -> MavMessage {
    MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA {
        custom_mode,
        mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
        autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
        base_mode: dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED,
        system_status: dialect::MavState::MAV_STATE_ACTIVE,
        mavlink_version: 3,
    })
}

pub fn position(lat: i32) -> MavMessage {
    MavMessage::GLOBAL_POSITION_INT(dialect::GLOBAL_POSITION_INT_DATA {
        lat,
        lon: 80_000_000,
        ..Default::default()
    })
}

pub fn framed(message: &MavMessage) -> Vec<u8> {
    encoded(true, 0, message)
}

/// Decodes what the link sent.
#[derive(Default)]
pub struct Ears {
    framer: Framer,
    pub heard: Vec<MavMessage>,
}

impl Ears {
    pub fn take(&mut self, bytes: &[u8]) {
        let heard = &mut self.heard;
        self.framer.push(bytes, |frame| {
            assert_eq!(frame.component, 191);
            heard.push(MavMessage::parse(MavlinkVersion::V2, frame.id, frame.payload).unwrap());
        });
        assert_eq!(self.framer.totals().garbage_bytes_total, 0, "whole frames only");
    }

    pub fn count(&self, id: u32) -> usize {
        self.heard.iter().filter(|message| message.message_id() == id).count()
    }
}

/// A port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
