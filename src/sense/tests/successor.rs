//! Other channels in flight: what stays is heard as if nothing had happened.

use super::*;
use crate::allocation;

const RATE_SPS: f64 = 250e3;
const SAMPLES: usize = 750_000;

fn named(name: &str, frequency_hz: f64, bandwidth_hz: f64) -> ChannelConfig {
    ChannelConfig { name: name.into(), ..channel(frequency_hz, bandwidth_hz) }
}

fn with(channels: Vec<ChannelConfig>) -> SenseConfig {
    SenseConfig { channels, dc_exclude_hz: None, spectrum_interval_us: 50_000, ..config(0.0, 0.0) }
}

/// Noise, a weak carrier and pulses at 40 kHz, a spike at 0 Hz, and a carrier at -60 kHz.
fn heard() -> Made {
    let mut signal = Random(8).noise(1e-4, SAMPLES);
    add_tone(&mut signal, 0..SAMPLES, 41e3, RATE_SPS, 7e-4);
    add_tone(&mut signal, 0..SAMPLES, 0.0, RATE_SPS, 0.02);
    add_tone(&mut signal, 0..SAMPLES, -60e3, RATE_SPS, 0.1);
    // One of them is on at each moment at which a test hands over.
    for start in (0..SAMPLES).step_by(9_000) {
        add_tone(&mut signal, start..start + 5_000, 39e3, RATE_SPS, 0.05);
    }
    Made::of(&signal, SampleFormat::Cf32)
}

/// With `next` taking over from the first hop's end after sample `at` on.
fn handed_over(from: &SenseConfig, next: Successor, at: usize, block: usize) -> Kept {
    let (made, mut kept) = (heard(), Kept::default());
    let (mut sense, mut next) = (Sense::new(from).unwrap(), Some(Box::new(next)));
    // Room enough, so that the sink's own memory does not count.
    kept.readings.reserve(4_096);
    kept.pulses.reserve(4_096);
    kept.hearings.reserve(1_024);
    kept.rows.reserve(256);
    let mut returned = None;
    for begin in (0..SAMPLES).step_by(block) {
        if let Some(next) = next.take_if(|_| begin >= at) {
            assert!(sense.succeed(next).is_none());
        }
        let (stamp, samples) = (stamp(begin, RATE_SPS), made.samples(begin, (begin + block).min(SAMPLES)));
        let ((), calls) = allocation::count(|| sense.pass(&stamp, samples, &mut kept));
        assert_eq!(calls, 0, "at sample {begin}");
        returned = returned.or_else(|| sense.replaced());
    }
    sense.finish(&mut kept);
    assert!(returned.is_some());
    kept
}

fn of(kept: &Kept, number: u8) -> Kept {
    Kept {
        readings: kept.readings.iter().filter(|reading| reading.channel == number).copied().collect(),
        pulses: kept.pulses.iter().filter(|pulse| pulse.channel == number).copied().collect(),
        hearings: kept.hearings.iter().filter(|hearing| hearing.channel == number).copied().collect(),
        // The spike at 0 Hz is taken out of them for whoever lies there.
        rows: Vec::new(),
    }
}

#[test]
fn what_stays_is_heard_to_the_bit_as_if_nothing_had_happened() {
    let goes = named("goes", -60e3, 10e3);
    let stays = named("stays", 40e3, 20e3);
    let from = with(vec![goes.clone(), stays.clone()]);
    let alone = run(&from, &heard());
    assert!(!of(&alone, 1).hearings.is_empty() && of(&alone, 1).pulses.len() > 20);
    // Another place among the others, one of which lies on the spike at 0 Hz and has it taken out.
    let to = with(vec![named("comes", 1e3, 20e3), stays.clone(), named("too", -61e3, 10e3)]);
    for (at, block) in [(0, 4_096), (300_000, 10_000), (301_234, 777)] {
        let next = Successor::new(&to, &[2, 1, 3]).unwrap();
        let both = handed_over(&from, next, at, block);
        assert!(of(&both, 1) == of(&alone, 1), "at {at}");
        // The hop that is open then is its last, or a neighbour of it.
        let last = of(&both, 0).readings.last().map(|reading| reading.sample_index).unwrap();
        let hop = (at as u64).div_ceil(block as u64) * block as u64 / 2_500;
        assert!((hop.saturating_sub(1)..hop + 2).contains(&(last / 2_500)), "{hop}: {last}");
        for number in [2, 3] {
            let heard = of(&both, number);
            assert_eq!(heard.readings[0].sample_index, last + 2_500, "no hop between them");
            let steps = heard.readings.windows(2).map(|pair| pair[1].sample_index - pair[0].sample_index);
            assert!(steps.into_iter().all(|step| step == 2_500));
        }
        let loud = of(&both, 3).readings;
        assert!((mean_dbfs(&loud) + 20.0).abs() < 0.1, "{}", mean_dbfs(&loud));
    }
    let none = Successor::new(&with(vec![stays]), &[1]).unwrap();
    let fewer = handed_over(&from, none, 300_000, 4_096);
    // Blocks for the narrower one are no more needed.
    let (was, is) = (of(&alone, 1), of(&fewer, 1));
    assert!((&was.readings, &was.pulses) == (&is.readings, &is.pulses));
}

#[test]
fn a_narrower_one_that_comes_costs_what_stays_no_reading() {
    let stays = named("stays", 40e3, 20e3);
    let from = with(vec![stays.clone()]);
    let to = with(vec![named("narrow", 80e3, 200.0), stays]);
    assert!(matched::block(&to) > matched::block(&from), "or this tests nothing");
    let alone = run(&from, &heard());
    let both = handed_over(&from, Successor::new(&to, &[1, 0]).unwrap(), 300_000, 4_096);
    let (was, is) = (of(&alone, 0), of(&both, 0));
    assert!((&was.readings, &was.pulses) == (&is.readings, &is.pulses));
    let lines = |kept: &Kept| {
        let last = kept.hearings.iter().rfind(|heard| heard.kind == crate::signal::HearingKind::Line);
        last.map(|heard| (heard.until_us, heard.frequency_hz.round()))
    };
    let ((last_was, hz_was), (last_is, hz_is)) = (lines(&was).unwrap(), lines(&is).unwrap());
    assert!(
        last_is.since_us(last_was).max(last_was.since_us(last_is)) < 1_000_000,
        "{last_was:?} {last_is:?}"
    );
    assert!((hz_was - hz_is).abs() < 2.0);
}

#[test]
fn the_open_pulse_of_what_goes_is_told_and_the_newest_to_come_wins() {
    let from = with(vec![named("goes", 39e3, 4e3)]);
    let [unused, next] = [-60e3, -50e3]
        .map(|hz| Box::new(Successor::new(&with(vec![named("comes", hz, 10e3)]), &[1]).unwrap()));
    let (made, mut kept, mut sense) = (heard(), Kept::default(), Sense::new(&from).unwrap());
    sense.pass(&stamp(0, RATE_SPS), made.samples(0, 2_600), &mut kept);
    assert!(kept.pulses.is_empty(), "it is still on");
    assert!(sense.succeed(unused).is_none());
    assert!(sense.succeed(next).is_some(), "the one before is given back");
    sense.pass(&stamp(2_600, RATE_SPS), made.samples(2_600, 10_000), &mut kept);
    let pulse = kept.pulses[0];
    assert!(pulse.channel == 0 && pulse.flags.any(Flags::END_UNSEEN), "{pulse:?}");
    assert!(kept.readings.iter().filter(|reading| reading.channel == 1).all(|r| r.mean.db() < -40.0));
}
