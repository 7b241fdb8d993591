//! One channel: bin powers of frames and hops into its readings and pulses, linear power into 0.01 dB.

use crate::config::{ChannelConfig, SenseConfig};
use crate::dsp::kernel;
use crate::dsp::layout::{ChannelBins, GROUPS_MAX, IMAGE_RATIO_MAX, Run, count};
use crate::dsp::median::{hundredths_of, median_of_noise, middle};
use crate::dsp::pulse::{FoundPulse, PulseFinder, PulseRule};
use crate::dsp::spectrometer::Gate;
use crate::signal::{Flags, Pulse, Reading};
use crate::time::TimeUs;
use crate::units::{CentiDb, db_from_ratio, ratio_from_db};

/// Longest frame in which pulse edges are sought, as long as one FFT frame is no longer.
const PULSE_FRAME_US: f64 = 1_000.0;
/// Taking out the noise of the guard bins never leaves less than this share of what was collected.
const COLLECTED_SHARE_MIN: f64 = 0.25;

/// What all channels' readings of one hop share.
pub(super) struct HopFacts {
    pub acquired_us: TimeUs,
    pub sample_index: u64,
    pub flags: Flags,
    pub frame_count: u32,
    pub clipping_e4: u16,
}

impl HopFacts {
    /// The reading of a channel that lies outside the band.
    pub(super) fn out_of_band(&self, channel: u8) -> Reading {
        Reading {
            acquired_us: self.acquired_us,
            sample_index: self.sample_index,
            channel,
            flags: self.flags.with(Flags::OUT_OF_BAND).with(Flags::NO_QUIET),
            frame_count: 0,
            clipping_e4: self.clipping_e4,
            mean: CentiDb::LOWEST,
            peak: CentiDb::LOWEST,
            quiet: CentiDb::LOWEST,
        }
    }
}

/// One channel.
pub(super) struct Channel {
    number: u8,
    bins: ChannelBins,
    /// The runs summed in each frame: the collected ones, then the groups of quiet bins.
    runs: Vec<Run>,
    /// Their sums in the newest frame, and over the pulse frame being made.
    sums: Vec<f32>,
    pulse_sums: Vec<f32>,
    collected_runs: usize,
    /// From a sum over one group in a pulse frame to the floor of the collected bins.
    floor_scale: f32,
    quiet: Vec<f32>,
    peak: f32,
    hop_sum: f64,
    /// Bins left out of the hop's frames because they held no more than an image.
    image_count: u32,
    /// Power of the bins that may hold an image, over the pulse frame being made.
    pulse_imaged: f32,
    pulse_frames: u64,
    frames_in_sums: u64,
    /// Whether the receiver was gated in those.
    gate: Gate,
    finder: PulseFinder,
}

impl Channel {
    /// Of these settings, whose number in the readings is `number`.
    pub(super) fn new(
        number: u8,
        settings: &ChannelConfig,
        bins: ChannelBins,
        config: &SenseConfig,
    ) -> Channel {
        let frame_us = config.fft_len as f64 / config.sample_rate_sps * 1e6;
        let frame_max_us = PULSE_FRAME_US.min(f64::from(settings.pulse_width_min_us));
        let pulse_frames = (frame_max_us / frame_us).floor().max(1.0);
        let samples = |us: u32| f64::from(us) * 1e-6 * config.sample_rate_sps;
        let rule = PulseRule {
            frame_samples: pulse_frames as u64 * config.fft_len as u64,
            fft_frames: pulse_frames as u32,
            trigger: ratio_from_db(settings.pulse_trigger_db) as f32,
            width_min_samples: samples(settings.pulse_width_min_us),
            width_max_samples: samples(settings.pulse_width_max_us),
            bridge_samples: samples(settings.pulse_bridge_us),
        };
        let runs: Vec<Run> = bins.collected.iter().chain(&bins.groups).copied().collect();
        let group_powers = bins.groups.first().map_or(1.0, |(_, length)| f64::from(*length)) * pulse_frames;
        let floor_scale =
            bins.collected_count / (group_powers * median_of_noise(group_powers)) * pulse_frames;
        Channel {
            number,
            sums: vec![0.0; runs.len()],
            pulse_sums: vec![0.0; runs.len()],
            runs,
            collected_runs: bins.collected.len(),
            floor_scale: floor_scale as f32,
            quiet: vec![0.0; count(&bins.quiet) as usize],
            bins,
            peak: 0.0,
            hop_sum: 0.0,
            image_count: 0,
            pulse_imaged: 0.0,
            pulse_frames: pulse_frames as u64,
            frames_in_sums: 0,
            gate: Gate::Open,
            finder: PulseFinder::new(rule),
        }
    }

