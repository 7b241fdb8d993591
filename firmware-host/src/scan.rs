//! `scan`: a source's samples to its active channels, as text and JSON: what people need before they choose a beacon.
//!
//! Runs the engine's [`Survey`] over the given time of samples (or to the end of a recording). The spectrogram it keeps is
//! bounded: when it is full the scan ends early and says so. Waits for samples as long as the source is alive. What was
//! found is listened to as a flight would (`beacon`), and told with that.

mod beacon;

pub use beacon::Beacon;

use crate::sdr::{SdrError, Source, Step, Stream};
use crate::settings::{SenseSettings, Settings};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use skyhound::config::{AnalyticsConfig, ChannelConfig};
use skyhound::dsp::spectrometer::fft_len_for;
use skyhound::dsp::survey::{Active, Findings, Origin, Survey};
use skyhound::limits::CHANNELS_MAX;
use skyhound::record::Event;
use skyhound::sense::listen::Setup;
use skyhound::signal::Flags;
use std::fmt::Write as _;

/// Events of the source that people are shown.
const EVENTS_SHOWN: usize = 20;

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Most bytes of spectrogram: one per sample, so 55 s at 2.4 MS/s by default.
    pub grid_bytes_max: usize,
    /// Reads in a row without samples (of about 100 ms each) after which the scan fails.
    pub silent_reads_max: u32,
    /// How a flight would make readings and pulses.
    pub sense: SenseSettings,
    /// How it would detect.
    pub analytics: AnalyticsConfig,
    /// How a beacon is sought of which nothing is known.
    pub template: ChannelConfig,
}

impl ScanOptions {
    /// As `settings` have it.
    pub fn new(settings: &Settings) -> ScanOptions {
        ScanOptions {
            grid_bytes_max: 128 << 20,
            silent_reads_max: 100,
            sense: settings.sense.clone(),
            analytics: settings.analytics.clone(),
            template: Settings::default().template(),
        }
    }
}

impl Default for ScanOptions {
    fn default() -> ScanOptions {
        ScanOptions::new(&Settings::default())
    }
}

/// What a scan found.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The source.
    pub stream: Stream,
    /// The channels and the spectrum.
    pub findings: Findings,
    /// What lies behind each emission, in their order.
    pub beacons: Vec<Beacon>,
    /// SNR at which a flight would detect, dB.
    pub trigger_db: f64,
    /// Samples that went missing meanwhile.
    pub lost_samples: u64,
    /// Whether the spectrogram's bound ended it before its time.
    pub is_cut_short: bool,
    /// What the source told.
    pub events: Vec<Event>,
}

/// Surveys `seconds` of `source`, or to its end.
///
/// # Errors
/// The source fails, gives no samples, or fewer than a survey needs.
pub fn scan(source: &mut Source, seconds: f64, options: ScanOptions) -> Result<Scan, SdrError> {
    let stream = source.stream().clone();
    let wanted =
        if seconds.is_finite() { (seconds.max(0.0) * stream.sample_rate_sps) as u64 } else { u64::MAX };
    // Captures of a recording at other frequencies are surveyed by themselves.
    let center_count = source.centers_hz().len();
    let grid_bytes = wanted.saturating_add(65_536).min(options.grid_bytes_max as u64);
    let grid_bytes = grid_bytes as usize / center_count.max(1);
    let mut surveys: Vec<(f64, Survey)> = Vec::new();
    let mut block = source.block();
    let (mut events, mut taken, mut lost_samples, mut silent) = (Vec::new(), 0, 0, 0);
    let mut is_cut_short = false;
    while taken < wanted {
        match source.read(&mut block, &mut |event| events.push(event))? {
            Step::End => break,
            Step::Nothing => {
                silent += 1;
                if silent > options.silent_reads_max {
                    return Err(failure(
                        &stream,
                        "gives no samples",
                        "is the device plugged in and not in use?",
                    ));
                }
                continue;
            }
            Step::Block => silent = 0,
        }
        let stamp = block.stamp();
        lost_samples += stamp.lost_samples;
        taken += block.samples().len() as u64;
        let center_hz = source.center_hz();
        if center_hz.is_nan() {
            continue;
        }
        let known = surveys.iter().position(|(hz, _)| *hz == center_hz);
        let survey = match known {
            Some(known) => &mut surveys[known].1,
            None => {
                let rate_sps = stream.sample_rate_sps;
                let len = options.sense.fft_len.unwrap_or_else(|| fft_len_for(rate_sps));
                let survey = Survey::in_frames(len, rate_sps, center_hz, grid_bytes);
                &mut surveys.push_mut((center_hz, survey)).1
            }
        };
        if stamp.flags.any(Flags::GAP.with(Flags::RETUNED).with(Flags::OVERFLOW)) {
            survey.gap(stamp.sample_index);
        }
        if !survey.pass(block.samples()) {
            is_cut_short = true;
            if center_count <= 1 {
                break;
            }
        }
    }
    let Some((findings, beacons)) = joined(&mut surveys, &options) else {
        return Err(failure(&stream, "is too short to scan", "give it some milliseconds at least"));
    };
    let trigger_db = options.analytics.trigger_db;
    Ok(Scan { stream, findings, beacons, trigger_db, lost_samples, is_cut_short, events })
}

