//! What the masks over the aircraft's own lines cost each beacon.

use skyhound::config::OwnLine;
use skyhound::dsp::layout::NOISE_BINS_MIN;
use skyhound::record::Severity;
use skyhound::sense::reach::{HeardBy, limits};
use skyhound::units::db_from_ratio;

use super::{Asked, Config, Deafness};

/// A beacon this near to a line of the aircraft's own is on it, Hz: what its crystal and Doppler leave open.
const NEAR_HZ: f64 = 20.0;
/// Share of a channel from which its masks are warned of.
const SHARE_WARNED: f64 = 0.2;
/// Time of listening for which the cost is told, s.
const LISTENED_S: f64 = 10.0;

impl Asked<'_> {
    pub(super) fn own_noise(&self, found: &mut Vec<Deafness>) {
        let sense = &self.config.sense;
        let parts = sense.own_noise_in(self.channel);
        if parts.is_empty() {
            return;
        }
        self.read_as_carrier(found);
        let lost_db = self.lost_db().map_or(String::new(), |db| format!(", {db:.0} dB later"));
        let masked_hz: f64 = parts.iter().map(|(low_hz, high_hz)| high_hz - low_hz).sum();
        let own_hz = self.channel.frequency_hz;
        let is_on =
            |(low_hz, high_hz): &&(f64, f64)| (low_hz - NEAR_HZ..=high_hz + NEAR_HZ).contains(&own_hz);
        if let Some((low_hz, high_hz)) = parts.iter().find(is_on) {
            return self.tell(found, "frequency_hz", Severity::Warning, format!(
                "THE AIRCRAFT ITSELF SENDS WHERE THIS BEACON IS, from {:.4} to {:.4} MHz (sdr.own_noise): there the beacon is heard by readings \
                 and pulses over the trigger alone{lost_db}; silence what sends it, or shield it, and learn again",
                low_hz / 1e6, high_hz / 1e6
            ));
        }
        let share = masked_hz / self.channel.bandwidth_hz;
        let severity = if share >= SHARE_WARNED { Severity::Warning } else { Severity::Note };
        self.tell(found, "bandwidth_hz", severity, format!(
            "{} of the aircraft's own lines (sdr.own_noise) are masked in this channel, {:.1} % of it: a beacon just there is heard by readings \
             and pulses over the trigger alone{lost_db}",
            parts.len(), 100.0 * share
        ));
    }

    /// By how much readings and pulses hear less than lines and trains, dB.
    fn lost_db(&self) -> Option<f64> {
        let Config { sense, analytics, .. } = self.config;
        let limits = limits(sense, analytics, self.number, LISTENED_S);
        let weakest = |fine: bool| {
            let of =
                limits.iter().filter(|limit| fine == matches!(limit.by, HeardBy::Lines | HeardBy::Trains));
            of.map(|limit| limit.cn0_db_hz).min_by(f64::total_cmp)
        };
        Some(weakest(false)? - weakest(true)?)
    }

    /// A line of the aircraft's own that readings cannot leave out is a beacon to them.
    fn read_as_carrier(&self, found: &mut Vec<Deafness>) {
        let (sense, channel) = (&self.config.sense, self.channel);
        let bin_hz = sense.sample_rate_sps / sense.fft_len as f64;
        let noise_hz = channel.bandwidth_hz.max(NOISE_BINS_MIN * bin_hz);
        let reaches = |line: &&OwnLine| {
            line.low_hz < channel.frequency_hz + noise_hz / 2.0
                && line.high_hz > channel.frequency_hz - noise_hz / 2.0
        };
        let strongest = sense.own_noise.iter().filter(reaches).map(|line| line.cn0_db_hz);
        let over_db = strongest.fold(f64::NEG_INFINITY, f64::max) - db_from_ratio(noise_hz);
        // Of a channel of few bins a line takes too many to be left out.
        let is_narrow = noise_hz < 16.0 * bin_hz;
        if is_narrow && over_db >= self.config.analytics.trigger_db {
            self.tell(found, "frequency_hz", Severity::Warning, format!(
                "the aircraft's own line reads {over_db:.0} dB over the noise of this channel, which is over analytics.trigger_db: it is taken for the \
                 beacon all the time; silence it, or write a channel beside it"
            ));
        }
    }
}
