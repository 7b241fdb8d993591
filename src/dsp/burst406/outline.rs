//! Whether something looks like a distress burst, before its bits can be read: a carrier that is steady for 160 ms and goes on with
//! cos 1.1 = 0.45 of its amplitude. A pulse is shorter or goes on as it was, and what is on now and then is not steady.

use super::sums::Sums;
use super::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD, SHORT_BITS, SLACK_S};

/// Pieces of the carrier that are looked at.
const PIECES: usize = 4;
/// A piece may be off the mean by this share of it, the amplitude left in the bits by this share of the carrier's, and either by
/// what noise makes at three sigma.
const PIECE_SHARE: f64 = 0.6;
const LEFT_SHARE: f64 = 0.25;
const SIGMAS: f64 = 3.0;
/// Step in which the begin is looked for, s.
const STEP_S: f64 = 0.002_5;

/// Whether the likeliest burst in these sums looks like one; `noise`: power of noise in one of their samples.
pub(super) fn is_burst(sums: &Sums, noise: f64) -> bool {
    let rate_sps = sums.rate_sps();
    let carrier = CARRIER_S * rate_sps;
    let bits = f64::from(SHORT_BITS) / BIT_RATE_HZ * rate_sps;
    let parts = |begin: f64| {
        (sums.between(begin, begin + carrier), sums.between(begin + carrier, begin + carrier + bits))
    };
    let steps = (2.0 * SLACK_S / STEP_S) as u32;
    let power = |begin: f64| {
        let (carrier, left) = parts(begin);
        (carrier + left * PHASE_RAD.cos()).norm_sqr()
    };
    let begins = (0..=steps).map(|step| f64::from(step) * STEP_S * rate_sps);
    let Some(begin) = begins.max_by(|a, b| power(*a).total_cmp(&power(*b))) else { return false };
    let (whole, left) = parts(begin);
    let amplitude = whole.norm() / carrier;
    let in_phase = whole.conj() / whole.norm();
    let sigmas = |count: f64| SIGMAS * (noise / 2.0 / count).sqrt();
    let piece = carrier / PIECES as f64;
    let is_steady = (0..PIECES).all(|number| {
        let from = begin + number as f64 * piece;
        let own = (sums.between(from, from + piece) * in_phase).re / piece;
        (own - amplitude).abs() <= PIECE_SHARE * amplitude + sigmas(piece)
    });
    let left = (left * in_phase).re / bits;
    is_steady && (left - amplitude * PHASE_RAD.cos()).abs() <= LEFT_SHARE * amplitude + sigmas(bits)
}
