//! `scan`: a source's samples to its active channels, as text and JSON: what people need before they choose a beacon.
//!
//! Runs the engine's [`Survey`] over the given time of samples (or to the end of a recording). What it keeps is
//! bounded: when that is full the scan ends early and says so. Waits for samples as long as the source is alive. What was
//! found is listened to as a flight would (`beacon`), and told with that.

mod beacon;
mod cores;
mod depth;
mod faint;
mod own;
mod packets;
mod place;
mod written;

pub use beacon::Beacon;
pub use depth::Depth;

use crate::clock::Clock;
use crate::progress::{self, Unit};
use crate::sdr::{Block, SdrError, Source, Step, Stream, same_within_hz};
use crate::settings::{BURST_BANDWIDTH_HZ, SenseSettings, Settings};
use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission, OwnLine};
use skyhound::dsp::survey::{Active, Findings, Origin, Survey};
use skyhound::record::Event;
use skyhound::sense::listen::Setup;
use skyhound::signal::Flags;

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Most bytes of samples and spectrogram: three per 8-bit sample, so 104 s of those at 2.4 MS/s by default.
    pub bytes_max: usize,
    /// Time without samples after which the scan fails, µs.
    pub silence_max_us: u64,
    /// By which clock.
    pub clock: Clock,
    /// How a flight would make readings and pulses.
    pub sense: SenseSettings,
    /// How it would detect.
    pub analytics: AnalyticsConfig,
    /// How a beacon is sought of which nothing is known.
    pub template: ChannelConfig,
    /// How a distress beacon is.
    pub distress: ChannelConfig,
    /// Lines of the aircraft's own: no beacons.
    pub own_noise: Vec<OwnLine>,
}

impl ScanOptions {
    /// As `settings` have it, but for the file of [`ScanOptions::own_noise`], which may not be there.
    pub fn new(settings: &Settings) -> ScanOptions {
        ScanOptions {
            bytes_max: 768 << 20,
            silence_max_us: 10_000_000,
            clock: Clock::start(),
            sense: settings.sense.clone(),
            analytics: settings.analytics.clone(),
            template: Settings::default().template(),
            distress: distress(),
            own_noise: Vec::new(),
        }
    }
}

/// As the settings have it.
fn distress() -> ChannelConfig {
    let mut settings = Settings::default();
    settings.beacons[0].emission = Emission::CospasSarsat;
    ChannelConfig { bandwidth_hz: BURST_BANDWIDTH_HZ, ..settings.template() }
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
    /// Where the source was tuned when it took each channel, in their order, Hz.
    pub centers_hz: Vec<f64>,
    /// SNR at which a flight would detect, dB.
    pub trigger_db: f64,
    /// Samples that went missing meanwhile.
    pub lost_samples: u64,
    /// Whether the bound of its memory ended it before its time.
    pub is_cut_short: bool,
    /// How weak something may be that a flight would have heard in this time.
    pub depth: Depth,
    /// What the source told.
    pub events: Vec<Event>,
}

/// Why there is no scan.
#[derive(Clone, Debug)]
pub struct ScanFailure {
    /// What failed, and the mend.
    pub error: SdrError,
    /// What the source told before.
    pub events: Vec<Event>,
}

impl std::fmt::Display for ScanFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

/// Surveys `seconds` of `source`, or to its end.
///
/// # Errors
/// The source fails, gives no samples, or fewer than a survey needs.
pub fn scan(source: &mut Source, seconds: f64, options: ScanOptions) -> Result<Scan, ScanFailure> {
    let mut events = Vec::new();
    surveyed(source, seconds, &options, &mut events).map_err(|error| ScanFailure { error, events })
}

fn surveyed(
    source: &mut Source,
    seconds: f64,
    options: &ScanOptions,
    events: &mut Vec<Event>,
) -> Result<Scan, SdrError> {
    let stream = source.stream().clone();
    let wanted =
        if seconds.is_finite() { (seconds.max(0.0) * stream.sample_rate_sps) as u64 } else { u64::MAX };
    let center_count = source.centers_hz().len().max(1);
    // One of the spectrogram and eight of the widest samples each.
    let bytes = wanted.saturating_add(65_536).saturating_mul(9);
    let bytes_max = bytes.min(options.bytes_max as u64) as usize / center_count;
    let sample_rate_sps = stream.sample_rate_sps;
    let fft_len = options.sense.fft_len_at(sample_rate_sps);
    let mut surveys = Surveys { all: Vec::new(), sample_rate_sps, fft_len, bytes_max };
    let mut block = source.block();
    let (mut taken, mut lost_samples, mut is_cut_short) = (0, 0, false);
    let mut heard_at = options.clock.now();
    let milliseconds = |count: u64| (count as f64 / stream.sample_rate_sps * 1e3) as u64;
    progress::part("listening", (wanted < u64::MAX).then(|| milliseconds(wanted)), Unit::Milliseconds);
    while taken < wanted && !(is_cut_short && center_count == 1) {
        match source.read(&mut block, &mut |event| events.push(event))? {
            Step::End => break,
            Step::Nothing if options.clock.now().since_us(heard_at) > options.silence_max_us => {
                let mend = "is the device plugged in and not in use?";
                return Err(failure(&stream, "gives no samples", mend));
            }
            Step::Nothing => continue,
            Step::Block => heard_at = options.clock.now(),
        }
        lost_samples += block.stamp().lost_samples;
        let before = milliseconds(taken);
        taken += block.samples().len() as u64;
        progress::done(milliseconds(taken) - before);
        is_cut_short |= !surveys.pass(source.center_hz(), &block);
    }
    progress::part("searching in it", None, Unit::Milliseconds);
    let joined = joined(&mut surveys.all, options).map_err(|panic| {
        failure(
            &stream,
            &format!("the search in it broke: {panic}"),
            "a fault of skyhound's: please report it",
        )
    })?;
    let Some((findings, beacons, centers_hz)) = joined else {
        return Err(failure(&stream, "is too short to scan", "give it some milliseconds at least"));
    };
    let depth = Depth::of(&stream, &findings, options);
    let (trigger_db, events) = (options.analytics.trigger_db, std::mem::take(events));
    Ok(Scan { stream, findings, beacons, centers_hz, trigger_db, lost_samples, is_cut_short, depth, events })
}

