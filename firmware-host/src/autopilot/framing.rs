//! From bytes as they come off a line to MAVLink 1 and 2 frames with a good CRC.
//!
//! Garbage costs the garbage and nothing else: a candidate whose header is implausible, or whose CRC is wrong, gives up
//! only its first byte, and the search goes on at the next. A header is plausible when the message is known and, in
//! MAVLink 1, its length is the message's own: so a stray magic byte hardly ever makes us wait. What still waits in vain
//! (a frame that lost bytes) is given up by [`Framer::give_up`] when its time has passed.
//!
//! A message that is not in our dialect has no known CRC seed and cannot be checked. Its bytes are searched like garbage,
//! but when they end exactly where a good frame begins they are counted as an unknown frame, not as garbage.
//!
//! Signed frames are taken by their CRC; the signature is *not* checked, so it proves nothing here. Frames with
//! incompatibility flags we do not know are counted unknown, as the protocol asks.
//!
//! Memory is bounded by the buffer; nothing is allocated after construction. Sources: mavlink.io, "Packet Serialization".

use mavlink::dialects::ardupilotmega::MavMessage;
use mavlink::{MavlinkVersion, Message};

const MAGIC_1: u8 = 0xFE;
pub(super) const MAGIC_2: u8 = 0xFD;
const HEADER_1_BYTES: usize = 6;
const HEADER_2_BYTES: usize = 10;
const CRC_BYTES: usize = 2;
const SIGNATURE_BYTES: usize = 13;
/// The one message whose CRC_EXTRA is 0.
const COMPONENT_INFORMATION: u32 = 395;
const FLAG_SIGNED: u8 = 0x01;
/// 32-bit system id: three more header bytes. Such a sender is never ours, but its frames must not cost us others.
const FLAG_WIDE_SYSTEM: u8 = 0x02;
const WIDE_SYSTEM_BYTES: usize = 3;
/// Longest frame: MAVLink 2, wide system id, 255 bytes of payload, signed.
pub const FRAME_BYTES_MAX: usize = HEADER_2_BYTES + WIDE_SYSTEM_BYTES + 255 + CRC_BYTES + SIGNATURE_BYTES;
/// Several frames, so that moving the rest to the front is rare.
const BUFFER_BYTES: usize = 4096;

/// A frame with a good CRC.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Frame<'a> {
    /// MAVLink 2 (else 1).
    pub is_mavlink_2: bool,
    /// Sequence number of the sender.
    pub sequence: u8,
    /// Sender's system.
    pub system: u32,
    /// Sender's component.
    pub component: u8,
    /// Message id.
    pub id: u32,
    /// As sent: MAVLink 2 cuts zeros at the end.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// Whether the dialect decodes it: the message is known and every enum value in it too.
    pub fn is_decodable(&self) -> bool {
        let version = if self.is_mavlink_2 { MavlinkVersion::V2 } else { MavlinkVersion::V1 };
        MavMessage::parse(version, self.id, self.payload).is_ok()
    }
}

/// What came in, in total.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct FramingTotals {
    /// Bytes in.
    pub received_bytes_total: u64,
    /// Good frames.
    pub received_total: u64,
    /// Candidates with a plausible header and a wrong CRC.
    pub crc_error_total: u64,
    /// Frames of messages that are not in the dialect, or with flags we do not know.
    pub unknown_total: u64,
    /// Stretches of bytes that were no frame.
    pub resync_total: u64,
    /// Bytes in those.
    pub garbage_bytes_total: u64,
}

/// What stands at the start of the waiting bytes.
enum Candidate {
    /// The header is not complete; what is there is plausible.
    Wait,
    /// No frame we can check. `claims` bytes would be one of an unknown message.
    No {
        claims: Option<usize>,
    },
    Yes(Header),
}

struct Header {
    header_bytes: usize,
    payload_bytes: usize,
    total_bytes: usize,
    id: u32,
    seed: u8,
}

