//! The two files of an excerpt on their way: under names that end in `.part` until they are whole and on the disk.
//!
//! The metadata there are written again for each second of samples, so that of a process that dies [`complete_leftovers`] makes recordings
//! that are short by a second. What is written is brought to the disk each few megabytes, so that the flight file's commits do not have to wait for it.

use super::history::Head;
use super::meta::{Capture, Heard, Origin, Told, Utc};
use crate::hash::hex;
use sha2::{Digest, Sha256, Sha512};
use skyhound::signal::Flags;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Written between syncs.
pub const SYNC_BYTES: u64 = 4 << 20;
/// Captures of a file at most: a receiver that loses samples all the time is no reason for metadata without end.
const CAPTURES_MAX: usize = 4_096;
const SAMPLES: &str = "sigmf-data";
const METADATA: &str = "sigmf-meta";
const PART: &str = "part";
/// Bytes of samples that the metadata tell of.
const WHOLE_BYTES: &str = "skyhound:whole_bytes";
/// Of metadata that are just being written.
const NEXT: &str = "sigmf-meta.next";

/// An excerpt that is being written.
pub struct Excerpt {
    base: PathBuf,
    file: File,
    sha256: Sha256,
    sha512: Sha512,
    bytes: u64,
    unsynced_bytes: u64,
    /// What the metadata do not tell of yet.
    untold_bytes: u64,
    captures: Vec<Capture>,
    /// Index in the stream of the sample that follows the last one.
    next_index: u64,
    /// What was heard in it.
    pub heard: Vec<Heard>,
    sample_bytes: u64,
}

/// An excerpt that is whole and on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The file of its samples.
    pub file: PathBuf,
    /// Their SHA-256.
    pub sha256: String,
    /// Its size with the metadata.
    pub bytes: u64,
    /// Begin of its first sample, µs since start.
    pub from_us: u64,
    /// Length of its samples, µs.
    pub length_us: u64,
    /// Stretches that it is of.
    pub capture_count: usize,
}

impl Excerpt {
    /// Begins the files `NAME.sigmf-data` and `NAME.sigmf-meta` in `folder`.
    ///
    /// # Errors
    /// The disk does not take them.
    pub fn begin(folder: &Path, name: &str, first: Heard, origin: &Origin) -> io::Result<Excerpt> {
        if !folder.is_dir() {
            std::fs::create_dir_all(folder)?;
            folder.parent().map_or(Ok(()), sync_folder)?;
        }
        let base = folder.join(name);
        Ok(Excerpt {
            file: File::create(part(&base, SAMPLES))?,
            base,
            sha256: Sha256::new(),
            sha512: Sha512::new(),
            bytes: 0,
            unsynced_bytes: 0,
            untold_bytes: 0,
            captures: Vec::new(),
            next_index: 0,
            heard: vec![first],
            sample_bytes: origin.format.sample_bytes() as u64,
        })
    }

