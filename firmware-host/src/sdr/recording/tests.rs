//! Recordings made here, played: indices, times, flags, events and refusals.

mod ends;
mod foreign_forms;
mod streams;

use super::super::{Source, test_settings as settings};
use super::*;
use skyhound::signal::Samples;

fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    format!("file:{}", path.display())
}

/// Reads up to `blocks` blocks: their stamps and lengths, and the events.
fn play(settings: &SdrSettings, blocks: usize) -> (Vec<(BlockStamp, usize)>, Vec<Event>) {
    let mut source = Source::open(settings, Pace::Max, Clock::start()).unwrap();
    let mut block = source.block();
    let (mut stamps, mut told) = (Vec::new(), Vec::new());
    while stamps.len() < blocks {
        match source.read(&mut block, &mut |e| told.push(e)).unwrap() {
            Step::Block => stamps.push((*block.stamp(), block.samples().len())),
            Step::Nothing => {}
            Step::End => break,
        }
    }
    (stamps, told)
}

#[test]
fn a_raw_file_plays_once_with_index_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..12_001u32).map(|v| v as u8).collect();
    let source = write(&folder, "x_433.92M_250k.cu8", &bytes);
    let (stamps, told) = play(&settings(&source), usize::MAX);
    assert_eq!(stamps.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2_500, 2_500, 1_000]);
    assert_eq!(stamps[2].0.sample_index, 5_000);
    assert_eq!(stamps[2].0.acquired_us, TimeUs(20_000));
    assert_eq!(told.len(), 1, "the odd byte is told: {told:?}");
    assert_eq!(told[0].kind, "sdr_file");
}

#[test]
fn a_repeated_file_counts_on_and_flags_the_seam() {
    let folder = tempfile::tempdir().unwrap();
    let source = write(&folder, "x_433.92M_250k.cs8", &[3; 5_400]);
    let (stamps, _) = play(&SdrSettings { file_repeat: true, ..settings(&source) }, 5);
    let seen: Vec<_> = stamps.iter().map(|(s, n)| (s.sample_index, *n, s.flags, s.lost_samples)).collect();
    let none = Flags::NONE;
    assert_eq!(
        seen,
        [
            (0, 2_500, none, 0),
            (2_500, 200, none, 0),
            (2_700, 2_500, Flags::GAP, 0),
            (5_200, 200, none, 0),
            (5_400, 2_500, Flags::GAP, 0)
        ]
    );
}

#[test]
fn sigmf_captures_and_annotations_reach_blocks_and_events() {
    let folder = tempfile::tempdir().unwrap();
    let meta = r#"{"global": {"core:datatype": "cf32_le", "core:sample_rate": 100000},
        "captures": [{"core:sample_start": 0, "core:frequency": 433e6, "core:global_index": 0},
                     {"core:sample_start": 1500, "core:frequency": 433e6, "core:global_index": 1700},
                     {"core:sample_start": 1800, "core:frequency": 868e6, "core:global_index": 2000}],
        "annotations": [{"core:sample_start": 1600, "core:sample_count": 100, "core:label": "beacon"}]}"#;
    write(&folder, "r.sigmf-meta", meta.as_bytes());
    let bytes: Vec<u8> =
        (0..2_000u32).flat_map(|v| [v as f32, -1.0].map(f32::to_le_bytes).concat()).collect();
    let played = write(&folder, "r.sigmf-data", &bytes);
    for name in [played.clone(), played.replace("-data", "-meta"), played.replace(".sigmf-data", "")] {
        let (stamps, told) = play(&settings(&name), usize::MAX);
        let seen: Vec<_> =
            stamps.iter().map(|(s, n)| (s.sample_index, *n, s.lost_samples, s.flags)).collect();
        let elsewhere = Flags::GAP.with(Flags::RETUNED).with(Flags::OUT_OF_BAND);
        assert_eq!(
            seen,
            [
                (0, 1_000, 0, Flags::NONE),
                (1_000, 500, 0, Flags::NONE),
                (1_700, 300, 200, Flags::GAP),
                (2_000, 200, 0, elsewhere)
            ]
        );
        let annotation = told.iter().find(|e| e.kind == "annotation").unwrap();
        assert_eq!(annotation.at, TimeUs(18_000), "at the time of its sample");
        assert!(annotation.text.as_str().starts_with("beacon (1.0 ms"), "{annotation:?}");
        assert_eq!(told.iter().filter(|e| e.kind == "capture").count(), 2);
    }
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (write(&folder, "a_rate-unknown.cs8", &[1; 8]), "--set sdr.sample_rate_sps"),
        (write(&folder, "air_2_50M.cf32", &[1; 8]), "rate or its frequency"),
        (write(&folder, "a_433.92M_250k.wav", &[1; 8]), "--set sdr.format"),
        (write(&folder, "b_433.92M_250k.cu8", &[1; 1]), "holds no sample"),
        (write(&folder, "c.sigmf-meta", b"[]"), "global"),
        ("file:/nonexistent_1M_250k.cu8".into(), "No such file"),
        (write(&folder, "empty_433.92M_250k.cu8", &[]), "empty"),
        (write(&folder, "page_433.92M_250k.cu8", b"<!DOCTYPE html>\n<html></html>"), "HTML"),
        (write(&folder, "x.sdriq", &[1; 64]), "CRC"),
        (write(&folder, "x.sigmf", &[1; 2_000]), "no tar"),
        (write(&folder, "x.sigmf-collection", b"{}"), "collection"),
        (format!("file:{}", folder.path().display()), "folder"),
        ("rtl".into(), "soapy:driver"),
    ];
    for (source, word) in cases {
        let error = Source::open(&settings(&source), Pace::Max, Clock::start()).err().unwrap().to_string();
        assert!(error.contains(word), "{source}: {error}");
    }
}

#[test]
fn a_stranger_s_metadata_cannot_name_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    let meta = br#"{"global": {"core:datatype": "cu8", "core:sample_rate": 1e5, "core:dataset": "../../etc/passwd"}}"#;
    let source = write(&folder, "d.sigmf-meta", meta);
    let error = Source::open(&settings(&source), Pace::Max, Clock::start()).err().unwrap();
    assert!(error.to_string().contains("plain name"), "{error}");
}

#[test]
fn bytes_become_the_samples_that_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = write(&folder, "x_1M_250k.cs16", &[1i16, 2, -3, 4].map(i16::to_le_bytes).concat());
    let mut source = Source::open(&settings(&source), Pace::Max, Clock::start()).unwrap();
    let mut block = source.block();
    assert_eq!(source.read(&mut block, &mut |_| ()).unwrap(), Step::Block);
    assert!(matches!(block.samples(), Samples::Cs16([[1, 2], [-3, 4]])));
}

#[test]
fn real_time_waits_for_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let source = write(&folder, "x_1M_250k.cu8", &[9; 30_000]);
    let clock = Clock::start();
    let mut source = Source::open(&settings(&source), Pace::Realtime, clock).unwrap();
    let mut block = source.block();
    while source.read(&mut block, &mut |_| ()).unwrap() != Step::End {
        let end = block.stamp().acquired_us.plus_us(block.samples().len() as u64 * 4);
        assert!(clock.now() >= end, "a sample was handed over before it was taken");
    }
}
