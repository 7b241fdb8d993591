//! What others write, played: SigMF in all its forms, archives, Q before I, floats that were not scaled.

use super::*;

/// All samples, and the events.
fn floats_of(settings: &SdrSettings) -> (Vec<[f32; 2]>, Vec<Event>) {
    let mut source = Source::open(settings, Pace::Max, Clock::start()).unwrap();
    let mut block = source.block();
    let (mut all, mut told) = (Vec::new(), Vec::new());
    while source.read(&mut block, &mut |e| told.push(e)).unwrap() == Step::Block {
        match block.samples() {
            Samples::Cs16(s) => all.extend(s.iter().map(|s| s.map(f32::from))),
            Samples::Cf32(s) => all.extend(s),
            Samples::Cu8(s) => all.extend(s.iter().map(|s| s.map(f32::from))),
            Samples::Cs8(s) => all.extend(s.iter().map(|s| s.map(f32::from))),
        }
    }
    (all, told)
}

fn cs16(values: impl Iterator<Item = i16>) -> Vec<u8> {
    values.flat_map(i16::to_le_bytes).collect()
}

/// Writes SigMF of cs16 at 100 kS/s; the metadata's path.
fn sigmf(folder: &tempfile::TempDir, global: &str, captures: &str, samples: &[u8]) -> String {
    let meta = format!(
        r#"{{"global": {{"core:datatype": "ci16_le", "core:sample_rate": 100000{global}}}, "captures": [{captures}]}}"#
    );
    write(folder, "s.sigmf-data", samples);
    write(folder, "s.sigmf-meta", meta.as_bytes())
}

fn error_of(source: &str) -> String {
    Source::open(&settings(source), Pace::Max, Clock::start()).err().unwrap().to_string()
}

const HOP: &str = r#"{"core:sample_start": 0, "core:frequency": 433920000}, {"core:sample_start": 1500, "core:frequency": 868300000},
    {"core:sample_start": 2000}, {"core:sample_start": 2500, "core:frequency": 433920000.2}"#;

fn is_out(stamps: &[(BlockStamp, usize)]) -> Vec<(u64, bool)> {
    stamps.iter().map(|(stamp, _)| (stamp.sample_index, stamp.flags.any(Flags::OUT_OF_BAND))).collect()
}

#[test]
fn blocks_of_another_capture_s_frequency_are_out_of_band() {
    let folder = tempfile::tempdir().unwrap();
    let hop = sigmf(&folder, "", HOP, &cs16(0..6_000));
    let (stamps, told) = play(&settings(&hop), usize::MAX);
    let expected = [(0, false), (1_000, false), (1_500, true), (2_000, true), (2_500, false)];
    assert_eq!(is_out(&stamps), expected);
    assert!(
        told.iter().any(|e| e.kind == "capture" && e.text.as_str().contains("868.3 MHz, 0 samples")),
        "{told:?}"
    );
    // Planned for the second one, the first is out of band.
    let mut source = Source::open(&settings(&hop), Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.centers_hz(), [433.92e6, 868.3e6]);
    source.plan(&[868.3e6]);
    let (mut block, mut seen, mut told) = (source.block(), Vec::new(), Vec::new());
    while source.read(&mut block, &mut |e| told.push(e)).unwrap() == Step::Block {
        seen.push((source.center_hz(), block.stamp().flags.any(Flags::OUT_OF_BAND)));
    }
    assert_eq!(seen[..3], [(433.92e6, true), (433.92e6, true), (868.3e6, false)]);
    assert!(told[1].text.as_str().contains("where no beacon"), "{told:?}");
    assert!(seen[3].0.is_nan() && seen[3].1, "a capture that tells no frequency is nobody's");
}

#[test]
fn blocks_tell_which_band_they_are_of() {
    let folder = tempfile::tempdir().unwrap();
    let hop = sigmf(&folder, "", HOP, &cs16(0..6_000));
    let mut source = Source::open(&settings(&hop), Pace::Max, Clock::start()).unwrap();
    source.plan(&[868.3e6, 433.92e6]);
    assert_eq!(source.stream().frequency_hz, 868.3e6);
    let (mut block, mut seen) = (source.block(), Vec::new());
    while source.read(&mut block, &mut |_| ()).unwrap() == Step::Block {
        seen.push((block.band(), block.stamp().flags.any(Flags::OUT_OF_BAND)));
    }
    assert_eq!(seen, [(1, false), (1, false), (0, false), (0, true), (1, false)]);
}