/// A run of bytes that are in no good frame.
#[derive(Copy, Clone, Debug, Default)]
struct Stretch {
    bytes: usize,
    /// Where, counted from the stretch's start, the unknown frames it may consist of end.
    claimed_bytes: usize,
    claim_count: u64,
}

/// Finds the frames in a stream of bytes.
pub struct Framer {
    buffer: Box<[u8; BUFFER_BYTES]>,
    start: usize,
    end: usize,
    stretch: Stretch,
    totals: FramingTotals,
    /// Length of each MAVLink 1 message by id; `None` = unknown.
    lengths_1: Box<[Option<u8>; 256]>,
}

impl Default for Framer {
    fn default() -> Framer {
        Framer::new()
    }
}

impl Framer {
    /// An empty one.
    pub fn new() -> Framer {
        let mut lengths_1 = Box::new([None; 256]);
        let mut payload = [0; 255];
        for (id, length) in lengths_1.iter_mut().enumerate() {
            let message = MavMessage::default_message_from_id(id as u32);
            *length = message.map(|message| message.ser(MavlinkVersion::V1, &mut payload) as u8);
        }
        Framer {
            buffer: Box::new([0; BUFFER_BYTES]),
            start: 0,
            end: 0,
            stretch: Stretch::default(),
            totals: FramingTotals::default(),
            lengths_1,
        }
    }

