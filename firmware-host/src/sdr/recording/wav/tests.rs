//! WAV files made here: every format, both `auxi`, and what killed and careless writers leave.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;

/// A `fmt ` chunk of 250 kS/s.
fn format(tag: u16, channels: u16, bits: u16) -> Vec<u8> {
    let align = channels * bits / 8;
    let mut body = Vec::new();
    body.extend([tag, channels].map(u16::to_le_bytes).concat());
    body.extend([250_000u32, 250_000 * u32::from(align)].map(u32::to_le_bytes).concat());
    body.extend([align, bits].map(u16::to_le_bytes).concat());
    chunk(b"fmt ", &body)
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [&id[..], &(body.len() as u32).to_le_bytes(), body, &padding].concat()
}

fn file(id: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [&id[..], &(body.len() as u32 + 4).to_le_bytes(), b"WAVE", &body].concat()
}

fn read(bytes: &[u8]) -> Result<Contents, Refusal> {
    contents(&mut Cursor::new(bytes), Some(bytes.len() as u64))
}

/// The samples of `bytes` by what was read of them.
fn samples<'a>(found: &Contents, bytes: &'a [u8]) -> &'a [u8] {
    &bytes[found.begin_byte as usize..found.end_byte.unwrap_or(bytes.len() as u64) as usize]
}

