//! `scan --own-noise`: the lines that the aircraft itself sends, learned on the ground into a file that `sdr.own_noise` names.
//!
//! To be learned with motors, cameras and transmitters on and no beacon in reach: a beacon that stands still in frequency for all
//! the time would be learned too, so what lies in a beacon's channel is told.

use std::path::Path;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::sdr::{Block, Source};
use crate::settings::own_noise::{HEADER, to_toml};
use skyhound::config::{OwnLine, SenseConfig};
use skyhound::sense::own_noise::OwnNoise;
use skyhound::signal::Flags;
use std::fmt::Write as _;

/// The least time of listening, s.
pub const SECONDS_MIN: f64 = 10.0;

/// What was learned.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The lines, lowest first.
    pub lines: Vec<OwnLine>,
    /// Of how much listening, s.
    pub seconds: f64,
    /// About which frequency, Hz.
    pub center_hz: f64,
}

/// Listens to `source` for `seconds`.
///
/// # Errors
/// The source fails, or gives too little.
pub fn learn(source: &mut Source, seconds: f64, clock: Clock) -> Result<Learned, Failure> {
    if seconds < SECONDS_MIN {
        return Err(Failure::Usage(format!("--own-noise: {seconds} s are too few; write --for 30s or more")));
    }
    let (rate_sps, centers_hz) = (source.stream().sample_rate_sps, source.centers_hz());
    let &[center_hz] = &centers_hz[..] else {
        return Err(Failure::Usage(
            "--own-noise: the recording is of several frequencies; take one of one".into(),
        ));
    };
    let mut own = OwnNoise::new(rate_sps, center_hz, seconds);
    let mut take = |_: f64, block: &Block| {
        let stamp = block.stamp();
        if stamp.lost_samples > 0 || stamp.flags.any(Flags::GAP.with(Flags::RETUNED)) {
            own.gap(stamp.lost_samples);
        }
        own.pass(block.samples());
    };
    let taken =
        source.listen(seconds, clock, &mut take).map_err(|error| Failure::Failed(error.to_string()))?;
    let seconds = taken as f64 / rate_sps;
    let lines = own.finish().ok_or_else(|| {
        let what = &source.stream().description;
        Failure::Failed(format!(
            "{what}: {seconds:.1} s are too few to learn from; record for {SECONDS_MIN} s or more"
        ))
    })?;
    Ok(Learned { lines, seconds, center_hz })
}

impl Learned {
    /// Writes the file. One that is there is written anew if it is such a file.
    ///
    /// # Errors
    /// A file that is something else, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let shown = path.display();
        let is_another = std::fs::read(path).is_ok_and(|bytes| !bytes.starts_with(HEADER.as_bytes()));
        if is_another {
            return Err(Failure::Failed(format!(
                "{shown} is there already and no such file; name another path"
            )));
        }
        let about = format!(
            "{:.0} s about {:.6} MHz; motors, cameras and converters on, no beacon in reach.",
            self.seconds,
            self.center_hz / 1e6
        );
        std::fs::write(path, to_toml(&self.lines, &about))
            .map_err(|error| Failure::doing(format!("cannot write {shown}"), error))
    }

    /// For people; `sense` has the beacons whose channels are looked at.
    pub fn to_text(&self, path: &Path, sense: Option<&SenseConfig>) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_text(&mut text, path, sense);
        text
    }

    fn write_text(&self, text: &mut String, path: &Path, sense: Option<&SenseConfig>) -> std::fmt::Result {
        writeln!(text, "{} lines stood still through {:.0} s", self.lines.len(), self.seconds)?;
        for OwnLine { low_hz, high_hz, cn0_db_hz } in &self.lines {
            let (mhz, wide_hz) = ((low_hz + high_hz) / 2e6, high_hz - low_hz);
            writeln!(text, "{mhz:>12.6} MHz  {wide_hz:>6.0} Hz wide  C/N0 {cn0_db_hz:.0} dB-Hz")?;
        }
        let masked = sense.map(|sense| SenseConfig { own_noise: self.lines.clone(), ..sense.clone() });
        for (sense, channel) in
            masked.iter().flat_map(|sense| sense.channels.iter().map(move |of| (sense, of)))
        {
            let parts = sense.own_noise_in(channel);
            if parts.is_empty() {
                continue;
            }
            let hz: f64 = parts.iter().map(|(low_hz, high_hz)| high_hz - low_hz).sum();
            writeln!(
                text,
                "{}: {} in its channel, {:.1} % of it. Is it silent? A beacon that is on is learned too",
                channel.name,
                parts.len(),
                100.0 * hz / channel.bandwidth_hz
            )?;
        }
        writeln!(text, "wrote {shown}; sdr.own_noise = \"{shown}\" masks them", shown = path.display())
    }
}

#[cfg(test)]
mod tests;
