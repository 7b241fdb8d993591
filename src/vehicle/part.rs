//! What changed of the aircraft, part by part: what the flight file gets, and what a replay puts together again.

use super::zones::Zones;
use super::*;
use crate::time::{Aged, TimeUs};

/// A part of [`Vehicle`] with its new value.
#[derive(Copy, Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the field of `Vehicle` of its name")]
pub enum Part {
    Identity(Option<Identity>),
    Contested(Option<&'static str>),
    LeftTotal(u32),
    Heartbeat(Option<Aged<Heartbeat>>),
    ModeTold(Option<Aged<Mode>>),
    Landed(Option<Aged<Landed>>),
    Attitude(Option<Aged<Attitude>>),
    Position(Option<Aged<Position>>),
    Gps(Option<Aged<Gps>>),
    Ekf(Option<Aged<Ekf>>),
    Battery(Option<Aged<Battery>>),
    Rc(Option<Aged<Rc>>),
    Health(Option<Aged<Health>>),
    HeightRangefinder(Option<Aged<f64>>),
    HeightTerrain(Option<Aged<f64>>),
    Home(Option<Aged<Home>>),
    Utc(Option<Aged<u64>>),
    ClockOffset(Option<Aged<i64>>),
    Wind(Option<Aged<Wind>>),
    GroundStation(Option<Aged<u8>>),
    /// By its place in [`parameter::PARAMETERS`].
    Parameter(u8, Option<Aged<f64>>),
    /// The uploaded fence was read, or is not known any more. Its areas follow when it is a new one.
    Zones(Option<Aged<ZonesRead>>),
    /// A disc of it: inside, centre, radius in m.
    ZoneCircle(bool, crate::geo::Wgs84, f64),
    /// A corner of a polygon of it: inside, place in the polygon, corners of the polygon, where.
    ZoneCorner(bool, u8, u8, crate::geo::Wgs84),
}

/// The uploaded fence was read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ZonesRead {
    /// It is another one than before: its areas follow.
    pub is_changed: bool,
    /// There is more of it than we understand.
    pub is_cut: bool,
}

impl Vehicle {
    /// What makes `before` this.
    pub fn changes_since(&self, before: &Vehicle, each: &mut dyn FnMut(Part)) {
        macro_rules! tell {
            ($($field:ident => $part:ident),+ $(,)?) => {
                $(if self.$field != before.$field { each(Part::$part(self.$field)); })+
            };
        }
        tell! {
            identity => Identity, contested => Contested, left_total => LeftTotal, heartbeat => Heartbeat,
            mode_told => ModeTold, landed => Landed, attitude => Attitude, position => Position, gps => Gps, ekf => Ekf,
            battery => Battery, rc => Rc, health => Health, height_rangefinder_m => HeightRangefinder,
            height_terrain_m => HeightTerrain, home => Home, utc_us => Utc, clock_offset_us => ClockOffset,
            wind => Wind, ground_station => GroundStation,
        }
        for index in 0..parameter::PARAMETERS.len() {
            let told = self.parameters.told(index);
            if told != before.parameters.told(index) {
                each(Part::Parameter(index as u8, told));
            }
        }
        if self.zones != before.zones {
            self.tell_zones(before, each);
        }
    }

    fn tell_zones(&self, before: &Vehicle, each: &mut dyn FnMut(Part)) {
        let Some(Aged { value: zones, received_us }) = self.zones else { return each(Part::Zones(None)) };
        let is_changed = before.zones.is_none_or(|before| before.value != zones);
        each(Part::Zones(Some(Aged::new(ZonesRead { is_changed, is_cut: zones.is_cut }, received_us))));
        if !is_changed {
            return;
        }
        for zone in zones.iter() {
            match zone {
                Zone::Circle { inside, center, radius_m } => each(Part::ZoneCircle(inside, center, radius_m)),
                Zone::Polygon { inside, corner_count, .. } => {
                    for (place, corner) in zones.corners(&zone).iter().enumerate() {
                        each(Part::ZoneCorner(inside, place as u8, corner_count, *corner));
                    }
                }
            }
        }
    }
}

/// Puts an aircraft together from its parts, in the order in which they were told.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// As known so far.
    pub vehicle: Vehicle,
    polygon: Vec<crate::geo::Wgs84>,
}

