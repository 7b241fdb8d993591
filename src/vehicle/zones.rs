//! The fence that was uploaded to the autopilot: polygons and circles to stay inside or outside of (WGS84 degrees, m).
//!
//! From the mission protocol, type fence (MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION 5001, _EXCLUSION 5002,
//! MAV_CMD_NAV_FENCE_CIRCLE_INCLUSION 5003, _EXCLUSION 5004; mavlink.io, "Mission Protocol"). Bounded, so that it is a plain value;
//! a fence larger than this is told as such, and refused.

use super::Firmware;
use crate::geo::Wgs84;
use crate::limits::{ZONE_CORNERS_MAX, ZONES_MAX};

/// Bit of ArduPilot's FENCE_TYPE.
const TYPE_POLYGONS: u32 = 4;

/// One area.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Zone {
    /// A polygon: `corner_count` corners from `first_corner` on.
    Polygon {
        /// Stay inside (else outside).
        inside: bool,
        /// First of its corners in [`Zones::corners`].
        first_corner: u8,
        /// How many, 3 or more.
        corner_count: u8,
    },
    /// A disc.
    Circle {
        /// Stay inside (else outside).
        inside: bool,
        /// Its centre.
        center: Wgs84,
        /// Its radius, m.
        radius_m: f64,
    },
}

/// All areas.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Zones {
    zones: [Option<Zone>; ZONES_MAX],
    corners: [Wgs84; ZONE_CORNERS_MAX],
    zone_count: u8,
    corner_count: u8,
    /// There is more, or something that we do not understand: where it lies is not known.
    pub is_cut: bool,
}

impl Default for Zones {
    fn default() -> Zones {
        Zones {
            zones: [None; ZONES_MAX],
            corners: [Wgs84 { lat_deg: 0.0, lon_deg: 0.0 }; ZONE_CORNERS_MAX],
            zone_count: 0,
            corner_count: 0,
            is_cut: false,
        }
    }
}

impl Zones {
    /// Whether the autopilot keeps to uploaded areas: PX4 does, ArduPilot where FENCE_TYPE, as known, says so.
    pub fn are_heeded(firmware: Firmware, fence_type: Option<f64>) -> bool {
        firmware == Firmware::Px4 || fence_type.is_some_and(|types| types as u32 & TYPE_POLYGONS != 0)
    }

    /// Takes a polygon. One that does not fit, or of fewer than 3 corners, cuts.
    pub fn push_polygon(&mut self, inside: bool, corners: &[Wgs84]) {
        let first = usize::from(self.corner_count);
        let fits = corners.len() >= 3 && first + corners.len() <= ZONE_CORNERS_MAX;
        if !fits || usize::from(self.zone_count) == ZONES_MAX {
            self.is_cut = true;
            return;
        }
        self.corners[first..first + corners.len()].copy_from_slice(corners);
        let zone =
            Zone::Polygon { inside, first_corner: self.corner_count, corner_count: corners.len() as u8 };
        self.corner_count += corners.len() as u8;
        self.push(zone);
    }

    /// Takes a disc. One that does not fit, or whose radius is not finite and over 0, cuts.
    pub fn push_circle(&mut self, inside: bool, center: Wgs84, radius_m: f64) {
        if !(radius_m.is_finite() && radius_m > 0.0) || usize::from(self.zone_count) == ZONES_MAX {
            self.is_cut = true;
            return;
        }
        self.push(Zone::Circle { inside, center, radius_m });
    }

    fn push(&mut self, zone: Zone) {
        self.zones[usize::from(self.zone_count)] = Some(zone);
        self.zone_count += 1;
    }

    /// The areas.
    pub fn iter(&self) -> impl Iterator<Item = Zone> + '_ {
        self.zones.iter().copied().flatten()
    }

    /// Corners of a polygon; none of a disc.
    pub fn corners(&self, zone: &Zone) -> &[Wgs84] {
        match *zone {
            Zone::Circle { .. } => &[],
            Zone::Polygon { first_corner, corner_count, .. } => {
                let first = usize::from(first_corner);
                self.corners.get(first..first + usize::from(corner_count)).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told() {
        let corner = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };
        let mut zones = Zones::default();
        zones.push_polygon(true, &[corner; 4]);
        zones.push_circle(false, corner, 20.0);
        let seen: Vec<usize> = zones.iter().map(|zone| zones.corners(&zone).len()).collect();
        assert_eq!((seen, zones.is_cut), (vec![4, 0], false));
        zones.push_polygon(true, &[corner; ZONE_CORNERS_MAX - 3]);
        assert!(zones.is_cut && zones.iter().count() == 2);
        for (bad, radius_m) in [(true, f64::NAN), (true, 0.0), (false, 1.0)] {
            let mut zones = Zones::default();
            zones.push_circle(true, corner, radius_m);
            assert_eq!(zones.is_cut, bad, "{radius_m}");
        }
        let mut zones = Zones::default();
        (0..=ZONES_MAX).for_each(|_| zones.push_circle(true, corner, 1.0));
        assert!(zones.is_cut && zones.iter().count() == ZONES_MAX);
        zones = Zones::default();
        zones.push_polygon(true, &[corner; 2]);
        assert!(zones.is_cut);
    }
}
