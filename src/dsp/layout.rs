//! Which bins belong to whom: each channel's own, and the quiet ones beside it that tell the noise floor.
//!
//! A Hann-windowed tone spreads over ±2 bins, so a channel *collects* every bin within 1.5 bins of its edges: a tone
//! anywhere in the channel, its edge included, is whole to 0.02 dB. Not collected: DC where the settings leave it out, strong
//! lines of the aircraft's own where they take little of it, and what lies within other channels. Bins in the mirror image of another channel about 0 Hz (IQ imbalance puts a strong signal
//! there, 30–50 dB down) are kept apart: a frame counts them only where they are more than an image can be. The noise of the collected bins is not that of the bandwidth asked for; `sense` adds (noise bins − collected bins) ·
//! quiet power, which is exact for white noise and leaves tones alone. Where nothing is quiet, it scales instead.
//! A channel narrower than [`NOISE_BINS_MIN`] bins is read as that wide: finer the window cannot see.
//!
//! Quiet bins keep away from channels, images, DC and the outer tenth of the band as long as enough remain
//! ([`QUIET_RULES`]); of those the nearest to the channel are taken, as noise is seldom flat.

use crate::config::{ChannelConfig, ConfigError, SenseConfig};
use crate::units::db_from_ratio;

/// Least noise bandwidth of a channel, bins.
pub const NOISE_BINS_MIN: f64 = 4.0;
/// Quiet bins used per channel at most.
pub const QUIET_BINS_MAX: usize = 256;
/// With fewer quiet bins than this the floor is not known.
pub const QUIET_BINS_MIN: usize = 8;
/// Groups of quiet bins in the floor of a single frame, at most.
pub const GROUPS_MAX: usize = 16;
/// And at least.
const GROUPS_MIN: usize = 8;
/// Bins of such a group, at most.
const GROUP_BINS_MAX: u32 = 16;
/// Half-width of a Hann tone's main lobe that a channel collects beyond its edges, bins.
const COLLECT_GUARD_BINS: f64 = 1.5;
/// Share of a channel's bins that are left out for lines of the aircraft's own, at most.
const OWN_NOISE_SHARE_MAX: f64 = 0.25;
/// Distance of quiet bins from DC and images, bins.
const IMAGE_GUARD_BINS: f64 = 2.0;

/// Half-width of a Hann window's DC spike: its own bin and both neighbours, rounded up.
const DC_BINS: f64 = 2.0;

/// Which bins pass for quiet.
struct QuietRule {
    /// Distance from channels, bins.
    guard_bins: f64,
    /// Share of the band from its middle.
    band: f64,
    /// Whether bins in the image of a channel do, for want of others.
    takes_images: bool,
    /// Fewer bins than this are too few to go by this rule.
    enough: usize,
}

/// From the strictest to the least strict. At six bins a tone 60 dB over the noise is 10 dB under it, at three 25 dB over.
/// The SDR's filter is flat in the inner nine tenths of the band.
const QUIET_RULES: [QuietRule; 4] = [
    QuietRule { guard_bins: 6.0, band: 0.9, takes_images: false, enough: 32 },
    QuietRule { guard_bins: 6.0, band: 1.0, takes_images: false, enough: QUIET_BINS_MIN },
    QuietRule { guard_bins: 3.0, band: 1.0, takes_images: false, enough: QUIET_BINS_MIN },
    QuietRule { guard_bins: 3.0, band: 1.0, takes_images: true, enough: QUIET_BINS_MIN },
];

/// Strongest image that is reckoned with: 20 dB under its source. SDRs without correction reach 25 to 40 dB.
pub const IMAGE_RATIO_MAX: f32 = 0.01;

/// A run of bins: the first and how many.
pub type Run = (u32, u32);

/// The bins of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelBins {
    /// Bins whose power is the channel's.
    pub collected: Vec<Run>,
    /// More such bins, each with the bin whose image it may hold.
    pub imaged: Vec<(u32, u32)>,
    /// How many both are.
    pub collected_count: f64,
    /// The channel's noise bandwidth in bins.
    pub noise_bins: f64,
    /// Quiet bins beside it; none when fewer than [`QUIET_BINS_MIN`].
    pub quiet: Vec<Run>,
    /// Equal runs of quiet bins, at most [`GROUPS_MAX`], whose median is the floor of a single frame.
    pub groups: Vec<Run>,
}

impl ChannelBins {
    /// Whether it has one of the three bins that a spike at 0 Hz is in.
    pub fn reach_dc(&self, fft_len: usize) -> bool {
        let middle = fft_len as u32 / 2;
        let is_near = |bin: u32| bin.abs_diff(middle) <= 1;
        let collected = self.collected.iter().flat_map(|&(first, length)| first..first + length);
        collected.chain(self.imaged.iter().map(|(bin, _)| *bin)).any(is_near)
    }
}

/// A stretch of the spectrum in bins from the tuned frequency, ends included.
#[derive(Copy, Clone, Debug)]
struct Stretch {
    low: f64,
    high: f64,
}

