//! What the sense pass would have made of a surveyed band on one channel: so that what a scan tells is what a flight hears.
//!
//! The survey's frames are the sense pass's own, half a decibel fine. Pulses and readings come from the pass itself; from
//! them the power while on, its SNR as detection counts it, and when the channel was on.

use super::{Gathered, Sense, envelope};
use crate::config::{ChannelConfig, OwnLine, SenseConfig};
use crate::dsp::median::{median, spacing};
use crate::dsp::survey::{Survey, Timing};
use crate::signal::{Flags, Hearing, Pulse, Reading};
use crate::units::{db_from_ratio, ratio_from_db};

/// A hop this far over its floor is on.
const ON_DB: f64 = 6.0;
/// A carrier with fades here and there is a carrier, not a pulse train.
const CARRIER_DUTY: f64 = 0.8;

/// Pulses that stand out less than this break in the noise, dB.
const CLEAR_DB: f64 = 17.0;
/// A line this far over its floor between its pulses is on there too, ratio of the rest to the floor.
const LIFTED_RATIO: f64 = 0.25;
/// Noise that a steady line lifts fluctuates this far over the line's own level, ratio.
const FLUCTUATION_RATIO: f64 = 4.0;

/// What a flight's pass is set up with, beside its channels and what the survey's frames tell.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Setup<'a> {
    /// Hops are as long as this where a frame is not longer, µs.
    pub hop_us: u32,
    /// As [`SenseConfig::dc_exclude_hz`].
    pub dc_exclude_hz: Option<f64>,
    /// As [`SenseConfig::false_alarms_per_hour`]; 0: matched detectors do not listen.
    pub false_alarms_per_hour: f64,
    /// As [`SenseConfig::own_noise`].
    pub own_noise: &'a [OwnLine],
}

/// What was heard on a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Listened {
    /// The channel.
    pub channel: ChannelConfig,
    /// Length of a hop, µs.
    pub hop_us: u32,
    /// Every hop that can be used, of channel 0 as it is the only one here.
    pub readings: Vec<Reading>,
    /// Every pulse.
    pub pulses: Vec<Pulse>,
    /// What matched detectors heard.
    pub hearings: Vec<Hearing>,
    /// When it was on.
    pub timing: Timing,
    /// Mean power while on, in the channel's bandwidth, dBFS; `None` when no hop can be used.
    pub power_dbfs: Option<f64>,
    /// That over the floor, as detection counts it, dB; `None` where no bin beside the channel tells one.
    pub snr_db: Option<f64>,
}

/// Gives all of `survey` to a sense pass with this one channel; `None` when such a channel cannot be.
pub fn listen(survey: &Survey, channel: &ChannelConfig, setup: Setup<'_>) -> Option<Listened> {
    listen_to_all(survey, std::slice::from_ref(channel), setup)?.pop()
}

/// A flight's pass over the frames of `survey`.
pub(super) fn sense_config(survey: &Survey, channels: &[ChannelConfig], setup: Setup<'_>) -> SenseConfig {
    let frame_us = survey.fft_len() as f64 / survey.sample_rate_sps() * 1e6;
    SenseConfig {
        sample_rate_sps: survey.sample_rate_sps(),
        center_hz: survey.center_hz(),
        more_centers_hz: Vec::new(),
        own_noise: setup.own_noise.to_vec(),
        fft_len: survey.fft_len(),
        hop_us: setup.hop_us.max(frame_us.ceil() as u32),
        dc_exclude_hz: setup.dc_exclude_hz,
        spectrum_interval_us: 0,
        false_alarms_per_hour: setup.false_alarms_per_hour,
        channels: channels.to_vec(),
    }
}

/// The same with several channels, each of which takes its bins from the others' quiet ones; one item for each.
pub fn listen_to_all(survey: &Survey, channels: &[ChannelConfig], setup: Setup<'_>) -> Option<Vec<Listened>> {
    let config = sense_config(survey, channels, setup);
    let mut sense = Sense::new(&config).ok()?;
    let mut kept = Gathered::default();
    survey.rows().for_each(|row| sense.pass_frame(&row, &mut kept));
    sense.finish(&mut kept);
    let of = |(number, channel): (usize, &ChannelConfig)| {
        let number = number as u8;
        let is_own = |reading: &&Reading| reading.channel == number && !reading.flags.any(Flags::UNUSABLE);
        let readings = kept.readings.iter().filter(is_own).map(|reading| Reading { channel: 0, ..*reading });
        let pulses = kept.pulses.iter().filter(|pulse| pulse.channel == number);
        let pulses = pulses.map(|pulse| Pulse { channel: 0, ..*pulse });
        let hearings = kept.hearings.iter().filter(|hearing| hearing.channel == number);
        let hearings = hearings.map(|hearing| Hearing { channel: 0, ..*hearing });
        let listened = heard(channel, config.hop_us, readings.collect(), pulses.collect());
        let listened = Listened { hearings: hearings.collect(), ..listened };
        if listened.is_clear() { listened } else { listened.by_envelope(survey) }
    };
    Some(channels.iter().enumerate().map(of).collect())
}

