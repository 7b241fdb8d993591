//! Emissions that are known by what is in them: bursts of 406 MHz distress beacons and packets of LoRa's chirps. A flight's own detectors
//! are asked where such may be, each channel with the settings that would be written for it.

use super::beacon::{Beacon, Listener};
use super::cores;
use super::place::{
    BAND_SHARE, DISTRESS_HZ, band_hz, channel, distress_channel, distress_width_hz, has_distress, within,
};
use skyhound::config::{ChannelConfig, Emission, Spreading};
use skyhound::cospas::Message;
use skyhound::dsp::median::{median, spacing};
use skyhound::dsp::survey::{Active, Findings, Origin, Survey, Timing};
use skyhound::sense::listen::listen;
use skyhound::signal::{Hearing, HearingKind};
use skyhound::units::db_from_ratio;

/// What a burst's bits fill (biphase-L of 400 bit/s), Hz.
const BURST_WIDTH_HZ: f64 = 3e3;
/// Bursts within so much of one another are one beacon's where none says otherwise, Hz: it drifts, and the aircraft flies.
const DISTRESS_APART_HZ: f64 = 200.0;
/// Usual bandwidths of LoRa, Hz.
pub const CHIRP_WIDTHS_HZ: [f64; 3] = [125e3, 250e3, 500e3];
/// A channel hears chirps so far from its middle either way, of its bandwidth.
const CHIRP_OFFSET: f64 = 0.15;
/// Up to this rate the whole band is searched for chirps below the noise, samples/s: the work grows with its square.
const CHIRP_RATE_MAX_SPS: f64 = 500e3;
/// Energy of chirps is so wide, of their bandwidth.
const CHIRP_ENERGY: (f64, f64) = (0.4, 1.4);
/// Energy as wide as chirps is theirs where it is no more than so much stronger, dB.
const REST_DB: f64 = 6.0;
/// Beside what is so much stronger chirps are what is left of it in their filters, dB.
const LOUDER_DB: f64 = 12.0;
/// Chirps too weak for the survey are none where so much of their time something else stands out.
const BUSY_SHARE_MAX: f64 = 0.1;
/// Chirps that follow one another within this are of one packet, of the time of one.
const PACKET_CHIRPS: f64 = 30.0;

/// What was heard of one sender, and on which channel.
struct Heard {
    channel: ChannelConfig,
    hearings: Vec<Hearing>,
}

/// The packets' senders, each with its beacon as a flight would hear it.
///
/// # Errors
/// See [`cores::each`].
pub fn packets(listener: &Listener<'_>, findings: &Findings) -> Result<Vec<(Active, Beacon)>, String> {
    let mut channels = distress_channels(listener);
    channels.extend(chirp_channels(listener, findings));
    let heard = cores::each(&channels, |channel| {
        let listened = listen(listener.survey, channel, listener.setup);
        let hearings = listened.map(|listened| listened.hearings).unwrap_or_default();
        Heard { channel: channel.clone(), hearings }
    })?;
    let busy = Busy::of(listener.survey);
    let mut chirps = chirps(&heard, findings, &busy);
    chirps.iter_mut().for_each(|sender| sender.settle_chirps(findings));
    let senders: Vec<Heard> = bursts(&heard).into_iter().chain(chirps).collect();
    let told = cores::each(&senders, |sender| {
        let channel = sender.settled(listener.survey);
        let active = sender.active(&channel);
        let message = sender.message();
        (active, listener.packets(channel, message))
    })?;
    Ok(told.into_iter().filter(|(_, beacon)| beacon.heard.is_some()).collect())
}

/// Whether what the survey tells is no more than `packets`: something narrow in a channel of chirps may be another's.
pub fn is_of(active: &Active, packets: &Active) -> bool {
    active.origin == Origin::Emission
        && (active.frequency_hz - packets.frequency_hz).abs() <= active.bandwidth_hz / 2.0
        && active.bandwidth_hz >= CHIRP_ENERGY.0 * packets.bandwidth_hz
}

