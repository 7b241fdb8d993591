//! From a path to what stands there: which container, what it tells, and its bytes at the first sample.
//!
//! SigMF is known by its name; everything else by its first bytes, whatever it is called; raw samples by their name, the
//! text beside them (PortaPack), or the settings. What is no IQ is refused before anything is taken for samples.

use super::contents::{Contents, Refusal, refuse};
use super::encoding::Encoding;
use super::feed::{Feed, Got};
use super::name::{self, facts_from_name};
use super::sigmf::{self, Metadata};
use super::{archive, foreign, portapack, sdriq, wav};
use crate::clock::Clock;
use crate::sdr::SdrError;
use crate::settings::SdrSettings;
use std::io::Cursor;
use std::path::Path;

/// Places in a file, and bytes of each, where floats are looked at for their full scale.
const LOOKS: u64 = 64;
const LOOK_BYTES: u64 = 16_384;

/// A recording that can be read.
pub struct Opened {
    /// Its bytes.
    pub feed: Feed,
    /// What it tells; the encoding is known.
    pub contents: Contents,
}

/// Opens `path` (`-`: stdin).
///
/// # Errors
/// What is not there, no IQ, or does not tell how its samples are to be read: with the mend.
pub fn open(path: &str, settings: &SdrSettings, clock: Clock) -> Result<Opened, SdrError> {
    let named = |path: &Path| format!("file:{}", path.display());
    let of = |name: String| move |refusal: Refusal| SdrError::new(name, refusal.why, refusal.mend);
    let plain = Path::new(path);
    let mut opened = match sigmf::paths_of(plain).filter(|_| path != "-") {
        Some((meta, samples)) => open_sigmf(&meta, &samples, settings, clock).map_err(of(named(&meta)))?,
        None => open_other(path, settings, clock).map_err(of(named(plain)))?,
    };
    opened.contents.pass_over_unlikely_times();
    take_settings(&mut opened, settings).map_err(of(named(plain)))?;
    Ok(opened)
}

fn io_refusal(error: std::io::Error) -> Refusal {
    Refusal { why: error.to_string(), mend: "check sdr.source".into() }
}

fn open_sigmf(meta: &Path, samples: &Path, settings: &SdrSettings, clock: Clock) -> Result<Opened, Refusal> {
    let size = std::fs::metadata(meta).map_err(io_refusal)?.len();
    if size > sigmf::META_BYTES_MAX {
        return refuse(format!("{size} bytes of metadata"), "at most 64 MB are read");
    }
    let bytes = std::fs::read(meta).map_err(io_refusal)?;
    let metadata = parse(&String::from_utf8_lossy(&bytes), settings)?;
    let samples = match &metadata.dataset {
        // Only a plain name beside the metadata: a path from a stranger's file must not lead elsewhere.
        Some(file) if Path::new(file).components().count() == 1 && file != ".." => meta.with_file_name(file),
        Some(file) => return refuse(format!("`core:dataset` is {file}"), "it must be a plain name"),
        None => samples.to_owned(),
    };
    if metadata.is_metadata_only && !samples.exists() {
        return no_samples_by_intent();
    }
    let mut feed = Feed::open(&samples.to_string_lossy(), clock).map_err(|error| Refusal {
        why: format!("its samples, {}: {error}", samples.display()),
        mend: "put them beside the metadata".into(),
    })?;
    let Some(bytes) = feed.bytes() else {
        return refuse(format!("its samples, {}, are no file", samples.display()), "record into a file");
    };
    if metadata.dataset.is_none() {
        refuse_foreign(&feed)?;
    }
    let mut contents = metadata.contents;
    contents.end_byte = Some(bytes.saturating_sub(metadata.trailing_bytes));
    feed.jump(0).map_err(io_refusal)?;
    Ok(Opened { feed, contents })
}

fn parse(text: &str, settings: &SdrSettings) -> Result<Metadata, Refusal> {
    let head = text.trim_start().as_bytes();
    if !head.starts_with(b"{") && !head.starts_with(b"\xef\xbb\xbf") {
        foreign::refuse_foreign(head, true)?;
    }
    sigmf::parse(text, settings.sample_rate_sps)
        .map_err(|why| Refusal { why, mend: "correct the metadata".into() })
}

fn no_samples_by_intent<T>() -> Result<T, Refusal> {
    refuse("`core:metadata_only`: its samples were left out on purpose", "ask who made it for the samples")
}

fn refuse_foreign(feed: &Feed) -> Result<(), Refusal> {
    foreign::refuse_foreign(feed.head(), feed.is_whole())
}

fn open_other(path: &str, settings: &SdrSettings, clock: Clock) -> Result<Opened, Refusal> {
    let plain = Path::new(path);
    let extension = plain.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if extension == "sigmf-collection" {
        return refuse("is a collection of recordings", "name one of its recordings, by its .sigmf-meta");
    }
    let mut feed = Feed::open(path, clock).map_err(io_refusal)?;
    if feed.head().is_empty() {
        return refuse("holds no sample: it is empty", "record it again");
    }
    refuse_foreign(&feed)?;
    let mut contents = if foreign::is_tar(feed.head()) {
        archived(&mut feed, settings)?
    } else if wav::is_wav(feed.head()) {
        match feed.bytes() {
            Some(bytes) => wav::contents(feed.file(), Some(bytes))?,
            None => wav::contents(&mut Cursor::new(feed.head()), None)?,
        }
    } else if extension == "sdriq" || sdriq::is_sdriq(feed.head()) {
        sdriq::contents(feed.head())?
    } else if extension == "sigmf" {
        return refuse("is no SigMF archive: no tar inside", "name the .sigmf-meta of the recording");
    } else {
        raw(plain, feed.bytes().is_none(), settings)?
    };
    let facts = facts_from_name(plain);
    if contents.captures.len() == 1 {
        let first = &mut contents.captures[0];
        first.frequency_hz = first.frequency_hz.or(facts.frequency_hz);
        first.utc_us = first.utc_us.or(facts.utc_us);
    }
    feed.jump(contents.begin_byte).map_err(io_refusal)?;
    Ok(Opened { feed, contents })
}

