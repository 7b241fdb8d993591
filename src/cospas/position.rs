//! Where a beacon says it is, and how exactly (C/S T.001 annex A2.6, A3.3 to A3.5).
//!
//! A coarse place stands in the first protected field, its offset in the second. Offsets are counted on absolute values: one of +1′ leads
//! away from the equator and from Greenwich. A place of no position has all its degree bits set, which no place has; an offset of
//! none has 60″.

use super::bits::Bits;
use super::protocol::Protocol;

/// Where a position comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A receiver in the beacon.
    Internal,
    /// A receiver beside it.
    External,
}

impl Source {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Internal => "internal",
            Source::External => "external",
        }
    }
}

/// A position as the beacon says it.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct EncodedPosition {
    /// Latitude on WGS84, −90..=90.
    pub lat_deg: f64,
    /// Longitude on WGS84, −180..=180.
    pub lon_deg: f64,
    /// Distance between places that can be told, seconds of arc: 4 with an offset, 120 to 1800 without.
    pub resolution_arcsec: u16,
}

impl EncodedPosition {
    /// Half of the resolution along a meridian: how far the place that was meant is off at most, m (a minute of arc is 1852 m).
    pub fn radius_m(&self) -> f64 {
        f64::from(self.resolution_arcsec) / 2.0 / 60.0 * 1_852.0
    }
}

/// Where the numbers of a place stand: its sign, whole degrees, and parts of a degree.
struct Layout {
    latitude: Angle,
    longitude: Angle,
    /// One part, seconds of arc.
    step_arcsec: u16,
    offset: Option<Offset>,
}

struct Angle {
    sign: u32,
    /// First and last bit of the degrees.
    degrees: (u32, u32),
    /// Last bit of the parts, which follow.
    parts_to: u32,
}

struct Offset {
    latitude: u32,
    longitude: u32,
    /// Bits of minutes after the sign; four of 4″ follow.
    minute_bits: u32,
}

fn angle(sign: u32, degree_bits: u32, part_bits: u32) -> Angle {
    let last = sign + degree_bits;
    Angle { sign, degrees: (sign + 1, last), parts_to: last + part_bits }
}

const OFFSET_STEP_ARCSEC: u16 = 4;
/// Four bits of ones: no offset.
const NO_OFFSET: u64 = 15;

impl Layout {
    fn of(protocol: Protocol, bits: Bits, has_second: bool) -> Option<Layout> {
        let layout = |latitude, longitude, minutes: u16, offset: Option<Offset>| {
            let offset = offset.filter(|_| has_second);
            Some(Layout { latitude, longitude, step_arcsec: 60 * minutes, offset })
        };
        let offset = |latitude, longitude, minute_bits| Some(Offset { latitude, longitude, minute_bits });
        match protocol {
            Protocol::Aviation | Protocol::Maritime | Protocol::Serial(_) | Protocol::RadioCallSign => {
                let is_there = has_second && bits.is_set(25);
                is_there.then(|| layout(angle(108, 7, 4), angle(120, 8, 4), 4, None)).flatten()
            }
            Protocol::StandardEpirbMmsi
            | Protocol::StandardEltAddress
            | Protocol::StandardEltSerial
            | Protocol::StandardEltOperator
            | Protocol::StandardEpirbSerial
            | Protocol::StandardPlbSerial
            | Protocol::ShipSecurity
            | Protocol::StandardTest => layout(angle(65, 7, 2), angle(75, 8, 2), 15, offset(113, 123, 5)),
            Protocol::NationalElt
            | Protocol::NationalEpirb
            | Protocol::NationalPlb
            | Protocol::NationalTest => {
                // Else those bits are the country's.
                let is_offset = bits.is_set(110);
                let offset = if is_offset { offset(113, 120, 2) } else { None };
                layout(angle(59, 7, 5), angle(72, 8, 5), 2, offset)
            }
            Protocol::Rls | Protocol::EltDt => {
                layout(angle(67, 7, 1), angle(76, 8, 1), 30, offset(115, 124, 4))
            }
            Protocol::Orbitography
            | Protocol::NationalUser
            | Protocol::TestUser
            | Protocol::SpareUser
            | Protocol::SpareLocation => None,
        }
    }
}

impl Angle {
    /// Whether it is south or west, and its size, seconds of arc.
    fn read(&self, bits: Bits, step_arcsec: u16) -> (bool, i64) {
        let degrees = bits.get(self.degrees.0, self.degrees.1) as i64;
        let parts = bits.get(self.degrees.1 + 1, self.parts_to) as i64;
        (bits.is_set(self.sign), degrees * 3_600 + parts * i64::from(step_arcsec))
    }
}

/// The position of a message of this protocol; `has_second`: whether its second protected field is there and right.
pub(super) fn read(protocol: Protocol, bits: Bits, has_second: bool) -> Option<EncodedPosition> {
    let layout = Layout::of(protocol, bits, has_second)?;
    let (is_south, mut latitude) = layout.latitude.read(bits, layout.step_arcsec);
    let (is_west, mut longitude) = layout.longitude.read(bits, layout.step_arcsec);
    if latitude > 90 * 3_600 || longitude > 180 * 3_600 {
        return None;
    }
    let mut resolution_arcsec = layout.step_arcsec;
    if let Some(offset) = layout.offset {
        let of = |first: u32| {
            let minutes_to = first + offset.minute_bits;
            let seconds = bits.get(minutes_to + 1, minutes_to + 4);
            let size =
                60 * bits.get(first + 1, minutes_to) as i64 + i64::from(OFFSET_STEP_ARCSEC) * seconds as i64;
            (seconds != NO_OFFSET).then_some(if bits.is_set(first) { size } else { -size })
        };
        if let (Some(north), Some(east)) = (of(offset.latitude), of(offset.longitude)) {
            (latitude, longitude) = (latitude + north, longitude + east);
            resolution_arcsec = OFFSET_STEP_ARCSEC;
        }
    }
    let degrees = |arcsec: i64, is_negative: bool| {
        let degrees = arcsec as f64 / 3_600.0;
        if is_negative && arcsec != 0 { -degrees } else { degrees }
    };
    // An offset may lead over a pole's or the date line's last seconds: that is no place. 0/0 is one here: no position has its own bits.
    let (lat_deg, lon_deg) = (degrees(latitude, is_south), degrees(longitude, is_west));
    let is_place = lat_deg.abs() <= 90.0 && lon_deg.abs() <= 180.0;
    is_place.then_some(EncodedPosition { lat_deg, lon_deg, resolution_arcsec })
}

/// The bits of a location protocol that are a place, first and last, and what stands there in the identification.
pub(super) fn default_bits(protocol: Protocol) -> Option<(u32, u32, u128)> {
    match protocol {
        Protocol::StandardEpirbMmsi
        | Protocol::StandardEltAddress
        | Protocol::StandardEltSerial
        | Protocol::StandardEltOperator
        | Protocol::StandardEpirbSerial
        | Protocol::StandardPlbSerial
        | Protocol::ShipSecurity
        | Protocol::StandardTest => Some((65, 85, 0b0_1111_1111_1011_1111_1111)),
        Protocol::NationalElt | Protocol::NationalEpirb | Protocol::NationalPlb | Protocol::NationalTest => {
            Some((59, 85, 0b011_1111_1000_0001_1111_1110_0000))
        }
        Protocol::Rls | Protocol::EltDt => Some((67, 85, 0b011_1111_1101_1111_1111)),
        _ => None,
    }
}
