//! A world as a recording: what the drone's SDR hears on the search's course, as a SigMF pair with every transmission annotated.
//!
//! The aircraft is that of [`crate::course`]; faults come by the clock. Annotations stand where the receiver hears an emitter (its oscillator's error and Doppler
//! in), with the emitter's own frequency in the comment. SigMF 1.x: <https://sigmf.org>.

use crate::codes::Form;
use crate::course::Course;
use crate::scenario::{Scenario, Waveform};
use crate::script::Timeline;
use crate::world::iq::{IqWorld, OnAir};
use serde_json::{Value, json};
use skyhound::signal::SampleFormat;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The world is made in stretches of this.
const STEP_US: u64 = 10_000;
/// Most annotations; readers (ours too) bound them.
const ANNOTATIONS_MAX: usize = 65_536;

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Metadata.
    pub meta: PathBuf,
    /// Samples.
    pub samples: PathBuf,
    /// How many.
    pub sample_count: u64,
    /// Transmissions that were heard.
    pub on_air_count: usize,
    /// Of these, those that are annotated.
    pub annotation_count: usize,
}

/// Writes `seconds` of the scenario's world to `meta` (`….sigmf-meta`) and the `.sigmf-data` beside it.
pub fn write(
    meta: &Path,
    scenario: &Scenario,
    seed: u64,
    seconds: f64,
    format: SampleFormat,
) -> io::Result<Written> {
    let (samples_path, receiver) = (meta.with_extension("sigmf-data"), &scenario.world.receiver);
    let (course, form) = (Course::new(scenario), Form::of(format));
    let mut world = IqWorld::new(scenario, seed);
    world.log_on_air();
    let mut out = BufWriter::new(File::create(&samples_path)?);
    let (mut samples, mut bytes, mut timeline) = (Vec::new(), Vec::new(), Timeline::new(&scenario.fault));
    let sample_count = (seconds * receiver.sample_rate_sps).round() as u64;
    let (mut done, mut at_us) = (0, 0);
    while done < sample_count {
        let until = ((at_us + STEP_US) as f64 * receiver.sample_rate_sps * 1e-6).round() as u64;
        let until = until.min(sample_count);
        timeline.by_clock(at_us, |kind, begins| world.apply(kind, begins));
        samples.resize((until - done) as usize, [0.0; 2]);
        world.samples(&course.pose(at_us), &course.pose(at_us + STEP_US), &mut samples);
        bytes.clear();
        form.write(&samples, &mut bytes);
        out.write_all(&bytes)?;
        (done, at_us) = (until, at_us + STEP_US);
    }
    out.flush()?;
    let heard = world.on_air();
    let annotated = &heard[..heard.len().min(ANNOTATIONS_MAX)];
    fs::write(meta, serde_json::to_vec_pretty(&metadata(scenario, seed, format, annotated))?)?;
    Ok(Written {
        meta: meta.to_owned(),
        samples: samples_path,
        sample_count,
        on_air_count: heard.len(),
        annotation_count: annotated.len(),
    })
}

fn metadata(scenario: &Scenario, seed: u64, format: SampleFormat, heard: &[OnAir]) -> Value {
    let receiver = &scenario.world.receiver;
    let datatype = match format {
        SampleFormat::Cu8 => "cu8",
        SampleFormat::Cs8 => "ci8",
        SampleFormat::Cs16 => "ci16_le",
        SampleFormat::Cf32 => "cf32_le",
    };
    let mut heard = heard.to_vec();
    heard.sort_by_key(|on| on.first);
    let annotations: Vec<Value> = heard.iter().map(|on| annotation(scenario, on)).collect();
    json!({
        "global": {
            "core:datatype": datatype,
            "core:sample_rate": receiver.sample_rate_sps,
            "core:version": "1.0.0",
            "core:recorder": concat!("skyhound-rig ", env!("CARGO_PKG_VERSION")),
            "core:hw": format!("simulated: {} bits, gain {} dB", receiver.adc_bits, receiver.gain_db),
            "core:description": format!("{} (scenario {}, seed {seed})", scenario.about, scenario.name),
        },
        "captures": [{ "core:sample_start": 0, "core:frequency": receiver.center_hz }],
        "annotations": annotations,
    })
}

fn annotation(scenario: &Scenario, on: &OnAir) -> Value {
    let world = &scenario.world;
    let Some(beacon) = world.emitters().nth(on.emitter) else { return Value::Null };
    let heard_hz = world.receiver.center_hz + on.offset_hz;
    let half_hz = bandwidth_hz(&beacon.waveform) / 2.0;
    json!({
        "core:sample_start": on.first,
        "core:sample_count": on.count,
        "core:freq_lower_edge": heard_hz - half_hz,
        "core:freq_upper_edge": heard_hz + half_hz,
        "core:label": beacon.name.as_str(),
        "core:comment": format!(
            "{} Hz, {} dBm, {} m north, {} m east", beacon.frequency_hz, beacon.power_dbm, beacon.north_m, beacon.east_m
        ),
    })
}

/// What a waveform occupies, with its sidebands.
fn bandwidth_hz(waveform: &Waveform) -> f64 {
    match *waveform {
        Waveform::Continuous => 1_000.0,
        // Sidebands at the tone's highest, either side.
        Waveform::AmSweep { .. } => 3_200.0,
        // Between the first zeros of the pulse's spectrum.
        Waveform::Pulses { width_ms, .. } => (2e3 / width_ms).max(1_000.0),
        // Biphase of 400 bit/s: its main lobes.
        Waveform::Burst406 { .. } => 3_000.0,
        // A tone's main lobe beyond the outer two.
        Waveform::Fsk { tones, spacing_hz, baud } => f64::from(tones - 1) * spacing_hz + 2.0 * baud,
        Waveform::Chirps { bandwidth_hz, .. } => bandwidth_hz,
    }
}

#[cfg(test)]
mod tests;
