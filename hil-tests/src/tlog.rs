//! Recorded flights: a `.tlog` is MAVLink frames, each after the time of its recording (8 bytes, big-endian, µs since 1970).
//!
//! Frames are told apart by their length field alone, so what the recorder saw is played as it was, wrong CRCs and all.
//! Bytes that are no entry (a recorder that was cut off, a damaged file) are skipped to the next plausible entry and
//! counted. Source: MAVProxy and Mission Planner write it so; pymavlink's `mavlogfile` reads it so.

use std::io;
use std::path::Path;
use std::time::Duration;

use skyhound_host::autopilot::line::Line;
use tokio::time::{Instant, sleep_until};

const STAMP_BYTES: usize = 8;
/// 1980-01-06 (a recorder that took GPS time for UTC zero) to 2100-01-01.
const STAMP_US: std::ops::Range<u64> = 315_964_800_000_000..4_102_444_800_000_000;
/// Frames sent in one go when playing is late: fewer than a receiver's usual buffer holds (212 992 bytes, 768 a frame).
const BURST_FRAMES: u64 = 64;
/// A frame waits for a full line (a slow serial device) in steps of this.
const FULL_WAIT: Duration = Duration::from_millis(1);

/// One frame and when it was recorded.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// µs since 1970.
    pub recorded_us: u64,
    /// The frame with its magic byte.
    pub frame: &'a [u8],
}

/// Walks through the entries of a recording.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
    /// Bytes that were no entry.
    pub skipped_bytes: usize,
}

impl<'a> Entries<'a> {
    /// Of the bytes of a file.
    pub fn new(bytes: &'a [u8]) -> Entries<'a> {
        Entries { bytes, skipped_bytes: 0 }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if self.bytes.is_empty() {
                return None;
            }
            if let Some(entry) = entry(self.bytes) {
                self.bytes = &self.bytes[STAMP_BYTES + entry.frame.len()..];
                return Some(entry);
            }
            self.bytes = &self.bytes[1..];
            self.skipped_bytes += 1;
        }
    }
}

fn entry(bytes: &[u8]) -> Option<Entry<'_>> {
    let recorded_us = u64::from_be_bytes(*bytes.first_chunk()?);
    let frame_bytes = frame_bytes(&bytes[STAMP_BYTES..])?;
    let frame = bytes.get(STAMP_BYTES..STAMP_BYTES + frame_bytes)?;
    STAMP_US.contains(&recorded_us).then_some(Entry { recorded_us, frame })
}

/// Length of the frame that begins here, by its header.
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [0xFE, payload_bytes, ..] => Some(8 + usize::from(payload_bytes)),
        [0xFD, payload_bytes, flags, ..] => {
            let signature_bytes = if flags & 1 != 0 { 13 } else { 0 };
            Some(12 + usize::from(payload_bytes) + signature_bytes)
        }
        _ => None,
    }
}

/// What was played.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// Frames sent.
    pub frame_total: u64,
    /// Frames that the line refused: nobody listens there.
    pub refused_total: u64,
    /// Bytes sent.
    pub bytes_total: u64,
    /// Bytes of the file that were no entry.
    pub skipped_bytes: usize,
    /// Length of the recording, s.
    pub recorded_s: f64,
    /// Time it took to play, s.
    pub played_s: f64,
    /// Bytes that came back, and were ignored.
    pub answered_bytes_total: u64,
}

/// Reads a recording.
///
/// # Errors
/// The file cannot be read, or holds no entry; the text names it.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match Entries::new(&bytes).next() {
        Some(_) => Ok(bytes),
        None => Err(format!("{}: no MAVLink frame with a time before it; is it a .tlog?", path.display())),
    }
}

/// Plays a recording onto `line` at `speed` times its own pace. A clock that went back while recording costs no time. What
/// comes back is read, so that no queue fills, and ignored.
pub async fn play(recording: &[u8], line: &mut Line, speed: f64) -> io::Result<Played> {
    let mut entries = Entries::new(recording);
    let (mut played, mut last_us, mut at_us) = (Played::default(), None, 0u64);
    let begun = Instant::now();
    for Entry { recorded_us, frame } in entries.by_ref() {
        at_us += recorded_us.saturating_sub(last_us.unwrap_or(recorded_us));
        last_us = Some(recorded_us);
        let due = begun + Duration::from_secs_f64(at_us as f64 / 1e6 / speed);
        if due > Instant::now() {
            sleep_until(due).await;
        } else if played.frame_total.is_multiple_of(BURST_FRAMES) {
            tokio::task::yield_now().await;
        }
        let was_taken = send(line, frame).await?;
        played.frame_total += u64::from(was_taken);
        played.refused_total += u64::from(!was_taken);
        played.bytes_total += if was_taken { frame.len() as u64 } else { 0 };
        played.answered_bytes_total += take_answers(line)?;
    }
    played.skipped_bytes = entries.skipped_bytes;
    played.recorded_s = at_us as f64 / 1e6;
    played.played_s = begun.elapsed().as_secs_f64();
    Ok(played)
}

/// Sends a whole frame; waits for a full line, but not for a UDP peer that is not there. Returns whether it went.
async fn send(line: &mut Line, frame: &[u8]) -> io::Result<bool> {
    let is_datagram = matches!(line, Line::UdpOut(_) | Line::UdpIn(_));
    let mut rest = frame;
    while !rest.is_empty() {
        match line.try_write(rest, None) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            Err(_) if is_datagram => return Ok(false),
            Err(_) => tokio::time::sleep(FULL_WAIT).await,
        }
    }
    Ok(true)
}

fn take_answers(line: &mut Line) -> io::Result<u64> {
    let (mut buffer, mut total) = ([0; 2048], 0);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    while let std::task::Poll::Ready(answer) = line.poll_read(&mut context, &mut buffer) {
        total += answer?.0 as u64;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(at_us: u64, frame: &[u8]) -> Vec<u8> {
        let mut bytes = at_us.to_be_bytes().to_vec();
        bytes.extend(frame);
        bytes
    }

    #[test]
    fn tells_entries_apart_and_skips_what_is_none() {
        let at_us = 1_537_900_000_000_000;
        let (v1, mut signed) = (vec![0xFE, 1, 0, 1, 1, 0, 9, 8, 7], vec![0xFD, 2, 1]);
        signed.resize(12 + 2 + 13, 5);
        let mut file = recorded(at_us, &v1);
        file.extend([1, 2, 3]);
        file.extend(recorded(at_us + 5, &signed));
        file.extend(&recorded(at_us + 9, &v1)[..12]);
        let mut entries = Entries::new(&file);
        assert_eq!(entries.next(), Some(Entry { recorded_us: at_us, frame: &v1 }));
        assert_eq!(entries.next(), Some(Entry { recorded_us: at_us + 5, frame: &signed }));
        assert_eq!(entries.next(), None);
        assert_eq!(entries.skipped_bytes, 3 + 12);
    }

    #[test]
    fn a_wrong_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        assert!(read(&path).unwrap_err().contains("notes.txt: No such file"));
        std::fs::write(&path, "no flight at all, just a text of some length").unwrap();
        assert!(read(&path).unwrap_err().contains("is it a .tlog?"));
    }
}