    /// Takes bytes in any portions and calls `each` for every good frame, in order.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame<'_>)) {
        self.totals.received_bytes_total += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.end == BUFFER_BYTES {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER_BYTES - self.end));
            self.buffer[self.end..self.end + now.len()].copy_from_slice(now);
            self.end += now.len();
            bytes = later;
            self.scan(&mut each);
        }
    }

    /// Gives up the frame that is waited for, and searches what came after its first byte. For when the rest is overdue.
    pub fn give_up(&mut self, mut each: impl FnMut(Frame<'_>)) {
        while self.start < self.end {
            self.discard_byte(None);
            self.scan(&mut each);
        }
    }

    /// Forgets what is waited for: the next bytes come from another place. It counts as garbage.
    pub fn cut(&mut self) {
        while self.start < self.end {
            self.discard_byte(None);
        }
        self.end_stretch(false);
    }

    /// Bytes that wait for the rest of their frame.
    pub fn waiting_bytes(&self) -> usize {
        self.end - self.start
    }

    /// What came in. A stretch of garbage that still goes on is in it.
    pub fn totals(&self) -> FramingTotals {
        let mut totals = self.totals;
        totals.garbage_bytes_total += self.stretch.bytes as u64;
        totals.resync_total += u64::from(self.stretch.bytes > 0);
        totals
    }

    fn scan(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        loop {
            let waiting = &self.buffer[self.start..self.end];
            match candidate(waiting, &self.lengths_1) {
                Candidate::Wait => break,
                Candidate::No { claims } => self.discard_byte(claims),
                Candidate::Yes(header) if waiting.len() < header.total_bytes => break,
                Candidate::Yes(header) => match checked(&waiting[..header.total_bytes], &header) {
                    Some(frame) => {
                        self.totals.received_total += 1;
                        each(frame);
                        self.start += header.total_bytes;
                        self.end_stretch(true);
                    }
                    None => {
                        self.totals.crc_error_total += 1;
                        self.discard_byte(None);
                    }
                },
            }
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    fn discard_byte(&mut self, claims: Option<usize>) {
        let stretch = &mut self.stretch;
        if stretch.bytes == stretch.claimed_bytes {
            // An unknown frame may only begin where the stretch, or the unknown frame before it, ends.
            match claims {
                Some(bytes) => {
                    stretch.claimed_bytes += bytes;
                    stretch.claim_count += 1;
                }
                None => stretch.claimed_bytes = usize::MAX,
            }
        }
        stretch.bytes += 1;
        self.start += 1;
    }

    fn end_stretch(&mut self, at_frame: bool) {
        let stretch = std::mem::take(&mut self.stretch);
        if at_frame && stretch.bytes == stretch.claimed_bytes {
            self.totals.unknown_total += stretch.claim_count;
        } else if stretch.bytes > 0 {
            self.totals.resync_total += 1;
            self.totals.garbage_bytes_total += stretch.bytes as u64;
        }
    }
}

fn candidate(bytes: &[u8], lengths_1: &[Option<u8>; 256]) -> Candidate {
    match bytes {
        [MAGIC_1, length, _, _, _, id, ..] => match lengths_1[usize::from(*id)] {
            Some(known) if known == *length => yes(HEADER_1_BYTES, *length, 0, u32::from(*id)),
            _ => claim(HEADER_1_BYTES, *length, 0),
        },
        [MAGIC_1, ..] => Candidate::Wait,
        [MAGIC_2, length, flags, ..] => {
            let wide = if flags & FLAG_WIDE_SYSTEM != 0 { WIDE_SYSTEM_BYTES } else { 0 };
            let header_bytes = HEADER_2_BYTES + wide;
            let signature_bytes = if flags & FLAG_SIGNED != 0 { SIGNATURE_BYTES } else { 0 };
            if flags & !(FLAG_SIGNED | FLAG_WIDE_SYSTEM) != 0 {
                return claim(header_bytes, *length, signature_bytes);
            }
            let Some(id) = bytes.get(header_bytes - 3..header_bytes) else { return Candidate::Wait };
            yes(header_bytes, *length, signature_bytes, u32::from_le_bytes([id[0], id[1], id[2], 0]))
        }
        [MAGIC_2, ..] | [] => Candidate::Wait,
        _ => Candidate::No { claims: None },
    }
}

fn yes(header_bytes: usize, length: u8, signature_bytes: usize, id: u32) -> Candidate {
    let Some(seed) = crc_seed(id) else { return claim(header_bytes, length, signature_bytes) };
    let payload_bytes = usize::from(length);
    let total_bytes = header_bytes + payload_bytes + CRC_BYTES + signature_bytes;
    Candidate::Yes(Header { header_bytes, payload_bytes, total_bytes, id, seed })
}

fn claim(header_bytes: usize, length: u8, signature_bytes: usize) -> Candidate {
    let bytes = header_bytes + usize::from(length) + CRC_BYTES + signature_bytes;
    Candidate::No { claims: Some(bytes) }
}

/// The CRC_EXTRA of a message; `None` when the dialect does not have it. The crate answers 0 for those, which is the seed
/// of just one message (there is a test).
fn crc_seed(id: u32) -> Option<u8> {
    Some(MavMessage::extra_crc(id)).filter(|&seed| seed != 0 || id == COMPONENT_INFORMATION)
}

fn checked<'a>(bytes: &'a [u8], header: &Header) -> Option<Frame<'a>> {
    let payload_end = header.header_bytes + header.payload_bytes;
    let sent = u16::from_le_bytes([bytes[payload_end], bytes[payload_end + 1]]);
    if mavlink::calculate_crc(&bytes[1..payload_end], header.seed) != sent {
        return None;
    }
    let is_mavlink_2 = bytes[0] == MAGIC_2;
    let sender = if is_mavlink_2 { &bytes[4..] } else { &bytes[2..] };
    let is_wide = header.header_bytes > HEADER_2_BYTES;
    let (system, component) = if is_wide {
        (u32::from_le_bytes([sender[1], sender[2], sender[3], sender[4]]), sender[5])
    } else {
        (u32::from(sender[1]), sender[2])
    };
    let payload = &bytes[header.header_bytes..payload_end];
    Some(Frame { is_mavlink_2, sequence: sender[0], system, component, id: header.id, payload })
}

#[cfg(test)]
pub(crate) mod tests;
