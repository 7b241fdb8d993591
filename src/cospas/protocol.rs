//! Which protocol a message is of: what its bits from 37 on mean (C/S T.001 annex A, tables A1 and A2).

use super::bits::Bits;

/// What a message's bits mean.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// User: of the system's own reference beacons.
    Orbitography,
    /// User: an aircraft's registration.
    Aviation,
    /// User: an MMSI or a radio call sign in letters.
    Maritime,
    /// User: numbers of several kinds.
    Serial(Serial),
    /// User: as the country says.
    NationalUser,
    /// User: a radio call sign.
    RadioCallSign,
    /// User: a test.
    TestUser,
    /// User: of no meaning in the first generation.
    SpareUser,
    /// Standard location: EPIRB by its ship's MMSI.
    StandardEpirbMmsi,
    /// Standard location: ELT by its aircraft's address.
    StandardEltAddress,
    /// Standard location: ELT by its number.
    StandardEltSerial,
    /// Standard location: ELT by the aircraft's operator.
    StandardEltOperator,
    /// Standard location: EPIRB by its number.
    StandardEpirbSerial,
    /// Standard location: PLB by its number.
    StandardPlbSerial,
    /// Standard location: a ship's security alert.
    ShipSecurity,
    /// Standard location: a test.
    StandardTest,
    /// National location: ELT.
    NationalElt,
    /// National location: EPIRB.
    NationalEpirb,
    /// National location: PLB.
    NationalPlb,
    /// National location: a test.
    NationalTest,
    /// Return link service location.
    Rls,
    /// Location of an ELT that sends in flight (distress tracking).
    EltDt,
    /// Location: of no meaning.
    SpareLocation,
}

/// Kinds of serial user protocols.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Serial {
    /// ELT by its number.
    Elt,
    /// ELT by the aircraft's operator.
    EltOperator,
    /// EPIRB that floats free, by its number.
    EpirbFloatFree,
    /// ELT by its aircraft's address.
    EltAddress,
    /// EPIRB that does not, by its number.
    EpirbNonFloatFree,
    /// PLB by its number.
    Plb,
    /// Of no meaning.
    Spare,
}

/// What carries a beacon.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum BeaconKind {
    /// An aircraft.
    Elt,
    /// A ship.
    Epirb,
    /// A person.
    Plb,
    /// A ship that is attacked.
    ShipSecurity,
    /// Nobody in distress: a reference of the system.
    Reference,
    /// Nobody in distress: a test.
    Test,
    /// The message does not say.
    Unknown,
}

impl BeaconKind {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            BeaconKind::Elt => "ELT",
            BeaconKind::Epirb => "EPIRB",
            BeaconKind::Plb => "PLB",
            BeaconKind::ShipSecurity => "ship security alert",
            BeaconKind::Reference => "reference",
            BeaconKind::Test => "test",
            BeaconKind::Unknown => "unknown",
        }
    }
}

