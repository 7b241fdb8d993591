//! Rows of `estimate` and `estimate_region` → columns: metres from the origin become degrees here.

use super::columns::{all, times};
use duckdb::arrow::array::ArrayRef;
use duckdb::arrow::datatypes::{Float32Type, Int32Type, UInt8Type, UInt16Type, UInt32Type};
use skyhound::facts::{Estimate, Located, RegionRun};
use skyhound::geo::{NorthEast, Origin, Wgs84};

/// A place in steps of 1e-7 degrees.
pub fn steps(origin: Wgs84, at: NorthEast, of: fn(Wgs84) -> f64) -> i32 {
    (of(Origin::new(origin).wgs84_from_ned(at)) * 1e7).round() as i32
}

/// For [`steps`].
pub fn lat_deg(place: Wgs84) -> f64 {
    place.lat_deg
}

/// For [`steps`].
pub fn lon_deg(place: Wgs84) -> f64 {
    place.lon_deg
}

/// Columns of `estimate`.
pub fn estimate(rows: &[Located]) -> Vec<ArrayRef> {
    let place = |at: fn(&Estimate) -> NorthEast, of: fn(Wgs84) -> f64| {
        all::<Int32Type, _>(rows, |row| steps(row.origin, at(&row.estimate), of))
    };
    let float = |value: fn(&Estimate) -> f64| all::<Float32Type, _>(rows, |row| value(&row.estimate) as f32);
    vec![
        times(rows, |row| row.at),
        all::<UInt8Type, _>(rows, |row| row.channel),
        place(|estimate| estimate.mean, lat_deg),
        place(|estimate| estimate.mean, lon_deg),
        float(|estimate| estimate.covariance_m2[0]),
        float(|estimate| estimate.covariance_m2[1]),
        float(|estimate| estimate.covariance_m2[2]),
        place(|estimate| estimate.peak, lat_deg),
        place(|estimate| estimate.peak, lon_deg),
        float(|estimate| estimate.radius_50_m),
        float(|estimate| estimate.radius_95_m),
        float(|estimate| estimate.fit.power_100_m_db),
        float(|estimate| estimate.fit.exponent),
        float(|estimate| estimate.fit.spread_db),
        float(|estimate| estimate.fit.correlation_m),
        all::<UInt32Type, _>(rows, |row| row.estimate.observation_count),
    ]
}

/// Columns of `estimate_region`.
pub fn region(rows: &[RegionRun]) -> Vec<ArrayRef> {
    let from = |of: fn(Wgs84) -> f64| all::<Int32Type, _>(rows, |row| steps(row.origin, row.run.from, of));
    vec![
        times(rows, |row| row.at),
        all::<UInt8Type, _>(rows, |row| row.channel),
        all::<UInt8Type, _>(rows, |row| row.percent),
        from(lat_deg),
        from(lon_deg),
        all::<Float32Type, _>(rows, |row| row.run.size_m as f32),
        all::<UInt16Type, _>(rows, |row| row.run.count),
    ]
}