    /// Bytes of samples so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its name without ending.
    pub fn name(&self) -> String {
        self.base.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether a file cannot take more stretches.
    pub fn is_full(&self) -> bool {
        self.captures.len() >= CAPTURES_MAX
    }

    /// Adds a block; whether it was brought to the disk with it.
    ///
    /// # Errors
    /// The disk does not take it; what was there before is.
    pub fn write(&mut self, head: &Head, samples: &[u8], origin: &Origin, utc: Utc) -> io::Result<bool> {
        let capture = self.begins_a_stretch(head).then(|| Capture {
            sample_start: self.bytes / self.sample_bytes,
            sample_index: head.stamp.sample_index,
            acquired_us: head.stamp.acquired_us,
            lost_samples: match self.captures.is_empty() {
                true => 0,
                false => head.stamp.sample_index.saturating_sub(self.next_index),
            },
            tuned: head.tuned,
        });
        self.file.write_all(samples)?;
        self.captures.extend(capture);
        self.sha256.update(samples);
        self.sha512.update(samples);
        self.bytes += samples.len() as u64;
        self.unsynced_bytes += samples.len() as u64;
        self.untold_bytes += samples.len() as u64;
        self.next_index = head.stamp.sample_index + head.count as u64;
        let second_bytes = (origin.sample_rate_sps * self.sample_bytes as f64) as u64;
        let is_first = self.bytes == samples.len() as u64;
        let is_told = is_first || self.untold_bytes >= second_bytes;
        let is_due = is_told || self.unsynced_bytes >= SYNC_BYTES;
        if is_due {
            self.file.sync_data()?;
            // It is not read again soon. Only a hint.
            let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
            self.unsynced_bytes = 0;
        }
        if is_told {
            self.write_metadata(origin, utc, None)?;
            self.untold_bytes = 0;
        }
        Ok(is_due)
    }

    fn begins_a_stretch(&self, head: &Head) -> bool {
        const BREAKS: Flags = Flags(Flags::GAP.0 | Flags::OVERFLOW.0 | Flags::RETUNED.0);
        // Of what is not told, NaN, the bits are the same.
        let bits = |tuned: &super::super::block::Tuned| [tuned.center_hz, tuned.gain_db].map(f64::to_bits);
        self.captures.last().is_none_or(|last| {
            head.stamp.sample_index != self.next_index
                || head.stamp.flags.any(BREAKS)
                || bits(&last.tuned) != bits(&head.tuned)
        })
    }

    fn write_metadata(&self, origin: &Origin, utc: Utc, sha512: Option<&str>) -> io::Result<u64> {
        let sample_count = self.bytes / self.sample_bytes;
        let told = Told { origin, captures: &self.captures, heard: &self.heard, sample_count, utc };
        let mut json = told.to_json(sha512);
        json["global"][WHOLE_BYTES] = self.bytes.into();
        let text = format!("{json:#}\n");
        // Of what was there before nothing is lost when this is cut off.
        let (next, part) = (with_ending(&self.base, NEXT), part(&self.base, METADATA));
        let mut file = File::create(&next)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(next, part)?;
        Ok(text.len() as u64)
    }

    /// Removes what is there of one that has no samples.
    pub fn discard(self) {
        for ending in [SAMPLES, METADATA] {
            let _ = std::fs::remove_file(part(&self.base, ending));
        }
    }

    /// Brings both files to the disk and gives them their names; the metadata last: who sees it sees the samples.
    ///
    /// # Errors
    /// The disk does not take them. What is there of them is completed when a daemon starts the next time.
    pub fn finish(self, origin: &Origin, utc: Utc) -> io::Result<Kept> {
        // A block that was written in part is none.
        self.file.set_len(self.bytes)?;
        self.file.sync_all()?;
        let sha512 = hex(self.sha512.clone().finalize());
        let bytes = self.bytes + self.write_metadata(origin, utc, Some(&sha512))?;
        let file = give_names(&self.base)?;
        let first = self.captures.first();
        Ok(Kept {
            file,
            sha256: hex(self.sha256.finalize()),
            bytes,
            from_us: first.map_or(0, |capture| capture.acquired_us.0),
            length_us: ((self.bytes / self.sample_bytes) as f64 * 1e6 / origin.sample_rate_sps) as u64,
            capture_count: self.captures.len(),
        })
    }
}

/// Gives the files that a process left in `folder`, which died while it wrote them, their names; how many excerpts those were. Their
/// metadata do not tell their hash.
///
/// # Errors
/// The folder cannot be read, or a file not be renamed.
pub fn complete_leftovers(folder: &Path) -> io::Result<u32> {
    let mut count = 0;
    for name in names(folder)? {
        let Some(base) = name.strip_suffix(&format!(".{METADATA}.{PART}")) else { continue };
        let metadata: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join(&name))?)?;
        let (base, told_bytes) = (folder.join(base), metadata["global"][WHOLE_BYTES].as_u64());
        // What came after may lack what a gap in it would tell.
        let samples = File::options().write(true).open(part(&base, SAMPLES));
        if let (Ok(samples), Some(told_bytes)) = (samples, told_bytes) {
            let bytes = samples.metadata()?.len().min(told_bytes);
            samples.set_len(bytes)?;
            samples.sync_all()?;
        }
        give_names(&base)?;
        count += 1;
    }
    // What is left now is metadata half written, and samples without any: not one whole block.
    let is_rest = |name: &String| name.ends_with(&format!(".{NEXT}")) || name.ends_with(&format!(".{PART}"));
    for name in names(folder)?.into_iter().filter(is_rest) {
        std::fs::remove_file(folder.join(name))?;
    }
    Ok(count)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn give_names(base: &Path) -> io::Result<PathBuf> {
    let [samples, metadata] = [SAMPLES, METADATA].map(|ending| with_ending(base, ending));
    let is_named = samples.exists() && !part(base, SAMPLES).exists();
    if !is_named {
        std::fs::rename(part(base, SAMPLES), &samples)?;
    }
    std::fs::rename(part(base, METADATA), &metadata)?;
    sync_folder(base.parent().unwrap_or(Path::new(".")))?;
    Ok(samples)
}

fn with_ending(base: &Path, ending: &str) -> PathBuf {
    let mut name = base.as_os_str().to_os_string();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn part(base: &Path, ending: &str) -> PathBuf {
    with_ending(&with_ending(base, ending), PART)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // File systems of some sticks and shares have no such thing for folders.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}