impl Protocol {
    /// Of a message with these bits.
    pub fn of(bits: Bits) -> Protocol {
        if bits.is_set(26) {
            return match bits.get(37, 39) {
                0b000 => Protocol::Orbitography,
                0b001 => Protocol::Aviation,
                0b010 => Protocol::Maritime,
                0b011 => Protocol::Serial(Serial::of(bits)),
                0b100 => Protocol::NationalUser,
                0b110 => Protocol::RadioCallSign,
                0b111 => Protocol::TestUser,
                _ => Protocol::SpareUser,
            };
        }
        match bits.get(37, 40) {
            0b0010 => Protocol::StandardEpirbMmsi,
            0b0011 => Protocol::StandardEltAddress,
            0b0100 => Protocol::StandardEltSerial,
            0b0101 => Protocol::StandardEltOperator,
            0b0110 => Protocol::StandardEpirbSerial,
            0b0111 => Protocol::StandardPlbSerial,
            0b1000 => Protocol::NationalElt,
            0b1001 => Protocol::EltDt,
            0b1010 => Protocol::NationalEpirb,
            0b1011 => Protocol::NationalPlb,
            0b1100 => Protocol::ShipSecurity,
            0b1101 => Protocol::Rls,
            0b1110 => Protocol::StandardTest,
            0b1111 => Protocol::NationalTest,
            _ => Protocol::SpareLocation,
        }
    }

    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Orbitography => "orbitography",
            Protocol::Aviation => "ELT aviation user",
            Protocol::Maritime => "EPIRB maritime user",
            Protocol::Serial(Serial::Elt) => "ELT serial user",
            Protocol::Serial(Serial::EltOperator) => "ELT aircraft operator user",
            Protocol::Serial(Serial::EpirbFloatFree) => "EPIRB serial user, float free",
            Protocol::Serial(Serial::EltAddress) => "ELT 24-bit address user",
            Protocol::Serial(Serial::EpirbNonFloatFree) => "EPIRB serial user, not float free",
            Protocol::Serial(Serial::Plb) => "PLB serial user",
            Protocol::Serial(Serial::Spare) => "spare serial user",
            Protocol::NationalUser => "national user",
            Protocol::RadioCallSign => "EPIRB radio call sign user",
            Protocol::TestUser => "test user",
            Protocol::SpareUser => "spare user",
            Protocol::StandardEpirbMmsi => "EPIRB MMSI standard location",
            Protocol::StandardEltAddress => "ELT 24-bit address standard location",
            Protocol::StandardEltSerial => "ELT serial standard location",
            Protocol::StandardEltOperator => "ELT aircraft operator standard location",
            Protocol::StandardEpirbSerial => "EPIRB serial standard location",
            Protocol::StandardPlbSerial => "PLB serial standard location",
            Protocol::ShipSecurity => "ship security standard location",
            Protocol::StandardTest => "test standard location",
            Protocol::NationalElt => "ELT national location",
            Protocol::NationalEpirb => "EPIRB national location",
            Protocol::NationalPlb => "PLB national location",
            Protocol::NationalTest => "test national location",
            Protocol::Rls => "RLS location",
            Protocol::EltDt => "ELT(DT) location",
            Protocol::SpareLocation => "spare location",
        }
    }

    /// What carries the beacon; of some protocols other bits say it.
    pub fn beacon(self, bits: Bits) -> BeaconKind {
        match self {
            Protocol::Orbitography => BeaconKind::Reference,
            Protocol::TestUser | Protocol::StandardTest | Protocol::NationalTest => BeaconKind::Test,
            Protocol::Aviation
            | Protocol::StandardEltAddress
            | Protocol::StandardEltSerial
            | Protocol::StandardEltOperator
            | Protocol::NationalElt
            | Protocol::Serial(Serial::Elt | Serial::EltOperator | Serial::EltAddress) => BeaconKind::Elt,
            Protocol::Maritime
            | Protocol::RadioCallSign
            | Protocol::StandardEpirbMmsi
            | Protocol::StandardEpirbSerial
            | Protocol::NationalEpirb
            | Protocol::Serial(Serial::EpirbFloatFree | Serial::EpirbNonFloatFree) => BeaconKind::Epirb,
            Protocol::StandardPlbSerial | Protocol::NationalPlb | Protocol::Serial(Serial::Plb) => {
                BeaconKind::Plb
            }
            Protocol::ShipSecurity => BeaconKind::ShipSecurity,
            Protocol::EltDt if bits.get(41, 42) == 0b11 => BeaconKind::Test,
            Protocol::EltDt => BeaconKind::Elt,
            Protocol::Rls => match bits.get(41, 42) {
                // By its MMSI, a ship's first and second beacon are told apart here.
                0b00 | 0b01 if has_mmsi(bits) => BeaconKind::Epirb,
                0b00 => BeaconKind::Elt,
                0b01 => BeaconKind::Epirb,
                0b10 => BeaconKind::Plb,
                _ => BeaconKind::Test,
            },
            Protocol::NationalUser
            | Protocol::SpareUser
            | Protocol::SpareLocation
            | Protocol::Serial(Serial::Spare) => BeaconKind::Unknown,
        }
    }
}

/// Whether an RLS message names an MMSI.
pub(super) fn has_mmsi(bits: Bits) -> bool {
    bits.get(43, 46) == 0b1111
}

impl Serial {
    fn of(bits: Bits) -> Serial {
        match bits.get(40, 42) {
            0b000 => Serial::Elt,
            0b001 => Serial::EltOperator,
            0b010 => Serial::EpirbFloatFree,
            0b011 => Serial::EltAddress,
            0b100 => Serial::EpirbNonFloatFree,
            0b110 => Serial::Plb,
            _ => Serial::Spare,
        }
    }
}
