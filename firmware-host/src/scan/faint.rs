//! Lines and trains too weak for the survey's spectrogram, sought in the samples that it kept and told beside what was found there.

use super::cores;
use skyhound::config::ChannelConfig;
use skyhound::dsp::layout::NOISE_BINS_MIN;
use skyhound::dsp::survey::{Active, Findings, Origin, Survey, Timing};
use skyhound::sense::listen::Setup;
use skyhound::sense::seek;
use skyhound::signal::Hearing;

/// Bins beside an emission in which something is one of its own.
const BESIDE_BINS: f64 = 4.0;
/// So much weaker than an emission its products and skirts are, dB, wherever they are.
const DYNAMIC_DB: f64 = 60.0;

/// Adds to `findings` what stands apart from its emissions.
///
/// # Errors
/// See [`cores::each`].
pub fn add(
    survey: &Survey,
    findings: &mut Findings,
    template: &ChannelConfig,
    setup: Setup<'_>,
) -> Result<(), String> {
    let parts = seek::parts(survey);
    let told = &*findings;
    // Part by part: the sums of one take a hundred megabytes and more.
    let hearings = |part: &seek::Part| {
        seek::hearings(survey, told, template, setup, std::slice::from_ref(part), parts.len())
    };
    let all = cores::each(&parts, hearings)?.concat();
    for heard in seek::distinct(all, findings.bin_hz) {
        if !findings.channels.iter().any(|active| is_of(&heard, active, findings.bin_hz)) {
            let active = channel_of(&heard, findings);
            findings.channels.push(active);
        }
    }
    Ok(())
}

/// Whether it is one of what somebody sends on a channel, or of what the receiver makes of it.
fn is_of(heard: &Hearing, active: &Active, bin_hz: f64) -> bool {
    let apart_hz = (heard.frequency_hz - active.frequency_hz).abs();
    // Of the aircraft's own lines what is masked was left out.
    (active.origin != Origin::OwnNoise && apart_hz <= active.bandwidth_hz / 2.0 + BESIDE_BINS * bin_hz)
        || active.power_dbfs - heard.power.db() >= DYNAMIC_DB
}

/// A channel about it, as narrow as the sense pass can see and within the band.
fn channel_of(heard: &Hearing, findings: &Findings) -> Active {
    let bandwidth_hz = NOISE_BINS_MIN * findings.bin_hz;
    let low_hz = findings.first_bin_hz + bandwidth_hz / 2.0;
    let high_hz =
        findings.first_bin_hz + findings.mean_dbfs.len() as f64 * findings.bin_hz - bandwidth_hz / 2.0;
    Active {
        frequency_hz: heard.frequency_hz.clamp(low_hz, high_hz),
        peak_hz: heard.frequency_hz,
        bandwidth_hz,
        power_dbfs: heard.power.db(),
        snr_db: heard.cn0.db() - 10.0 * bandwidth_hz.log10(),
        timing: Timing { pulse_count: usize::from(heard.pulse_count), ..Timing::default() },
        origin: Origin::Emission,
        is_faint: true,
    }
}