    pub(super) fn noise_bins(&self) -> f64 {
        self.bins.noise_bins
    }

    /// Takes the bin powers of FFT frame number `frame`, none where the receiver was gated; the pulse that ended with it.
    #[inline]
    pub(super) fn frame(&mut self, frame: u64, gate: Gate, power: &[f32]) -> Option<FoundPulse> {
        self.gate = if self.gate == gate || self.frames_in_sums == 0 { gate } else { Gate::Moved };
        if gate != Gate::Closed {
            self.add_frame(gate, power);
        }
        self.end_frame(frame)
    }

    #[inline]
    fn add_frame(&mut self, gate: Gate, power: &[f32]) {
        kernel::sum_runs(power, &self.runs, &mut self.sums);
        for (pulse_sum, sum) in self.pulse_sums.iter_mut().zip(&self.sums) {
            *pulse_sum += sum;
        }
        let imaged = self.imaged_sum(power);
        self.pulse_imaged += imaged;
        let collected = self.sums[..self.collected_runs].iter().sum::<f32>() + imaged;
        // What a gate cut is of no hop, but where it cut is a pulse's edge.
        if gate == Gate::Open {
            self.hop_sum += f64::from(collected);
            self.peak = self.peak.max(collected);
        }
    }

    fn end_frame(&mut self, frame: u64) -> Option<FoundPulse> {
        self.frames_in_sums += 1;
        if !(frame + 1).is_multiple_of(self.pulse_frames) {
            return None;
        }
        // A pulse frame that began in a gap lacks frames and says nothing.
        let is_whole = self.frames_in_sums == self.pulse_frames;
        let found = if is_whole { self.pulse_frame(frame / self.pulse_frames) } else { None };
        self.clear_frame();
        found
    }

    /// Power of the bins within another channel's image, as far as it cannot be just that image.
    fn imaged_sum(&mut self, power: &[f32]) -> f32 {
        let mut sum = 0.0;
        for &(bin, source) in &self.bins.imaged {
            let own = power[bin as usize];
            if own > IMAGE_RATIO_MAX * power[source as usize] {
                sum += own;
            } else {
                self.image_count += 1;
            }
        }
        sum
    }

    fn clear_frame(&mut self) {
        self.pulse_imaged = 0.0;
        self.frames_in_sums = 0;
        self.pulse_sums.fill(0.0);
    }

    fn pulse_frame(&mut self, frame: u64) -> Option<FoundPulse> {
        let per_frame = 1.0 / self.pulse_frames as f32;
        let (collected, group_sums) = self.pulse_sums.split_at(self.collected_runs);
        let power = (collected.iter().sum::<f32>() + self.pulse_imaged) * per_frame;
        let mut groups = [0.0; GROUPS_MAX];
        let groups = &mut groups[..group_sums.len()];
        groups.copy_from_slice(group_sums);
        if self.gate == Gate::Closed {
            return self.finder.push_gated(frame, 0.0, None);
        }
        let floor = middle(groups).map(|(low, high)| (low + high) / 2.0 * self.floor_scale * per_frame);
        if self.gate == Gate::Moved {
            return self.finder.push_gated(frame, power, floor);
        }
        self.finder.push(frame, power, floor)
    }