#[test]
fn the_length_is_told_of_a_file_that_is_played_once() {
    let folder = tempfile::tempdir().unwrap();
    let hop = settings(&sigmf(&folder, "", HOP, &cs16(0..6_000)));
    let source = Source::open(&hop, Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.span_us(&|hz| hz > 500e6), Some(15_000..20_000));
    assert_eq!(source.span_us(&|_| true), Some(0..30_000));
    let over = SdrSettings { file_repeat: true, ..hop };
    let source = Source::open(&over, Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.span_us(&|_| true), None);
}

#[test]
fn times_told_in_whole_seconds_make_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let at = |first: &str, second: &str| {
        let captures = format!(
            r#"{{"core:sample_start": 0, "core:datetime": "2024-05-01T12:00:{first}Z"}},
               {{"core:sample_start": 1000, "core:datetime": "2024-05-01T12:00:{second}Z"}}"#
        );
        let source = sigmf(&folder, "", &captures, &cs16(0..4_000));
        let (stamps, _) = play(&settings(&source), usize::MAX);
        stamps.iter().map(|(stamp, _)| stamp.lost_samples).sum::<u64>()
    };
    assert_eq!(at("00", "01"), 0, "990 ms may be rounding");
    assert_eq!(at("00.000", "01.000"), 99_000);
    assert_eq!(at("00", "05"), 499_000);
}

#[test]
fn the_recording_s_own_start_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let captures = r#"{"core:sample_start": 500, "core:datetime": "2024-05-01T12:00:00.005Z"}"#;
    let source = sigmf(&folder, "", captures, &cs16(0..4_000));
    let source = Source::open(&settings(&source), Pace::Max, Clock::start()).unwrap();
    assert_eq!(source.stream().recorded_utc_us, Some(1_714_564_800_000_000));
}

#[test]
fn bytes_that_are_no_samples_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = vec![9; 6];
    bytes.extend(cs16(0..4));
    bytes.extend([8; 3]);
    bytes.extend(cs16(4..8));
    bytes.extend([7; 5]);
    write(&folder, "own.bin", &bytes);
    let captures = r#"{"core:sample_start": 0, "core:header_bytes": 6}, {"core:sample_start": 2, "core:header_bytes": 3}"#;
    let global = r#", "core:dataset": "own.bin", "core:trailing_bytes": 5, "core:metadata_only": true"#;
    let source = sigmf(&folder, global, captures, &[]);
    let (samples, _) = floats_of(&settings(&source));
    assert_eq!(samples, [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]);
}

#[test]
fn samples_that_are_not_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = sigmf(&folder, r#", "core:metadata_only": true"#, "", b"");
    std::fs::remove_file(folder.path().join("s.sigmf-data")).unwrap();
    assert!(error_of(&source).contains("core:metadata_only"), "{}", error_of(&source));
    let source = sigmf(&folder, "", "", b"");
    assert!(error_of(&source).contains("holds no sample"), "{}", error_of(&source));
    std::fs::remove_file(folder.path().join("s.sigmf-data")).unwrap();
    assert!(error_of(&source).contains("s.sigmf-data: No such file"), "{}", error_of(&source));
    let source =
        sigmf(&folder, "", "", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 8\n");
    assert!(error_of(&source).contains("git lfs pull"), "{}", error_of(&source));
    let source =
        write(&folder, "p.sigmf-meta", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 8\n");
    assert!(error_of(&source).contains("git lfs pull"), "{}", error_of(&source));
}

#[test]
fn an_archive_plays_as_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let meta = r#"{"global": {"core:datatype": "ci16_be", "core:sample_rate": 100000}, "captures": []}"#;
    let samples: Vec<u8> = (0i16..3_000).flat_map(i16::to_be_bytes).collect();
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in [("r/r.sigmf-data", &samples[..]), ("r/r.sigmf-meta", meta.as_bytes())] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes).unwrap();
    }
    let archive = tar.into_inner().unwrap();
    let (samples, _) = floats_of(&settings(&write(&folder, "r.sigmf", &archive)));
    assert_eq!((samples.len(), samples[1_499]), (1_500, [2_998.0, 2_999.0]));
    let mut source =
        Source::open(&settings(&write(&folder, "cut.sigmf", &archive[..3_000])), Pace::Max, Clock::start());
    assert!(source.as_mut().is_err(), "its metadata comes after what is missing");
}

#[test]
fn q_before_i_is_turned_by_name_or_setting() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = cs16([1, 2, 3, 4].into_iter());
    let turned = [[2.0, 1.0], [4.0, 3.0]];
    assert_eq!(floats_of(&settings(&write(&folder, "x_1M_250k.cs16qi", &bytes))).0, turned);
    let plain = settings(&write(&folder, "x_1M_250k.cs16", &bytes));
    assert_eq!(floats_of(&SdrSettings { file_swap_iq: true, ..plain }).0, turned);
}

