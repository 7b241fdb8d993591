//! Whatever lies between frames costs itself and nothing else: v1, v2 and signed frames at every cut of the bytes.

use mavlink::dialects::ardupilotmega::{self as dialect, MavMessage};
use mavlink::{MAVLinkV1MessageRaw, MAVLinkV2MessageRaw, MavHeader};
use proptest::prelude::*;

use super::*;

/// A frame as the dialect's own encoder makes it.
pub fn encoded(is_mavlink_2: bool, sequence: u8, message: &MavMessage) -> Vec<u8> {
    let header = MavHeader { system_id: 1, component_id: 1, sequence };
    if is_mavlink_2 {
        let mut raw = MAVLinkV2MessageRaw::new();
        raw.serialize_message(header, message);
        raw.raw_bytes().to_vec()
    } else {
        let mut raw = MAVLinkV1MessageRaw::new();
        raw.serialize_message(header, message);
        raw.raw_bytes().to_vec()
    }
}

fn framed(chunks: &[&[u8]]) -> (Vec<(u8, u32)>, FramingTotals) {
    let (mut framer, mut got) = (Framer::new(), Vec::new());
    for chunk in chunks {
        framer.push(chunk, |frame| got.push((frame.sequence, frame.id)));
    }
    framer.give_up(|frame| got.push((frame.sequence, frame.id)));
    (got, framer.totals())
}

fn message(id: u32) -> MavMessage {
    MavMessage::default_message_from_id(id).unwrap()
}

/// A frame with this payload and CRC seed, unknown to the dialect or not; MAVLink 2 with `flags`.
pub fn made(id: u32, flags: u8, payload: &[u8], seed: u8) -> Vec<u8> {
    let mut frame = vec![MAGIC_2, payload.len() as u8, flags, 0, 9];
    frame.extend(if flags & FLAG_WIDE_SYSTEM != 0 { vec![1, 2, 0, 0] } else { vec![1] });
    frame.push(1);
    frame.extend(&id.to_le_bytes()[..3]);
    frame.extend(payload);
    let crc = mavlink::calculate_crc(&frame[1..], seed);
    frame.extend(crc.to_le_bytes());
    if flags & FLAG_SIGNED != 0 {
        frame.extend([MAGIC_2; SIGNATURE_BYTES]);
    }
    frame
}

#[test]
fn one_message_alone_has_the_seed_zero() {
    let ids = MavMessage::all_ids();
    let zeros: Vec<_> = ids.iter().copied().filter(|&id| MavMessage::extra_crc(id) == 0).collect();
    assert_eq!(zeros, [COMPONENT_INFORMATION]);
    assert!(ids.iter().all(|&id| crc_seed(id).is_some()));
    assert_eq!(crc_seed(60_000), None);
}

#[test]
fn signed_and_wide_frames_are_taken() {
    let seed = MavMessage::extra_crc(0);
    let payload = [4, 0, 0, 0, 2, 3, 0x81, 4, 3];
    for flags in 0..4 {
        let frame = made(0, flags, &payload, seed);
        let mut framer = Framer::new();
        let mut got = Vec::new();
        framer.push(&frame, |frame| got.push((frame.system, frame.component, frame.payload.to_vec())));
        let system = if flags & FLAG_WIDE_SYSTEM != 0 { 0x201 } else { 1 };
        assert_eq!(got, [(system, 1, payload.to_vec())], "flags {flags}");
        assert_eq!(framer.totals().garbage_bytes_total, 0);
    }
}

#[test]
fn unknown_messages_and_flags_are_counted_and_cost_nothing_else() {
    let good = encoded(true, 5, &message(30));
    let unknown = made(60_000, 0, &[MAGIC_1; 77], 17);
    let strange = made(30, 0x40, &[7; 20], 17);
    let (got, totals) = framed(&[&good, &unknown, &strange, &good]);
    assert_eq!(got, [(5, 30), (5, 30)]);
    assert_eq!((totals.unknown_total, totals.garbage_bytes_total, totals.resync_total), (2, 0, 0));
    // The same with a byte too many between is garbage.
    let (got, totals) = framed(&[&good, &unknown, &[0], &good]);
    assert_eq!(got.len(), 2);
    assert_eq!((totals.unknown_total, totals.resync_total), (0, 1));
    assert_eq!(totals.garbage_bytes_total, unknown.len() as u64 + 1);
}

