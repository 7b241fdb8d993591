//! Samples through pipes: what must be told, what is read, and what ends them.

use super::*;
use std::io::{PipeWriter, Write as _};
use std::os::fd::AsRawFd as _;

/// A pipe's two ends: what is written comes out of the source's path. The reader must be kept.
fn pipe() -> (std::io::PipeReader, PipeWriter, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    let path = format!("file:/proc/self/fd/{}", reader.as_raw_fd());
    (reader, writer, path)
}

fn told(path: &str) -> SdrSettings {
    SdrSettings {
        format: "cs16".into(),
        sample_rate_sps: Some(250e3),
        frequency_hz: Some(433.92e6),
        ..settings(path)
    }
}

/// Reads to the end: samples, index after the last, events.
fn drained(settings: &SdrSettings, pace: Pace) -> Result<(usize, u64, Vec<Event>), SdrError> {
    let mut source = Source::open(settings, pace, Clock::start())?;
    let (mut block, mut count, mut index, mut events) = (source.block(), 0, 0, Vec::new());
    loop {
        match source.read(&mut block, &mut |event| events.push(event))? {
            Step::Block => {
                count += block.samples().len();
                index = block.stamp().sample_index + block.samples().len() as u64;
            }
            Step::Nothing => {}
            Step::End => return Ok((count, index, events)),
        }
    }
}

#[test]
fn a_pipe_is_read_to_its_end_at_either_pace() {
    for pace in [Pace::Max, Pace::Realtime] {
        let (reader, mut writer, path) = pipe();
        let samples: Vec<u8> = (0..200_002u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let writes = std::thread::spawn(move || writer.write_all(&samples));
        let (count, index, _) = drained(&told(&path), pace).unwrap();
        assert_eq!((count, index), (50_000, 50_000), "whole samples only, {pace:?}");
        writes.join().unwrap().unwrap();
        drop(reader);
    }
}

#[test]
fn a_pipe_that_does_not_tell_names_the_keys() {
    let (_reader, mut writer, path) = pipe();
    writer.write_all(&[100; 2_000]).unwrap();
    drop(writer);
    let missing = drained(&settings(&path), Pace::Max).unwrap_err().to_string();
    for key in ["sdr.format=", "sdr.sample_rate_sps=", "sdr.frequency_hz="] {
        assert!(missing.contains(key), "{missing}");
    }
    let (_reader, mut writer, path) = pipe();
    writer.write_all(&[100; 2_000]).unwrap();
    drop(writer);
    let some = SdrSettings { sample_rate_sps: None, ..told(&path) };
    let missing = drained(&some, Pace::Max).unwrap_err().to_string();
    assert!(missing.contains("sdr.sample_rate_sps=") && !missing.contains("sdr.format"), "{missing}");
}

#[test]
fn a_pipe_without_samples_or_with_none_is_an_error() {
    for (bytes, word) in
        [(&b""[..], "empty"), (&b"\x01"[..], "no sample"), (b"\x1f\x8b\x08\0\0\0\0\0", "gzip")]
    {
        let (_reader, mut writer, path) = pipe();
        writer.write_all(bytes).unwrap();
        drop(writer);
        let error = drained(&told(&path), Pace::Max).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let (_reader, mut writer, path) = pipe();
    writer.write_all(&[1; 100]).unwrap();
    drop(writer);
    let over_and_over = SdrSettings { file_repeat: true, ..told(&path) };
    let error = drained(&over_and_over, Pace::Max).unwrap_err().to_string();
    assert!(error.contains("sdr.file.repeat"), "{error}");
}

#[test]
fn wav_comes_through_a_pipe_too() {
    let (_reader, mut writer, path) = pipe();
    let mut wav =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x02\0\x90\xd0\x03\0\x40\x42\x0f\0\x04\0\x10\0data"
            .to_vec();
    wav.extend(u32::MAX.to_le_bytes());
    wav.extend([7; 12_000]);
    writer.write_all(&wav).unwrap();
    drop(writer);
    let (count, ..) = drained(&settings(&path), Pace::Max).unwrap();
    assert_eq!(count, 3_000);
}

#[test]
fn a_pipe_that_stalls_is_not_alive_until_it_comes_back() {
    let (_reader, mut writer, path) = pipe();
    let noise: Vec<u8> = (0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    writer.write_all(&noise).unwrap();
    let mut source = Source::open(&told(&path), Pace::Realtime, Clock::start()).unwrap();
    let (mut block, mut kinds) = (source.block(), Vec::new());
    while source.is_alive() {
        source.read(&mut block, &mut |event| kinds.push(event.kind)).unwrap();
    }
    assert_eq!(kinds, ["sdr_stall"]);
    writer.write_all(&noise).unwrap();
    while source.read(&mut block, &mut |event| kinds.push(event.kind)).unwrap() != Step::Block {}
    assert!(source.is_alive());
    assert_eq!(kinds, ["sdr_stall", "sdr_gap"]);
    // Half a second at least was missed, and the stamp says so.
    assert!(
        block.stamp().lost_samples > 100_000 && block.stamp().flags.any(Flags::GAP),
        "{:?}",
        block.stamp()
    );
}

#[test]
fn a_pipe_that_trickles_does_not_hold_up_the_reader() {
    let (_reader, mut writer, path) = pipe();
    writer.write_all(&[100; 16_384]).unwrap();
    let mut source = Source::open(&told(&path), Pace::Max, Clock::start()).unwrap();
    let mut block = source.block();
    // The second block of 10 000 bytes lacks 3 616, which come one by one.
    assert_eq!(source.read(&mut block, &mut |_| ()).unwrap(), Step::Block);
    let trickles = std::thread::spawn(move || {
        for _ in 0..200 {
            writer.write_all(&[100]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    });
    assert_eq!(
        source.read(&mut block, &mut |_| ()).unwrap(),
        Step::Nothing,
        "whoever stops is heard meanwhile"
    );
    let step = loop {
        match source.read(&mut block, &mut |_| ()).unwrap() {
            Step::Nothing => {}
            step => break step,
        }
    };
    assert_eq!((step, block.samples().len()), (Step::Block, 6_384 / 4 + 50), "and nothing is lost");
    trickles.join().unwrap();
}

#[test]
fn a_live_stream_takes_its_time_and_its_end_is_told() {
    let (_reader, mut writer, path) = pipe();
    let samples: Vec<u8> = (0..400_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let writes = std::thread::spawn(move || writer.write_all(&samples));
    let clock = Clock::start();
    let mut source = Source::open(&told(&path), Pace::Realtime, clock).unwrap();
    let (mut block, mut count, mut events) = (source.block(), 0, Vec::new());
    loop {
        match source.read(&mut block, &mut |event| events.push(event)).unwrap() {
            Step::Block => {
                count += block.samples().len() as u64;
                let (read_us, taken_us) = (clock.now().0 as f64, count as f64 * 4.0);
                assert!(read_us * 1.001 + 100_000.0 >= taken_us, "{taken_us} µs were read by {read_us}");
            }
            Step::Nothing => {}
            Step::End => break,
        }
    }
    assert_eq!(count, 100_000);
    assert!(events.iter().any(|event| event.text.as_str() == "the stream ended"), "{events:?}");
    writes.join().unwrap().unwrap();
}