#[test]
fn floats_that_were_not_scaled_are_found_told_and_settable() {
    let folder = tempfile::tempdir().unwrap();
    let cf32 = |scale: f32| -> Vec<u8> {
        (0..40_000u32).flat_map(|n| ((n * 7 % 200) as f32 / 200.0 * scale).to_le_bytes()).collect()
    };
    let scaled = settings(&write(&folder, "x_1M_250k.cf32", &cf32(1.0)));
    let (right, told) = floats_of(&scaled);
    assert!(told.is_empty(), "{told:?}");
    let unscaled = settings(&write(&folder, "y_1M_250k.cf32", &cf32(32_768.0)));
    let (found, told) = floats_of(&unscaled);
    assert!(found.iter().zip(&right).all(|(a, b)| (a[0] - b[0]).abs() < 1e-5 && (a[1] - b[1]).abs() < 1e-5));
    assert!(
        told[0].text.as_str().contains("32768") && told[0].text.as_str().contains("sdr.file.full_scale"),
        "{told:?}"
    );
    let set = SdrSettings { file_full_scale: Some(65_536.0), ..unscaled };
    let (half, told) = floats_of(&set);
    assert!(told.is_empty() && (half[17][0] - found[17][0] / 2.0).abs() < 1e-5, "{told:?}");
}

#[test]
fn headers_among_floats_are_not_taken_for_their_full_scale() {
    let folder = tempfile::tempdir().unwrap();
    let floats = |count: u32| (0..count).flat_map(|n| ((n % 200) as f32 / 200.0).to_le_bytes());
    let header = [1e6f32.to_le_bytes(); 4].concat();
    let mut bytes = header.clone();
    bytes.extend(floats(2_000));
    bytes.extend(&header);
    bytes.extend(floats(2_000));
    write(&folder, "h.sigmf-data", &bytes);
    let meta = r#"{"global": {"core:datatype": "cf32_le", "core:sample_rate": 100000}, "captures": [
        {"core:sample_start": 0, "core:header_bytes": 16}, {"core:sample_start": 1000, "core:header_bytes": 16}]}"#;
    let (samples, told) = floats_of(&settings(&write(&folder, "h.sigmf-meta", meta.as_bytes())));
    assert_eq!((samples.len(), samples[1], samples[1_001]), (2_000, [0.01, 0.015], [0.01, 0.015]));
    assert!(
        told.iter().all(|event| event.kind == "capture" || event.text.as_str().contains("0 Hz")),
        "{told:?}"
    );
}

#[test]
fn start_times_at_which_nothing_was_recorded_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for at in ["1601-01-01T00:00:00Z", "9000-01-01T00:00:00Z"] {
        let captures =
            format!(r#"{{"core:sample_start": 0, "core:frequency": 1e6, "core:datetime": "{at}"}}"#);
        let source = settings(&sigmf(&folder, "", &captures, &cs16(0..4_000)));
        assert_eq!(Source::open(&source, Pace::Max, Clock::start()).unwrap().stream().recorded_utc_us, None);
        let (_, told) = floats_of(&source);
        assert!(told.iter().any(|event| event.text.as_str().contains("1970 to 2200")), "{told:?}");
    }
}

#[test]
fn whatever_the_bytes_are_opening_ends() {
    use proptest::prelude::*;
    let folder = tempfile::tempdir().unwrap();
    let name = prop_oneof![
        Just("x.wav"),
        Just("x.sigmf"),
        Just("x.sdriq"),
        Just("x_1M_250k.cf32"),
        Just("x_1M_250k.cs16"),
        Just("x.C16"),
        Just("x.raw")
    ];
    let start = prop_oneof![
        Just(&b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x02\0\x90\xd0\x03\0\x40\x42\x0f\0\x04\0\x10\0data\xff\xff\xff\xff"[..]),
        Just(&b"RF64\xff\xff\xff\xffWAVEds64\xff\xff\xff\xff"[..]),
        Just(&b""[..]),
    ];
    let mut runner = proptest::test_runner::TestRunner::default();
    let case = (name, start, prop::collection::vec(any::<u8>(), 0..700));
    runner
        .run(&case, |(name, start, rest)| {
            let source = write(&folder, name, &[start, &rest].concat());
            if let Ok(mut source) = Source::open(&settings(&source), Pace::Max, Clock::start()) {
                let mut block = source.block();
                let mut count = 0;
                while let Ok(Step::Block) = source.read(&mut block, &mut |_| ()) {
                    count += block.samples().len();
                }
                prop_assert!(2 * count <= start.len() + rest.len());
            }
            Ok(())
        })
        .unwrap();
}