    /// Samples are missing here; the pulse that was open.
    pub(super) fn cut(&mut self) -> Option<FoundPulse> {
        self.clear_frame();
        self.finder.cut()
    }

    /// Drops what the open hop has of it.
    pub(super) fn leave_hop(&mut self) {
        (self.peak, self.hop_sum, self.image_count) = (0.0, 0.0, 0);
    }

    /// The reading of a hop whose bins' powers sum to `sums`; begins the next hop.
    pub(super) fn reading(&mut self, hop: &HopFacts, sums: &[f32]) -> Reading {
        let (peak, hop_sum) = (std::mem::take(&mut self.peak), std::mem::take(&mut self.hop_sum));
        let mut flags = hop.flags;
        let frame_count = f64::from(hop.frame_count.max(1));
        let images = f64::from(std::mem::take(&mut self.image_count)) / frame_count;
        let collected_count = self.bins.collected_count - images;
        let middle = self.quiet_middle(sums);
        let quiet_power = middle.map(|(low, high)| {
            (f64::from(low) + f64::from(high)) / 2.0 / frame_count / median_of_noise(frame_count)
        });
        let quiet = match middle {
            Some(middle) => {
                let hundredths = hundredths_of(middle, 1.0 / frame_count);
                CentiDb::from_db(((hundredths / 100.0) + db_from_ratio(self.bins.noise_bins)) as f32)
            }
            None => None,
        };
        if quiet.is_none() {
            flags = flags.with(Flags::NO_QUIET);
        }
        Reading {
            acquired_us: hop.acquired_us,
            sample_index: hop.sample_index,
            channel: self.number,
            flags,
            frame_count: hop.frame_count.min(u32::from(u16::MAX)) as u16,
            clipping_e4: hop.clipping_e4,
            mean: self.in_channel(hop_sum / frame_count, collected_count, quiet_power),
            peak: self.in_channel(f64::from(peak), collected_count, quiet_power),
            quiet: quiet.unwrap_or(CentiDb::LOWEST),
        }
    }

    fn quiet_middle(&mut self, sums: &[f32]) -> Option<(f32, f32)> {
        let mut place = 0;
        for &(first, length) in &self.bins.quiet {
            let run = &sums[first as usize..(first + length) as usize];
            self.quiet[place..place + run.len()].copy_from_slice(run);
            place += run.len();
        }
        middle(&mut self.quiet)
    }

    /// Power in the channel's noise bandwidth, from that of the bins counted and the noise per bin (see `layout`).
    fn in_channel(&self, collected: f64, collected_count: f64, quiet_power: Option<f64>) -> CentiDb {
        let power = match quiet_power {
            Some(quiet) => (collected + (self.bins.noise_bins - collected_count) * quiet)
                .max(COLLECTED_SHARE_MIN * collected),
            None => collected * self.bins.noise_bins / collected_count.max(1.0),
        };
        CentiDb::from_power(power).unwrap_or(CentiDb::LOWEST)
    }

    /// A found pulse as the rest of the engine knows it.
    pub(super) fn pulse(&self, found: &FoundPulse, start_us: TimeUs, us_per_sample: f64) -> Pulse {
        let per_bin = f64::from(found.floor) / self.bins.collected_count;
        let quiet_power = (!self.bins.quiet.is_empty()).then_some(per_bin);
        let floor = per_bin * self.bins.noise_bins;
        Pulse {
            start_us,
            width_us: (found.width_samples * us_per_sample).round() as u32,
            channel: self.number,
            flags: if quiet_power.is_none() { found.flags.with(Flags::NO_QUIET) } else { found.flags },
            mean: self.in_channel(found.mean, self.bins.collected_count, quiet_power),
            peak: self.in_channel(f64::from(found.peak), self.bins.collected_count, quiet_power),
            floor: CentiDb::from_power(floor).unwrap_or(CentiDb::LOWEST),
        }
    }
}