impl Joined {
    /// Takes a part.
    pub fn take(&mut self, part: &Part) {
        let vehicle = &mut self.vehicle;
        match *part {
            Part::Identity(value) => vehicle.identity = value,
            Part::Contested(value) => vehicle.contested = value,
            Part::LeftTotal(value) => vehicle.left_total = value,
            Part::Heartbeat(value) => vehicle.heartbeat = value,
            Part::ModeTold(value) => vehicle.mode_told = value,
            Part::Landed(value) => vehicle.landed = value,
            Part::Attitude(value) => vehicle.attitude = value,
            Part::Position(value) => vehicle.position = value,
            Part::Gps(value) => vehicle.gps = value,
            Part::Ekf(value) => vehicle.ekf = value,
            Part::Battery(value) => vehicle.battery = value,
            Part::Rc(value) => vehicle.rc = value,
            Part::Health(value) => vehicle.health = value,
            Part::HeightRangefinder(value) => vehicle.height_rangefinder_m = value,
            Part::HeightTerrain(value) => vehicle.height_terrain_m = value,
            Part::Home(value) => vehicle.home = value,
            Part::Utc(value) => vehicle.utc_us = value,
            Part::ClockOffset(value) => vehicle.clock_offset_us = value,
            Part::Wind(value) => vehicle.wind = value,
            Part::GroundStation(value) => vehicle.ground_station = value,
            Part::Parameter(index, value) => vehicle.parameters.keep(usize::from(index), value),
            Part::Zones(value) => self.take_zones(value),
            Part::ZoneCircle(inside, center, radius_m) => {
                self.zones().push_circle(inside, center, radius_m);
            }
            Part::ZoneCorner(inside, place, corner_count, corner) => {
                if place == 0 {
                    self.polygon.clear();
                }
                self.polygon.push(corner);
                if place + 1 == corner_count {
                    let polygon = std::mem::take(&mut self.polygon);
                    self.zones().push_polygon(inside, &polygon);
                }
            }
        }
    }

    fn take_zones(&mut self, read: Option<Aged<ZonesRead>>) {
        let before = self.vehicle.zones.map(|zones| zones.value).unwrap_or_default();
        self.vehicle.zones = read.map(|read| {
            let mut zones = if read.value.is_changed { Zones::default() } else { before };
            zones.is_cut = read.value.is_cut;
            Aged::new(zones, read.received_us)
        });
    }

    fn zones(&mut self) -> &mut Zones {
        &mut self.vehicle.zones.get_or_insert(Aged::new(Zones::default(), TimeUs(0))).value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Wgs84;

    fn vehicle(at_us: u64, zone_count: usize) -> Vehicle {
        let at = TimeUs(at_us);
        let corner = |lat_deg| Wgs84 { lat_deg, lon_deg: 8.0 };
        let mut zones = Zones::default();
        for zone in 0..zone_count {
            zones.push_polygon(zone % 2 == 0, &[corner(1.0), corner(2.0), corner(3.0 + zone as f64)]);
            zones.push_circle(zone % 2 == 1, corner(4.0), 5.0);
        }
        let mut vehicle = Vehicle {
            identity: Some(Identity { system: 1, component: 1, firmware: Firmware::Px4 }),
            left_total: zone_count as u32,
            landed: Some(Aged::new(Landed::InAir, at)),
            height_terrain_m: Some(Aged::new(at_us as f64, at)),
            zones: (zone_count > 0).then_some(Aged::new(zones, at)),
            ..Vehicle::default()
        };
        vehicle.parameters.keep(zone_count, Some(Aged::new(1.0, at)));
        vehicle
    }

    #[test]
    fn the_parts_make_the_whole() {
        let mut joined = Joined::default();
        let mut before = Vehicle::default();
        let mut told = Vec::new();
        for (at_us, zone_count) in [(1, 0), (2, 2), (3, 2), (4, 1), (5, 0), (6, 3), (6, 3)] {
            let after = vehicle(at_us, zone_count);
            told.clear();
            after.changes_since(&before, &mut |part| told.push(part));
            told.iter().for_each(|part| joined.take(part));
            assert_eq!(joined.vehicle, after, "{told:?}");
            before = after;
        }
        assert_eq!(told, [], "nothing changed");
    }
}