/// Middles from `low_hz` to `high_hz` of channels of `width_hz`, no more than `step_hz` apart; one where they do not fit.
fn middles(low_hz: f64, high_hz: f64, width_hz: f64, step_hz: f64) -> impl Iterator<Item = f64> {
    let room_hz = (high_hz - low_hz - width_hz).max(0.0);
    let count = (room_hz / step_hz).ceil();
    let middle_hz = f64::midpoint(low_hz, high_hz);
    (0..=count as u32)
        .map(move |n| middle_hz + if count > 0.0 { room_hz * (f64::from(n) / count - 0.5) } else { 0.0 })
}

/// Whether a whole band is searched for chirps of this bandwidth.
pub fn are_chirps_sought(width_hz: f64, sample_rate_sps: f64) -> bool {
    sample_rate_sps <= CHIRP_RATE_MAX_SPS && width_hz <= BAND_SHARE * sample_rate_sps
}

fn distress_channels(listener: &Listener<'_>) -> Vec<ChannelConfig> {
    let (low_hz, high_hz) = band_hz(listener.survey);
    let (low_hz, high_hz) = (low_hz.max(DISTRESS_HZ.0), high_hz.min(DISTRESS_HZ.1));
    if !has_distress(listener.survey.center_hz(), listener.survey.sample_rate_sps()) {
        return Vec::new();
    }
    let width_hz = distress_width_hz(listener.survey, listener.distress);
    let middles = middles(low_hz, high_hz, width_hz, 0.75 * width_hz);
    middles.filter_map(|hz| distress_channel(listener.survey, listener.distress, hz)).collect()
}

fn chirp_channels(listener: &Listener<'_>, findings: &Findings) -> Vec<ChannelConfig> {
    let (low_hz, high_hz) = band_hz(listener.survey);
    let all = Emission::Chirp(Spreading { min: 7, max: 12 });
    let held = CHIRP_WIDTHS_HZ.into_iter().filter(|width_hz| *width_hz <= BAND_SHARE * (high_hz - low_hz));
    held.flat_map(|width_hz| {
        let of = |hz| channel(listener.template, within(listener.survey, hz, width_hz), width_hz, all);
        if are_chirps_sought(width_hz, high_hz - low_hz) {
            return middles(low_hz, high_hz, width_hz, 2.0 * CHIRP_OFFSET * width_hz).map(of).collect();
        }
        let wide = findings.channels.iter().filter(|active| is_as_wide(active, width_hz));
        wide.map(|active| of(active.frequency_hz)).collect::<Vec<_>>()
    })
    .collect()
}

/// What several channels heard of one burst is one; bursts of one frequency and one identification are one beacon's.
fn bursts(heard: &[Heard]) -> Vec<Heard> {
    let mut all: Vec<(&ChannelConfig, Hearing)> = of_kind(heard, HearingKind::Burst);
    let mut senders: Vec<Heard> = Vec::new();
    // The best of each burst, those that are read before all.
    all.sort_by(|(_, a), (_, b)| {
        b.message.is_some().cmp(&a.message.is_some()).then(b.statistic.total_cmp(&a.statistic))
    });
    for (channel, burst) in all {
        let is_near = |other: &Hearing| (other.frequency_hz - burst.frequency_hz).abs() <= DISTRESS_APART_HZ;
        let is_known = |other: &Hearing| is_near(other) && overlap(other, &burst);
        if senders.iter().any(|sender| sender.hearings.iter().any(is_known)) {
            continue;
        }
        let id = |hearing: &Hearing| hearing.message.map(|message| message.id());
        let is_same = |other: &Hearing| is_near(other) && (id(&burst).is_none() || id(other) == id(&burst));
        match senders.iter_mut().find(|sender| sender.hearings.iter().any(is_same)) {
            Some(sender) => sender.hearings.push(burst),
            None => senders.push(Heard { channel: channel.clone(), hearings: vec![burst] }),
        }
    }
    senders
}

