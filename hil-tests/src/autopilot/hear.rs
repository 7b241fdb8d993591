//! What comes on a link, passed on and understood, and the housekeeping of a step: over all that understands a message.
//!
//! Both end by telling a change of mode or of arming at once, on every link, as ArduPilot and PX4 do. What is not for the
//! autopilot alone goes on to every other line (ArduPilot's own routing learns who is where; nothing here hangs on that). A
//! rebooting aircraft is deaf and silent, and forgets intervals and transfers.
//!
//! Setpoints are read as far as a companion leads: velocity and yaw rate in LOCAL_NED. Anything else (another frame, a velocity
//! that is ignored, a force, a number that is not finite) is one that cannot be read: ArduCopter (`GCS_Mavlink.cpp`,
//! `handle_message_set_position_target_local_ned`) stops by it, PX4 (`mavlink_receiver.cpp`) drops it. Positions and other
//! frames are the real ones' to fly.

use super::face::{Face, lock};
use super::outbox::Leaving;
use super::wire::{self, Message};
use super::wire_log::{Says, WireRow};
use crate::aircraft::{Answer, Request, Setpoint};
use crate::scenario::Flavour;
use crate::trace::SetpointRow;
use skyhound_host::autopilot::framing::Frame;

const MAV_TYPE_GCS: u8 = 6;
/// A frame whose rest has not come by then will not come.
const FRAME_WAIT_US: u64 = 250_000;
const TRUTH_EVERY_US: u64 = 100_000;

const LOCAL_NED: u8 = 1;
const IGNORE_VELOCITY: i64 = 0b111 << 3;
const IGNORE_YAW_RATE: i64 = 1 << 11;
const FORCE: i64 = 1 << 9;

/// A frame, out of its buffer.
struct Taken {
    id: u32,
    from: (u8, u8),
    sequence: u8,
    payload: Vec<u8>,
}

impl Face {
    /// Bytes came on a link at `at_us`.
    pub(super) fn receive(&mut self, link: usize, bytes: &[u8], at_us: u64) {
        match self.faults.slow_us {
            _ if self.faults.link_lost || self.faults.transmit_off => {}
            Some(slow_us) => self.late_in.push_back((at_us + slow_us, link, bytes.to_vec(), at_us)),
            None => self.hear(link, bytes, at_us),
        }
    }

    fn hear(&mut self, link: usize, bytes: &[u8], at_us: u64) {
        let open = &mut self.links[link];
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
        let row = WireRow { at_us, is_out: false, link: link as u16, id, system, component, says };
        lock(&self.log).push(row);
        if lock(&self.aircraft).belief().is_silent || frame.from == self.own {
            return;
        }
        let (to_system, to_component) = wire::targets(id, &frame.payload);
        let is_to = |target: Option<u8>, own: u8| target.is_none_or(|target| target == 0 || target == own);
        if (to_system, to_component) != (Some(self.own.0), Some(self.own.1))
            && let Some(bytes) = wire::frame(id, &frame.payload, frame.from, frame.sequence)
        {
            for to in (0..self.links.len()).filter(|to| *to != link) {
                self.push(to, Leaving::new(bytes.clone(), to, id, frame.from, says));
            }
        }
        if let Some(message) =
            message.filter(|_| is_to(to_system, self.own.0) && is_to(to_component, self.own.1))
        {
            self.handle(link, frame.from, &message, at_us);
        }
    }

    fn handle(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        match message.name() {
            "HEARTBEAT" if message.byte("type") == MAV_TYPE_GCS => {
                lock(&self.aircraft).request(&Request::GroundStation(from.0));
            }
            "COMMAND_LONG" => self.command(link, from, message, at_us),
            "SET_MODE" => self.set_mode(link, from, message),
            "SET_POSITION_TARGET_LOCAL_NED" => self.setpoint(from, message, at_us),
            "RC_CHANNELS_OVERRIDE" => self.rc_override(from, message),
            "REQUEST_DATA_STREAM" if self.flavour == Flavour::ArduCopter => {
                let is_start = message.byte("start_stop") != 0;
                let rate_hz = if is_start { message.whole("req_message_rate") as u32 } else { 0 };
                self.links[link].streams.set_group(message.byte("req_stream_id"), rate_hz, at_us);
            }
            "TIMESYNC" if message.whole("tc1") == 0 => {
                // Between the steps too.
                let (boot_us, step_us) = {
                    let aircraft = lock(&self.aircraft);
                    (aircraft.belief().boot_us, aircraft.now_us())
                };
                let boot_ns = (boot_us + at_us.saturating_sub(step_us)) * 1_000;
                let answer = Message::new("TIMESYNC").with("tc1", boot_ns).with("ts1", message.whole("ts1"));
                self.send(link, answer.to(from));
            }
            name if name.starts_with("MISSION_") => self.mission(link, from, message, at_us),
            name if name.starts_with("PARAM_") => self.parameter(link, message),
            _ => {}
        }
    }