/// What was found at all frequencies, strongest first; the spectrum is that of the first.
fn joined(surveys: &mut [(f64, Survey)], options: &ScanOptions) -> Option<(Findings, Vec<Beacon>)> {
    let judged = surveys.iter_mut().map(|(_, survey)| judge(survey, options));
    let mut judged = judged.filter(|(findings, _)| findings.seconds > 0.0);
    let (mut findings, mut beacons) = judged.next()?;
    let mut made = findings.channels.split_off(beacons.len());
    for (mut other, heard) in judged {
        findings.seconds += other.seconds;
        made.extend(other.channels.split_off(heard.len()));
        findings.channels.append(&mut other.channels);
        beacons.extend(heard);
    }
    let mut heard: Vec<(Active, Beacon)> = findings.channels.drain(..).zip(beacons).collect();
    heard.sort_by(|(a, _), (b, _)| b.power_dbfs.total_cmp(&a.power_dbfs));
    let (channels, beacons): (Vec<Active>, Vec<Beacon>) = heard.into_iter().unzip();
    findings.channels = channels;
    findings.channels.append(&mut made);
    Some((findings, beacons))
}

/// What one survey found, as a flight reads it: the emissions with the beacon behind each, then the rest.
fn judge(survey: &mut Survey, options: &ScanOptions) -> (Findings, Vec<Beacon>) {
    let mut findings = survey.finish();
    let (emissions, made): (Vec<Active>, Vec<Active>) =
        findings.channels.drain(..).partition(|active| active.origin == Origin::Emission);
    let listener = beacon::Listener {
        survey,
        template: &options.template,
        analytics: &options.analytics,
        setup: Setup { hop_us: options.sense.hop_us, dc_exclude_hz: options.sense.dc_exclude_hz },
    };
    let (channels, mut beacons): (Vec<Active>, Vec<Beacon>) =
        emissions.iter().map(|active| listener.beacon(active)).unzip();
    listener.judge_together(&mut beacons);
    findings.channels = channels;
    findings.channels.extend(made);
    (findings, beacons)
}

/// A spike this far over the noise of a bin is told.
const SPIKE_DB: f64 = 10.0;

fn failure(stream: &Stream, why: &str, mend: &str) -> SdrError {
    SdrError { source: stream.description.clone(), why: why.into(), mend: mend.into() }
}

impl Scan {
    /// The channels that somebody sends, strongest first.
    pub fn emissions(&self) -> impl Iterator<Item = &Active> {
        self.findings.channels.iter().filter(|active| active.origin == Origin::Emission)
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let found = &self.findings;
        writeln!(text, "{}", self.stream.description)?;
        for event in self.events.iter().take(EVENTS_SHOWN) {
            writeln!(text, "{}: {}", event.severity.name(), event.text.as_str())?;
        }
        if self.events.len() > EVENTS_SHOWN {
            writeln!(text, "and {} more events: --json has them all", self.events.len() - EVENTS_SHOWN)?;
        }
        write!(text, "surveyed {:.3} s in bins of {:.0} Hz", found.seconds, found.bin_hz)?;
        writeln!(text, ", noise {:.1} dBFS over the band", found.floor_dbfs)?;
        if self.is_cut_short {
            writeln!(text, "ended early: the spectrogram is full; scan for a shorter time")?;
        }
        if self.lost_samples > 0 {
            writeln!(text, "{} samples went missing: pulse counts are too low", self.lost_samples)?;
        }
        let emissions: Vec<&Active> = self.emissions().collect();
        if found.spike_dbfs > found.floor_dbfs - 10.0 * (found.mean_dbfs.len() as f64).log10() + SPIKE_DB {
            let (mhz, dbfs) = (self.stream.frequency_hz / 1e6, found.spike_dbfs);
            writeln!(
                text,
                "a spike of {dbfs:.1} dBFS at {mhz:.4} MHz was taken for the receiver's own: a bare carrier within 1 Hz of it is not seen"
            )?;
        }
        if emissions.is_empty() {
            return writeln!(text, "nothing active");
        }
        writeln!(text, "\n{}", self.table(&emissions))?;
        let made = found.channels.len() - emissions.len();
        if made > 0 {
            writeln!(text, "\n{made} more go on and off with these (images, harmonics, second tones):")?;
        }
        for active in &found.channels {
            let (word, of) = match active.origin {
                Origin::Emission => continue,
                Origin::Image(of) => ("image", of),
                Origin::Product(of) => ("product", of),
            };
            let (mhz, of) = (active.frequency_hz / 1e6, of / 1e6);
            writeln!(text, "  {mhz:.4} MHz, {:.1} dBFS, {word} of {of:.4} MHz", active.power_dbfs)?;
        }
        Ok(())
    }

