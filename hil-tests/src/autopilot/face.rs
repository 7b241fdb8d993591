//! The autopilot's side of its links: what is kept of each, and how a message leaves.
//!
//! One lock holds it; the socket task calls [`Face::receive`] as bytes arrive, the stepping thread [`Face::pass`] at 100 Hz
//! (both in `hear`, over all that understands a message).

use super::clock::Clock;
use super::faults::Faults;
use super::outbox::{Leaving, Outbox};
use super::streams::Streams;
use super::wire::Message;
use super::wire_log::{Says, WireLog};
use crate::aircraft::{Aircraft, Home, Waypoint};
use crate::scenario::Flavour;
use crate::trace::{SetpointRow, TruthRow};
use skyhound_host::autopilot::framing::Framer;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The autopilot's own component.
pub const COMPONENT: u8 = 1;
/// Texts that wait for room on a link; ArduPilot keeps 30 for all.
const WAITING_MAX: usize = 30;

/// One link: a line, or one client of a TCP line.
pub struct Link {
    pub(super) outbox: Arc<Outbox>,
    pub(super) streams: Streams,
    /// The next parameter of a list that is being sent.
    pub(super) listed: Option<usize>,
    pub(super) framer: Framer,
    pub(super) heard_us: u64,
    pub(super) waiting: VecDeque<Message>,
    /// What is sent on one that is closed goes nowhere.
    pub(super) is_open: bool,
    sequence: u8,
}

impl Link {
    pub(super) fn push(&self, leaving: Leaving) -> bool {
        !self.is_open || self.outbox.push(leaving)
    }

    /// Keeps a message until there is room for it. False when too many wait.
    pub(super) fn wait(&mut self, message: Message) -> bool {
        let has_place = self.waiting.len() < WAITING_MAX;
        if has_place {
            self.waiting.push_back(message);
        }
        has_place
    }
}

/// A mission on its way up.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) link: usize,
    pub(super) from: (u8, u8),
    pub(super) count: u16,
    pub(super) items: Vec<Waypoint>,
    pub(super) heard_us: u64,
    pub(super) asked_us: u64,
}

/// The autopilot's side of all links.
pub struct Face {
    pub(super) aircraft: Arc<Mutex<Aircraft>>,
    pub(super) own: (u8, u8),
    pub(super) flavour: Flavour,
    pub(super) clock: Arc<Clock>,
    pub(super) links: Vec<Link>,
    pub(super) faults: Faults,
    pub(super) upload: Option<Upload>,
    pub(super) setpoints: Vec<SetpointRow>,
    pub(super) truth_rows: Vec<TruthRow>,
    pub(super) log: Arc<Mutex<WireLog>>,
    /// When it is due, on which link.
    pub(super) late_out: VecDeque<(u64, usize, Leaving)>,
    pub(super) late_in: VecDeque<(u64, usize, Vec<u8>, u64)>,
    pub(super) said: Option<(u32, bool)>,
    pub(super) booted_us: u64,
    pub(super) reached_total: u32,
    pub(super) home: Option<Home>,
    pub(super) text_id: u16,
    /// When the ground station inside beats next.
    pub(super) station_us: u64,
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Face {
    pub(super) fn new(aircraft: Arc<Mutex<Aircraft>>, clock: Arc<Clock>, log: Arc<Mutex<WireLog>>) -> Face {
        let (system, flavour) = {
            let aircraft = lock(&aircraft);
            (aircraft.system(), aircraft.flavour())
        };
        Face {
            aircraft,
            own: (system, COMPONENT),
            flavour,
            clock,
            links: Vec::new(),
            faults: Faults::default(),
            upload: None,
            setpoints: Vec::new(),
            truth_rows: Vec::new(),
            log,
            late_out: VecDeque::new(),
            late_in: VecDeque::new(),
            said: None,
            booted_us: 0,
            reached_total: 0,
            home: None,
            text_id: 0,
            station_us: 0,
        }
    }

    /// A link is open; its number and the queue that its task must empty.
    pub(super) fn open(&mut self, capacity_bytes: usize) -> (usize, Arc<Outbox>) {
        let outbox = Arc::new(Outbox::new(capacity_bytes));
        self.links.push(Link {
            outbox: Arc::clone(&outbox),
            streams: self.streams(self.clock.now_us()),
            listed: None,
            framer: Framer::new(),
            heard_us: 0,
            waiting: VecDeque::new(),
            is_open: true,
            sequence: 0,
        });
        (self.links.len() - 1, outbox)
    }

    /// As a link has them that nobody has asked yet.
    pub(super) fn streams(&self, now_us: u64) -> Streams {
        Streams::new(self.flavour, lock(&self.aircraft).rc_every_us(), now_us)
    }

    /// Sends a message of the autopilot on a link. False when it found no room.
    pub(super) fn send(&mut self, link: usize, mut message: Message) -> bool {
        if self.faults.is_still_off(self.clock.now_us()) {
            return true;
        }
        self.faults.absurd.spoil(&mut message);
        let sequence = self.links[link].sequence;
        let bytes = message.frame(self.own, sequence);
        let leaving = Leaving::new(bytes, link, message.layout.id, self.own, Says::of(&message));
        let has_left = self.push(link, leaving);
        self.links[link].sequence = sequence.wrapping_add(u8::from(has_left));
        has_left
    }

    /// Sends a message as soon as there is room, at most [`WAITING_MAX`] of them.
    pub(super) fn send_patiently(&mut self, message: &Message) {
        for open in &mut self.links {
            // More than it holds is lost, as ArduPilot's queue of texts loses them.
            let _ = open.wait(message.clone());
        }
    }

    /// Sends a message of somebody else on every link, as if they sat on the same radio.
    pub(super) fn say_as(&mut self, from: (u8, u8), message: &Message) {
        let bytes = message.frame(from, self.faults.next_sequence());
        for link in 0..self.links.len() {
            self.push(link, Leaving::new(bytes.clone(), link, message.layout.id, from, Says::of(message)));
        }
    }

    pub(super) fn push(&mut self, link: usize, leaving: Leaving) -> bool {
        let now_us = self.clock.now_us();
        if self.faults.link_lost || self.faults.is_mute {
            // Into the air, where nobody hears it.
            return true;
        }
        if let Some(slow_us) = self.faults.slow_us {
            self.late_out.push_back((now_us + slow_us, link, leaving));
            return true;
        }
        if let Some(copies_us) = self.faults.copies_us {
            self.late_out.push_back((now_us + copies_us, link, Leaving { row: None, ..leaving.clone() }));
        }
        self.links[link].push(leaving)
    }
}
