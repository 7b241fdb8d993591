//! What the SDR hands over and what the sense pass makes of it.
//!
//! Power is dBFS, full scale |x| = 1.0, rounded to 0.01 dB where it is made. What is wrong with a value is said by its
//! [`Flags`], never by the value: a reading with a flag of [`Flags::UNUSABLE`] takes no part in any statistic.

use crate::cospas::Message;
use crate::limits::SPECTRUM_BINS;
use crate::time::TimeUs;
use crate::units::CentiDb;

/// What is wrong with a block, a reading or a pulse.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// Nothing is wrong.
    pub const NONE: Flags = Flags(0);
    /// The driver said it lost samples.
    pub const OVERFLOW: Flags = Flags(1);
    /// Samples are missing before this (told by timestamps, or by count against clock).
    pub const GAP: Flags = Flags(1 << 1);
    /// At least 0.1 % of the samples were at full scale: power is a lower bound.
    pub const CLIPPED: Flags = Flags(1 << 2);
    /// A sample was NaN, infinite or beyond +180 dBFS; power is of the finite frames only, or [`CentiDb::LOWEST`] when there were none.
    pub const NON_FINITE: Flags = Flags(1 << 3);
    /// The sample rate, frequency or gain changed within.
    pub const RETUNED: Flags = Flags(1 << 4);
    /// The hop has less than half of its frames.
    pub const SHORT: Flags = Flags(1 << 5);
    /// The samples repeat themselves: the driver is stuck.
    pub const STUCK: Flags = Flags(1 << 6);
    /// The start of the pulse was not seen (it began before the first frame, or in a gap).
    pub const START_UNSEEN: Flags = Flags(1 << 7);
    /// The end of the pulse was not seen (a gap, the longest pulse's length, or the end of the samples).
    pub const END_UNSEEN: Flags = Flags(1 << 8);
    /// No bins outside the channel: `quiet` is not known.
    pub const NO_QUIET: Flags = Flags(1 << 9);
    /// The samples were taken at a frequency whose band does not hold the channel (another capture of a recording): what
    /// stands in its bins there is somebody else's, and nothing was read.
    pub const OUT_OF_BAND: Flags = Flags(1 << 10);
    /// Some samples were exactly zero for a frame or longer (a squelched or gated receiver): they say nothing, and power is of
    /// the others.
    pub const GATED: Flags = Flags(1 << 11);
    /// A reading with one of these takes no part in any statistic.
    pub const UNUSABLE: Flags = Flags(
        Flags::NON_FINITE.0 | Flags::RETUNED.0 | Flags::SHORT.0 | Flags::STUCK.0 | Flags::OUT_OF_BAND.0,
    );

    /// Both sets of flags.
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// Whether any flag of `other` is set.
    pub const fn any(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }
}

/// IQ samples in the form the SDR delivers natively. Each item is `[I, Q]`.
#[derive(Copy, Clone, Debug)]
pub enum Samples<'a> {
    /// Unsigned 8-bit, (u − 127.5)/127.5 (RTL-SDR files).
    Cu8(&'a [[u8; 2]]),
    /// Signed 8-bit, i/128.
    Cs8(&'a [[i8; 2]]),
    /// Signed 16-bit, i/32768.
    Cs16(&'a [[i16; 2]]),
    /// 32-bit float, full scale 1.0.
    Cf32(&'a [[f32; 2]]),
}

impl Samples<'_> {
    /// IQ samples in this block.
    pub fn len(&self) -> usize {
        match self {
            Samples::Cu8(s) => s.len(),
            Samples::Cs8(s) => s.len(),
            Samples::Cs16(s) => s.len(),
            Samples::Cf32(s) => s.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The format of the samples.
    pub fn format(&self) -> SampleFormat {
        match self {
            Samples::Cu8(_) => SampleFormat::Cu8,
            Samples::Cs8(_) => SampleFormat::Cs8,
            Samples::Cs16(_) => SampleFormat::Cs16,
            Samples::Cf32(_) => SampleFormat::Cf32,
        }
    }
}

/// The form of a sample, as [`Samples`] has it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum SampleFormat {
    /// Unsigned 8-bit.
    Cu8,
    /// Signed 8-bit.
    Cs8,
    /// Signed 16-bit.
    Cs16,
    /// 32-bit float.
    Cf32,
}

impl SampleFormat {
    /// One step of it, full scale 1.0.
    pub const fn step(self) -> f64 {
        match self {
            SampleFormat::Cu8 => 1.0 / 127.5,
            SampleFormat::Cs8 => 1.0 / 128.0,
            SampleFormat::Cs16 => 1.0 / 32_768.0,
            SampleFormat::Cf32 => 1.0,
        }
    }

    /// Bytes of one IQ sample.
    pub const fn sample_bytes(self) -> usize {
        match self {
            SampleFormat::Cu8 | SampleFormat::Cs8 => 2,
            SampleFormat::Cs16 => 4,
            SampleFormat::Cf32 => 8,
        }
    }
}

/// When and where in the stream a block of samples stands. Goes with every block.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct BlockStamp {
    /// Index of the block's first sample since the stream's start; lost samples are counted in.
    pub sample_index: u64,
    /// When the first sample was taken.
    pub acquired_us: TimeUs,
    /// Samples lost just before this block (0 = none; the loss may be an estimate of count against clock).
    pub lost_samples: u64,
    /// `OVERFLOW`, `GAP`, `RETUNED`, `STUCK`, `OUT_OF_BAND` as the receiver saw them.
    pub flags: Flags,
}

/// Power of one beacon's channel over one hop (10 ms by default).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Reading {
    /// When the middle of the hop was taken.
    pub acquired_us: TimeUs,
    /// First sample of the hop.
    pub sample_index: u64,
    /// Index of the beacon's channel in the settings.
    pub channel: u8,
    /// What is wrong with it.
    pub flags: Flags,
    /// FFT frames in the hop.
    pub frame_count: u16,
    /// Share of samples at full scale, 0..=10000 (hundredths of a per cent).
    pub clipping_e4: u16,
    /// Mean power over the hop in the channel's bandwidth, dBFS.
    pub mean: CentiDb,
    /// Power of the strongest frame of the hop, dBFS.
    pub peak: CentiDb,
    /// Spectral noise floor of the same hop: the 50th percentile (`percentile_cont`) of the quiet bins' mean powers in
    /// 0.01 dB, scaled to the channel's bandwidth, dBFS. Meaningless under [`Flags::NO_QUIET`].
    pub quiet: CentiDb,
}

/// A stretch of frames over the pulse threshold, measured on the FFT frames (about 1 ms).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pulse {
    /// When it began: within its first frame over the threshold, by the share of energy in it.
    pub start_us: TimeUs,
    /// From there to where it ended, found likewise; under three frames good to ± one frame.
    pub width_us: u32,
    /// Index of the beacon's channel in the settings.
    pub channel: u8,
    /// What is wrong with it.
    pub flags: Flags,
    /// Mean power over the pulse, dBFS.
    pub mean: CentiDb,
    /// Strongest frame, dBFS.
    pub peak: CentiDb,
    /// Noise floor it stood on, in the channel's bandwidth, dBFS.
    pub floor: CentiDb,
}

