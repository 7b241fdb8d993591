//! SDRangel's recordings (`.sdriq`): a header of 32 bytes with its CRC, then 16-bit samples, or 24-bit ones in 32 bits.
//!
//! Header (SDRangel, `plugins/samplesource/fileinput/readme.md`), little-endian: rate S/s u32, centre Hz u64, start u64, bits 16 or 24
//! u32, filler u32, CRC-32 of these 28 bytes. The start is in ms since 1970, in s before version 7.

use super::contents::{Capture, Contents, Refusal, refuse};
use super::encoding::{Encoding, Number};

const HEADER_BYTES: usize = 32;
/// A start over this is in ms: as seconds it would be the year 5138.
const SECONDS_MAX: u64 = 100_000_000_000;

/// Whether `head` begins with a header whose CRC is right.
pub fn is_sdriq(head: &[u8]) -> bool {
    head.get(..HEADER_BYTES)
        .is_some_and(|header| header[..28] != [0; 28] && crc32(&header[..28]) == u32_at(header, 28))
}

/// Reads the header.
///
/// # Errors
/// Too short, a wrong CRC, another sample size.
pub fn contents(head: &[u8]) -> Result<Contents, Refusal> {
    const MEND: &str =
        "SDRangel's `rescuesdriq` repairs headers, or cut its 32 bytes away and name the rest .cs16";
    if head.len() < HEADER_BYTES {
        return refuse("is shorter than the header of an .sdriq file", "record it again");
    }
    if !is_sdriq(head) {
        return refuse("the CRC of its .sdriq header is wrong", MEND);
    }
    let bits = u32_at(head, 20);
    let encoding = match bits {
        16 => Encoding::of(Number::I16),
        24 => Encoding { full_scale: Number::I24.full_scale(), ..Encoding::of(Number::I32) },
        bits => {
            return refuse(format!("has samples of {bits} bits; 16 and 24 are known"), "record with 16 bits");
        }
    };
    let frequency_hz = u64_at(head, 4) as f64;
    let start = u64_at(head, 12);
    let start_ms = if start > SECONDS_MAX { start } else { start.saturating_mul(1_000) };
    Ok(Contents {
        encoding: Some(encoding),
        sample_rate_sps: Some(f64::from(u32_at(head, 0))).filter(|sps| *sps > 0.0),
        captures: vec![Capture {
            frequency_hz: Some(frequency_hz).filter(|hz| *hz > 0.0),
            utc_us: (start > 0).then(|| i64::try_from(start_ms.saturating_mul(1_000)).unwrap_or(i64::MAX)),
            ..Capture::default()
        }],
        begin_byte: HEADER_BYTES as u64,
        ..Contents::new("sdriq")
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

/// CRC-32 of IEEE 802.3, bit by bit: 28 bytes need no table.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(bits: u32, start: u64) -> Vec<u8> {
        let mut head = 250_000u32.to_le_bytes().to_vec();
        head.extend(433_920_000u64.to_le_bytes());
        head.extend(start.to_le_bytes());
        head.extend(bits.to_le_bytes());
        head.extend([0; 4]);
        head.extend(crc32(&head).to_le_bytes());
        head
    }

    #[test]
    fn the_crc_is_that_of_ieee() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_header_tells_rate_frequency_start_and_bits() {
        let found = contents(&header(16, 1_714_566_645_000)).unwrap();
        assert_eq!(found.encoding, Some(Encoding::of(Number::I16)));
        assert_eq!((found.sample_rate_sps, found.begin_byte), (Some(250e3), 32));
        assert_eq!(found.captures[0].frequency_hz, Some(433.92e6));
        assert_eq!(found.captures[0].utc_us, Some(1_714_566_645_000_000));
        let found = contents(&header(24, 1_714_566_645)).unwrap();
        assert_eq!(found.captures[0].utc_us, Some(1_714_566_645_000_000), "seconds of older versions");
        let encoding = found.encoding.unwrap();
        assert_eq!((encoding.sample_bytes(), encoding.full_scale), (8, 8_388_608.0));
    }

    #[test]
    fn a_wrong_crc_and_other_sizes_are_refused() {
        let mut wrong = header(16, 0);
        wrong[0] ^= 1;
        assert!(contents(&wrong).unwrap_err().why.contains("CRC"));
        assert!(contents(&header(8, 0)).unwrap_err().why.contains("8 bits"));
        assert!(contents(&wrong[..31]).unwrap_err().why.contains("shorter"));
        assert!(!is_sdriq(&[0; 40]));
    }

    proptest! {
        #[test]
        fn any_header_is_judged(start in any::<u64>(), bits in 0u32..40, cut in 0usize..40) {
            let mut head = header(bits, start);
            head.truncate(cut);
            let _ = contents(&head);
            let whole = header(bits, start);
            prop_assert_eq!(contents(&whole).is_ok(), bits == 16 || bits == 24);
        }
    }
}