/// Of chirps that overlap in time and band the narrowest, and of those the most certain.
fn chirps(heard: &[Heard], findings: &Findings, busy: &Busy) -> Vec<Heard> {
    let mut all: Vec<(&ChannelConfig, Hearing)> = of_kind(heard, HearingKind::Chirp);
    let band_hz = findings.bin_hz * findings.mean_dbfs.len() as f64;
    all.retain(|(channel, chirps)| {
        let is_it = |active: &Active| {
            is_as_wide(active, channel.bandwidth_hz)
                && (active.frequency_hz - chirps.frequency_hz).abs() <= channel.bandwidth_hz / 2.0
                && active.power_dbfs - chirps.power.db() <= REST_DB
        };
        // A channel of some quarter of the band holds off what is farther than its neighbours.
        let width_hz = channel.bandwidth_hz;
        let reach_hz = if band_hz < 4.0 * width_hz { band_hz } else { 2.0 * width_hz };
        let is_louder = |active: &Active| {
            let apart_hz = (active.frequency_hz - chirps.frequency_hz).abs();
            (apart_hz > width_hz / 2.0 || !is_as_wide(active, width_hz))
                && apart_hz <= reach_hz
                && active.power_dbfs - chirps.power.db() >= LOUDER_DB
        };
        if findings.channels.iter().any(is_louder) {
            return false;
        }
        let is_weak =
            are_chirps_sought(channel.bandwidth_hz, band_hz) && busy.share(chirps) <= BUSY_SHARE_MAX;
        is_weak || findings.channels.iter().any(is_it)
    });
    // Chirps of half the bandwidth and a quarter of the chips rise as fast: what hears the wider ones hears these too, but not so the other way.
    all.sort_by(|(one, a), (other, b)| {
        let by_width = one.bandwidth_hz.total_cmp(&other.bandwidth_hz);
        by_width.then(a.ln_false_alarms_per_hour.total_cmp(&b.ln_false_alarms_per_hour))
    });
    let mut senders: Vec<Heard> = Vec::new();
    for (channel, chirps) in all {
        // Half a chirp late is half a bandwidth off.
        let width_hz = channel.bandwidth_hz;
        let is_near = |other: &Heard| {
            let apart_hz = (other.hearings[0].frequency_hz - chirps.frequency_hz).abs();
            let is_then = || other.hearings.iter().any(|known| overlap(known, &chirps));
            let width_hz = width_hz.max(other.channel.bandwidth_hz);
            apart_hz <= width_hz / 2.0 || (apart_hz <= width_hz && is_then())
        };
        let is_same = |other: &Heard| {
            other.channel.bandwidth_hz == channel.bandwidth_hz
                && other.hearings[0].width_us == chirps.width_us
        };
        match senders.iter_mut().find(|sender| is_near(sender)) {
            Some(sender) if is_same(sender) => sender.hearings.push(chirps),
            // The same seen with another bandwidth or spreading.
            Some(_) => {}
            None => senders.push(Heard { channel: channel.clone(), hearings: vec![chirps] }),
        }
    }
    senders
}

/// Whether the survey shows something there that is as wide as chirps of this bandwidth.
fn is_as_wide(active: &Active, width_hz: f64) -> bool {
    let ratio = active.bandwidth_hz / width_hz;
    active.origin == Origin::Emission && (CHIRP_ENERGY.0..=CHIRP_ENERGY.1).contains(&ratio)
}

/// When something stood out of the band that is not always there: what a receiver makes of that is all over the band.
struct Busy {
    frame_us: f64,
    /// When each such frame began, µs.
    begins_us: Vec<f64>,
}

impl Busy {
    fn of(survey: &Survey) -> Busy {
        let us = 1e6 / survey.sample_rate_sps();
        let busy = survey.rows().filter(|row| row.is_busy);
        let begins_us = busy.map(|row| row.first_sample as f64 * us).collect();
        Busy { frame_us: survey.fft_len() as f64 * us, begins_us }
    }

    /// The share of the time of what was heard.
    fn share(&self, heard: &Hearing) -> f64 {
        let (until_us, span_us) = (heard.until_us.0 as f64, f64::from(heard.span_us));
        let before = |us: f64| self.begins_us.partition_point(|begin_us| *begin_us < us);
        let count = before(until_us) - before(until_us - span_us - self.frame_us);
        count as f64 * self.frame_us / span_us
    }
}

