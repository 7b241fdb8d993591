//! A scan as people, settings files and programs read it.

use super::{Beacon, Depth, Scan};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use skyhound::dsp::survey::{Active, Origin};
use skyhound::limits::CHANNELS_MAX;
use skyhound::record::Event;
use skyhound::sense::reach::Limit;
use std::fmt::Write as _;

/// Events of the source that people are shown.
const EVENTS_SHOWN: usize = 20;
/// Longest time from one distress burst to the next, s (C/S T.001 2.2.1).
const BURSTS_APART_S: f64 = 52.5;
/// A spike this far over the noise of a bin is told.
const SPIKE_DB: f64 = 10.0;

impl Scan {
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
        // As a flight prints them: labels only when all is asked for.
        let mut left = self.events.len();
        for event in self.events.iter().filter(|event| event.kind != "annotation").take(EVENTS_SHOWN) {
            writeln!(text, "{}: {}", event.severity.name(), event.text.as_str())?;
            left -= 1;
        }
        if left > 0 {
            writeln!(text, "and {left} more events: --json has them all")?;
        }
        write!(text, "surveyed {:.3} s in bins of {:.0} Hz", found.seconds, found.bin_hz)?;
        writeln!(text, ", noise {:.1} dBFS over the band", found.floor_dbfs)?;
        self.write_depth(text)?;
        if self.is_cut_short {
            writeln!(text, "ended early: the memory for samples is full; scan for a shorter time")?;
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
        for own in found.channels.iter().filter(|active| active.origin == Origin::OwnNoise) {
            let (mhz, dbfs) = (own.frequency_hz / 1e6, own.power_dbfs);
            writeln!(
                text,
                "{mhz:.4} MHz, {dbfs:.1} dBFS: a line of the aircraft's own (sdr.own_noise), no beacon"
            )?;
        }
        if emissions.is_empty() {
            return writeln!(text, "nothing active");
        }
        writeln!(text, "\n{}", self.table(&emissions))?;
        for (active, beacon) in emissions.iter().zip(&self.beacons) {
            if let Some(what) = beacon.what() {
                writeln!(text, "\n{:.4} MHz: {what}", active.frequency_hz / 1e6)?;
            }
        }
        let is_made = |active: &&Active| matches!(active.origin, Origin::Image(_) | Origin::Product(_));
        let made = found.channels.iter().filter(is_made).count();
        if made > 0 {
            writeln!(text, "\n{made} more go on and off with these (images, harmonics, second tones):")?;
        }
        for active in &found.channels {
            let (word, of) = match active.origin {
                Origin::Emission | Origin::OwnNoise => continue,
                Origin::Image(of) => ("image", of),
                Origin::Product(of) => ("product", of),
            };
            let (mhz, of) = (active.frequency_hz / 1e6, of / 1e6);
            writeln!(text, "  {mhz:.4} MHz, {:.1} dBFS, {word} of {of:.4} MHz", active.power_dbfs)?;
        }
        Ok(())
    }

