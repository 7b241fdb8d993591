//! The sdr-rx thread on recordings: nothing lost at full pace, all losses counted at real pace.

use super::super::{Pace, SdrError, test_settings as settings};
use super::*;
use crate::realtime::{self, Role};
use crate::settings::SdrSettings;

fn recording(bytes: usize) -> (tempfile::TempDir, SdrSettings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_433.92M_250k.cu8");
    let samples: Vec<u8> = (0..bytes).map(|v| (v % 251) as u8).collect();
    std::fs::write(&path, samples).unwrap();
    let source = settings(&format!("file:{}", path.display()));
    (folder, source)
}

fn start(settings: &SdrSettings, pace: Pace, blocks: usize) -> Result<(Receiver, Blocks), SdrError> {
    let clock = Clock::start();
    let source = Source::open(settings, pace, clock)?;
    let (events, _) = lane("events", 16);
    Ok(Receiver::spawn(source, blocks, events, clock, |body| realtime::start(Role::SdrRx, body)).unwrap())
}

#[test]
fn at_full_pace_a_slow_taker_gets_every_sample() {
    let (_folder, settings) = recording(500_000);
    let (receiver, mut blocks) = start(&settings, Pace::Max, 2).unwrap();
    let mut next_index = 0;
    while !blocks.is_ended() {
        let Some(block) = blocks.next(Duration::from_secs(5)) else { continue };
        assert_eq!(block.stamp().sample_index, next_index);
        assert_eq!(block.stamp().lost_samples, 0);
        next_index += block.samples().len() as u64;
    }
    assert_eq!(next_index, 250_000);
    let totals = receiver.totals();
    assert_eq!((totals.lost_samples_total(), totals.blocks_total()), (0, 100));
    assert!(receiver.stop());
    assert!(!totals.is_alive(), "the end is seen");
}

#[test]
fn at_real_pace_it_never_waits_and_counts_what_it_throws_away() {
    let (_folder, settings) = recording(100_000);
    let (receiver, mut blocks) = start(&settings, Pace::Realtime, 3).unwrap();
    let totals = receiver.totals();
    // 200 ms of samples in 20 blocks: three wait for us, the rest cannot.
    while totals.is_alive() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut taken = 0;
    while let Some(block) = blocks.next(Duration::ZERO) {
        taken += block.samples().len() as u64;
    }
    assert_eq!(taken, 7_500);
    assert_eq!(totals.dropped_samples_total(), 42_500);
    assert_eq!(totals.dropped_blocks_total(), 17);
}

#[test]
fn what_was_thrown_away_is_a_gap_of_the_next_block() {
    let (_folder, settings) = recording(5_000);
    let settings = SdrSettings { file_repeat: true, ..settings };
    let (receiver, mut blocks) = start(&settings, Pace::Realtime, 2).unwrap();
    while receiver.totals().dropped_blocks_total() < 3 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let (mut next_index, mut gaps) = (0, 0);
    for _ in 0..6 {
        let block = blocks.next(Duration::from_secs(5)).expect("it repeats for ever");
        let stamp = block.stamp();
        assert_eq!(stamp.sample_index, next_index + stamp.lost_samples, "the index counts what is lost");
        gaps += u64::from(stamp.lost_samples > 0 && stamp.flags.any(Flags::GAP));
        next_index = stamp.sample_index + block.samples().len() as u64;
    }
    assert!(gaps >= 1);
    assert!(receiver.stop());
}

#[test]
fn it_ends_when_the_taker_is_gone() {
    let (_folder, settings) = recording(5_000);
    let settings = SdrSettings { file_repeat: true, ..settings };
    let (receiver, blocks) = start(&settings, Pace::Max, 2).unwrap();
    drop(blocks);
    let totals = receiver.totals();
    while totals.is_alive() {
        std::thread::sleep(Duration::from_millis(2));
    }
}