/// The surveys of a source: captures of a recording at other frequencies are surveyed by themselves.
struct Surveys {
    all: Vec<(f64, Survey)>,
    sample_rate_sps: f64,
    fft_len: usize,
    bytes_max: usize,
}

impl Surveys {
    /// Takes a block at `center_hz`; false when its survey's memory is full.
    fn pass(&mut self, center_hz: f64, block: &Block) -> bool {
        if center_hz.is_nan() {
            return true;
        }
        let stamp = block.stamp();
        let within_hz = same_within_hz(self.sample_rate_sps);
        let known = self.all.iter().position(|(hz, _)| (hz - center_hz).abs() <= within_hz);
        let has_gap = stamp.flags.any(Flags::GAP.with(Flags::RETUNED).with(Flags::OVERFLOW));
        let survey = match known {
            Some(known) => &mut self.all[known].1,
            None => {
                let survey = Survey::in_frames(self.fft_len, self.sample_rate_sps, center_hz, self.bytes_max);
                &mut self.all.push_mut((center_hz, survey)).1
            }
        };
        // One that begins late begins with what is missing before it.
        if has_gap || known.is_none() {
            survey.gap(stamp.sample_index);
        }
        survey.pass(block.samples())
    }
}

type Joined = (Findings, Vec<Beacon>, Vec<f64>);

/// What was found at all frequencies, strongest first, with the frequency of each; the spectrum is that of the first.
fn joined(surveys: &mut [(f64, Survey)], options: &ScanOptions) -> Result<Option<Joined>, String> {
    let (mut first, mut heard, mut made) = (None::<Findings>, Vec::new(), Vec::new());
    for (center_hz, survey) in surveys {
        let (center_hz, (mut findings, beacons)) = (*center_hz, judge(survey, options)?);
        if findings.seconds == 0.0 {
            continue;
        }
        let rest = findings.channels.split_off(beacons.len());
        made.extend(rest.into_iter().map(|active| (active, center_hz)));
        let emissions = findings.channels.drain(..).map(|active| (active, center_hz));
        heard.extend(emissions.zip(beacons));
        match &mut first {
            Some(first) => first.seconds += findings.seconds,
            None => first = Some(findings),
        }
    }
    let Some(mut findings) = first else { return Ok(None) };
    heard.sort_by(|((a, _), _), ((b, _), _)| b.power_dbfs.total_cmp(&a.power_dbfs));
    let (mut told, beacons): (Vec<(Active, f64)>, Vec<Beacon>) = heard.into_iter().unzip();
    told.append(&mut made);
    let (channels, centers_hz) = told.into_iter().unzip();
    findings.channels = channels;
    Ok(Some((findings, beacons, centers_hz)))
}

/// What one survey found, as a flight reads it: the emissions with the beacon behind each, then the rest.
fn judge(survey: &mut Survey, options: &ScanOptions) -> Result<(Findings, Vec<Beacon>), String> {
    let mut findings = survey.finish();
    let setup = Setup {
        hop_us: options.sense.hop_us,
        dc_exclude_hz: options.sense.dc_exclude_hz,
        false_alarms_per_hour: options.analytics.false_alarms_per_hour,
        own_noise: &options.own_noise,
    };
    own::mark(&mut findings, setup.own_noise);
    let ScanOptions { template, distress, analytics, .. } = options;
    let listener = beacon::Listener { survey, template, distress, analytics, setup };
    let packets = packets::packets(&listener, &findings)?;
    let is_packets = |active: &Active| packets.iter().any(|(known, _)| packets::is_of(active, known));
    findings.channels.retain(|active| !is_packets(active));
    findings.channels.extend(packets.iter().map(|(active, _)| active.clone()));
    faint::add(survey, &mut findings, template, setup)?;
    let (emissions, made): (Vec<Active>, Vec<Active>) =
        findings.channels.drain(..).partition(|active| active.origin == Origin::Emission);
    let judged = cores::each(&emissions, |active| {
        let known = packets.iter().find(|(known, _)| known == active).cloned();
        known.unwrap_or_else(|| listener.beacon(active))
    })?;
    let (channels, mut beacons): (Vec<Active>, Vec<Beacon>) = judged.into_iter().unzip();
    listener.judge_together(&mut beacons);
    // What is faint and no flight would hear may be the receiver's unevenness.
    let told = channels.into_iter().zip(beacons);
    let told = told.filter(|(active, beacon)| !active.is_faint || beacon.heard.is_some());
    let (channels, beacons) = told.unzip();
    findings.channels = channels;
    findings.channels.extend(made);
    Ok((findings, beacons))
}

fn failure(stream: &Stream, why: &str, mend: &str) -> SdrError {
    SdrError { source: stream.description.clone(), why: why.into(), mend: mend.into() }
}

impl Scan {
    /// The channels that somebody sends, strongest first.
    pub fn emissions(&self) -> impl Iterator<Item = &Active> {
        self.findings.channels.iter().filter(|active| active.origin == Origin::Emission)
    }
}

#[cfg(test)]
mod tests;
