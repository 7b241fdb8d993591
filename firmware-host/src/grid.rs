//! Grids of maps: a WGS84 place → UTM and MGRS, as crews read it out over the radio.
//!
//! UTM is the transverse Mercator projection by Krüger's series to the sixth order of the third flattening (Karney, "Transverse Mercator
//! with an accuracy of a few nanometers", J. Geodesy 85 (2011) 475, eqs. 7–9, 11, 14, 35); zones with their exceptions about Norway and
//! Svalbard, bands and the letters of the 100 km squares by NGA.STND.0037_2.0.0 (2014). Poleward of 84° N and 80° S there is no UTM.

use skyhound::geo::Wgs84;
use std::fmt;

/// Semi-major axis of WGS84, m, and its flattening (NIMA TR8350.2).
const EQUATOR_RADIUS_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Scale on the central meridian, and what is added so that no coordinate is negative, m.
const SCALE: f64 = 0.9996;
const FALSE_EASTING_M: f64 = 500e3;
const FALSE_NORTHING_SOUTH_M: f64 = 10e6;
/// Bands of latitude, 8° each from 80° S on, the last one of 12°.
const BANDS: &[u8] = b"CDEFGHJKLMNPQRSTUVWX";
/// Letters of the columns of 100 km squares, for zones 1, 2 and 3 and so on.
const COLUMNS: [&[u8]; 3] = [b"ABCDEFGH", b"JKLMNPQR", b"STUVWXYZ"];
/// Letters of the rows, which begin with F in zones of even number.
const ROWS: &[u8] = b"ABCDEFGHJKLMNPQRSTUV";
const SQUARE_M: f64 = 100e3;

/// A place of the Universal Transverse Mercator grid.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Utm {
    /// 1..=60.
    pub zone: u8,
    /// Band of latitude, C..=X without I and O.
    pub band: char,
    /// East of 500 km west of the zone's central meridian, m.
    pub easting_m: f64,
    /// North of the equator, m; south of it, of 10 000 km south of it.
    pub northing_m: f64,
}

impl Utm {
    /// Of a place; `None` poleward of 84° N and 80° S.
    pub fn of(place: Wgs84) -> Option<Utm> {
        let Wgs84 { lat_deg, lon_deg } = place;
        if !(-80.0..=84.0).contains(&lat_deg) {
            return None;
        }
        let index = (((lat_deg + 80.0) / 8.0) as usize).min(BANDS.len() - 1);
        let zone = zone(lat_deg, (lon_deg + 540.0).rem_euclid(360.0) - 180.0);
        let (east_m, north_m) = projected(lat_deg, lon_deg - (f64::from(zone) * 6.0 - 183.0));
        let south_m = if lat_deg < 0.0 { FALSE_NORTHING_SOUTH_M } else { 0.0 };
        let (easting_m, northing_m) = (FALSE_EASTING_M + east_m, south_m + north_m);
        Some(Utm { zone, band: char::from(BANDS[index]), easting_m, northing_m })
    }

    /// The same by the letters of the military grid, to a metre: what is less is left out, never rounded.
    pub fn mgrs(&self) -> String {
        let set = usize::from(self.zone - 1) % 3;
        let square = |m: f64| (m / SQUARE_M).floor() as usize;
        let column = COLUMNS[set][(square(self.easting_m) - 1).min(7)];
        let shift = if self.zone.is_multiple_of(2) { 5 } else { 0 };
        let row = ROWS[(square(self.northing_m) + shift) % ROWS.len()];
        let within = |m: f64| m.rem_euclid(SQUARE_M).floor();
        format!(
            "{:02}{}{}{}{:05.0}{:05.0}",
            self.zone,
            self.band,
            char::from(column),
            char::from(row),
            within(self.easting_m),
            within(self.northing_m)
        )
    }
}

impl fmt::Display for Utm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} {:.0} {:.0}", self.zone, self.band, self.easting_m, self.northing_m)
    }
}

/// Six degrees each, but for the west of Norway, which is one with its coast, and Svalbard.
fn zone(lat_deg: f64, lon_deg: f64) -> u8 {
    let svalbard = [(0.0, 9.0, 31), (9.0, 21.0, 33), (21.0, 33.0, 35), (33.0, 42.0, 37)];
    let is_in = |from: f64, to: f64| (from..to).contains(&lon_deg);
    if lat_deg >= 72.0
        && let Some((.., zone)) = svalbard.into_iter().find(|(from, to, _)| is_in(*from, *to))
    {
        return zone;
    }
    if (56.0..64.0).contains(&lat_deg) && is_in(3.0, 12.0) {
        return 32;
    }
    ((lon_deg + 180.0) / 6.0).floor() as u8 % 60 + 1
}

