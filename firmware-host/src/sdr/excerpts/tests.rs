//! What goes into the ring and what of it comes to lie in files: sample for sample, with every gap told.

use super::super::block::Tuned;
use super::super::{Block, Pace, Source, Step, Stream, test_settings};
use super::cutter::AskRoom;
use super::*;
use crate::clock::Clock;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use skyhound::facts::{Detection, DetectionKind, Pattern};
use skyhound::geo::Wgs84;
use skyhound::record::{Event, Name};
use skyhound::ring::{Producer, lane};
use skyhound::signal::{BlockStamp, Flags, SampleFormat};
use skyhound::time::TimeUs;
use std::path::{Path, PathBuf};

mod ring;

const RATE_SPS: f64 = 10_000.0;
const BLOCK: usize = 100;
const AT_433: Tuned = Tuned { center_hz: 433.92e6, gain_db: 30.0 };
const STARTED: Utc = Utc { started_us: 1_780_000_000_000_000, source: "system" };

fn stream(format: SampleFormat) -> Stream {
    Stream {
        sample_rate_sps: RATE_SPS,
        frequency_hz: AT_433.center_hz,
        format,
        native_full_scale: 1.0,
        block_samples: BLOCK,
        driver_block_samples: 0,
        gain_db: None,
        antenna: None,
        recorded_utc_us: None,
        description: "a receiver".to_string(),
    }
}

/// Bytes that tell their place in the stream.
fn bytes_from(index: u64, count: usize) -> Vec<u8> {
    (index..index + count as u64).flat_map(|n| (n as u32).to_le_bytes()).collect()
}

fn block(format: SampleFormat, index: u64, lost: u64, tuned: Tuned, bytes: &[u8]) -> Block {
    let mut block = Block::with_room(format, BLOCK);
    block.fill_from_bytes(bytes);
    block.tuned = tuned;
    let flags = if lost > 0 { Flags::GAP } else { Flags::NONE };
    let acquired_us = TimeUs((index as f64 * 1e6 / RATE_SPS) as u64);
    block.stamp = BlockStamp { sample_index: index, acquired_us, lost_samples: lost, flags };
    block
}

/// A flight whose samples are 16 bits; the ring holds a second.
struct Flight {
    folder: tempfile::TempDir,
    history: History,
    asked: Producer<Asked>,
    cutter: Cutter,
    events: Vec<Event>,
    index: u64,
    tuned: Tuned,
}

impl Flight {
    fn begin(interval_s: u32, disk_bytes: u64, ask_room: impl Fn(PathBuf) -> AskRoom) -> Flight {
        let folder = tempfile::tempdir().unwrap();
        let stream = stream(SampleFormat::Cs16);
        let (history, reader) = history(&stream, 1.0).unwrap();
        let (asked, taken) = lane("iq", 64);
        let origin = Origin {
            format: stream.format,
            sample_rate_sps: RATE_SPS,
            hardware: stream.description,
            recorder: "Skyhound 0".to_string(),
        };
        let plan = Plan {
            origin,
            before_us: 200_000,
            after_us: 300_000,
            interval_us: interval_s * 1_000_000,
            disk_bytes,
            utc: STARTED,
        };
        let cutter = Cutter::new(plan, reader, taken, ask_room(folder.path().join("x-iq")));
        Flight { folder, history, asked, cutter, events: Vec::new(), index: 0, tuned: AT_433 }
    }

    fn with_room(interval_s: u32, disk_bytes: u64) -> Flight {
        Flight::begin(interval_s, disk_bytes, |folder| {
            Box::new(move || Ok(Room { folder: folder.clone(), free_bytes: u64::MAX }))
        })
    }

    /// Goes on for so many blocks, `lost` samples missing before them; who cuts looks after each.
    fn fly(&mut self, blocks: u64, lost: u64) {
        for number in 0..blocks {
            self.push(if number == 0 { lost } else { 0 });
            let events = &mut self.events;
            self.cutter.step(&mut |event| {
                events.push(*event);
                true
            });
        }
    }

    fn push(&mut self, lost: u64) {
        self.index += lost;
        let bytes = bytes_from(self.index, BLOCK);
        self.history.push(&block(SampleFormat::Cs16, self.index, lost, self.tuned, &bytes));
        self.index += BLOCK as u64;
    }