fn of_kind(heard: &[Heard], kind: HearingKind) -> Vec<(&ChannelConfig, Hearing)> {
    let of = |heard: &'_ Heard| {
        heard.hearings.iter().filter(|hearing| hearing.kind == kind).copied().collect::<Vec<_>>()
    };
    heard.iter().flat_map(|one| of(one).into_iter().map(|hearing| (&one.channel, hearing))).collect()
}

fn overlap(a: &Hearing, b: &Hearing) -> bool {
    let begin = |of: &Hearing| of.until_us.minus_us(u64::from(of.span_us));
    begin(a) < b.until_us && begin(b) < a.until_us
}

impl Heard {
    /// The settings by which a flight would hear it.
    fn settled(&self, survey: &Survey) -> ChannelConfig {
        let frequency_hz = within(survey, self.frequency_hz(), self.channel.bandwidth_hz).round();
        let name = format!("{:.4} MHz", frequency_hz / 1e6);
        let emission = match (self.channel.emission, self.spreading()) {
            (Emission::Chirp(_), Some(factor)) => Emission::Chirp(Spreading { min: factor, max: factor }),
            (emission, _) => emission,
        };
        ChannelConfig { name, frequency_hz, emission, ..self.channel.clone() }
    }

    /// By the best of its hearings.
    fn frequency_hz(&self) -> f64 {
        self.hearings[0].frequency_hz
    }

    /// A survey tells the middle of chirps better than they do themselves, of which begin and frequency are alike.
    fn settle_chirps(&mut self, findings: &Findings) {
        let own_hz = self.frequency_hz();
        let width_hz = self.channel.bandwidth_hz;
        let is_it = |active: &&Active| {
            is_as_wide(active, width_hz) && (active.frequency_hz - own_hz).abs() <= CHIRP_OFFSET * width_hz
        };
        if let Some(active) = findings.channels.iter().find(is_it) {
            self.hearings[0].frequency_hz = active.frequency_hz;
        }
    }

    fn spreading(&self) -> Option<u8> {
        let chips = f64::from(self.hearings[0].width_us) * 1e-6 * self.channel.bandwidth_hz;
        matches!(self.channel.emission, Emission::Chirp(_)).then(|| chips.log2().round() as u8)
    }

    /// What it says, with its position if any burst has one.
    fn message(&self) -> Option<Message> {
        let messages = || self.hearings.iter().filter_map(|hearing| hearing.message);
        messages().find(|message| message.position.is_some()).or_else(|| messages().next())
    }

    fn active(&self, channel: &ChannelConfig) -> Active {
        let best = self.hearings[0];
        let powers = self.hearings.iter().map(|hearing| hearing.power.db()).collect();
        let power_dbfs = median(powers).unwrap_or(best.power.db());
        let bandwidth_hz = match best.kind {
            HearingKind::Burst => BURST_WIDTH_HZ.min(channel.bandwidth_hz),
            _ => channel.bandwidth_hz,
        };
        let noise_dbfs_hz = best.power.db() - best.cn0.db();
        Active {
            frequency_hz: self.frequency_hz(),
            peak_hz: self.frequency_hz(),
            bandwidth_hz,
            power_dbfs,
            snr_db: power_dbfs - noise_dbfs_hz - db_from_ratio(bandwidth_hz),
            timing: self.timing(),
            origin: Origin::Emission,
            is_faint: true,
        }
    }

    fn timing(&self) -> Timing {
        let is_burst = self.hearings[0].kind == HearingKind::Burst;
        let mut begins: Vec<f64> = self
            .hearings
            .iter()
            .map(|hearing| hearing.until_us.0 as f64 - f64::from(hearing.span_us))
            .collect();
        begins.sort_by(f64::total_cmp);
        let chirp_us = f64::from(self.hearings[0].width_us);
        begins.dedup_by(|next, last| !is_burst && *next - *last <= PACKET_CHIRPS * chirp_us);
        let width_us = median(self.hearings.iter().map(|hearing| f64::from(hearing.width_us)).collect());
        let width_us = width_us.filter(|_| is_burst);
        let (period_us, jitter_us) = spacing(&begins).unzip();
        let duty = width_us.zip(period_us).map_or(0.0, |(width, period)| width / period);
        Timing { pulse_count: begins.len(), width_us, period_us, jitter_us, duty }
    }
}