#[test]
fn a_frame_that_lost_bytes_costs_only_itself() {
    let (broken, good) = (encoded(true, 1, &message(24)), encoded(false, 2, &message(33)));
    let (got, totals) = framed(&[&broken[..broken.len() - 3], &good]);
    assert_eq!(got, [(2, 33)]);
    assert_eq!(totals.garbage_bytes_total, broken.len() as u64 - 3);
    assert_eq!(totals.resync_total, 1);
    let mut flipped = good.clone();
    flipped[10] ^= 1;
    let (got, totals) = framed(&[&flipped, &good]);
    assert_eq!((got, totals.crc_error_total), (vec![(2, 33)], 1));
}

#[test]
fn an_unknown_enum_value_is_seen_and_the_frame_kept() {
    let payload = [4, 0, 0, 0, 2, 200, 0x81, 4, 3];
    let frame = made(0, 0, &payload, MavMessage::extra_crc(0));
    let mut decodable = None;
    Framer::new().push(&frame, |frame| decodable = Some(frame.is_decodable()));
    assert_eq!(decodable, Some(false));
    let good = encoded(true, 0, &MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA::default()));
    Framer::new().push(&good, |frame| decodable = Some(frame.is_decodable()));
    assert_eq!(decodable, Some(true));
}

/// Bytes rich in what is mistaken for a frame: magic bytes, plausible heads, cut frames.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just(encoded(true, 0, &message(74))),
        Just(encoded(false, 0, &message(74))),
        Just(encoded(true, 0, &message(147))),
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(prop_oneof![Just(MAGIC_1), Just(MAGIC_2), 0u8..4], 0..40),
        (head, 1usize..20).prop_map(|(head, cut)| head[..cut.min(head.len() - 1)].to_vec()),
    ]
}

fn any_message() -> impl Strategy<Value = (bool, u32)> {
    let ids = MavMessage::all_ids();
    (any::<bool>(), 0..ids.len())
        .prop_map(move |(is_mavlink_2, index)| (is_mavlink_2 || ids[index] > 255, ids[index]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_frame_between_garbage_comes_out(
        pieces in proptest::collection::vec((garbage(), any_message()), 1..20),
        chunk_bytes in 1usize..300,
    ) {
        let (mut stream, mut sent, mut garbage_bytes) = (Vec::new(), Vec::new(), 0);
        for (index, (garbage, (is_mavlink_2, id))) in pieces.iter().enumerate() {
            stream.extend(garbage);
            garbage_bytes += garbage.len() as u64;
            stream.extend(encoded(*is_mavlink_2, index as u8, &message(*id)));
            sent.push((index as u8, *id));
        }
        let chunks: Vec<_> = stream.chunks(chunk_bytes).collect();
        let (got, totals) = framed(&chunks);
        // One false head in 65 536 has a right CRC by chance, and swallows what follows it.
        prop_assume!(got.iter().all(|frame| sent.contains(frame)));
        prop_assert_eq!(got, sent);
        prop_assert_eq!(totals.received_bytes_total, stream.len() as u64);
        // What claims to be an unknown frame may count as one; nothing else may be missing from the garbage.
        prop_assert!(totals.garbage_bytes_total <= garbage_bytes);
        prop_assert!(totals.garbage_bytes_total == garbage_bytes || totals.unknown_total > 0);
    }

    #[test]
    fn random_bytes_never_panic_and_memory_stays_bounded(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..2000), 0..20),
    ) {
        let mut framer = Framer::new();
        for chunk in &chunks {
            framer.push(chunk, |frame| { frame.is_decodable(); });
            prop_assert!(framer.waiting_bytes() < FRAME_BYTES_MAX);
        }
        framer.cut();
        prop_assert_eq!(framer.waiting_bytes(), 0);
    }
}

#[test]
fn a_false_head_does_not_make_a_good_frame_wait() {
    let good = encoded(false, 7, &message(30));
    for false_head in [&[MAGIC_1, 200, 0, 1, 1, 30][..], &[MAGIC_2, 200, 0, 0, 0, 1, 1, 9, 99, 9]] {
        let (mut framer, mut got) = (Framer::new(), Vec::new());
        framer.push(&[false_head, &good].concat(), |frame| got.push(frame.sequence));
        assert_eq!(got, [7], "without giving up");
    }
}
