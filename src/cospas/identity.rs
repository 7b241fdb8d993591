//! Who sends: what a message's identification names, by its protocol (C/S T.001 annex A).

use super::bits::Bits;
use super::protocol::{Protocol, Serial, has_mmsi};
use std::fmt;

/// The modified Baudot code (C/S T.001 table A3), from code 0 on; `?` is none of it.
const BAUDOT: &[u8; 64] = b"?5?9??????4?80??3????6?/-2??71???T?O HNM?LRGIPCVEZDBSYFXAWJ?UQK?";

/// Up to seven letters, digits, spaces, dashes and strokes.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct Letters {
    bytes: [u8; 7],
    len: u8,
}

impl Letters {
    fn new(letters: impl Iterator<Item = u8>) -> Letters {
        let mut own = Letters { bytes: [0; 7], len: 0 };
        for (place, letter) in own.bytes.iter_mut().zip(letters) {
            *place = letter;
            own.len += 1;
        }
        own
    }

    /// Characters of six bits each in bits `from` to `to`.
    fn baudot(bits: Bits, from: u32, to: u32) -> Letters {
        let codes = (from..=to).step_by(6).map(|at| bits.get(at, at + 5));
        Letters::new(codes.map(|code| BAUDOT[code as usize]))
    }

    /// Letters of five bits each: those of the code's upper half.
    fn short_baudot(bits: Bits, from: u32, to: u32) -> Letters {
        let codes = (from..=to).step_by(5).map(|at| bits.get(at, at + 4) + 32);
        Letters::new(codes.map(|code| BAUDOT[code as usize]))
    }

    /// Without spaces before and after.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default().trim()
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// What a message names.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A ship, by the last six digits of its MMSI; the first three are the country.
    Mmsi {
        /// Those six, 0..=999 999 (and up to 1 048 575 of a message that is wrong).
        last_six: u32,
        /// Which of the ship's beacons.
        beacon: char,
    },
    /// A ship, by its radio call sign.
    CallSign {
        /// The call sign.
        letters: Letters,
        /// Which of the ship's beacons.
        beacon: char,
    },
    /// An aircraft, by its registration.
    Registration {
        /// The registration.
        letters: Letters,
        /// Which of the aircraft's beacons.
        beacon: char,
    },
    /// An aircraft, by its ICAO address of 24 bits.
    Address {
        /// The address.
        address: u32,
        /// Number of the beacon among the aircraft's further ones; 0 of the only one.
        beacon: u8,
    },
    /// An aircraft's operator, by three letters, and the number that he gave.
    Operator {
        /// The operator.
        letters: Letters,
        /// The number, 0..=4095.
        serial: u16,
    },
    /// A beacon, by its number.
    Number {
        /// The certificate of its type, where it is told. Of an RLS beacon with its first digit, which the kind of beacon says.
        type_approval: Option<u16>,
        /// The number among those of its type.
        serial: u32,
    },
    /// Bits that the country, or who tests, gives a meaning.
    National {
        /// The bits, the last one lowest.
        bits: u64,
        /// How many.
        count: u8,
    },
}