/// What a detector that is matched to an emission heard on a channel, over a time of its own: weaker than any reading shows it.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Hearing {
    /// End of the time listened to.
    pub until_us: TimeUs,
    /// Length of that time, µs.
    pub span_us: u32,
    /// Index of the beacon's channel in the settings.
    pub channel: u8,
    /// What was listened for.
    pub kind: HearingKind,
    /// Frequency at the middle of that time, Hz; of energy the middle of it.
    pub frequency_hz: f64,
    /// Its drift, Hz/s.
    pub drift_hz_s: f64,
    /// Mean time from pulse to pulse, µs; `None` but of a train.
    pub period_us: Option<u32>,
    /// Pulses (groups of a coded tag), or chirps, that were summed; 0 of a line and of energy.
    pub pulse_count: u16,
    /// Width of the pulses that the filter is matched to, or of a chirp, µs; 0 of a line and of energy.
    pub width_us: u32,
    /// Carrier to noise density, of a train that of its newest pulse, dB-Hz.
    pub cn0: CentiDb,
    /// One sigma of that, dB.
    pub cn0_sigma: CentiDb,
    /// Power of the emission alone, dBFS.
    pub power: CentiDb,
    /// What was judged: mean power in the matched bins over that of noise, ratio; of a burst ln of the likelihood ratio.
    pub statistic: f64,
    /// What it had to reach.
    pub threshold: f64,
    /// ln of how often noise alone does this in an hour, at most.
    pub ln_false_alarms_per_hour: f64,
    /// What a distress burst says, where it was strong enough to be read.
    pub message: Option<Message>,
}

/// What a matched detector listens for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum HearingKind {
    /// A line that is on all the time: a bare carrier, or that of a modulated one.
    Line,
    /// A train of pulses.
    Train,
    /// Chirps that follow one another, as a preamble of LoRa.
    Chirp,
    /// Energy of an emission of any modulation that is on all the time.
    Energy,
    /// One burst of a 406 MHz distress beacon.
    Burst,
}

impl Hearing {
    /// For how long the power was on that it tells, µs: all the time that was listened to, or one pulse.
    pub fn power_span_us(&self) -> u32 {
        match self.kind {
            HearingKind::Line | HearingKind::Energy | HearingKind::Chirp | HearingKind::Burst => self.span_us,
            HearingKind::Train => self.width_us,
        }
    }

    /// The middle of that.
    pub fn power_at_us(&self) -> TimeUs {
        self.until_us.minus_us(u64::from(self.power_span_us()) / 2)
    }
}

impl HearingKind {
    /// All of them.
    pub const ALL: [HearingKind; 5] =
        [HearingKind::Line, HearingKind::Train, HearingKind::Energy, HearingKind::Chirp, HearingKind::Burst];

    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            HearingKind::Line => "line",
            HearingKind::Train => "train",
            HearingKind::Energy => "energy",
            HearingKind::Chirp => "chirp",
            HearingKind::Burst => "burst",
        }
    }
}

/// A row of the waterfall: mean power per bin over [`crate::config::SenseConfig::spectrum_interval_us`].
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// When the middle of the row was taken.
    pub acquired_us: TimeUs,
    /// Centre of the first bin.
    pub first_bin_hz: f64,
    /// Distance between bins.
    pub bin_hz: f64,
    /// Bins in use, ≤ [`SPECTRUM_BINS`].
    pub bin_count: u16,
    /// Mean power per bin, dBFS.
    pub power: [CentiDb; SPECTRUM_BINS],
}
