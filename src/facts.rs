//! What the statistics say of a channel: facts at 10 Hz, detections, the gradient, and where the beacon is. `None` is unknown,
//! never zero.

use crate::geo::{NorthEast, Wgs84};
use crate::time::TimeUs;

/// The facts of one channel at one time.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Facts {
    /// When they were computed.
    pub at: TimeUs,
    /// When the newest usable reading in them was taken.
    pub newest_reading_us: TimeUs,
    /// Index of the beacon's channel.
    pub channel: u8,
    /// Usable readings in the floor window.
    pub reading_count: u32,
    /// Newest usable reading's mean power, dBFS.
    pub power_dbfs: Option<f64>,
    /// `percentile_cont(floor_percentile)` of mean power over the floor window, dBFS.
    pub floor_temporal_dbfs: Option<f64>,
    /// `percentile_cont(0.5)` of the readings' `quiet` over the rolling window, dBFS in the channel's bandwidth.
    pub floor_spectral_dbfs: Option<f64>,
    /// Largest SNR of a usable reading since the facts before, dB: mean power over the floor named by `snr_floor` in the
    /// same hop. So a pulse shorter than the time between facts stands in exactly one of them.
    pub snr_db: Option<f64>,
    /// Which floor that SNR used: the hop's own spectral one where known, else the temporal one.
    pub snr_floor: Floor,
    /// Mean of mean power over the rolling window, dBFS (mean of dB values, SQL's `avg`).
    pub rolling_mean_dbfs: Option<f64>,
    /// `stddev_samp` of mean power over the rolling window, dB.
    pub volatility_db: Option<f64>,
    /// Newest mean power minus the oldest of the rolling window, dB.
    pub delta_db: Option<f64>,
    /// Mean power through a low-pass of `ewma_time_constant_us`, of dB values, dBFS: for people's eyes.
    pub ewma_dbfs: Option<f64>,
    /// Trend over the trend window.
    pub trend: Option<Trend>,
    /// Plane fit of power over position.
    pub gradient: Result<Gradient, NoGradient>,
    /// Pulses on this channel.
    pub pattern: Pattern,
    /// Whether the beacon is heard now (a detection is open).
    pub heard: bool,
}

impl Facts {
    /// The noise floor in the channel's bandwidth, dBFS: the spectral one where known, else the temporal one.
    pub fn floor_dbfs(&self) -> Option<f64> {
        self.floor_spectral_dbfs.or(self.floor_temporal_dbfs)
    }
}

/// Which noise floor an SNR is counted from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Floor {
    /// Quiet bins beside the channel.
    Spectral,
    /// The channel's own quiet times.
    Temporal,
}

/// `regr_slope` and `regr_r2` of mean power over time.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Trend {
    /// Slope.
    pub slope_db_s: f64,
    /// Coefficient of determination, 0..=1; `None` where SQL gives NULL.
    pub r2: Option<f64>,
}

/// Weighted plane fit of power over NED position.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gradient {
    /// dB per metre north.
    pub north_db_m: f64,
    /// dB per metre east.
    pub east_db_m: f64,
    /// Variance of `north_db_m`.
    pub north_variance: f64,
    /// Variance of `east_db_m`.
    pub east_variance: f64,
    /// Covariance of the two.
    pub covariance: f64,
    /// Bearing of the steepest climb from true north, −π..=π.
    pub bearing_rad: f64,
    /// 1-sigma of the bearing.
    pub bearing_sigma_rad: f64,
    /// Weighted coefficient of determination, 0..=1.
    pub r2: f64,
}

/// Why there is no usable gradient. A normal outcome.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoGradient {
    /// Fewer than four cells with readings.
    TooFew,
    /// The positions lie on a line or too close together.
    TooNarrow,
    /// Readings have no pose.
    NoPose,
    /// The beacon is not heard.
    NotHeard,
}

impl NoGradient {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            NoGradient::TooFew => "too few positions",
            NoGradient::TooNarrow => "positions too narrow",
            NoGradient::NoPose => "no pose",
            NoGradient::NotHeard => "not heard",
        }
    }
}

/// The pulse pattern of the last pulses.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// Pulses counted into it.
    pub pulse_count: u16,
    /// Median width, µs.
    pub width_us: Option<u32>,
    /// Period from start to start: least-squares over the pulses that fall into the train, µs.
    pub period_us: Option<f64>,
    /// Shortest and longest interval between neighbours of the train, over the places they are apart, µs.
    pub period_span_us: Option<(u32, u32)>,
    /// Standard deviation of the starts about that train, µs.
    pub jitter_us: Option<f64>,
}

/// As it follows the power in an event: `, 3 pulses of 440 ms every 47.6 to 52.3 s`; nothing without pulses.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(width_us) = self.width_us else { return Ok(()) };
        let plural = if self.pulse_count == 1 { "" } else { "s" };
        write!(f, ", {} pulse{plural} of {:.1} ms", self.pulse_count, f64::from(width_us) / 1e3)?;
        let Some((shortest_us, longest_us)) = self.period_span_us else { return Ok(()) };
        let (shortest_s, longest_s) = (f64::from(shortest_us) / 1e6, f64::from(longest_us) / 1e6);
        // Up to a fiftieth it is one period with its jitter.
        match self.period_us.filter(|_| longest_s - shortest_s < 0.02 * longest_s) {
            Some(period_us) => write!(f, " every {:.3} s", period_us / 1e6),
            None => write!(f, " every {shortest_s:.3} to {longest_s:.3} s"),
        }
    }
}