/// Metres east and north of where the central meridian crosses the equator, of a place this far east of it.
fn projected(lat_deg: f64, east_deg: f64) -> (f64, f64) {
    let n = FLATTENING / (2.0 - FLATTENING);
    let e = (FLATTENING * (2.0 - FLATTENING)).sqrt();
    let tau = lat_deg.to_radians().tan();
    let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
    // The tangent of the conformal latitude.
    let conformal = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
    let (sin, cos) = east_deg.to_radians().sin_cos();
    let (xi, eta) = (conformal.atan2(cos), (sin / conformal.hypot(cos)).asinh());
    let (mut north, mut east) = (xi, eta);
    for (index, alpha) in series(n).into_iter().enumerate() {
        let twice = 2.0 * (index + 1) as f64;
        north += alpha * (twice * xi).sin() * (twice * eta).cosh();
        east += alpha * (twice * xi).cos() * (twice * eta).sinh();
    }
    let radius_m =
        EQUATOR_RADIUS_M / (1.0 + n) * (1.0 + n.powi(2) / 4.0 + n.powi(4) / 64.0 + n.powi(6) / 256.0);
    (SCALE * radius_m * east, SCALE * radius_m * north)
}

/// Karney's eq. 35, each by Horner's rule.
fn series(n: f64) -> [f64; 6] {
    let sum =
        |power: i32, terms: &[f64]| n.powi(power) * terms.iter().rev().fold(0.0, |sum, term| sum * n + term);
    [
        sum(1, &[1.0 / 2.0, -2.0 / 3.0, 5.0 / 16.0, 41.0 / 180.0, -127.0 / 288.0, 7_891.0 / 37_800.0]),
        sum(2, &[13.0 / 48.0, -3.0 / 5.0, 557.0 / 1_440.0, 281.0 / 630.0, -1_983_433.0 / 1_935_360.0]),
        sum(3, &[61.0 / 240.0, -103.0 / 140.0, 15_061.0 / 26_880.0, 167_603.0 / 181_440.0]),
        sum(4, &[49_561.0 / 161_280.0, -179.0 / 168.0, 6_601_661.0 / 7_257_600.0]),
        sum(5, &[34_729.0 / 80_640.0, -3_418_889.0 / 1_995_840.0]),
        sum(6, &[212_378_941.0 / 319_334_400.0]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utm(lat_deg: f64, lon_deg: f64) -> Utm {
        Utm::of(Wgs84 { lat_deg, lon_deg }).expect("a place with UTM")
    }

    #[test]
    fn known_places_have_their_grid() {
        // By PROJ 9.1 (`gdaltransform -s_srs OGC:CRS84 -t_srs EPSG:326ZZ`) and NGA's GEOTRANS (PyPI mgrs 1.6.0).
        for (lat_deg, lon_deg, easting_m, northing_m, mgrs) in [
            (47.397742, 8.545594, 465710.759, 5249465.364, "32TMT6571049465"),
            (-33.8568, 151.2153, 334900.570, 6252288.753, "56HLH3490052288"),
            (40.7484, -73.9857, 585628.409, 4511322.447, "18TWL8562811322"),
            (0.0005, -78.4, 789414.919, 55.322, "17NQA8941400055"),
            (-79.9, -179.99, 441488.077, 1128072.243, "01CDM4148828072"),
            (83.5, -40.0, 487362.111, 9272385.451, "24XVT8736272385"),
            (60.3913, 5.3221, 297353.933, 6700648.345, "32VKN9735300648"),
            (78.2232, 15.6267, 514278.715, 8683355.469, "33XWG1427883355"),
            (33.33424, 44.40363, 444500.203, 3688500.544, "38SMB4450088500"),
            (-17.001, -179.999, 180656.708, 8117889.072, "01KAB8065617889"),
        ] {
            let utm = utm(lat_deg, lon_deg);
            assert!((utm.easting_m - easting_m).abs() < 0.001, "{lat_deg} {lon_deg}: {utm:?}");
            assert!((utm.northing_m - northing_m).abs() < 0.001, "{lat_deg} {lon_deg}: {utm:?}");
            assert_eq!(utm.mgrs(), mgrs);
        }
    }

    #[test]
    fn zones_of_norway_and_svalbard_are_their_own() {
        for (lat_deg, lon_deg, named) in [
            (60.0, 2.9, "31V"),
            (60.0, 3.0, "32V"),
            (55.9, 3.0, "31U"),
            (71.9, 8.9, "32W"),
            (72.0, 8.9, "31X"),
            (78.0, 9.0, "33X"),
            (78.0, 33.0, "37X"),
            (83.9, 42.0, "38X"),
            (-80.0, -180.0, "1C"),
            (0.0, 180.0, "1N"),
            (-0.1, 179.999, "60M"),
        ] {
            let utm = utm(lat_deg, lon_deg);
            assert_eq!(format!("{}{}", utm.zone, utm.band), named, "{lat_deg} {lon_deg}");
        }
        assert!(Utm::of(Wgs84 { lat_deg: 84.1, lon_deg: 0.0 }).is_none());
        assert!(Utm::of(Wgs84 { lat_deg: -80.1, lon_deg: 0.0 }).is_none());
    }
}