    fn setpoint(&mut self, from: (u8, u8), message: &Message, at_us: u64) {
        let mask = message.whole("type_mask");
        let velocity_mps = ["vx", "vy", "vz"].map(|name| message.real(name));
        let yaw_rate_rad_s = message.real("yaw_rate");
        let is_read = message.byte("coordinate_frame") == LOCAL_NED && mask & (IGNORE_VELOCITY | FORCE) == 0;
        let request = if is_read {
            let yaw_rate_rad_s = if mask & IGNORE_YAW_RATE == 0 { yaw_rate_rad_s } else { 0.0 };
            Request::Setpoint(Setpoint { velocity_mps, yaw_rate_rad_s })
        } else {
            Request::Unreadable
        };
        let taken = lock(&self.aircraft).request(&request) == Answer::Accepted;
        self.setpoints.push(SetpointRow { at_us, velocity_mps, yaw_rate_rad_s, taken, from });
    }

    /// ArduPilot takes it only from the system in SYSID_MYGCS; PX4 from anybody.
    fn rc_override(&mut self, from: (u8, u8), message: &Message) {
        let mut aircraft = lock(&self.aircraft);
        let ground_station = aircraft.parameters.value("SYSID_MYGCS");
        if self.flavour == Flavour::Px4 || ground_station == Some(f64::from(from.0)) {
            let channel = |index: usize| message.whole(&format!("chan{}_raw", index + 1)) as u16;
            aircraft.request(&Request::RcOverride(std::array::from_fn(channel)));
        }
    }

    /// What was on a slower way, and has come to its end.
    fn bring_late(&mut self, now_us: u64) {
        while let Some((_, link, leaving)) = self.late_out.pop_front_if(|(due_us, ..)| *due_us <= now_us) {
            // No room is no room for what is late, too.
            let _ = self.links[link].push(leaving);
        }
        // Stamped when they came off the socket, as all others are.
        while let Some((_, link, bytes, at_us)) = self.late_in.pop_front_if(|(due_us, ..)| *due_us <= now_us)
        {
            self.hear(link, &bytes, at_us);
        }
    }

    /// The housekeeping of one step.
    pub(super) fn pass(&mut self, now_us: u64) {
        self.note_truth();
        self.bring_late(now_us);
        self.forget_at_reboot(now_us);
        self.give_up_late_frames(now_us);
        self.beat_as_station(now_us);
        self.tell_change(now_us);
        self.tell_events();
        self.step_upload(now_us);
        self.send_due(now_us);
        self.send_lists();
        self.play_faults(now_us);
    }

    fn note_truth(&mut self) {
        let row = lock(&self.aircraft).truth_row();
        if self.truth_rows.last().is_none_or(|last| row.pose.at_us >= last.pose.at_us + TRUTH_EVERY_US) {
            self.truth_rows.push(row);
        }
    }

    fn forget_at_reboot(&mut self, now_us: u64) {
        let boot_us = lock(&self.aircraft).belief().boot_us;
        if boot_us < self.booted_us {
            self.own.0 = lock(&self.aircraft).system();
            self.upload = None;
            let streams = self.streams(now_us);
            for open in &mut self.links {
                open.streams = streams.clone();
                open.listed = None;
                open.waiting.clear();
            }
        }
        self.booted_us = boot_us;
    }

    fn give_up_late_frames(&mut self, now_us: u64) {
        for link in 0..self.links.len() {
            let open = &mut self.links[link];
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