/// What a detection heard.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum DetectionKind {
    /// A continuous carrier.
    Carrier,
    /// A pulse train.
    PulseTrain,
    /// A single pulse (only where the settings ask for one pulse).
    Burst,
}

impl DetectionKind {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            DetectionKind::Carrier => "carrier",
            DetectionKind::PulseTrain => "pulse_train",
            DetectionKind::Burst => "burst",
        }
    }
}

/// Where in the spectrum a matched detector heard an emission, and how strong.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct HeardAt {
    /// Its frequency, Hz.
    pub frequency_hz: f64,
    /// Carrier to noise density, dB-Hz.
    pub cn0_db_hz: f64,
}

/// A beacon heard, from its first confirmed moment to its last. Reported when it begins and again when it ends.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Detection {
    /// Counts up from 1 within a flight.
    pub id: u32,
    /// Index of the beacon's channel.
    pub channel: u8,
    /// What was heard.
    pub kind: DetectionKind,
    /// When the evidence begins (the first reading over the trigger, the first pulse of the train).
    pub began_us: TimeUs,
    /// When it was confirmed.
    pub confirmed_us: TimeUs,
    /// When it was last heard; only in the report of the end.
    pub ended_us: Option<TimeUs>,
    /// Strongest SNR so far, dB.
    pub snr_peak_db: f64,
    /// Strongest mean power so far, dBFS.
    pub power_peak_dbfs: f64,
    /// What a matched detector heard of it, the strongest so far.
    pub heard: Option<HeardAt>,
    /// Identification of 60 bits in the newest message of a distress beacon in it.
    pub beacon_id: Option<u64>,
    /// Pulses, all of the detection so far.
    pub pattern: Pattern,
    /// Upper bound of the chance that noise alone did this.
    pub false_alarm_probability: f64,
}

/// Where a beacon is: what the posterior of its place says, in metres from the flight's origin.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Mean of the posterior.
    pub mean: NorthEast,
    /// Its covariance, m²: north-north, north-east, east-east.
    pub covariance_m2: [f64; 3],
    /// Its densest place.
    pub peak: NorthEast,
    /// Radius of a circle as large as the smallest region of 50 %, m.
    pub radius_50_m: f64,
    /// Likewise of 95 %.
    pub radius_95_m: f64,
    /// The law that fits the powers, were the beacon at `peak`.
    pub fit: Fit,
    /// Observations in it.
    pub observation_count: u32,
}

/// How power falls with distance d: `power_100_m_db` − 10·`exponent`·log10(d/100 m) and shadowing; means of the posterior.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// Power at 100 m, of a beacon without pattern in the clear, dB of the observations' reference.
    pub power_100_m_db: f64,
    /// Path-loss exponent.
    pub exponent: f64,
    /// Standard deviation of the shadowing at low elevation, dB.
    pub spread_db: f64,
    /// Distance at which its correlation has fallen to 1/e, m.
    pub correlation_m: f64,
}

/// An estimate of one beacon at one time.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Located {
    /// When.
    pub at: TimeUs,
    /// Index of the beacon's channel.
    pub channel: u8,
    /// What the estimate's metres are counted from.
    pub origin: Wgs84,
    /// The estimate.
    pub estimate: Estimate,
}

/// A part of the region that holds a beacon with some probability: squares in a row.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RegionRun {
    /// When.
    pub at: TimeUs,
    /// Index of the beacon's channel.
    pub channel: u8,
    /// Probability of the whole region, per cent.
    pub percent: u8,
    /// What the metres are counted from.
    pub origin: Wgs84,
    /// The squares.
    pub run: Run,
}

/// Squares side by side, eastwards.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Run {
    /// Middle of the most western one.
    pub from: NorthEast,
    /// Edge of each, m.
    pub size_m: f64,
    /// How many there are.
    pub count: u16,
}

/// How far a search has come.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Searched {
    /// When.
    pub at: TimeUs,
    /// Name of its pattern.
    pub pattern: &'static str,
    /// Track spacing of its route, m; `None` where the pattern has none.
    pub spacing_m: Option<f64>,
    /// Flown share of the route by our own velocities, 0..1.
    pub progress: f64,
    /// Whether they lead along it now.
    pub is_flown: bool,
    /// Probability of success so far: that a beacon, lying anywhere in the area alike, would have been heard by now.
    pub pos: f64,
    /// Size of the area, m².
    pub area_m2: f64,
    /// Of it where the probability of detection is a half or more, m².
    pub searched_m2: f64,
    /// Listenings that counted.
    pub listening_count: u32,
    /// Noise that is reckoned with, dBm/Hz.
    pub floor_dbm_hz: f64,
    /// Height over home that is reckoned with, m.
    pub height_m: f64,
}

/// Cells of the map of a search, side by side and alike.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct SearchRun {
    /// When.
    pub at: TimeUs,
    /// What the metres are counted from.
    pub origin: Wgs84,
    /// The squares.
    pub run: Run,
    /// Probability that the beacon lay in each before the search.
    pub poa: f64,
    /// Probability of detection in each so far, per cent.
    pub pod_percent: u8,
}