fn heard(channel: &ChannelConfig, hop_us: u32, readings: Vec<Reading>, pulses: Vec<Pulse>) -> Listened {
    let timing = timing(&readings, &pulses, channel, hop_us);
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0), |(sum, count), db| (sum + ratio_from_db(db), count + 1));
        (count > 0).then(|| db_from_ratio(sum / f64::from(count)))
    };
    let is_pulsed = timing.duty <= CARRIER_DUTY && !pulses.is_empty();
    let (power_dbfs, floor_dbfs) = if is_pulsed {
        let mut floors = pulses.iter().map(|pulse| pulse.floor.db());
        (mean(&mut pulses.iter().map(|pulse| pulse.mean.db())), mean(&mut floors))
    } else {
        let mut floors = with_quiet(&readings).map(|hop| hop.quiet.db());
        (mean(&mut readings.iter().map(|hop| hop.mean.db())), mean(&mut floors))
    };
    let snr_db = power_dbfs.zip(floor_dbfs).map(|(power_dbfs, floor_dbfs)| power_dbfs - floor_dbfs);
    let (channel, hearings) = (channel.clone(), Vec::new());
    Listened { channel, hop_us, readings, pulses, hearings, timing, power_dbfs, snr_db }
}

impl Listened {
    /// Whether its pulses stand out so far that they are whole.
    fn is_clear(&self) -> bool {
        self.snr_db.is_none_or(|snr_db| snr_db >= CLEAR_DB)
    }

    /// With the train that shows in its power as a whole, if there is one.
    fn by_envelope(self, survey: &Survey) -> Listened {
        let Some(train) = envelope::train(survey, &self.channel) else { return self };
        Listened {
            timing: train.timing,
            power_dbfs: Some(db_from_ratio(train.power + train.noise)),
            snr_db: Some(db_from_ratio(train.power / train.noise + 1.0)),
            ..self
        }
    }
}

/// Hops that tell a floor of their own.
fn with_quiet(readings: &[Reading]) -> impl Iterator<Item = &Reading> {
    readings.iter().filter(|hop| !hop.flags.any(Flags::NO_QUIET))
}

fn timing(readings: &[Reading], pulses: &[Pulse], channel: &ChannelConfig, hop_us: u32) -> Timing {
    let hops_on = with_quiet(readings).filter(|hop| hop.mean.db() - hop.quiet.db() >= ON_DB).count();
    let hop_duty = hops_on as f64 / with_quiet(readings).count().max(1) as f64;
    let is_whole = |pulse: &&Pulse| !pulse.flags.any(Flags::START_UNSEEN.with(Flags::END_UNSEEN));
    let widths = pulses.iter().filter(is_whole).map(|pulse| f64::from(pulse.width_us));
    let width_us = median(widths.collect());
    // The start of a pulse that was on from the first frame is not known.
    let begun = pulses.iter().filter(|pulse| !pulse.flags.any(Flags::START_UNSEEN));
    let starts: Vec<f64> = begun.map(|pulse| pulse.start_us.0 as f64).collect();
    // Medians of different sets: what is no period of such pulses is none.
    let (period_us, jitter_us) =
        spacing(&starts).filter(|(period_us, _)| width_us.is_none_or(|width| width < *period_us)).unzip();
    let is_cut = pulses
        .iter()
        .any(|pulse| pulse.flags.any(Flags::END_UNSEEN) && pulse.width_us >= channel.pulse_width_max_us);
    let span_us = match (readings.first(), readings.last()) {
        (Some(first), Some(last)) => last.acquired_us.since_us(first.acquired_us) as f64 + f64::from(hop_us),
        _ => f64::INFINITY,
    };
    let on_us: f64 = pulses.iter().map(|pulse| f64::from(pulse.width_us)).sum();
    let duty = if is_cut || pulses.is_empty() { hop_duty } else { (on_us / span_us).min(1.0) };
    if is_fluctuation(readings, pulses, hop_us) {
        return Timing { pulse_count: 1, duty: 1.0, ..Timing::default() };
    }
    let is_regular = period_us.zip(jitter_us).is_some_and(|(period, jitter)| jitter < 0.1 * period);
    if duty > CARRIER_DUTY && !is_regular {
        return Timing { pulse_count: 1, duty, ..Timing::default() };
    }
    Timing { pulse_count: pulses.len(), width_us, period_us, jitter_us, duty }
}

/// Whether the pulses are the peaks of a weak line that is on all the time: most of what it brings lies between them, and they
/// do not stand out of that.
fn is_fluctuation(readings: &[Reading], pulses: &[Pulse], hop_us: u32) -> bool {
    let (mut excess, mut floor, mut hops) = (0.0, 0.0, 0.0);
    for hop in with_quiet(readings) {
        let quiet = ratio_from_db(hop.quiet.db());
        (excess, floor, hops) = (excess + ratio_from_db(hop.mean.db()) - quiet, floor + quiet, hops + 1.0);
    }
    let (mut energy, mut inside, mut on_hops) = (0.0, 0.0, 0.0);
    for pulse in pulses {
        let (width, mean) = (f64::from(pulse.width_us) / f64::from(hop_us), ratio_from_db(pulse.mean.db()));
        on_hops += width;
        energy += width * mean;
        inside += width * (mean - ratio_from_db(pulse.floor.db()));
    }
    let (off_hops, outside, floor) = (hops - on_hops, excess - inside, floor / hops);
    let lift = outside / off_hops;
    off_hops > 0.0
        && outside > inside
        && lift > LIFTED_RATIO * floor
        && energy < FLUCTUATION_RATIO * on_hops * (floor + lift)
}
