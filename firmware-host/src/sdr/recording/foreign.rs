//! What is no IQ, told by its first bytes: pages of a failed download, packed files, pictures, sound, texts.
//!
//! IQ samples have no signature of their own, so only what cannot be chance is refused: signatures of three bytes and more
//! at their place, and texts that are text to the end of what was read.

use super::contents::{Refusal, refuse};

/// Texts shorter than this could be a few samples.
const TEXT_BYTES_MIN: usize = 8;
/// Different letters that a text has at least.
const LETTERS_MIN: usize = 6;

struct Signature {
    at: usize,
    bytes: &'static [u8],
    what: &'static str,
    mend: &'static str,
}

const fn starts(bytes: &'static [u8], what: &'static str, mend: &'static str) -> Signature {
    Signature { at: 0, bytes, what, mend }
}

const NO_SOUND: &str = "it holds sound or pictures, not samples: name the IQ recording";
const NO_IQ: &str = "name the IQ recording: SigMF, WAV, or raw .cu8, .cs8, .cs16, .cf32";
const FAILED_DOWNLOAD: &str = "the download failed: open it in a browser, then download the file itself";
const CONVERT: &str = "convert it to SigMF, WAV or raw samples first";

const SIGNATURES: [Signature; 38] = [
    starts(b"version https://git-lfs", "a git-lfs pointer, not the file itself", "`git lfs pull` brings it"),
    starts(b"\x1f\x8b\x08", "packed with gzip", "unpack it first: `gunzip FILE`"),
    starts(b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first: `unzstd FILE`"),
    starts(b"\xfd7zXZ\0", "packed with xz", "unpack it first: `unxz FILE`"),
    starts(b"\x04\x22\x4d\x18", "packed with lz4", "unpack it first: `unlz4 FILE`"),
    starts(b"LZIP", "packed with lzip", "unpack it first: `lzip -d FILE`"),
    starts(b"PK\x03\x04", "a zip archive", "unpack it first: `unzip FILE`"),
    starts(b"PK\x05\x06", "an empty zip archive", NO_IQ),
    starts(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first: `7z x FILE`"),
    starts(b"Rar!\x1a\x07", "a rar archive", "unpack it first: `unrar x FILE`"),
    starts(b"\x89PNG\r\n\x1a\n", "a PNG picture", NO_SOUND),
    starts(b"\xff\xd8\xff\xe0", "a JPEG picture", NO_SOUND),
    starts(b"\xff\xd8\xff\xe1", "a JPEG picture", NO_SOUND),
    starts(b"GIF87a", "a GIF picture", NO_SOUND),
    starts(b"GIF89a", "a GIF picture", NO_SOUND),
    starts(b"%PDF-", "a PDF document", NO_IQ),
    starts(b"ID3", "MP3 sound", NO_SOUND),
    starts(b"fLaC", "FLAC sound", "unpack it to WAV first, if it is IQ: `flac -d FILE`"),
    starts(b"OggS", "Ogg sound", NO_SOUND),
    starts(b"caff", "a CAF file", CONVERT),
    starts(b".snd", "AU sound", CONVERT),
    starts(b"wvpk", "WavPack sound", "unpack it to WAV first, if it is IQ: `wvunpack FILE`"),
    Signature { at: 8, bytes: b"AIFF", what: "AIFF sound", mend: CONVERT },
    Signature { at: 8, bytes: b"AIFC", what: "AIFF sound", mend: CONVERT },
    Signature { at: 8, bytes: b"AVI ", what: "an AVI film", mend: NO_SOUND },
    Signature { at: 8, bytes: b"WEBP", what: "a WebP picture", mend: NO_SOUND },
    Signature { at: 4, bytes: b"ftyp", what: "an MP4 film or sound", mend: NO_SOUND },
    starts(b"\x1a\x45\xdf\xa3", "a Matroska film", NO_SOUND),
    starts(b"\x7fELF", "a program", NO_IQ),
    starts(b"\x89HDF\r\n\x1a\n", "an HDF5 file", CONVERT),
    starts(
        b"\x93NUMPY",
        "a NumPy array",
        "write its samples raw: `array.astype('complex64').tofile('x.cf32')`",
    ),
    starts(b"MATLAB 5.0", "a MATLAB file", CONVERT),
    starts(b"SQLite format 3", "an SQLite database", NO_IQ),
    Signature {
        at: 8,
        bytes: b"DUCK",
        what: "a DuckDB file: a flight?",
        mend: "`skyhound report FILE` reads flights",
    },
    starts(b"PAR1", "a Parquet file", NO_IQ),
    starts(b"\xd4\xc3\xb2\xa1", "a packet capture", NO_IQ),
    starts(b"\x0a\x0d\x0d\x0a", "a packet capture", NO_IQ),
    starts(b"BLUE", "a Midas BLUE file", CONVERT),
];

/// Refuses what is plainly no IQ, by its first bytes; `is_whole`: they are the whole file.
///
/// # Errors
/// What it is, and the mend.
pub fn refuse_foreign(head: &[u8], is_whole: bool) -> Result<(), Refusal> {
    let found = SIGNATURES.iter().find(|signature| {
        head.get(signature.at..).is_some_and(|from| from.starts_with(signature.bytes))
            && head.starts_with(signature.container())
    });
    if let Some(found) = found {
        return refuse(format!("is no IQ: {}", found.what), found.mend);
    }
    if head.starts_with(b"BZh") && head.get(4..10) == Some(b"1AY&SY") {
        return refuse("is no IQ: packed with bzip2", "unpack it first: `bunzip2 FILE`");
    }
    if is_mpeg_sound(head) {
        return refuse("is no IQ: MP3 sound", NO_SOUND);
    }
    refuse_page(head)?;
    refuse_text(head, is_whole)
}

/// A page by its first tag, in whatever letters the rest is written.
fn refuse_page(head: &[u8]) -> Result<(), Refusal> {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let is_tag = |tag: &[u8]| start.get(..tag.len()).is_some_and(|own| own.eq_ignore_ascii_case(tag));
    if is_tag(b"<!doctype html") || is_tag(b"<html") {
        return refuse("is no IQ: a web page (HTML)", FAILED_DOWNLOAD);
    }
    if is_tag(b"<?xml") { refuse("is no IQ: XML text", NO_IQ) } else { Ok(()) }
}

impl Signature {
    /// What the file must begin with besides.
    fn container(&self) -> &'static [u8] {
        match self.bytes {
            b"AIFF" | b"AIFC" => b"FORM",
            b"AVI " | b"WEBP" => b"RIFF",
            _ => b"",
        }
    }
}

/// Whether `head` begins a tar archive: `ustar` at its place, or an old header whose checksum is right.
pub fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, b)| if (148..156).contains(&at) { 32 } else { u64::from(*b) })
        .sum();
    let told = std::str::from_utf8(&header[148..156]).ok().map(|text| text.trim_matches(['\0', ' ']));
    header[0] != 0 && told.and_then(|text| u64::from_str_radix(text, 8).ok()) == Some(sum)
}

