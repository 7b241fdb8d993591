//! What is wrong with the link now: it is lost, late, mute, strangers speak on it, bytes are no messages.

use super::absurd::Absurd;
use crate::random::{self, Random};
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;
use rand::Rng;

/// How long a tracker is there before the aircraft.
const TRACKER_FIRST_US: u64 = 3_000_000;
const GARBAGE_BYTES_MAX: usize = 60;

/// Faults that are on now.
#[derive(Default)]
pub struct Faults {
    /// Nothing passes on links.
    pub link_lost: bool,
    /// Nothing leaves on links; what comes is received and logged.
    pub is_mute: bool,
    /// Nothing that comes on links is heard.
    pub transmit_off: bool,
    /// Everything is so late on links.
    pub slow_us: Option<u64>,
    /// What leaves on links comes again so late.
    pub copies_us: Option<u64>,
    /// The autopilot is switched on then: a tracker was there first.
    first_us: Option<u64>,
    /// The ground station inside does not beat.
    pub station_is_silent: bool,
    pub(super) impostors: Vec<Impostor>,
    pub(super) absurd: Absurd,
    pub(super) is_garbage: bool,
    random: Option<Random>,
    pub(super) strangers_us: u64,
    pub(super) garbage_us: u64,
    sequence: u8,
}

impl Faults {
    /// Begins or ends one; whether it was one of the link's.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::LinkLost => self.link_lost = begins,
            Kind::TransmitOff => self.transmit_off = begins,
            Kind::SlowLink { delay_s } => self.slow_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::LateCopies { delay_s } => self.copies_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::Garbage => self.is_garbage = begins,
            Kind::GcsLost => self.station_is_silent = begins,
            Kind::Impostor { who } => {
                self.impostors.retain(|on| on != who);
                self.impostors.extend(begins.then_some(*who));
            }
            Kind::Absurd { field, value } => self.absurd.apply(field, *value, begins)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The autopilot's own heartbeats have stopped, and a gimbal's go on.
    pub fn is_heartless(&self) -> bool {
        self.impostors.contains(&Impostor::GimbalHeartbeat)
    }

    /// Whether only the tracker is on the line yet.
    pub fn is_still_off(&mut self, now_us: u64) -> bool {
        let has_tracker = self.impostors.contains(&Impostor::Tracker);
        has_tracker && now_us < *self.first_us.get_or_insert(now_us + TRACKER_FIRST_US)
    }

    /// Of strangers' frames, all in one row.
    pub(super) fn next_sequence(&mut self) -> u8 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    pub(super) fn garbage(&mut self, seed: u64) -> Vec<u8> {
        let random = self.random.get_or_insert_with(|| random::source(seed, "garbage"));
        let count = 1 + random.next_u64() as usize % GARBAGE_BYTES_MAX;
        let mut bytes: Vec<u8> = (0..count).map(|_| random.next_u64() as u8).collect();
        // Half of it looks like the begin of a frame.
        match random.next_u64() % 4 {
            0 => bytes[0] = 0xFD,
            1 => bytes[0] = 0xFE,
            _ => {}
        }
        bytes
    }
}