    fn table(&self, emissions: &[&Active]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header([
            "MHz",
            "offset kHz",
            "peak kHz",
            "width kHz",
            "dBFS",
            "SNR dB",
            "pulses",
            "pulse ms",
            "period ms",
            "jitter ms",
            "duty %",
            "fly hears",
        ]);
        let ms = |us: Option<f64>| us.map_or("-".to_owned(), |us| format!("{:.1}", us / 1e3));
        for (active, beacon) in emissions.iter().zip(&self.beacons) {
            let timing = &active.timing;
            table.add_row([
                format!("{:.4}", active.frequency_hz / 1e6),
                format!("{:+.1}", (active.frequency_hz - self.stream.frequency_hz) / 1e3),
                format!("{:+.1}", (active.peak_hz - self.stream.frequency_hz) / 1e3),
                format!("{:.1}", active.bandwidth_hz / 1e3),
                format!("{:.1}", active.power_dbfs),
                format!("{:.1}", active.snr_db),
                timing.pulse_count.to_string(),
                ms(timing.width_us),
                ms(timing.period_us),
                ms(timing.jitter_us),
                format!("{:.0}", timing.duty * 100.0),
                beacon.heard_as().to_string(),
            ]);
        }
        for column in table.column_iter_mut() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// The `[[beacon]]` sections of what `fly` would hear, ready for the settings file; of the rest a comment each.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_toml(&mut text);
        text
    }

    fn write_toml(&self, text: &mut String) -> std::fmt::Result {
        let mut count = 0;
        for (active, beacon) in self.emissions().zip(&self.beacons) {
            let (mhz, dbfs, snr_db) = (active.frequency_hz / 1e6, active.power_dbfs, active.snr_db);
            write!(text, "# {mhz:.4} MHz at {dbfs:.1} dBFS, SNR {snr_db:.1} dB")?;
            if beacon.heard.is_none() {
                writeln!(text, ": not heard by fly; analytics.trigger_db is {}", self.trigger_db)?;
            } else if count == CHANNELS_MAX {
                writeln!(text, ": one more than the {CHANNELS_MAX} beacons of a flight")?;
            } else {
                count += 1;
                writeln!(text, ", heard as {}", beacon.heard_as())?;
                beacon.write_toml(text, self.stream.frequency_hz)?;
            }
        }
        if count == 0 { writeln!(text, "# nothing that fly would hear") } else { Ok(()) }
    }

    /// For programs. Frequencies in Hz, powers in dBFS, times in µs; `null` is not known.
    pub fn to_json(&self) -> String {
        let found = &self.findings;
        // The emissions come first, each with its beacon.
        let beacons = self.beacons.iter().map(Some).chain(std::iter::repeat(None));
        let channels: Vec<Value> = found
            .channels
            .iter()
            .zip(beacons)
            .map(|(active, beacon)| self.channel_json(active, beacon))
            .collect();
        let rounded = |values: &[f32]| -> Vec<f64> {
            values.iter().map(|v| (f64::from(*v) * 100.0).round() / 100.0).collect()
        };
        let value = json!({
            "source": self.stream.description.as_str(),
            "sample_rate_sps": self.stream.sample_rate_sps,
            "frequency_hz": self.stream.frequency_hz,
            "gain_db": self.stream.gain_db,
            "surveyed_s": found.seconds,
            "is_cut_short": self.is_cut_short,
            "lost_samples": self.lost_samples,
            "floor_dbfs": found.floor_dbfs,
            "events": self.events.iter().map(event_json).collect::<Vec<Value>>(),
            "spike_dbfs": found.spike_dbfs,
            "channels": channels,
            "spectrum": {
                "first_bin_hz": found.first_bin_hz,
                "bin_hz": found.bin_hz,
                "mean_dbfs": rounded(&found.mean_dbfs),
                "peak_dbfs": rounded(&found.peak_dbfs),
            },
        });
        format!("{value:#}")
    }

    fn channel_json(&self, active: &Active, beacon: Option<&Beacon>) -> Value {
        let (origin, of) = match active.origin {
            Origin::Emission => ("emission", None),
            Origin::Image(of) => ("image", Some(of)),
            Origin::Product(of) => ("product", Some(of)),
        };
        let timing = &active.timing;
        json!({
            "frequency_hz": active.frequency_hz,
            "offset_hz": active.frequency_hz - self.stream.frequency_hz,
            "peak_hz": active.peak_hz,
            "bandwidth_hz": active.bandwidth_hz,
            "power_dbfs": active.power_dbfs,
            "snr_db": active.snr_db,
            "pulse_count": timing.pulse_count,
            "pulse_width_us": timing.width_us,
            "pulse_period_us": timing.period_us,
            "pulse_jitter_us": timing.jitter_us,
            "duty_ratio": timing.duty,
            "origin": origin,
            "origin_of_hz": of,
            "fly": beacon.map(Beacon::to_json),
        })
    }
}

fn event_json(event: &Event) -> Value {
    json!({
        "at_us": event.at.0,
        "severity": event.severity.name(),
        "kind": event.kind,
        "text": event.text.as_str(),
    })
}

#[cfg(test)]
mod tests;
