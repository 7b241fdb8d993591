//! The autopilot between its links: takes frames in, passes on what is for others, answers, and sends what is due.
//!
//! One lock holds it; the socket task calls [`Face::receive`] as bytes arrive, the stepping thread [`Face::pass`] at 100 Hz.
//! Both end by telling a change of mode or of arming at once, on every link, as ArduPilot and PX4 do. A rebooting aircraft is
//! deaf and silent, and forgets intervals, routes and transfers.

use super::clock::Clock;
use super::faults::Faults;
use super::missions::Upload;
use super::outbox::{Leaving, Outbox};
use super::routes::{Passing, Routes};
use super::streams::Streams;
use super::wire::{self, Message};
use super::wire_log::{Says, WireLog, WireRow};
use crate::aircraft::{Aircraft, Home, Request};
use crate::scenario::Flavour;
use crate::trace::{SetpointRow, TruthRow};
use skyhound_host::autopilot::framing::{Frame, Framer};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The autopilot's own component.
pub const COMPONENT: u8 = 1;
const MAV_TYPE_GCS: u8 = 6;
/// A frame whose rest has not come by then will not come.
const FRAME_WAIT_US: u64 = 250_000;
const TRUTH_EVERY_US: u64 = 100_000;
/// Texts that wait for room on a link; ArduPilot keeps 30 for all.
const WAITING_MAX: usize = 30;

/// One link: a line, or one client of a TCP line.
pub struct Link {
    pub(super) outbox: Arc<Outbox>,
    pub(super) streams: Streams,
    /// The next parameter of a list that is being sent.
    pub(super) listed: Option<usize>,
    /// Whether faults of the link concern it; the ground station's own is inside.
    is_outside: bool,
    framer: Framer,
    heard_us: u64,
    sequence: u8,
    pub(super) waiting: VecDeque<Message>,
}

impl Link {
    /// Keeps a message until there is room for it. False when too many wait.
    pub(super) fn wait(&mut self, message: Message) -> bool {
        let has_place = self.waiting.len() < WAITING_MAX;
        if has_place {
            self.waiting.push_back(message);
        }
        has_place
    }
}

/// A frame, out of its buffer.
struct Taken {
    id: u32,
    from: (u8, u8),
    sequence: u8,
    payload: Vec<u8>,
}

