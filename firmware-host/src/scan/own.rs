//! What the aircraft itself sends (`sdr.own_noise`), told for what it is.

use skyhound::config::OwnLine;
use skyhound::dsp::survey::{Active, Findings, Origin};
use skyhound::units::{db_from_ratio, ratio_from_db};

/// So much stronger than it was learned a line may be, dB: a camera is nearer, a motor turns faster.
const STRONGER_DB: f64 = 10.0;
/// Mean power over all the time is so much less than while it was on at most, dB, of what is on all the time.
const STEADY_DB: f64 = 3.0;

/// Marks the emissions of `findings` that are no more than `lines`.
pub fn mark(findings: &mut Findings, lines: &[OwnLine]) {
    let mut channels = std::mem::take(&mut findings.channels);
    for active in channels.iter_mut().filter(|active| active.origin == Origin::Emission) {
        if is_own(active, findings, lines) {
            active.origin = Origin::OwnNoise;
        }
    }
    findings.channels = channels;
}

fn is_own(active: &Active, findings: &Findings, lines: &[OwnLine]) -> bool {
    let half_hz = active.bandwidth_hz / 2.0;
    let (low_hz, high_hz) = (active.frequency_hz - half_hz, active.frequency_hz + half_hz);
    let within = lines.iter().filter(|line| line.low_hz < high_hz && line.high_hz > low_hz);
    let band_hz = findings.bin_hz * findings.mean_dbfs.len() as f64;
    let floor_dbfs_hz = findings.floor_dbfs - db_from_ratio(band_hz);
    let own: f64 = within.map(|line| ratio_from_db(line.cn0_db_hz + floor_dbfs_hz)).sum();
    let bins = (active.bandwidth_hz / findings.bin_hz).round() as u32;
    let power_at = |bin: u32| f64::from(findings.mean_power_at(low_hz + f64::from(bin) * findings.bin_hz));
    let mean: f64 = (0..=bins).map(power_at).sum();
    own > 0.0
        && active.power_dbfs <= db_from_ratio(own) + STRONGER_DB
        && db_from_ratio(mean) >= active.power_dbfs - STEADY_DB
}
