//! Places: WGS84 degrees at the edges, NED metres about a named origin inside.
//!
//! The local plane uses the ellipsoid's radii of curvature at the origin (NIMA TR8350.2, 2000, §§ 3–4: a = 6378137 m,
//! e² = 6.69437999014e-3). Within 20 km of the origin it is good to 0.1 % of the distance; a search is far smaller.

const EQUATOR_RADIUS_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_14e-3;

/// A place on WGS84. Degrees; altitudes never travel here, they have their datum in their own name.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Wgs84 {
    /// Latitude, −90..=90.
    pub lat_deg: f64,
    /// Longitude, −180..=180.
    pub lon_deg: f64,
}

impl Wgs84 {
    /// A place, if both are finite, in range, and not the 0/0 that autopilots send before a fix.
    pub fn checked(lat_deg: f64, lon_deg: f64) -> Option<Wgs84> {
        let in_range = (-90.0..=90.0).contains(&lat_deg) && (-180.0..=180.0).contains(&lon_deg);
        (in_range && (lat_deg != 0.0 || lon_deg != 0.0)).then_some(Wgs84 { lat_deg, lon_deg })
    }
}

/// Metres north and east of an [`Origin`].
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct NorthEast {
    /// North.
    pub north_m: f64,
    /// East.
    pub east_m: f64,
}

impl NorthEast {
    /// Distance to `other`.
    pub fn distance_m(self, other: NorthEast) -> f64 {
        (self.north_m - other.north_m).hypot(self.east_m - other.east_m)
    }

    /// Bearing of another place from true north, −π to π.
    pub fn bearing_rad(self, to: NorthEast) -> f64 {
        (to.east_m - self.east_m).atan2(to.north_m - self.north_m)
    }

    /// The place on the way to another at this share of it.
    pub fn between(self, to: NorthEast, share: f64) -> NorthEast {
        NorthEast {
            north_m: self.north_m + share * (to.north_m - self.north_m),
            east_m: self.east_m + share * (to.east_m - self.east_m),
        }
    }
}

/// The place NED metres are counted from, with its radii of curvature.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Origin {
    place: Wgs84,
    north_m_per_rad: f64,
    east_m_per_rad: f64,
}

impl Origin {
    /// An origin at `place`.
    pub fn new(place: Wgs84) -> Origin {
        let sin_lat = place.lat_deg.to_radians().sin();
        let w = 1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat;
        Origin {
            place,
            north_m_per_rad: EQUATOR_RADIUS_M * (1.0 - ECCENTRICITY_SQUARED) / (w * w.sqrt()),
            east_m_per_rad: EQUATOR_RADIUS_M / w.sqrt() * place.lat_deg.to_radians().cos(),
        }
    }

    /// The origin itself.
    pub fn place(&self) -> Wgs84 {
        self.place
    }

    /// Where `place` lies from here. Longitudes wrap at ±180°.
    pub fn ned_from_wgs84(&self, place: Wgs84) -> NorthEast {
        let lon_deg = (place.lon_deg - self.place.lon_deg + 540.0).rem_euclid(360.0) - 180.0;
        NorthEast {
            north_m: (place.lat_deg - self.place.lat_deg).to_radians() * self.north_m_per_rad,
            east_m: lon_deg.to_radians() * self.east_m_per_rad,
        }
    }

    /// The inverse of [`Origin::ned_from_wgs84`].
    pub fn wgs84_from_ned(&self, at: NorthEast) -> Wgs84 {
        let lon_deg = self.place.lon_deg + (at.east_m / self.east_m_per_rad).to_degrees();
        Wgs84 {
            lat_deg: self.place.lat_deg + (at.north_m / self.north_m_per_rad).to_degrees(),
            lon_deg: (lon_deg + 540.0).rem_euclid(360.0) - 180.0,
        }
    }
}

/// `angle_rad` brought into −π..=π.
pub fn wrap_pi(angle_rad: f64) -> f64 {
    let wrapped = (angle_rad + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU);
    wrapped - std::f64::consts::PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_has_the_ellipsoids_length() {
        // At 45° N by the series of the US National Geospatial-Intelligence Agency's length-of-a-degree calculator:
        // 111132.92 − 559.82 cos 2φ + 1.175 cos 4φ and 111412.84 cos φ − 93.5 cos 3φ + 0.118 cos 5φ metres.
        let origin = Origin::new(Wgs84 { lat_deg: 45.0, lon_deg: 8.0 });
        let at = origin.ned_from_wgs84(Wgs84 { lat_deg: 46.0, lon_deg: 9.0 });
        assert!((at.north_m - 111_131.745).abs() < 0.1, "{at:?}");
        assert!((at.east_m - 78_846.806).abs() < 0.1, "{at:?}");
    }

    #[test]
    fn comes_back_across_the_date_line() {
        let origin = Origin::new(Wgs84 { lat_deg: -17.0, lon_deg: 179.999 });
        let place = Wgs84 { lat_deg: -17.001, lon_deg: -179.999 };
        let at = origin.ned_from_wgs84(place);
        assert!((at.east_m - 212.9).abs() < 1.0, "{at:?}");
        let back = origin.wgs84_from_ned(at);
        assert!((back.lat_deg - place.lat_deg).abs() < 1e-9);
        assert!((back.lon_deg - place.lon_deg).abs() < 1e-9);
    }

    #[test]
    fn refuses_places_that_are_none() {
        assert_eq!(Wgs84::checked(0.0, 0.0), None);
        assert_eq!(Wgs84::checked(f64::NAN, 8.0), None);
        assert_eq!(Wgs84::checked(91.0, 8.0), None);
        assert!(Wgs84::checked(0.0, 8.0).is_some());
    }

    #[test]
    fn wraps_angles() {
        assert!((wrap_pi(3.5 * std::f64::consts::PI) + 0.5 * std::f64::consts::PI).abs() < 1e-12);
    }
}
