//! What the aircraft hears with.

/// The aircraft's antenna.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Antenna {
    /// Alike all round, of any polarisation.
    Omni,
    /// A whip or dipole that stands upright in level flight.
    Whip,
}
