//! A message that was checked and corrected, and what it says.

use super::bch::{Check, FIRST, SECOND};
use super::bits::Bits;
use super::frame::{Frame, Held};
use super::identity::Identity;
use super::position::{self, EncodedPosition, Source};
use super::protocol::{BeaconKind, Protocol, Serial};
use std::fmt;

/// A message of which no more bits are wrong than were corrected.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Message {
    /// Its bits, corrected.
    pub bits: Bits,
    /// How many of them there are.
    pub held: Held,
    /// Whether it is a self-test; `None` where nothing says it.
    pub is_self_test: Option<bool>,
    /// What BCH-1 says of bits 25 to 106.
    pub first: Check,
    /// What BCH-2 says of bits 107 to 144.
    pub second: Check,
    /// Country by its maritime identification digits (ITU), 0..=1023.
    pub country: u16,
    /// What the bits mean.
    pub protocol: Protocol,
    /// Who sends.
    pub identity: Identity,
    /// Where the beacon says it is.
    pub position: Option<EncodedPosition>,
    /// Where that would come from.
    pub source: Option<Source>,
}

/// More bits of the first protected field are wrong than can be corrected.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TooManyErrors;

impl fmt::Display for TooManyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} of its bits 25 to 106 are wrong: what it says cannot be told", FIRST.corrects)
    }
}

/// What a beacon sends on 121.5 MHz or elsewhere for those who come near.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Homer {
    /// None.
    None,
    /// 121.5 MHz.
    Vhf,
    /// A radar transponder of 9 GHz.
    Sart,
    /// Another one.
    Other,
    /// None, or another one than 121.5 MHz.
    NoVhf,
}

impl Homer {
    /// As people spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Homer::None => "none",
            Homer::Vhf => "121.5 MHz",
            Homer::Sart => "9 GHz SART",
            Homer::Other => "other",
            Homer::NoVhf => "none on 121.5 MHz",
        }
    }
}

/// How a beacon can be switched on.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// By hand alone.
    Manual,
    /// By itself too.
    Automatic,
}

/// The emergency that a short message tells.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Emergency {
    /// Of a ship: C/S T.001 table A4, 0..=15.
    Maritime(u8),
    /// Of an aircraft or a person.
    Other {
        /// Fire.
        fire: bool,
        /// Medical help is needed.
        medical: bool,
        /// Disabled.
        disabled: bool,
    },
}

impl fmt::Display for Emergency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Emergency::Maritime(code) => f.write_str(match code {
                0 => "unspecified distress",
                1 => "fire or explosion",
                2 => "flooding",
                3 => "collision",
                4 => "grounding",
                5 => "listing, in danger of capsizing",
                6 => "sinking",
                7 => "disabled and adrift",
                8 => "abandoning ship",
                _ => "spare code",
            }),
            Emergency::Other { fire, medical, disabled } => {
                let told = [(fire, "fire"), (medical, "medical help needed"), (disabled, "disabled")];
                let mut words = told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word);
                f.write_str(words.next().unwrap_or("unspecified distress"))?;
                words.try_for_each(|word| write!(f, ", {word}"))
            }
        }
    }
}

impl Message {
    /// What a frame says, up to three wrong bits of its first protected field corrected, and two of its second. When that fails for the
    /// second, it counts as not there: the coarse position stays.
    ///
    /// # Errors
    /// The first field is wrong beyond correction.
    pub fn of(frame: Frame) -> Result<Message, TooManyErrors> {
        if frame.held == Held::Id {
            return Ok(Message::checked(frame, frame.bits, Check::Absent, Check::Absent));
        }
        let (first, errors) = FIRST.correct(frame.bits.wide(25, 106)).ok_or(TooManyErrors)?;
        let bits = frame.bits.with(25, 106, first);
        let (bits, second) = match frame.held {
            Held::Long if bits.is_set(25) => second_of(bits),
            _ => (bits, Check::Absent),
        };
        Ok(Message::checked(frame, bits, Check::Right(errors), second))
    }

    /// Of bits that were checked and corrected elsewhere.
    pub fn checked(frame: Frame, bits: Bits, first: Check, second: Check) -> Message {
        let protocol = Protocol::of(bits);
        let has_second = matches!(second, Check::Right(_));
        let mut message = Message {
            bits,
            held: frame.held,
            is_self_test: frame.is_self_test,
            first,
            second,
            country: bits.get(27, 36) as u16,
            protocol,
            identity: Identity::of(protocol, bits),
            position: None,
            source: None,
        };
        if frame.held != Held::Id {
            message.position = position::read(protocol, bits, has_second);
            message.source = message.source_bit().map(|bit| match bits.is_set(bit) {
                true => Source::Internal,
                false => Source::External,
            });
        }
        message
    }

    /// Whether its format is the long one; of an identification nothing says it.
    pub fn is_long(&self) -> bool {
        self.held != Held::Id && self.bits.is_set(25)
    }