fn archived(feed: &mut Feed, settings: &SdrSettings) -> Result<Contents, Refusal> {
    let Some(bytes) = feed.bytes() else {
        return refuse("is an archive that comes as a stream", "write it into a file first");
    };
    feed.jump(0).map_err(io_refusal)?;
    let found = archive::recording_in(feed.file())?;
    let metadata = parse(&found.metadata, settings)?;
    let Some((begin, size)) = found.samples(metadata.dataset.as_deref()) else {
        return match metadata.is_metadata_only {
            true => no_samples_by_intent(),
            false => refuse(format!("the samples of {} are not in the archive", found.stem), "pack it again"),
        };
    };
    let mut contents = metadata.contents;
    let told = begin.saturating_add(size.saturating_sub(metadata.trailing_bytes));
    if begin.saturating_add(size) > bytes {
        contents.warn("the archive ends within its samples: cut short?");
    }
    contents.begin_byte = begin;
    contents.end_byte = Some(told.min(bytes));
    Ok(contents)
}

/// Samples without a container: by the name, the text beside them and the settings.
fn raw(path: &Path, is_stream: bool, settings: &SdrSettings) -> Result<Contents, Refusal> {
    let facts = facts_from_name(path);
    let (beside_sps, beside_hz) = portapack::beside(path);
    let mut contents = Contents::new("raw");
    contents.encoding = match settings.format.as_str() {
        "auto" => facts.encoding,
        format => name::encoding_named(format),
    };
    contents.sample_rate_sps = beside_sps.or(facts.sample_rate_sps);
    contents.captures[0].frequency_hz = beside_hz.or(facts.frequency_hz);
    contents.ambiguous = facts.ambiguous;
    let missing = [
        ("sdr.format=cu8", contents.encoding.is_none()),
        ("sdr.sample_rate_sps=…", contents.sample_rate_sps.or(settings.sample_rate_sps).is_none()),
        ("sdr.frequency_hz=…", contents.captures[0].frequency_hz.or(settings.frequency_hz).is_none()),
    ];
    if is_stream && missing.iter().any(|(_, is_missing)| *is_missing) {
        let keys: Vec<_> =
            missing.iter().filter(|(_, is)| *is).map(|(key, _)| format!("`--set {key}`")).collect();
        return refuse(
            "a stream does not tell how its samples are to be read",
            format!("write {}", keys.join(" ")),
        );
    }
    if contents.encoding.is_none() {
        let mend = "name it .cu8, .cs8, .cs16 or .cf32, or write `--set sdr.format=cu8`";
        return refuse("its name does not tell the sample format", mend);
    }
    Ok(contents)
}

/// Order and full scale as the settings say, or as the samples show.
fn take_settings(opened: &mut Opened, settings: &SdrSettings) -> Result<(), Refusal> {
    let Opened { feed, contents } = opened;
    let Some(mut encoding) = contents.encoding else { return Ok(()) };
    encoding.is_swapped |= settings.file_swap_iq;
    if let Some(full_scale) = settings.file_full_scale {
        encoding.full_scale = full_scale;
    } else if encoding.number.is_float() {
        let (begin, end) = samples_in_a_row(contents, encoding);
        let mut looks = looks(feed, begin, end, encoding.number.bytes() as u64);
        if let Some(scale) = encoding.float_scale_of(looks.iter_mut().map(|look| &mut look[..])) {
            encoding.full_scale = scale;
            contents.warn(format!(
                "its floats are not scaled to 1.0: full scale is taken as {scale} (sdr.file.full_scale sets it)"
            ));
        }
        feed.jump(contents.begin_byte).map_err(io_refusal)?;
    }
    contents.encoding = Some(encoding);
    Ok(())
}

/// First byte of the samples and the byte after them, or before the first header between them: headers are no numbers.
fn samples_in_a_row(contents: &Contents, encoding: Encoding) -> (u64, Option<u64>) {
    let begin = contents.begin_byte.saturating_add(contents.captures[0].header_bytes);
    let headed = contents.captures[1..].iter().find(|capture| capture.header_bytes > 0);
    let bytes = headed.map(|capture| capture.sample_start.saturating_mul(encoding.sample_bytes() as u64));
    (begin, bytes.map(|bytes| begin.saturating_add(bytes)).or(contents.end_byte))
}

/// Pieces of the samples from all over a file, or what was read ahead of a stream.
fn looks(feed: &mut Feed, begin: u64, end: Option<u64>, number_bytes: u64) -> Vec<Vec<u8>> {
    let Some(bytes) = feed.bytes() else {
        return vec![feed.head().get(begin as usize..).unwrap_or_default().to_vec()];
    };
    let span = end.unwrap_or(bytes).min(bytes).saturating_sub(begin);
    let step = (span / LOOKS).max(LOOK_BYTES).next_multiple_of(number_bytes);
    let mut looks = Vec::new();
    for from in (0..span).step_by(step as usize) {
        let mut look = vec![0; LOOK_BYTES.min(span - from) as usize];
        // What cannot be read now is an error when it is played.
        match feed.jump(begin + from).and_then(|()| feed.read(&mut look)) {
            Ok(Got::Bytes(count)) => look.truncate(count),
            _ => break,
        }
        looks.push(look);
    }
    looks
}
