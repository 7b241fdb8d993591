//! What passes and what does not, where outputs stand, and what a gap takes.

use super::*;

struct Setup {
    rate_sps: f64,
    offset_hz: f64,
    width_hz: f64,
}

/// 20 kHz at 40 kHz.
const USUAL: Setup = Setup { rate_sps: 250e3, offset_hz: 40e3, width_hz: 20e3 };

impl Setup {
    fn rate(&self) -> Rate {
        rate_for(self.rate_sps, self.width_hz, RATE_RATIO)
    }

    /// What leaves the tuner of `signal(n)` that comes in these pieces, each a first sample and a count.
    fn made(&self, pieces: &[(u64, usize)], signal: impl Fn(u64) -> Complex32) -> Vec<(u64, [f32; 2])> {
        let block = block_len(self.rate_sps, [self.width_hz].into_iter());
        let mut tuner = Tuner::new(self.rate_sps, self.offset_hz, self.width_hz, self.rate(), block);
        let mut spectra = Spectra::new(block, pieces.iter().map(|piece| piece.1).max().unwrap());
        let mut made = Vec::new();
        for &(first, count) in pieces {
            for (n, sample) in spectra.room()[..count].iter_mut().enumerate() {
                *sample = signal(first + n as u64);
            }
            spectra.join(first, count);
            while let Some(block) = spectra.next_block() {
                let Piece { number, samples } = tuner.take(&block);
                made.extend((number..).zip(samples).map(|(number, sample)| (number, [sample.re, sample.im])));
            }
        }
        made
    }

    /// Mean power that leaves it of a tone of power 1 at `tone_hz`, dB.
    fn passed_db(&self, tone_hz: f64) -> f64 {
        let count = 4 * block_len(self.rate_sps, [self.width_hz].into_iter());
        let made = self.made(&[(0, count)], tone(self.rate_sps, tone_hz));
        let power = made.iter().map(|(_, [re, im])| f64::from(re * re + im * im)).sum::<f64>();
        10.0 * (power / made.len() as f64).log10()
    }
}

fn tone(rate_sps: f64, tone_hz: f64) -> impl Fn(u64) -> Complex32 {
    move |n| unit((tone_hz / rate_sps * n as f64).fract())
}

#[test]
fn the_channel_passes_and_what_folds_onto_it_does_not() {
    assert_eq!(USUAL.rate(), Rate { sps: 250e3 / 6.0, step: 6 });
    let setups = [
        USUAL,
        Setup { rate_sps: 24e3, offset_hz: 7_123.0, width_hz: 4e3 },
        Setup { rate_sps: 2.4e6, offset_hz: -1_197_900.0, width_hz: 4e3 },
        Setup { rate_sps: 2.4e6, offset_hz: 5_077.0, width_hz: 300.0 },
        Setup { rate_sps: 2.4e6, offset_hz: 1.1e6, width_hz: 100e3 },
    ];
    for setup in setups {
        let Setup { offset_hz, width_hz, .. } = setup;
        let rate = setup.rate();
        assert!(rate.step > 1 && rate.sps >= 2.0 * width_hz, "{rate:?}");
        for share in [-0.5, -0.13, 0.0, 0.35, 0.5] {
            let at_hz = offset_hz + share * width_hz;
            let db = setup.passed_db(at_hz);
            assert!(db.abs() < 0.01, "{width_hz} Hz, {share}: {db} dB");
            // The same, some output rates away.
            for away in [-1.0, 1.0, 2.0] {
                let db = setup.passed_db(at_hz + away * rate.sps);
                assert!(db < -STOP_DB + 1.0, "{width_hz} Hz, {share} folded: {db} dB");
            }
        }
    }
}

#[test]
fn a_channel_as_wide_as_the_band_leaves_as_it_came() {
    let all = Setup { width_hz: 100e3, ..USUAL };
    let made = all.made(&[(0, 4_000)], tone(250e3, 40e3));
    assert_eq!(all.rate().step, 1);
    assert!(made.len() > 3_500 && made.iter().all(|(_, [re, im])| (re - 1.0).abs() + im.abs() < 0.02));
}

#[test]
fn a_tone_stands_where_it_is_and_pieces_change_nothing() {
    let signal = tone(250e3, 43_125.0);
    let whole = USUAL.made(&[(0, 8_000)], &signal);
    let mut first = 0;
    let counts = [1, 17, 1_000, 2_982, 300, 3_700];
    let pieces = counts.map(|count| {
        first += count as u64;
        (first - count as u64, count)
    });
    assert_eq!(USUAL.made(&pieces, &signal), whole);
    for (number, [re, im]) in &whole {
        // 3125 Hz over the middle, at sample 6·number.
        let truth = unit((3_125.0 / 250e3 * (6 * number) as f64).fract());
        assert!((re - truth.re).abs() + (im - truth.im).abs() < 2e-3, "{number}: {re} {im} {truth}");
    }
    assert!(whole.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1) && 6 * whole.len() > 7_500);
}

#[test]
fn a_gap_leaves_out_what_it_reaches_and_no_more_than_a_block() {
    let signal = tone(250e3, 43_125.0);
    let whole = USUAL.made(&[(0, 12_000)], &signal);
    let parts = USUAL.made(&[(0, 2_000), (2_000, 1_000), (5_003, 6_997)], &signal);
    for (number, value) in &parts {
        let same = whole.iter().find(|(of, _)| of == number).expect("the same places").1;
        assert!(
            (value[0] - same[0]).abs() + (value[1] - same[1]).abs() < 1e-3,
            "{number}: {value:?} {same:?}"
        );
    }
    let block = block_len(250e3, [20e3].into_iter()) as u64;
    let jump = parts.windows(2).find(|pair| pair[1].0 != pair[0].0 + 1).expect("a jump");
    let (last, next) = (6 * jump[0].0, 6 * jump[1].0);
    assert!((3_000 - block..3_000).contains(&last) && (5_003..5_003 + 2 * block).contains(&next), "{jump:?}");
}

#[test]
fn what_is_constant_is_taken_out() {
    let onto = Setup { offset_hz: 1e3, ..USUAL };
    let made = onto.made(&[(0, 8_000)], |n| Complex32::new(0.3, 0.1) + tone(250e3, 5e3)(n) * 0.01);
    let power = made.iter().map(|(_, [re, im])| re * re + im * im).sum::<f32>() / made.len() as f32;
    assert!((power / 1e-4 - 1.0).abs() < 0.05, "{power}");
}
