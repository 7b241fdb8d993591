//! How recordings end: before their told end, in an error, and in a pause that is not played.

use super::super::super::{Kind, Receiver};
use super::*;
use crate::realtime::{self, Role};
use skyhound::ring::lane;

fn texts(told: &[Event]) -> Vec<(Severity, &str)> {
    told.iter().map(|event| (event.severity, event.text.as_str())).collect()
}

#[test]
fn samples_that_end_before_they_were_told_to_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let name = write(&folder, "x_433.92M_250k.cu8", &[5; 20_000]);
    let mut source = Source::open(&settings(&name), Pace::Max, Clock::start()).unwrap();
    // Cut short while it is played.
    let path = folder.path().join("x_433.92M_250k.cu8");
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(16_384).unwrap();
    let (mut block, mut told, mut count) = (source.block(), Vec::new(), 0);
    while source.read(&mut block, &mut |event| told.push(event)).unwrap() == Step::Block {
        count += block.samples().len();
    }
    assert_eq!(count, 8_192);
    assert_eq!(texts(&told), [(Severity::Warning, "ended after 8192 of 10000 samples: cut short?")]);
}

#[test]
fn captures_after_the_last_sample_are_told_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let meta = r#"{"global": {"core:datatype": "cu8", "core:sample_rate": 100000}, "captures": [
        {"core:sample_start": 0, "core:frequency": 433e6}, {"core:sample_start": 1000, "core:frequency": 434e6},
        {"core:sample_start": 2000, "core:frequency": 868e6, "core:header_bytes": 300},
        {"core:sample_start": 9000}]}"#;
    write(&folder, "p.sigmf-meta", meta.as_bytes());
    let played = write(&folder, "p.sigmf-data", &[9; 4_000]);
    let path = played.strip_prefix("file:").unwrap();
    let source = RecordingSource::open(path, &settings(&played), Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.captures.centers_hz(), [433e6, 434e6]);
    let (stamps, told) = play(&settings(&played), usize::MAX);
    assert_eq!(stamps.iter().map(|(_, count)| count).sum::<usize>(), 2_000);
    let left_out = "2 captures begin after the last sample, and are left out: cut short?";
    assert!(texts(&told).contains(&(Severity::Warning, left_out)), "{told:?}");
}

#[test]
fn a_recording_that_cannot_be_read_on_fails_the_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let name = write(&folder, "x_433.92M_250k.cu8", &[5; 20_000]);
    let clock = Clock::start();
    let path = name.strip_prefix("file:").unwrap();
    let mut source = RecordingSource::open(path, &settings(&name), Pace::Max, clock).unwrap();
    // A descriptor that can only be written: every read of it is refused, as of a disk that fails.
    *source.feed.file() = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    source.feed.jump(0).unwrap();
    let source = Source(Kind::Recording(Box::new(source)));
    let (events, _) = lane("events", 16);
    let (receiver, mut blocks) =
        Receiver::spawn(source, 2, events, clock, |body| realtime::start(Role::SdrRx, body)).unwrap();
    while !blocks.is_ended() {
        assert!(blocks.next(Duration::from_millis(50)).is_none());
    }
    let totals = receiver.totals();
    assert!(totals.failed().is_some_and(|why| why.contains("check the disk")), "{:?}", totals.failed());
    assert!(receiver.stop());
}

#[test]
fn a_pause_that_is_not_played_is_a_gap_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let meta = r#"{"global": {"core:datatype": "cu8", "core:sample_rate": 100000}, "captures": [
        {"core:sample_start": 0, "core:datetime": "2024-05-01T12:00:00.000Z"},
        {"core:sample_start": 1000, "core:datetime": "2024-05-01T12:05:00.010Z"}]}"#;
    write(&folder, "p.sigmf-meta", meta.as_bytes());
    let played = write(&folder, "p.sigmf-data", &[9; 4_000]);
    let (stamps, told) = play(&settings(&played), usize::MAX);
    let seen: Vec<_> = stamps.iter().map(|(s, _)| (s.sample_index, s.lost_samples, s.flags)).collect();
    assert_eq!(seen, [(0, 0, Flags::NONE), (1_000, 0, Flags::GAP)]);
    let warned = texts(&told).iter().any(|(severity, text)| {
        *severity == Severity::Warning && text.contains("the pause of 300 s before capture 1 is not played")
    });
    assert!(warned, "{told:?}");
}