/// The autopilot's side of all links.
pub struct Face {
    pub(super) aircraft: Arc<Mutex<Aircraft>>,
    pub(super) own: (u8, u8),
    pub(super) flavour: Flavour,
    pub(super) clock: Arc<Clock>,
    pub(super) links: Vec<Option<Link>>,
    pub(super) faults: Faults,
    pub(super) upload: Option<Upload>,
    pub(super) setpoints: Vec<SetpointRow>,
    pub(super) truth_rows: Vec<TruthRow>,
    log: Arc<Mutex<WireLog>>,
    routes: Routes,
    /// When it is due, on which link.
    late_out: VecDeque<(u64, usize, Leaving)>,
    late_in: VecDeque<(u64, usize, Vec<u8>, u64)>,
    pub(super) said: Option<(u32, bool)>,
    booted_us: u64,
    pub(super) reached_total: u32,
    pub(super) home: Option<Home>,
    pub(super) text_id: u16,
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
            faults: Faults::new(system),
            upload: None,
            setpoints: Vec::new(),
            truth_rows: Vec::new(),
            log,
            routes: Routes::default(),
            late_out: VecDeque::new(),
            late_in: VecDeque::new(),
            said: None,
            booted_us: 0,
            reached_total: 0,
            home: None,
            text_id: 0,
        }
    }

    /// A link is open; its number and the queue that its task must empty.
    pub(super) fn open(&mut self, capacity_bytes: usize, is_outside: bool) -> (usize, Arc<Outbox>) {
        let outbox = Arc::new(Outbox::new(capacity_bytes));
        self.links.push(Some(Link {
            outbox: Arc::clone(&outbox),
            streams: Streams::new(self.flavour, self.rc_every_us(), self.clock.now_us()),
            listed: None,
            is_outside,
            framer: Framer::new(),
            heard_us: 0,
            sequence: 0,
            waiting: VecDeque::new(),
        }));
        (self.links.len() - 1, outbox)
    }

    fn rc_every_us(&self) -> u64 {
        lock(&self.aircraft).rc_every_us()
    }

    /// A link is gone.
    pub(super) fn close(&mut self, link: usize) {
        self.links[link] = None;
        self.routes.forget(link);
    }

    /// Bytes came on a link at `at_us`.
    pub(super) fn receive(&mut self, link: usize, bytes: &[u8], at_us: u64) {
        let Some(open) = &self.links[link] else { return };
        match self.faults.slow_us.filter(|_| open.is_outside) {
            _ if open.is_outside && (self.faults.link_lost || self.faults.transmit_off) => {}
            Some(slow_us) => self.late_in.push_back((at_us + slow_us, link, bytes.to_vec(), at_us)),
            None => self.hear(link, bytes, at_us),
        }
    }

    fn hear(&mut self, link: usize, bytes: &[u8], at_us: u64) {
        let Some(open) = &mut self.links[link] else { return };
        open.heard_us = at_us;
        let mut frames = Vec::new();
        open.framer.push(bytes, |frame| frames.extend(Taken::of(&frame)));
        self.take_all(link, frames, at_us);
    }

    fn take_all(&mut self, link: usize, frames: Vec<Taken>, at_us: u64) {
        for frame in frames {
            self.take(link, &frame, at_us);
        }
        self.tell(at_us);
    }

    /// Tells what has changed since the last step, and whatever else is due.
    pub(super) fn tell(&mut self, now_us: u64) {
        self.tell_change(now_us);
        self.send_due(now_us);
    }

    fn take(&mut self, link: usize, frame: &Taken, at_us: u64) {
        let message = Message::read(frame.id, &frame.payload);
        let says = message.as_ref().map_or(Says::Other, Says::of);
        let (id, (system, component)) = (frame.id, frame.from);
        lock(&self.log).push(WireRow {
            at_us,
            is_out: false,
            link: link as u16,
            id,
            system,
            component,
            says,
        });
        let (target_system, target_component) = wire::targets(id, &frame.payload);
        let passing = Passing { id, from: frame.from, system: target_system, component: target_component };
        if lock(&self.aircraft).belief().is_silent {
            return;
        }
        let links: Vec<usize> = (0..self.links.len()).filter(|&link| self.links[link].is_some()).collect();
        let verdict = self.routes.pass(self.own, link, &links, &passing);
        if let Some(bytes) = wire::frame(id, &frame.payload, frame.from, frame.sequence) {
            for to in verdict.to {
                self.push(to, Leaving::new(bytes.clone(), to, id, frame.from, says));
            }
        }
        if let Some(message) = message.filter(|_| verdict.is_for_us && frame.from != self.own) {
            self.handle(link, frame.from, &message, at_us);
        }
    }

    fn handle(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        match message.name() {
            "HEARTBEAT" if message.byte("type") == MAV_TYPE_GCS => {
                lock(&self.aircraft).request(&Request::GroundStation(from.0));
            }
            "COMMAND_LONG" | "COMMAND_INT" => self.command(link, from, message, at_us),
            "SET_MODE" => self.set_mode(link, from, message),
            "SET_POSITION_TARGET_LOCAL_NED" => self.local_setpoint(from, message, at_us),
            "SET_POSITION_TARGET_GLOBAL_INT" => self.global_setpoint(from, message, at_us),
            "RC_CHANNELS_OVERRIDE" => self.rc_override(from, message),
            "REQUEST_DATA_STREAM" if self.flavour == Flavour::ArduCopter => {
                let is_start = message.byte("start_stop") != 0;
                let rate_hz = if is_start { message.whole("req_message_rate") as u32 } else { 0 };
                if let Some(open) = &mut self.links[link] {
                    open.streams.set_group(message.byte("req_stream_id"), rate_hz, at_us);
                }
            }
            "TIMESYNC" if message.whole("tc1") == 0 => {
                let boot_ns = self.boot_us(at_us) * 1_000;
                let answer = Message::new("TIMESYNC").with("tc1", boot_ns).with("ts1", message.whole("ts1"));
                self.send(link, answer.to(from));
            }
            "PING" if message.byte("target_system") == 0 => {
                let boot_us = self.boot_us(at_us);
                self.send(link, message.clone().with("time_usec", boot_us).to(from));
            }
            name if name.starts_with("MISSION_") => self.mission(link, from, message, at_us),
            name if name.starts_with("PARAM_") => self.parameter(link, message),
            _ => {}
        }
    }

    /// µs since the autopilot started, between its steps too.
    pub(super) fn boot_us(&self, now_us: u64) -> u64 {
        let aircraft = lock(&self.aircraft);
        aircraft.belief().boot_us + now_us.saturating_sub(aircraft.now_us())
    }

    /// Sends a message of the autopilot on a link. False when it found no room.
    pub(super) fn send(&mut self, link: usize, mut message: Message) -> bool {
        let Some(open) = self.links.get(link).and_then(Option::as_ref) else { return true };
        if open.is_outside && self.faults.is_still_off(self.clock.now_us()) {
            return true;
        }
        self.faults.spoil(&mut message);
        let bytes = message.frame(self.own, open.sequence);
        let leaving = Leaving::new(bytes, link, message.layout.id, self.own, Says::of(&message));
        let has_left = self.push(link, leaving);
        if let Some(open) = &mut self.links[link] {
            open.sequence = open.sequence.wrapping_add(u8::from(has_left));
        }
        has_left
    }

    /// Sends a message as soon as there is room, at most [`WAITING_MAX`] of them.
    pub(super) fn send_patiently(&mut self, message: &Message) {
        for open in self.links.iter_mut().flatten() {
            // More than it holds is lost, as ArduPilot's queue of texts loses them.
            let _ = open.wait(message.clone());
        }
    }

    pub(super) fn push(&mut self, link: usize, leaving: Leaving) -> bool {
        let Some(open) = &self.links[link] else { return true };
        if !open.is_outside {
            return open.outbox.push(leaving);
        }
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
        open.outbox.push(leaving)
    }

    /// What was on a slower way, and has come to its end.
    fn bring_late(&mut self, now_us: u64) {
        while let Some((_, link, leaving)) = self.late_out.pop_front_if(|(due_us, ..)| *due_us <= now_us) {
            if let Some(open) = &self.links[link] {
                // No room is no room for what is late, too.
                let _ = open.outbox.push(leaving);
            }
        }
        // Stamped when they came off the socket, as all others are.
        while let Some((_, link, bytes, at_us)) = self.late_in.pop_front_if(|(due_us, ..)| *due_us <= now_us)
        {
            self.hear(link, &bytes, at_us);
        }
    }

    /// Links that faults of the link concern.
    pub(super) fn outside(&self) -> Vec<usize> {
        let is_outside = |&link: &usize| self.links[link].as_ref().is_some_and(|open| open.is_outside);
        (0..self.links.len()).filter(is_outside).collect()
    }

    /// The housekeeping of one step.
    pub(super) fn pass(&mut self, now_us: u64) {
        self.note_truth();
        self.bring_late(now_us);
        self.forget_at_reboot(now_us);
        self.give_up_late_frames(now_us);
        self.tell_change(now_us);
        self.tell_events();
        self.step_upload(now_us);
        self.send_due(now_us);
        self.send_lists();
        self.play_faults(now_us);
    }

    fn note_truth(&mut self) {
        let aircraft = lock(&self.aircraft);
        let pose = aircraft.truth();
        if self.truth_rows.last().is_none_or(|last| pose.at_us >= last.pose.at_us + TRUTH_EVERY_US) {
            let belief = aircraft.belief();
            let (mode, battery_ratio) = (aircraft.mode_name(), belief.battery.remaining_ratio);
            self.truth_rows.push(TruthRow { pose, mode, armed: belief.armed, battery_ratio });
        }
    }

    fn forget_at_reboot(&mut self, now_us: u64) {
        let boot_us = lock(&self.aircraft).belief().boot_us;
        if boot_us < self.booted_us {
            let rc_every_us = self.rc_every_us();
            self.routes = Routes::default();
            self.own.0 = lock(&self.aircraft).system();
            self.upload = None;
            for open in self.links.iter_mut().flatten() {
                open.streams = Streams::new(self.flavour, rc_every_us, now_us);
                open.listed = None;
                open.waiting.clear();
            }
        }
        self.booted_us = boot_us;
    }

    fn give_up_late_frames(&mut self, now_us: u64) {
        for link in 0..self.links.len() {
            let Some(open) = &mut self.links[link] else { continue };
            if open.framer.waiting_bytes() == 0 || now_us < open.heard_us + FRAME_WAIT_US {
                continue;
            }
            let (mut frames, at_us) = (Vec::new(), open.heard_us);
            open.framer.give_up(|frame| frames.extend(Taken::of(&frame)));
            self.take_all(link, frames, at_us);
        }
    }
}

impl Taken {
    /// `None` for a 32-bit system id, which nobody here has.
    fn of(frame: &Frame<'_>) -> Option<Taken> {
        let from = (u8::try_from(frame.system).ok()?, frame.component);
        Some(Taken { id: frame.id, from, sequence: frame.sequence, payload: frame.payload.to_vec() })
    }
}