impl Stretch {
    /// Whether bin centre `at` lies within `guard` bins of it, the band being a ring of `fft_len` bins.
    fn holds(self, at: f64, guard: f64, fft_len: f64) -> bool {
        [-fft_len, 0.0, fft_len].iter().any(|turn| {
            let at = at + turn;
            at >= self.low - guard && at <= self.high + guard
        })
    }

    fn mirrored(self) -> Stretch {
        Stretch { low: -self.high, high: -self.low }
    }
}

/// What is where in the band.
struct Band {
    fft_len: f64,
    /// Half-width of the excluded DC, bins; `None` when DC is kept.
    dc: Option<f64>,
    /// Half-width of DC that is not quiet, bins.
    dc_loud: Option<f64>,
    channels: Vec<Stretch>,
    /// Strong lines of the aircraft's own.
    own_noise: Vec<Stretch>,
}

/// The bins of each channel, in the order of the settings, as if all of them were in the band.
///
/// # Errors
/// A channel of which DC leaves less than half.
pub fn channel_bins(config: &SenseConfig) -> Result<Vec<ChannelBins>, ConfigError> {
    let all: Vec<usize> = (0..config.channels.len()).collect();
    bins_of_those(config, config.center_hz, &all)
}

/// The same where the SDR is tuned to `center_hz`; `None` for a channel that its band there does not hold.
///
/// # Errors
/// As [`channel_bins`].
pub fn bins_at(config: &SenseConfig, center_hz: f64) -> Result<Vec<Option<ChannelBins>>, ConfigError> {
    let is_held = |number: &usize| config.holds(center_hz, &config.channels[*number]);
    let held: Vec<usize> = (0..config.channels.len()).filter(is_held).collect();
    let mut all = vec![None; config.channels.len()];
    for (number, bins) in held.iter().zip(bins_of_those(config, center_hz, &held)?) {
        all[*number] = Some(bins);
    }
    Ok(all)
}

/// The bins of the channels of these numbers, which have the band for themselves.
fn bins_of_those(
    config: &SenseConfig,
    center_hz: f64,
    numbers: &[usize],
) -> Result<Vec<ChannelBins>, ConfigError> {
    let bin_hz = config.sample_rate_sps / config.fft_len as f64;
    let stretch = |channel: &ChannelConfig| {
        let middle = (channel.frequency_hz - center_hz) / bin_hz;
        let half = (channel.bandwidth_hz / bin_hz).max(NOISE_BINS_MIN).min(config.fft_len as f64) / 2.0;
        Stretch { low: middle - half, high: middle + half }
    };
    // What is no more than the noise of a bin spoils none.
    let strong = config.own_noise.iter().filter(|line| line.cn0_db_hz >= db_from_ratio(bin_hz));
    let own_noise = strong.map(|line| Stretch {
        low: (line.low_hz - center_hz) / bin_hz,
        high: (line.high_hz - center_hz) / bin_hz,
    });
    let excluded = config.dc_exclude_hz.filter(|half_hz| *half_hz > 0.0);
    let dc = excluded.map(|half_hz| (half_hz / bin_hz).round().max(1.0));
    let band = Band {
        fft_len: config.fft_len as f64,
        dc,
        // What is taken out leaves a rest.
        dc_loud: if config.dc_exclude_hz.is_none() { Some(DC_BINS) } else { dc },
        channels: numbers.iter().map(|number| stretch(&config.channels[*number])).collect(),
        own_noise: own_noise.collect(),
    };
    let refused = |number: usize| refusal(number, center_hz, config);
    let each = numbers.iter().enumerate();
    each.map(|(index, number)| band.bins_of(index).ok_or_else(|| refused(*number))).collect()
}

impl Band {
    /// `None`: DC leaves less than half of the channel.
    fn bins_of(&self, index: usize) -> Option<ChannelBins> {
        let own = self.channels[index];
        let noise_bins = own.high - own.low;
        let proper: Vec<f64> = self.places().filter(|at| own.holds(*at, 0.0, self.fft_len)).collect();
        if 2 * proper.iter().filter(|at| self.is_dc(**at)).count() > proper.len() {
            return None;
        }
        // Where lines of the aircraft's own take much of it, a reading tells them with the rest.
        let noisy = proper.iter().filter(|at| self.is_own_noise(**at)).count();
        let leaves_noisy_out = noisy as f64 <= OWN_NOISE_SHARE_MAX * proper.len() as f64;
        let quiet = self.quiet_of(index);
        // Without quiet bins nothing can take the noise of the guard bins back out: collect none.
        let guard = if quiet.is_empty() { 0.0 } else { COLLECT_GUARD_BINS };
        let is_own = |at: f64| {
            let is_left_out = leaves_noisy_out && self.is_own_noise(at);
            own.holds(at, guard, self.fft_len)
                && !self.is_dc(at)
                && !self.is_others(at, index)
                && !is_left_out
        };
        let collected = self.runs(|at| is_own(at) && !self.is_image(at, index));
        let imaged: Vec<(u32, u32)> = (0..)
            .zip(self.places())
            .filter(|(_, at)| is_own(*at) && self.is_image(*at, index))
            .map(|(bin, _)| (bin, (self.fft_len as u32 - bin) % self.fft_len as u32))
            .collect();
        let collected_count = f64::from(count(&collected)) + imaged.len() as f64;
        let groups = groups_of(&quiet);
        Some(ChannelBins { collected, imaged, collected_count, noise_bins, quiet, groups })
    }

