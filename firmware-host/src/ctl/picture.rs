//! What was recorded last, for people who look on: a row of the waterfall, where each beacon is, the regions that hold it.

use serde::{Deserialize, Serialize};

/// It. Each part carries its own time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The newest row of the waterfall.
    pub spectrum: Option<SpectrumLine>,
    /// The newest estimate of each channel that has one.
    pub estimates: Vec<EstimateLine>,
    /// The newest regions of each, of 50 and of 95 %.
    pub regions: Vec<RegionLine>,
}

/// A row of the waterfall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SpectrumLine {
    /// When its middle was taken, µs since start.
    pub at_us: u64,
    /// Centre of the first bin, Hz.
    pub first_bin_hz: f64,
    /// Distance between bins, Hz.
    pub bin_hz: f64,
    /// Mean power of each, tenths of a dBFS.
    pub power_e1: Vec<i16>,
}

/// Where a beacon is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EstimateLine {
    /// When that was worked out, µs since start.
    pub at_us: u64,
    /// Number of its channel.
    pub channel: u8,
    /// Its name.
    pub beacon: String,
    /// Mean, WGS84 degrees.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// Densest place, WGS84 degrees.
    pub peak_lat_deg: f64,
    /// See `peak_lat_deg`.
    pub peak_lon_deg: f64,
    /// Covariance of the mean, m².
    pub variance_north_m2: f64,
    /// See `variance_north_m2`.
    pub covariance_m2: f64,
    /// See `variance_north_m2`.
    pub variance_east_m2: f64,
    /// Radius of a circle as large as the smallest region that holds it with 50 %, m.
    pub radius_50_m: f64,
    /// Likewise with 95 %.
    pub radius_95_m: f64,
    /// Observations in it.
    pub observation_count: u32,
}

/// The smallest region that holds a beacon with this probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegionLine {
    /// When that was worked out, µs since start.
    pub at_us: u64,
    /// Number of its channel.
    pub channel: u8,
    /// The beacon's name.
    pub beacon: String,
    /// Probability, per cent.
    pub percent: u8,
    /// It, as rows of squares.
    pub rows: Vec<RegionRow>,
}

/// Squares side by side, eastwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegionRow {
    /// Middle of the most western one, WGS84 degrees.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// Edge of each, m.
    pub size_m: f64,
    /// How many.
    pub square_count: u16,
}