fn refuse_text(head: &[u8], is_whole: bool) -> Result<(), Refusal> {
    if head.len() < TEXT_BYTES_MIN {
        return Ok(());
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // What was read may end within a letter.
        Err(error) if !is_whole && error.valid_up_to() + 4 > head.len() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Ok(()),
    };
    let is_written = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    // Samples about a steady value can be letters, but no words.
    let mut letters: Vec<u8> = text.bytes().take(512).collect();
    letters.sort_unstable();
    letters.dedup();
    let has_words = letters.len() >= LETTERS_MIN && text.contains([' ', '\n', '"']);
    if !has_words || !text.chars().all(is_written) {
        return Ok(());
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower: String = start.chars().take(512).collect::<String>().to_ascii_lowercase();
    if lower.contains("<html") {
        return refuse("is no IQ: a web page (HTML)", FAILED_DOWNLOAD);
    }
    if lower.starts_with('<') {
        return refuse("is no IQ: XML text", NO_IQ);
    }
    if lower.starts_with('{') && lower.contains("\"global\"") {
        return refuse("is SigMF metadata under another name", "name it .sigmf-meta, beside its .sigmf-data");
    }
    if lower.starts_with("{\"")
        || lower.starts_with("[")
        || lower.starts_with("{\n")
        || lower.starts_with("{\r")
    {
        return refuse("is no IQ: JSON text", NO_IQ);
    }
    refuse("is no IQ: plain text", NO_IQ)
}

/// Three MPEG sound frames in a row: one header alone may be samples.
fn is_mpeg_sound(head: &[u8]) -> bool {
    let mut at = 0;
    for _ in 0..3 {
        match head.get(at..at + 4).and_then(|b| mpeg_frame_bytes([b[0], b[1], b[2], b[3]])) {
            Some(bytes) => at += bytes,
            None => return false,
        }
    }
    true
}

/// Length of an MPEG-1 or MPEG-2 layer III frame by its header (ISO 11172-3, 2.4.1.3 and 2.4.3.1).
fn mpeg_frame_bytes([a, b, c, _]: [u8; 4]) -> Option<usize> {
    const KBPS_1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const KBPS_2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const RATES: [usize; 3] = [44_100, 48_000, 32_000];
    if a != 0xff || b & 0xe0 != 0xe0 || b & 0x06 != 0x02 {
        return None;
    }
    let (is_first, half) = match (b >> 3) & 3 {
        3 => (true, 1),
        2 => (false, 2),
        0 => (false, 4),
        _ => return None,
    };
    let kbps = if is_first { KBPS_1 } else { KBPS_2 };
    let bits = kbps.get(usize::from(c >> 4)).filter(|kbps| **kbps > 0)? * 1_000;
    let rate = RATES.get(usize::from((c >> 2) & 3))? / half;
    let samples = if is_first { 144 } else { 72 };
    Some(samples * bits / rate + usize::from((c >> 1) & 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(head: &[u8]) -> String {
        refuse_foreign(head, true).err().map(|refusal| refusal.why).unwrap_or_default()
    }

    #[test]
    fn what_is_no_iq_is_named() {
        let padded = |start: &[u8]| [start, &[0x80, 0, 0x91, 0xff, 3].repeat(100)[..]].concat();
        for (start, word) in [
            (&b"\x1f\x8b\x08\0"[..], "gzip"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"PK\x03\x04", "zip"),
            (b"\xfd7zXZ\0", "xz"),
            (b"BZh91AY&SY", "bzip2"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"%PDF-1.7", "PDF"),
            (b"ID3\x04", "MP3"),
            (b"fLaC", "FLAC"),
            (b"OggS", "Ogg"),
            (b"FORM\0\0\0\0AIFF", "AIFF"),
            (b"12345678DUCK", "DuckDB"),
        ] {
            assert!(why(&padded(start)).contains(word), "{word}");
        }
        for (text, word) in [
            ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git-lfs"),
            ("<!DOCTYPE html>\n<p>not found</p>", "HTML"),
            ("\u{feff}\n<HTML lang=\"de\">gr\u{fc}n</HTML>", "HTML"),
            ("{\"error\": \"not found\"}", "JSON"),
            ("{\"global\": {}, \"captures\": []}", "SigMF"),
            ("time,power\n1,2\n", "plain text"),
        ] {
            assert!(why(text.as_bytes()).contains(word), "{text}: {}", why(text.as_bytes()));
        }
        // In the letters of western Europe, which are no UTF-8.
        for (page, word) in [
            (&b"\r\n<!DocType HTML>\n<title>Gr\xfc\xdfe</title>"[..], "HTML"),
            (b"\xef\xbb\xbf <HTML><title>nicht gefunden: \xfc</title>", "HTML"),
            (b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><e>\xfc</e>", "XML"),
        ] {
            assert!(why(page).contains(word), "{}", why(page));
        }
    }

    #[test]
    fn mp3_without_a_tag_is_known_by_three_frames() {
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
        assert!(why(&frame.repeat(3)).contains("MP3"));
        assert_eq!(why(&[&frame[..], &[1; 900]].concat()), "", "once is chance");
    }

    #[test]
    fn a_tar_header_is_known_by_its_checksum() {
        let mut header = [0u8; 512];
        header[..4].copy_from_slice(b"name");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        assert!(is_tar(&header));
        header[0] = b'm';
        assert!(!is_tar(&header) && !is_tar(&[0; 512]) && !is_tar(&header[..100]));
    }

    #[test]
    fn samples_are_no_text() {
        assert_eq!(why(&[0x7b; 4_000]), "", "a receiver without noise");
        assert_eq!(why(&[0; 4_000]), "");
        let noise: Vec<u8> =
            (0..4_000u32).map(|n| 124 + (n.wrapping_mul(2_654_435_761) >> 30) as u8).collect();
        assert_eq!(why(&noise), "");
    }

    proptest! {
        #[test]
        fn letters_with_one_byte_that_is_none_are_samples(
            mut noise in prop::collection::vec(0x20u8..0x7f, 2_000..4_000),
            at in 100usize..1_900,
            odd in prop_oneof![0u8..9, 0x0eu8..0x20, 0x80u8..],
        ) {
            // No signature by chance.
            noise[0] = b'~';
            prop_assert!(why(&noise).contains("text"), "of letters alone");
            noise[at] = odd;
            prop_assert_eq!(why(&noise), "");
        }

        #[test]
        fn any_head_is_judged(head in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = (refuse_foreign(&head, true), is_tar(&head));
        }
    }
}
