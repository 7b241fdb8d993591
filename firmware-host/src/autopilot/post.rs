//! What ground stations send to us as a component, and what we answer: bounded lanes between the link, which alone reads and writes the line,
//! and the station thread. Nothing of it reaches the engine from here; what finds no room is dropped and counted.

use mavlink::{MavlinkVersion, MessageData};
use skyhound::ring::{Consumer, Producer, lane};
use skyhound::time::TimeUs;

use super::framing::Frame;
use super::message_id::*;
use super::payload::Payload;

/// Frames that wait for the station thread.
const IN_COUNT: usize = 256;
/// Frames of ours that wait for the line.
const OUT_COUNT: usize = 64;
/// Where the target system stands in a command's payload; the target component follows it.
const TARGET_AT: usize = 30;
/// Of ours on the line in one pass at most.
pub const PER_PASS_MAX: usize = 32;

/// A frame of somebody's.
#[derive(Copy, Clone, Debug)]
pub struct Letter {
    /// When its bytes were read.
    pub at: TimeUs,
    /// Sender's system.
    pub system: u8,
    /// Sender's component.
    pub component: u8,
    /// Message id.
    pub id: u32,
    length: u8,
    bytes: [u8; 255],
}

impl Letter {
    fn of(frame: &Frame<'_>, at: TimeUs) -> Option<Letter> {
        let mut bytes = [0; 255];
        bytes.get_mut(..frame.payload.len())?.copy_from_slice(frame.payload);
        let system = u8::try_from(frame.system).ok()?;
        let length = frame.payload.len() as u8;
        Some(Letter { at, system, component: frame.component, id: frame.id, length, bytes })
    }

    /// Its payload.
    pub fn payload(&self) -> Payload<'_> {
        Payload(&self.bytes[..usize::from(self.length)])
    }
}

/// A message of ours on its way to the line, which gives it sender, sequence and checksum.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Reply {
    /// Message id.
    pub id: u32,
    /// Its CRC_EXTRA.
    pub seed: u8,
    length: u8,
    bytes: [u8; 255],
}

impl Reply {
    /// A message of the dialect; extension fields are zero.
    pub fn of<M: MessageData>(message: &M) -> Reply {
        let mut bytes = [0; 255];
        let length = message.ser(MavlinkVersion::V2, &mut bytes);
        Reply { id: M::ID, seed: M::EXTRA_CRC, length: length as u8, bytes }
    }

    /// A message by its payload, as it is on the wire, with fields of extensions, which the dialect's encoder does not know. What is longer
    /// than a payload can be is cut.
    pub fn new(id: u32, seed: u8, payload: &[u8]) -> Reply {
        let mut bytes = [0; 255];
        let count = payload.len().min(bytes.len());
        bytes[..count].copy_from_slice(&payload[..count]);
        Reply { id, seed, length: count as u8, bytes }
    }

    /// Its payload, zeros at its end cut off.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The link's ends.
pub struct Post {
    letters: Producer<Letter>,
    replies: Consumer<Reply>,
    waiting: Option<Reply>,
}

/// The station thread's ends.
pub struct Desk {
    /// What came.
    pub letters: Consumer<Letter>,
    /// What goes.
    pub replies: Producer<Reply>,
}

/// Lanes between link and station thread.
pub fn post() -> (Post, Desk) {
    let (to_desk, letters) = lane("station in", IN_COUNT);
    let (replies, to_line) = lane("station out", OUT_COUNT);
    (Post { letters: to_desk, replies: to_line, waiting: None }, Desk { letters, replies })
}

impl Post {
    /// Takes a frame of anybody: what is for us as `(system, component)`, and heartbeats, goes to the station thread.
    pub fn take(&mut self, frame: &Frame<'_>, us: (u8, u8), at: TimeUs) {
        let is_own = (frame.system, frame.component) == (u32::from(us.0), us.1);
        if !is_own
            && is_for(frame, us)
            && let Some(letter) = Letter::of(frame, at)
        {
            self.letters.push(letter);
        }
    }

    /// The next of ours.
    pub fn next_reply(&mut self) -> Option<Reply> {
        self.waiting.take().or_else(|| self.replies.pop())
    }

    /// The line had no room for it.
    pub fn put_back(&mut self, reply: Reply) {
        self.waiting = Some(reply);
    }
}

/// Whether a frame is a command to us, or tells who is there. A command to all is the autopilot's.
fn is_for(frame: &Frame<'_>, us: (u8, u8)) -> bool {
    let payload = Payload(frame.payload);
    match frame.id {
        COMMAND_LONG | COMMAND_INT => (payload.u8(TARGET_AT), payload.u8(TARGET_AT + 1)) == us,
        id => id == HEARTBEAT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: u32, payload: &[u8]) -> Frame<'_> {
        Frame { is_mavlink_2: true, sequence: 0, system: 255, component: 190, id, payload }
    }

    #[test]
    fn what_is_for_us_comes_and_nothing_else() {
        let (mut post, mut desk) = post();
        let mut command = [0; 33];
        let mut taken = |id: u32, payload: &[u8]| {
            post.take(&frame(id, payload), (1, 191), TimeUs(7));
            desk.letters.pop().map(|letter| letter.id)
        };
        for (target, is_ours) in
            [((1, 191), true), ((1, 1), false), ((1, 0), false), ((0, 0), false), ((2, 191), false)]
        {
            (command[30], command[31]) = target;
            assert_eq!(taken(COMMAND_LONG, &command).is_some(), is_ours, "{target:?}");
        }
        (command[30], command[31]) = (1, 191);
        assert_eq!(taken(COMMAND_INT, &command), Some(COMMAND_INT));
        assert_eq!(taken(COMMAND_INT, &command[..31]), None, "a cut target is component 0");
        const PARAM_SET: u32 = 23;
        assert_eq!(taken(PARAM_SET, &[0, 0, 0, 0, 1, 191]), None, "what nobody answers");
        assert_eq!(taken(HEARTBEAT, &[0; 9]), Some(HEARTBEAT));
        assert_eq!(taken(ATTITUDE, &[1; 28]), None);
        let own = Frame { system: 1, component: 191, ..frame(HEARTBEAT, &[]) };
        post.take(&own, (1, 191), TimeUs(7));
        assert!(desk.letters.pop().is_none(), "our own, echoed");
    }

    #[test]
    fn a_flood_is_dropped_and_counted() {
        let (mut post, mut desk) = post();
        for _ in 0..1000 {
            post.take(&frame(HEARTBEAT, &[0; 9]), (1, 191), TimeUs(0));
        }
        assert_eq!(desk.letters.gauge().dropped_total(), 1000 - IN_COUNT as u64);
        assert_eq!(std::iter::from_fn(|| desk.letters.pop()).count(), IN_COUNT);
    }

    #[test]
    fn what_the_line_did_not_take_keeps_its_place() {
        let (mut post, mut desk) = post();
        let replies = [Reply::new(110, 84, &[1, 2]), Reply::new(110, 84, &[3])];
        assert_eq!(desk.replies.push_slice(&replies), 2);
        assert_eq!(post.next_reply(), Some(replies[0]));
        post.put_back(replies[0]);
        assert_eq!(
            [post.next_reply(), post.next_reply(), post.next_reply()],
            [Some(replies[0]), Some(replies[1]), None]
        );
    }
}