    fn hear(&mut self, id: u32, channel: u8, began_ms: u64, confirmed_ms: u64, ended_ms: Option<u64>) {
        let at = |ms: u64| TimeUs(ms * 1_000);
        let detection = Detection {
            id,
            channel,
            kind: DetectionKind::Carrier,
            began_us: at(began_ms),
            confirmed_us: at(confirmed_ms),
            ended_us: ended_ms.map(at),
            snr_peak_db: 15.25,
            power_peak_dbfs: -40.0,
            heard: None,
            beacon_id: None,
            pattern: Pattern::default(),
            false_alarm_probability: 1e-9,
        };
        let place = Wgs84::checked(47.5, 8.25);
        let name = Name::new(if channel == 0 { "fox/1" } else { "tag" });
        let heard = Heard { detection, name, edges_hz: (433.921e6, 433.923e6), place, alt_rel_m: Some(40.0) };
        let utc = (ended_ms.is_some()).then_some(Utc { source: "gps", ..STARTED });
        assert!(self.asked.push(Asked { heard, utc }));
    }

    /// Ends; what was kept and told.
    fn land(self) -> (tempfile::TempDir, Vec<String>) {
        let mut events = self.events;
        self.cutter.finish(&mut |event| {
            events.push(*event);
            true
        });
        (self.folder, events.iter().map(|event| format!("{}: {}", event.kind, event.text.as_str())).collect())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("x-iq")).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn kept(folder: &Path, name: &str) -> (Value, Vec<u8>) {
    let read = |ending: &str| std::fs::read(folder.join(format!("x-iq/{name}.{ending}"))).unwrap();
    (serde_json::from_slice(&read("sigmf-meta")).unwrap(), read("sigmf-data"))
}

#[test]
fn a_detection_is_kept_from_before_it_to_after_it_with_every_gap() {
    let mut flight = Flight::with_room(60, u64::MAX);
    flight.fly(100, 0);
    flight.hear(1, 0, 700, 900, None);
    flight.fly(5, 30);
    flight.tuned.gain_db = 20.0;
    flight.hear(1, 0, 700, 900, Some(950));
    flight.fly(5, 0);
    flight.tuned.center_hz = 434e6;
    flight.fly(50, 0);
    let (folder, told) = flight.land();
    assert_eq!(names(folder.path()), ["detection-1-fox_1.sigmf-data", "detection-1-fox_1.sigmf-meta"]);
    let (meta, samples) = kept(folder.path(), "detection-1-fox_1");
    // From 0.5 s to the block that reaches 1.2 s.
    let expected = [bytes_from(5_000, 5_000), bytes_from(10_030, 2_000)].concat();
    assert_eq!(samples, expected);
    let of = |capture: &Value, key: &str| capture[format!("core:{key}")].clone();
    let starts: Vec<_> =
        meta["captures"].as_array().unwrap().iter().map(|one| of(one, "sample_start")).collect();
    assert_eq!(starts, [0, 5_000, 5_500, 6_000]);
    let [first, second, .., last] = &meta["captures"].as_array().unwrap()[..] else { panic!("{meta}") };
    assert_eq!((of(first, "global_index"), of(second, "global_index")), (5_000.into(), 10_030.into()));
    assert_eq!((of(first, "frequency"), of(last, "frequency")), (433.92e6.into(), 434e6.into()));
    assert_eq!((&second["skyhound:lost_samples"], &last["skyhound:gain_db"]), (&30.into(), &20.0.into()));
    assert_eq!(of(first, "datetime"), "2026-05-28T20:26:40.500000Z");
    let global = &meta["global"];
    assert_eq!((of(global, "datatype"), of(global, "sample_rate")), ("ci16_le".into(), RATE_SPS.into()));
    assert_eq!(of(global, "geolocation")["coordinates"], serde_json::json!([8.25, 47.5]));
    let label = &meta["annotations"][0];
    assert_eq!((of(label, "sample_start"), of(label, "sample_count")), (2_000.into(), 2_500.into()));
    assert_eq!((of(label, "label"), of(label, "freq_lower_edge")), ("fox/1".into(), 433.921e6.into()));
    let sha256: String = Sha256::digest(&samples).iter().map(|byte| format!("{byte:02x}")).collect();
    let sha512: String = Sha512::digest(&samples).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((of(global, "sha512"), &global["skyhound:utc_source"]), (sha512.into(), &"gps".into()));
    let line = "iq_kept: detection-1-fox_1.sigmf-data: 0.700 s from 0.500 s on, sha256";
    assert_eq!(told, [format!("{line} {sha256}")]);
}

#[test]
fn what_is_kept_is_read_as_a_recording_with_what_it_lacks() {
    let mut flight = Flight::with_room(60, u64::MAX);
    flight.fly(60, 0);
    flight.hear(1, 0, 400, 500, None);
    flight.fly(15, 300);
    let (folder, _) = flight.land();
    let path = folder.path().join("x-iq/detection-1-fox_1.sigmf-meta");
    let settings = test_settings(&format!("file:{}", path.display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.stream().recorded_utc_us, Some(STARTED.started_us + 200_000));
    let (mut block, mut read, mut events) = (source.block(), Vec::new(), Vec::new());
    while source.read(&mut block, &mut |event| events.push(event)).unwrap() == Step::Block {
        read.push((block.stamp().sample_index, block.stamp().lost_samples, block.samples().len()));
    }
    // The first was the 2000th of the flight.
    let gaps: Vec<_> =
        read.iter().filter(|(_, lost, _)| *lost > 0).map(|(at, lost, _)| (*at, *lost)).collect();
    assert_eq!(gaps, [(4_300, 300)]);
    assert_eq!(read.iter().map(|(_, _, count)| count).sum::<usize>(), 5_500);
    let told = |kind: &str| events.iter().find(|event| event.kind == kind).map(|event| event.text);
    let label = told("annotation").unwrap();
    assert!(
        label.as_str().starts_with("fox/1 (") && label.as_str().contains("433.921 to 433.923 MHz"),
        "{label:?}"
    );
    assert!(events.iter().all(|event| event.kind != "sdr_file"), "nothing is warned of: {events:?}");
}

#[test]
fn what_is_heard_meanwhile_stands_in_the_same_file_and_one_beacon_does_not_write_all_the_time() {
    let mut flight = Flight::with_room(2, u64::MAX);
    flight.fly(100, 0);
    flight.hear(1, 0, 900, 950, None);
    flight.fly(10, 0);
    // Another beacon, within: until 1.4 s. The same again: labelled, but no reason to go on.
    flight.hear(2, 1, 1_000, 1_100, None);
    flight.hear(3, 0, 1_050, 1_300, None);
    flight.fly(50, 0);
    // Less than two seconds after the first, and more.
    flight.hear(4, 0, 1_500, 1_550, None);
    flight.fly(160, 0);
    flight.hear(5, 0, 3_100, 3_150, None);
    flight.fly(10, 0);
    let (folder, told) = flight.land();
    assert_eq!(names(folder.path()).len(), 4, "{told:?}");
    let (meta, samples) = kept(folder.path(), "detection-1-fox_1");
    assert_eq!(samples, bytes_from(7_000, 7_000));
    let labels = meta["annotations"].as_array().unwrap();
    let ids: Vec<_> = labels.iter().map(|label| label["skyhound:detection"].clone()).collect();
    assert_eq!(ids, [1, 2, 3]);
    // It ends with the flight.
    assert_eq!(kept(folder.path(), "detection-5-fox_1").1, bytes_from(29_000, 4_000));
    assert_eq!(told.last().unwrap(), "iq_refused: of 1 detections no IQ of their own was kept");
}

#[test]
fn a_late_writer_tells_what_it_lacks_and_the_rest_is_kept() {
    let mut flight = Flight::with_room(60, u64::MAX);
    flight.fly(100, 0);
    flight.hear(1, 0, 950, 1_000, None);
    flight.fly(1, 0);
    // The disk takes nothing for longer than the ring: samples go on.
    (0..110).for_each(|_| flight.push(0));
    flight.hear(2, 1, 2_090, 2_100, None);
    flight.fly(100, 0);
    let (folder, told) = flight.land();
    let (meta, samples) = kept(folder.path(), "detection-1-fox_1");
    assert_eq!(samples, bytes_from(7_500, 2_600), "{told:?}");
    assert!(meta["captures"].as_array().unwrap().len() == 1, "{meta}");
    // Its time was over when the writer came back.
    assert_eq!(told[0], "iq_lost: detection-1-fox_1 lacks 0.29 s: the disk was slower than the ring is long");
    assert!(
        told[1].starts_with("iq_kept: detection-1-fox_1.sigmf-data: 0.260 s from 0.750 s on"),
        "{told:?}"
    );
    assert_eq!(kept(folder.path(), "detection-2-tag").1, bytes_from(18_900, 5_100));

    let mut flight = Flight::with_room(60, u64::MAX);
    flight.fly(100, 0);
    flight.hear(1, 0, 950, 2_900, None);
    flight.fly(1, 0);
    (0..150).for_each(|_| flight.push(0));
    flight.fly(100, 0);
    let (folder, told) = flight.land();
    let (meta, samples) = kept(folder.path(), "detection-1-fox_1");
    let [first, second] = &meta["captures"].as_array().unwrap()[..] else { panic!("{meta}") };
    let from = second["core:global_index"].as_u64().unwrap();
    assert!(first["core:global_index"] == 7_500 && (15_100..20_000).contains(&from), "{meta}");
    assert_eq!(samples, [bytes_from(7_500, 2_600), bytes_from(from, 32_000 - from as usize)].concat());
    let lost_s = (from - 10_100) as f64 / RATE_SPS;
    assert!(told[0].contains(&format!("lacks {lost_s:.2} s")), "{told:?}");

    // What was over before it was asked for.
    let mut flight = Flight::with_room(60, u64::MAX);
    flight.fly(250, 0);
    flight.hear(1, 0, 1_000, 2_400, None);
    flight.fly(30, 0);
    let (_, told) = flight.land();
    assert!(told[0].starts_with("iq_lost: detection-1-fox_1 begins 0.7 s late"), "{told:?}");
}

#[test]
fn the_bounds_of_the_disk_hold_and_are_told_once() {
    let mut flight = Flight::with_room(0, 60_000);
    flight.fly(100, 0);
    // Of 40 kB a second 2.1 s are asked for.
    flight.hear(1, 0, 900, 2_500, None);
    flight.fly(200, 0);
    for id in 2..=4 {
        flight.hear(id, 0, 2_900, 2_950, None);
        flight.fly(60, 0);
    }
    let (folder, told) = flight.land();
    let bytes: u64 = names(folder.path())
        .iter()
        .map(|name| std::fs::metadata(folder.path().join("x-iq").join(name)).unwrap().len())
        .sum();
    assert!(bytes > 58_000 && bytes < 62_500, "{bytes}");
    assert_eq!(kept(folder.path(), "detection-1-fox_1").1, bytes_from(7_000, 15_000));
    let cut = "iq_refused: detection-1-fox_1 is cut: the flight's IQ takes what it may (recorder.iq.disk_mb)";
    assert!(told.iter().any(|told| told == cut), "{told:?}");
    let refused =
        told.iter().filter(|told| told.contains("no IQ is kept: the flight's IQ takes what it may"));
    assert_eq!(refused.count(), 1, "{told:?}");

    let mut flight = Flight::begin(0, u64::MAX, |folder| {
        Box::new(move || Ok(Room { folder: folder.clone(), free_bytes: 100 }))
    });
    flight.fly(100, 0);
    flight.hear(1, 0, 900, 950, None);
    flight.hear(2, 0, 900, 950, None);
    flight.fly(1, 0);
    let (folder, told) = flight.land();
    assert!(names(folder.path()).is_empty() && told.len() == 2, "{told:?}");
    assert!(told[0].contains("the disk is nearly full (twice recorder.disk_reserve_mb"), "{told:?}");

    // A place where no folder can be is told, and is no end.
    let mut flight = Flight::with_room(0, u64::MAX);
    std::fs::write(flight.folder.path().join("x-iq"), b"in the way").unwrap();
    flight.fly(100, 0);
    flight.hear(1, 0, 900, 950, None);
    flight.fly(1, 0);
    std::fs::remove_file(flight.folder.path().join("x-iq")).unwrap();
    flight.hear(2, 0, 900, 1_000, None);
    flight.fly(1, 0);
    let (folder, told) = flight.land();
    assert!(told[0].starts_with("iq_failed: detection-1-fox_1: cannot be written: "), "{told:?}");
    assert_eq!(names(folder.path()).len(), 2, "{told:?}");
}

#[test]
fn what_a_process_left_that_died_gets_its_names_and_is_a_recording() {
    let mut flight = Flight::with_room(0, u64::MAX);
    flight.fly(100, 0);
    flight.hear(1, 0, 900, 2_900, None);
    flight.fly(200, 50);
    let iq = flight.folder.path().join("x-iq");
    let left = flight.folder.path().join("left");
    std::fs::create_dir(&left).unwrap();
    for name in names(flight.folder.path()) {
        assert!(name.ends_with(".part"), "{name}");
        std::fs::copy(iq.join(&name), left.join(&name)).unwrap();
    }
    std::fs::write(left.join("detection-9-x.sigmf-meta.next"), b"{\"glo").unwrap();
    std::fs::write(left.join("detection-8-x.sigmf-data.part"), b"abcd").unwrap();
    assert_eq!(complete_leftovers(&left).unwrap(), 1);
    assert_eq!(complete_leftovers(&left).unwrap(), 0);
    let mut files: Vec<_> =
        std::fs::read_dir(&left).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["detection-1-fox_1.sigmf-data", "detection-1-fox_1.sigmf-meta"]);
    let settings = test_settings(&format!("file:{}", left.join("detection-1-fox_1.sigmf-meta").display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    let (mut block, mut count, mut lost) = (source.block(), 0, 0);
    while source.read(&mut block, &mut |_| ()).unwrap() == Step::Block {
        count += block.samples().len();
        lost += block.stamp().lost_samples;
    }
    // The first block, and whole seconds after it.
    assert_eq!((count, lost), (20_100, 50));
    flight.land();
}