impl Identity {
    /// Of a message of this protocol.
    pub fn of(protocol: Protocol, bits: Bits) -> Identity {
        let baudot = |from, to| Letters::baudot(bits, from, to);
        let letter = |at: u32| char::from(BAUDOT[bits.get(at, at + 5) as usize]);
        let national = |from: u32, to: u32| Identity::National {
            bits: bits.get(from, to),
            count: (to - from + 1) as u8,
        };
        let number = |from: u32| Identity::Number {
            type_approval: Some(bits.get(from, from + 9) as u16),
            serial: bits.get(from + 10, from + 23) as u32,
        };
        let address = |from: u32| bits.get(from, from + 23) as u32;
        let operator = |from: u32| Identity::Operator {
            letters: Letters::short_baudot(bits, from, from + 14),
            serial: bits.get(from + 15, from + 23) as u16,
        };
        match protocol {
            Protocol::Aviation => Identity::Registration {
                letters: baudot(40, 81),
                beacon: char::from(b'0' + bits.get(82, 83) as u8),
            },
            Protocol::Maritime => ship(baudot(40, 75), letter(76)),
            Protocol::RadioCallSign => {
                Identity::CallSign { letters: radio_call_sign(bits), beacon: letter(76) }
            }
            Protocol::Serial(Serial::EltOperator) => {
                Identity::Operator { letters: baudot(44, 61), serial: bits.get(62, 73) as u16 }
            }
            Protocol::Serial(Serial::EltAddress) => {
                Identity::Address { address: address(44), beacon: bits.get(68, 73) as u8 }
            }
            Protocol::Serial(Serial::Spare) => national(43, 85),
            Protocol::Serial(_) => Identity::Number {
                type_approval: bits.is_set(43).then(|| bits.get(74, 83) as u16),
                serial: bits.get(44, 63) as u32,
            },
            Protocol::StandardEpirbMmsi | Protocol::ShipSecurity => Identity::Mmsi {
                last_six: bits.get(41, 60) as u32,
                beacon: char::from_digit(bits.get(61, 64) as u32, 16).unwrap_or('?'),
            },
            Protocol::StandardEltAddress => Identity::Address { address: address(41), beacon: 0 },
            Protocol::StandardEltOperator => operator(41),
            Protocol::StandardEltSerial | Protocol::StandardEpirbSerial | Protocol::StandardPlbSerial => {
                number(41)
            }
            Protocol::NationalElt | Protocol::NationalEpirb | Protocol::NationalPlb => {
                Identity::Number { type_approval: None, serial: bits.get(41, 58) as u32 }
            }
            Protocol::Rls => rls(bits),
            Protocol::EltDt => match bits.get(41, 42) {
                0b00 => Identity::Address { address: address(43), beacon: 0 },
                0b01 => operator(43),
                0b10 => number(43),
                _ => national(43, 66),
            },
            Protocol::StandardTest => national(41, 64),
            Protocol::NationalTest => national(41, 58),
            Protocol::SpareLocation => national(41, 85),
            Protocol::Orbitography | Protocol::NationalUser | Protocol::TestUser | Protocol::SpareUser => {
                national(40, 85)
            }
        }
    }

    /// All nine digits of a ship's MMSI, `country` being the message's.
    pub fn mmsi(&self, country: u16) -> Option<u32> {
        let Identity::Mmsi { last_six, .. } = *self else { return None };
        (last_six < 1_000_000).then(|| u32::from(country) * 1_000_000 + last_six)
    }
}

/// Six digits are of an MMSI, else they are a call sign.
fn ship(letters: Letters, beacon: char) -> Identity {
    match letters.as_str().parse() {
        Ok(last_six) if letters.as_str().len() == 6 => Identity::Mmsi { last_six, beacon },
        _ => Identity::CallSign { letters, beacon },
    }
}

/// Four letters, then three decimal digits of four bits; 1010 is a space.
fn radio_call_sign(bits: Bits) -> Letters {
    let letters = (40..64).step_by(6).map(|at| BAUDOT[bits.get(at, at + 5) as usize]);
    let digits = (64..76).step_by(4).map(|at| match bits.get(at, at + 3) as u8 {
        digit @ 0..=9 => b'0' + digit,
        10 => b' ',
        _ => b'?',
    });
    Letters::new(letters.chain(digits))
}

/// An RLS beacon's certificate lacks its first digit: 2 of an ELT, 1 of an EPIRB, 3 of a PLB.
fn rls(bits: Bits) -> Identity {
    if has_mmsi(bits) {
        let beacon = if bits.get(41, 42) == 0b01 { '1' } else { '0' };
        return Identity::Mmsi { last_six: bits.get(47, 66) as u32, beacon };
    }
    let first = [2_000, 1_000, 3_000, 0][bits.get(41, 42) as usize];
    Identity::Number { type_approval: Some(first + bits.get(43, 52) as u16), serial: bits.get(53, 66) as u32 }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beacon = |f: &mut fmt::Formatter<'_>, beacon: char| match beacon {
            '0' => Ok(()),
            more => write!(f, ", beacon {more}"),
        };
        match self {
            Identity::Mmsi { last_six, beacon: which } => {
                write!(f, "MMSI ...{last_six:06}")?;
                beacon(f, *which)
            }
            Identity::CallSign { letters, beacon: which } => {
                write!(f, "call sign {}", letters.as_str())?;
                beacon(f, *which)
            }
            Identity::Registration { letters, beacon: which } => {
                write!(f, "aircraft {}", letters.as_str())?;
                beacon(f, *which)
            }
            Identity::Address { address, beacon } => {
                write!(f, "aircraft {address:06X}")?;
                if *beacon > 0 { write!(f, ", beacon {beacon}") } else { Ok(()) }
            }
            Identity::Operator { letters, serial } => write!(f, "operator {} {serial}", letters.as_str()),
            Identity::Number { type_approval: Some(approval), serial } => {
                write!(f, "type {approval} number {serial}")
            }
            Identity::Number { type_approval: None, serial } => write!(f, "number {serial}"),
            Identity::National { bits, count } => {
                write!(f, "{count} bits {bits:0width$X}", width = usize::from(*count).div_ceil(4))
            }
        }
    }
}
