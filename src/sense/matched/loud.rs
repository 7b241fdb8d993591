//! What else a band held while a pulse was on: the loudest bin of each frame.
//!
//! A strong emission that is keyed shows elsewhere in step with itself: at the mirror frequency as its image, and everywhere by what a
//! converter makes of it, most of all one that is overdriven. A pulse that is no more than that is told of nobody else. (Its edges lift
//! all cells of a channel alike, so they are noise to it.)
//!
//! One source at a time: what is keyed beside a carrier that is louder is not seen.

use super::Frame;
use crate::dsp::layout::IMAGE_RATIO_MAX;
use crate::signal::Hearing;
use crate::time::TimeUs;

/// Frames that are remembered, of about a millisecond each.
const FRAMES: usize = 4_096;
/// Bins about 0 Hz, and about the loudest, that tell nothing of it.
const BESIDE: usize = 2;
/// The strongest product of a converter, ratio to its source.
const PRODUCT_RATIO_MAX: f32 = 1e-6;
/// Of one that is overdriven: the third harmonic of a square wave.
const OVERDRIVEN_RATIO_MAX: f32 = 1.0 / 9.0;

/// The loudest bin of a frame.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Loudest {
    bin: usize,
    power: f32,
}

impl Loudest {
    /// Of a frame's bins, the lowest frequency first.
    pub fn of(power: &[f32]) -> Loudest {
        let middle = power.len() / 2;
        let sides = [0..middle.saturating_sub(BESIDE), (middle + BESIDE + 1).min(power.len())..power.len()];
        let loudest = |side: std::ops::Range<usize>| {
            let most = power[side.clone()].iter().fold(0.0_f32, |most, power| most.max(*power));
            let bin = power[side.clone()].iter().position(|power| *power == most).unwrap_or(0);
            Loudest { bin: side.start + bin, power: most }
        };
        let [below, above] = sides.map(loudest);
        if below.power > above.power { below } else { above }
    }
}

/// The loudest bins of a band's newest frames.
pub(super) struct Loud {
    center_hz: f64,
    bin_hz: f64,
    first_hz: f64,
    frames: Vec<Kept>,
    next: usize,
}

/// Of one frame.
#[derive(Copy, Clone, Default)]
struct Kept {
    begin: TimeUs,
    loudest: Loudest,
    is_clipped: bool,
}

impl Loud {
    /// Of a band of `bins` about `center_hz`.
    pub fn new(center_hz: f64, bin_hz: f64, bins: usize) -> Loud {
        let first_hz = center_hz - (bins / 2) as f64 * bin_hz;
        Loud { center_hz, bin_hz, first_hz, frames: vec![Kept::default(); FRAMES], next: 0 }
    }

    /// Takes the next frame.
    pub fn push(&mut self, begin: TimeUs, frame: &Frame) {
        self.frames[self.next] = Kept { begin, loudest: frame.loudest, is_clipped: frame.is_clipped };
        self.next = (self.next + 1) % FRAMES;
    }

    /// Whether the newest pulse of a train, of this power, is no more than a receiver makes of something else that was keyed with it.
    pub fn explains(&self, train: &Hearing, power: f64) -> bool {
        let width_us = u64::from(train.width_us);
        let frame_us = (1e6 / self.bin_hz).ceil() as u64;
        let from = TimeUs(train.until_us.0.saturating_sub(2 * width_us + frame_us));
        let until = train.until_us.plus_us(width_us);
        let about = || self.frames.iter().filter(|kept| (from..until).contains(&kept.begin));
        let by_power = |a: &&Kept, b: &&Kept| a.loudest.power.total_cmp(&b.loudest.power);
        let (Some(most), Some(least)) = (about().max_by(by_power), about().min_by(by_power)) else {
            return false;
        };
        let keyed = f64::from(most.loudest.power) - f64::from(least.loudest.power);
        let source_hz = self.first_hz + most.loudest.bin as f64 * self.bin_hz;
        let near_hz = BESIDE as f64 * self.bin_hz;
        let is_mirror = (source_hz + train.frequency_hz - 2.0 * self.center_hz).abs() <= near_hz;
        let ratio_max = match (about().any(|kept| kept.is_clipped), is_mirror) {
            (true, _) => OVERDRIVEN_RATIO_MAX,
            (false, true) => IMAGE_RATIO_MAX,
            (false, false) => PRODUCT_RATIO_MAX,
        };
        (source_hz - train.frequency_hz).abs() > near_hz && power <= f64::from(ratio_max) * keyed
    }
}
