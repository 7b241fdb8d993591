//! Messages of Cospas-Sarsat distress beacons of the first generation (406 MHz): bits in, what they say out.
//!
//! By C/S T.001 (Specification for Cospas-Sarsat 406 MHz Distress Beacons, issue 4) and C/S G.005; bits are numbered as there, from 1.
//! A message is 112 bits (short) or 144 (long):
//! ```text
//! 1–15 ones | 16–24 frame sync | 25 long? | 26 user? | 27–36 country | 37–85 protocol, identification, coarse position
//!   | 86–106 BCH-1 | 107–112 emergency or supplementary | long: 113–132 position or its offset | 133–144 BCH-2
//! ```
//! [`Frame`] is what was received or typed, [`Message::of`] corrects it and reads it. What a position is exact to goes with it. Not here:
//! how bits are made of samples (`dsp::burst406`), the second generation (C/S T.018).

mod bch;
mod bits;
mod country;
mod frame;
mod identity;
mod message;
mod position;
mod protocol;
mod soft;

pub use bch::{Check, FIRST, SECOND};
pub use bits::Bits;
pub use country::country_name;
pub use frame::{Frame, Held, HexError, SYNC_BITS, sync_bit};
pub use identity::{Identity, Letters};
pub use message::{Activation, Emergency, Homer, Message, TooManyErrors};
pub use position::{EncodedPosition, Source};
pub use protocol::{BeaconKind, Protocol, Serial};
pub use soft::Likely;

#[cfg(test)]
mod tests;