#[test]
fn every_format_of_two_channels_is_read() {
    for (tag, bits, number) in [
        (1, 8, Number::U8),
        (1, 16, Number::I16),
        (1, 24, Number::I24),
        (1, 32, Number::I32),
        (3, 32, Number::F32),
        (3, 64, Number::F64),
    ] {
        let bytes = file(b"RIFF", &[format(tag, 2, bits), chunk(b"data", &[7; 48])]);
        assert!(is_wav(&bytes));
        let found = read(&bytes).unwrap();
        assert_eq!(found.encoding, Some(Encoding::of(number)));
        assert_eq!((found.sample_rate_sps, samples(&found, &bytes)), (Some(250e3), &[7; 48][..]));
        assert!(found.notes.is_empty(), "{:?}", found.notes);
    }
    let mut extensible = format(0xfffe, 2, 24)[8..].to_vec();
    extensible.extend([22u16, 24].map(u16::to_le_bytes).concat());
    extensible.extend([3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    let bytes = file(b"RIFF", &[chunk(b"fmt ", &extensible), chunk(b"data", &[7; 48])]);
    assert_eq!(read(&bytes).unwrap().encoding, Some(Encoding::of(Number::I24)));
}

#[test]
fn what_is_no_iq_is_refused_by_name() {
    for (chunks, word) in [
        (vec![format(1, 1, 16), chunk(b"data", &[0; 8])], "mono"),
        (vec![format(1, 4, 16), chunk(b"data", &[0; 8])], "4 channels"),
        (vec![format(2, 2, 4), chunk(b"data", &[0; 8])], "format 2"),
        (vec![format(1, 2, 12), chunk(b"data", &[0; 8])], "12 bits"),
        (vec![chunk(b"data", &[0; 8])], "fmt"),
        (vec![format(1, 2, 16)], "data"),
        (vec![chunk(b"fmt ", &[1, 0])], "too short"),
    ] {
        let refusal = read(&file(b"RIFF", &chunks)).unwrap_err();
        assert!(refusal.why.contains(word), "{refusal:?}");
    }
    assert!(!is_wav(b"RIFF\0\0\0\0AVI "));
}

fn binary_auxi() -> Vec<u8> {
    let start = [2024u16, 5, 5, 24, 12, 30, 45, 250].map(u16::to_le_bytes).concat();
    let rest = [433_920_000u32, 250_000, 0, 0, 250_000, 0].map(u32::to_le_bytes).concat();
    let mut body = [&start[..], &start, &rest].concat();
    body.resize(164, 0);
    chunk(b"auxi", &body)
}

const START_UTC_US: i64 = 1_716_553_845_000_000;

#[test]
fn auxi_tells_frequency_and_start_before_and_behind_the_samples() {
    let played = chunk(b"data", &[7; 48]);
    for chunks in
        [[format(1, 2, 16), binary_auxi(), played.clone()], [format(1, 2, 16), played.clone(), binary_auxi()]]
    {
        let found = read(&file(b"RIFF", &chunks)).unwrap();
        assert_eq!(found.captures[0].frequency_hz, Some(433.92e6));
        assert_eq!(found.captures[0].utc_us, Some(START_UTC_US + 250_000));
    }
    let xml = "<?xml version=\"1.0\"?><SDR-XML-Root><Definition RadioCenterFreq=\"433920000\" SampleRate=\"250000\" UTCSeconds=\"1716553845\"/>";
    let wide: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [xml.as_bytes().to_vec(), wide] {
        let found = read(&file(b"RIFF", &[format(1, 2, 16), chunk(b"auxi", &body), played.clone()])).unwrap();
        assert_eq!(found.captures[0].frequency_hz, Some(433.92e6));
        assert_eq!(found.captures[0].utc_us, Some(START_UTC_US));
    }
    let empty = read(&file(b"RIFF", &[format(1, 2, 16), chunk(b"auxi", &[0; 164]), played])).unwrap();
    assert_eq!((empty.captures[0].frequency_hz, empty.captures[0].utc_us), (None, None));
}

#[test]
fn rf64_takes_its_sizes_from_ds64() {
    let sizes = [0u64, 48, 12].map(u64::to_le_bytes).concat();
    let played = [&b"data"[..], &u32::MAX.to_le_bytes(), &[7; 48]].concat();
    let list = chunk(b"LIST", b"INFO");
    for id in [b"RF64", b"BW64"] {
        let bytes = file(id, &[chunk(b"ds64", &sizes), format(1, 2, 16), played.clone(), list.clone()]);
        let found = read(&bytes).unwrap();
        assert_eq!(samples(&found, &bytes), [7; 48]);
        assert!(found.notes.is_empty(), "{:?}", found.notes);
    }
}

#[test]
fn the_samples_of_a_killed_recorder_go_on_to_the_end() {
    // 0xFFFF is no letter: no chunk begins after the told end.
    let samples_there = [0xff; 48];
    for (size, id) in [(0, b"RIFF"), (u32::MAX, b"RIFF"), (u32::MAX, b"RF64"), (400, b"RIFF"), (16, b"RIFF")]
    {
        let played = [&b"data"[..], &size.to_le_bytes(), &samples_there].concat();
        let bytes = file(id, &[format(1, 2, 16), played]);
        let found = read(&bytes).unwrap();
        assert_eq!(samples(&found, &bytes), samples_there, "{size}");
        assert_eq!(found.notes.len(), 1, "it is told: {:?}", found.notes);
    }
}

#[test]
fn odd_chunks_are_read_with_and_without_their_padding() {
    let played = chunk(b"data", &[7; 48]);
    let odd = chunk(b"junk", &[1; 5]);
    for odd in [odd.clone(), odd[..odd.len() - 1].to_vec()] {
        let bytes = file(b"RIFF", &[format(1, 2, 16), odd, played.clone()]);
        assert_eq!(samples(&read(&bytes).unwrap(), &bytes), [7; 48]);
    }
}

#[test]
fn a_stream_s_size_is_believed_only_when_it_can_be() {
    for (size, end) in [(0, None), (u32::MAX, None), (0x7fff_f000, None), (4_000, Some(44 + 4_000))] {
        let bytes =
            file(b"RIFF", &[format(1, 2, 16), [&b"data"[..], &size.to_le_bytes(), &[7; 48]].concat()]);
        let found = contents(&mut Cursor::new(&bytes), None).unwrap();
        assert_eq!((found.begin_byte, found.end_byte), (44, end));
    }
}

proptest! {
    #[test]
    fn cut_and_garbled_files_are_judged(cut in 0usize..300, places in prop::collection::vec((0usize..300, any::<u8>()), 0..12)) {
        let sizes = [0u64, 48, 12].map(u64::to_le_bytes).concat();
        let mut bytes = file(b"RF64", &[chunk(b"ds64", &sizes), format(1, 2, 16), binary_auxi(), chunk(b"data", &[7; 48])]);
        for (place, value) in places {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
        }
        bytes.truncate(cut);
        if let Ok(found) = read(&bytes) {
            prop_assert!(found.begin_byte <= bytes.len() as u64);
            prop_assert!(found.end_byte.is_none_or(|end| end <= bytes.len() as u64));
        }
        let _ = contents(&mut Cursor::new(&bytes), None);
    }
}