    /// Within the image of another channel. Where the other lies itself, its image is of no account.
    fn is_image(&self, at: f64, index: usize) -> bool {
        self.channels.iter().enumerate().any(|(other, stretch)| {
            other != index
                && stretch.mirrored().holds(at, COLLECT_GUARD_BINS, self.fft_len)
                && !stretch.holds(at, 0.0, self.fft_len)
        })
    }

    fn is_own_noise(&self, at: f64) -> bool {
        self.own_noise.iter().any(|stretch| stretch.holds(at, COLLECT_GUARD_BINS, self.fft_len))
    }

    fn is_dc(&self, at: f64) -> bool {
        self.dc.is_some_and(|half| at.abs() <= half)
    }

    /// Beside this channel, within another: the other's signal must not pass for this one's spread.
    fn is_others(&self, at: f64, index: usize) -> bool {
        let within = |stretch: &Stretch| stretch.holds(at, 0.0, self.fft_len);
        !within(&self.channels[index]) && self.channels.iter().any(within)
    }

    /// The nearest quiet bins by the strictest of the rules that leaves enough.
    fn quiet_of(&self, index: usize) -> Vec<Run> {
        let quiet_by = |rule: &QuietRule| {
            let is_quiet = |at: &f64| {
                self.dc_loud.is_none_or(|half| at.abs() > half + IMAGE_GUARD_BINS)
                    && at.abs() <= rule.band / 2.0 * self.fft_len
                    && self.channels.iter().all(|stretch| {
                        let is_image = stretch.mirrored().holds(*at, IMAGE_GUARD_BINS, self.fft_len);
                        !stretch.holds(*at, rule.guard_bins, self.fft_len) && (rule.takes_images || !is_image)
                    })
            };
            let places: Vec<f64> = self.places().filter(is_quiet).collect();
            (places.len() >= rule.enough).then_some(places)
        };
        let mut places = QUIET_RULES.iter().find_map(quiet_by).unwrap_or_default();
        let middle = (self.channels[index].low + self.channels[index].high) / 2.0;
        places.sort_by(|a, b| (a - middle).abs().total_cmp(&(b - middle).abs()).then(a.total_cmp(b)));
        places.truncate(QUIET_BINS_MAX);
        self.runs(|at| places.contains(&at))
    }

    /// Centres of the bins in ascending order, in bins from the tuned frequency.
    fn places(&self) -> impl Iterator<Item = f64> {
        let fft_len = self.fft_len;
        (0..fft_len as u32).map(move |bin| f64::from(bin) - fft_len / 2.0)
    }

    fn runs(&self, mut is_in: impl FnMut(f64) -> bool) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (bin, at) in (0..).zip(self.places()) {
            match runs.last_mut() {
                Some((first, length)) if *first + *length == bin && is_in(at) => *length += 1,
                _ if is_in(at) => runs.push((bin, 1)),
                _ => {}
            }
        }
        runs
    }
}

fn refusal(number: usize, center_hz: f64, config: &SenseConfig) -> ConfigError {
    let channel = &config.channels[number];
    let mend = format!(
        "{} Hz is {} Hz from sdr.frequency_hz, and more than half of its {} Hz is the SDR's DC spike; move \
         sdr.frequency_hz by at least {} Hz, or leave sense.dc_exclude_hz out: the spike is estimated then, and taken out",
        channel.frequency_hz,
        (channel.frequency_hz - center_hz).abs(),
        channel.bandwidth_hz,
        channel.bandwidth_hz + config.dc_exclude_hz.unwrap_or(0.0),
    );
    ConfigError::new(format!("beacon[{number}].frequency_hz"), mend)
}

/// Bins in the runs.
pub fn count(runs: &[Run]) -> u32 {
    runs.iter().map(|(_, length)| length).sum()
}

/// Cuts equal groups out of the runs, spread over them: at least [`GROUPS_MIN`] and no more where those hold bins enough.
fn groups_of(quiet: &[Run]) -> Vec<Run> {
    let quiet_count = count(quiet);
    let aim = if quiet_count < GROUPS_MIN as u32 * GROUP_BINS_MAX { GROUPS_MAX } else { GROUPS_MIN };
    let mut length = quiet_count.div_ceil(aim as u32).clamp(1, GROUP_BINS_MAX);
    loop {
        let whole = |&(first, run): &Run| (0..run / length).map(move |n| (first + n * length, length));
        let groups: Vec<Run> = quiet.iter().flat_map(whole).collect();
        if groups.len() >= GROUPS_MIN || length == 1 {
            return groups.iter().step_by((groups.len() / aim).max(1)).take(aim).copied().collect();
        }
        length -= 1;
    }
}

#[cfg(test)]
mod tests;