    /// The identification of 15 hexadecimal digits: bits 26 to 85, those of the position replaced as C/S T.001 says.
    pub fn id(&self) -> u64 {
        let bits = match position::default_bits(self.protocol) {
            Some((from, to, default)) => self.bits.with(from, to, default),
            None => self.bits,
        };
        bits.get(26, 85)
    }

    /// What carries the beacon.
    pub fn beacon(&self) -> BeaconKind {
        self.protocol.beacon(self.bits)
    }

    /// Whether nobody is in distress by what it says: a self-test, a test protocol, or a reference beacon.
    pub fn is_test(&self) -> bool {
        self.is_self_test == Some(true) || matches!(self.beacon(), BeaconKind::Test | BeaconKind::Reference)
    }

    /// Whether an ELT(DT) says that its alarm is over: a pattern that is no place.
    pub fn is_cancelled(&self) -> bool {
        self.protocol == Protocol::EltDt && self.bits.get(67, 85) == 0b111_1110_1011_1111_1010
    }

    /// Bits that were corrected.
    pub fn corrected_count(&self) -> u8 {
        let of = |check| if let Check::Right(count) = check { count } else { 0 };
        of(self.first) + of(self.second)
    }

    /// What it sends for those who come near, where it tells.
    pub fn homer(&self) -> Option<Homer> {
        let vhf = |number| Some(if self.bits.is_set(number) { Homer::Vhf } else { Homer::NoVhf });
        match self.protocol {
            Protocol::Aviation | Protocol::Maritime | Protocol::RadioCallSign | Protocol::Serial(_) => {
                Some(match self.bits.get(84, 85) {
                    0b00 => Homer::None,
                    0b01 => Homer::Vhf,
                    0b10 => Homer::Sart,
                    _ => Homer::Other,
                })
            }
            _ if self.held == Held::Id => None,
            Protocol::Rls => vhf(108),
            Protocol::EltDt => None,
            _ if position::default_bits(self.protocol).is_some() => vhf(112),
            _ => None,
        }
    }

    /// How it can be switched on, and the emergency if it names one: of a short message of a user.
    pub fn emergency(&self) -> Option<(Activation, Option<Emergency>)> {
        let is_told = matches!(
            self.protocol,
            Protocol::Aviation | Protocol::Maritime | Protocol::RadioCallSign | Protocol::Serial(_)
        );
        if !is_told || self.held == Held::Id || self.is_long() {
            return None;
        }
        let activation = if self.bits.is_set(108) { Activation::Automatic } else { Activation::Manual };
        let emergency = self.bits.is_set(107).then(|| match self.beacon() {
            BeaconKind::Epirb => Emergency::Maritime(self.bits.get(109, 112) as u8),
            _ => Emergency::Other {
                fire: self.bits.is_set(109),
                medical: self.bits.is_set(110),
                disabled: self.bits.is_set(111),
            },
        });
        Some((activation, emergency))
    }

    /// The bit that says where a position comes from.
    fn source_bit(&self) -> Option<u32> {
        let user = match self.protocol {
            Protocol::Aviation | Protocol::Maritime | Protocol::RadioCallSign => true,
            Protocol::Serial(kind) => kind != Serial::Spare,
            _ => false,
        };
        match self.protocol {
            _ if user => self.is_long().then_some(107),
            Protocol::Rls => Some(107),
            Protocol::EltDt => None,
            _ => position::default_bits(self.protocol).map(|_| 111),
        }
    }
}

/// The second field, corrected. Who passes messages on without it writes zeros or ones in its place.
fn second_of(bits: Bits) -> (Bits, Check) {
    let word = bits.wide(107, 144);
    let tail = bits.get(113, 144);
    let is_filler = tail == 0 || tail == u64::from(u32::MAX);
    match SECOND.correct(word) {
        Some((_, 0)) => (bits, Check::Right(0)),
        _ if is_filler => (bits, Check::Absent),
        Some((word, errors)) => (bits.with(107, 144, word), Check::Right(errors)),
        None => (bits, Check::Wrong),
    }
}

/// As people read it: `ELT 3EE6F80D1AFFBFF, Australia, aircraft 7C068D`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_self_test == Some(true) {
            f.write_str("self-test of ")?;
        }
        write!(f, "{} {:015X}", self.beacon().name(), self.id())?;
        match super::country_name(self.country) {
            Some(name) => write!(f, ", {name}")?,
            None => write!(f, ", country {}", self.country)?,
        }
        match self.identity.mmsi(self.country) {
            Some(mmsi) => write!(f, ", MMSI {mmsi:09}")?,
            None => write!(f, ", {}", self.identity)?,
        }
        if self.is_cancelled() {
            f.write_str(", cancelled")?;
        }
        let Some(at) = self.position else { return Ok(()) };
        write!(f, ", says {:.4} {:.4} to {:.0} m", at.lat_deg, at.lon_deg, at.radius_m())
    }
}