    fn write_depth(&self, text: &mut String) -> std::fmt::Result {
        let depth = &self.depth;
        let weakest = |limit: &Limit| format!("{:.1} dB-Hz ({:.1} dBFS)", limit.cn0_db_hz, depth.dbfs(limit));
        let carrier = depth.carrier.iter().map(|limit| format!("a carrier of {}", weakest(limit)));
        let energy = depth.energy.iter().map(|(limit, width_hz)| {
            format!("any modulation {:.1} kHz wide of {}", width_hz / 1e3, weakest(limit))
        });
        let pulses = depth.pulses.iter().map(|(limit, sent)| {
            let (ms, s) = (sent.width_s * 1e3, sent.period_s);
            format!("pulses of {ms:.0} ms every {s:.2} s of {}", weakest(limit))
        });
        let burst = depth.burst.iter().map(|limit| format!("a 406 MHz burst of {}", weakest(limit)));
        let chirps = depth.chirps.iter().map(|(limit, spreading, width_hz)| {
            format!("LoRa chirps of {:.0} kHz and SF {spreading} of {}", width_hz / 1e3, weakest(limit))
        });
        let told: Vec<String> = carrier.chain(energy).chain(pulses).chain(burst).chain(chirps).collect();
        if told.is_empty() {
            return Ok(());
        }
        writeln!(text, "the weakest that fly would have heard in this time: {}", told.join(", "))?;
        if depth.burst.is_some() && self.findings.seconds < BURSTS_APART_S {
            writeln!(
                text,
                "a 406 MHz beacon sends once in {BURSTS_APART_S:.1} s: --for 60s hears each that is on"
            )?;
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
        for ((active, beacon), center_hz) in emissions.iter().zip(&self.beacons).zip(&self.centers_hz) {
            let timing = &active.timing;
            table.add_row([
                format!("{:.4}", active.frequency_hz / 1e6),
                format!("{:+.1}", (active.frequency_hz - center_hz) / 1e3),
                format!("{:+.1}", (active.peak_hz - center_hz) / 1e3),
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
        let mut written: Vec<(&Beacon, f64)> = Vec::new();
        for ((active, beacon), center_hz) in self.emissions().zip(&self.beacons).zip(&self.centers_hz) {
            let (mhz, dbfs, snr_db) = (active.frequency_hz / 1e6, active.power_dbfs, active.snr_db);
            write!(text, "# {mhz:.4} MHz at {dbfs:.1} dBFS, SNR {snr_db:.1} dB")?;
            // Bands overlap: what is written once is heard in both.
            let is_same =
                |(other, other_hz): &(&Beacon, f64)| other_hz != center_hz && other.overlaps(beacon);
            if beacon.heard.is_none() {
                writeln!(text, ": not heard by fly; analytics.trigger_db is {}", self.trigger_db)?;
            } else if written.iter().any(is_same) {
                writeln!(text, ": the same from {:.4} MHz, written above", center_hz / 1e6)?;
            } else if written.len() == CHANNELS_MAX {
                writeln!(text, ": one more than the {CHANNELS_MAX} beacons of a flight")?;
            } else {
                written.push((beacon, *center_hz));
                writeln!(text, ", heard as {}", beacon.heard_as())?;
                beacon.what().map_or(Ok(()), |what| writeln!(text, "# {what}"))?;
                beacon.write_toml(text, self.stream.frequency_hz)?;
            }
        }
        if written.is_empty() { writeln!(text, "# nothing that fly would hear") } else { Ok(()) }
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
            .zip(&self.centers_hz)
            .map(|((active, beacon), center_hz)| channel_json(active, beacon, *center_hz))
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
            "weakest": depth_json(&self.depth),
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
}

fn channel_json(active: &Active, beacon: Option<&Beacon>, center_hz: f64) -> Value {
    let (origin, of) = match active.origin {
        Origin::Emission => ("emission", None),
        Origin::OwnNoise => ("own_noise", None),
        Origin::Image(of) => ("image", Some(of)),
        Origin::Product(of) => ("product", Some(of)),
    };
    let timing = &active.timing;
    json!({
        "frequency_hz": active.frequency_hz,
        "offset_hz": active.frequency_hz - center_hz,
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

fn depth_json(depth: &Depth) -> Value {
    let weakest = |limit: &Limit, more: Value| {
        let mut value = json!({
            "by": limit.by.name(),
            "cn0_db_hz": limit.cn0_db_hz,
            "power_dbfs": depth.dbfs(limit),
            "seconds": limit.seconds,
        });
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        value
    };
    let chirps = depth.chirps.iter().map(|(limit, spreading, width_hz)| {
        weakest(limit, json!({ "spreading": spreading, "bandwidth_hz": width_hz }))
    });
    json!({
        "carrier": depth.carrier.map(|limit| weakest(&limit, Value::Null)),
        "energy": depth.energy.map(|(limit, width_hz)| weakest(&limit, json!({ "bandwidth_hz": width_hz }))),
        "pulses": depth.pulses.map(|(limit, sent)| {
            weakest(&limit, json!({ "width_us": sent.width_s * 1e6, "period_us": sent.period_s * 1e6 }))
        }),
        "burst": depth.burst.map(|limit| weakest(&limit, Value::Null)),
        "chirps": chirps.collect::<Vec<_>>(),
    })
}

fn event_json(event: &Event) -> Value {
    json!({
        "at_us": event.at.0,
        "severity": event.severity.name(),
        "kind": event.kind,
        "text": event.text.as_str(),
    })
}
