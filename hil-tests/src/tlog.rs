//! Recorded flights, played: the frames of a `.tlog` as its recorder saw them, wrong CRCs and all.

use std::io;
use std::path::Path;
use std::time::Duration;

use skyhound_host::autopilot::line::Line;
use skyhound_host::autopilot::tlog::{Entries, Entry};
use tokio::time::{Instant, sleep_until};

/// Frames sent in one go when playing is late: fewer than a receiver's usual buffer holds (212 992 bytes, 768 a frame).
const BURST_FRAMES: u64 = 64;
/// A frame waits for a full line (a slow serial device) in steps of this.
const FULL_WAIT: Duration = Duration::from_millis(1);

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
