//! What a beacon at a cell would make an observation read: the columns of a linear model, for a row of cells.
//!
//! ```text
//! power = P − n·(10·log10 d − 20) + e·hidden(θ) + κ·g + δ₁·g₁ + δ₂·g₂ + shadowing + noise
//! ```
//! P: power at 100 m, dB; n: path-loss exponent; e: what clutter costs more at low elevation θ, dB; g: pattern of the beacon's antenna, dB.
//! For a dipole along an axis g is its pattern (Balanis, *Antenna Theory*, 4.6: (cos(½π·cosψ)/sinψ)², here s·q(cos²ψ) with a cubic q,
//! floored 25 dB down) and g₁, g₂ what leaning the axis by a radian across itself changes, so that a dozen axes stand for all. Without
//! an axis g is the null of two upright antennas overhead (three thousandths of the height wide) and g₁, g₂ the two lobes of any
//! pattern's second harmonic in azimuth.

use super::Antenna;
use super::lanes::{Row, SIDE, db};

/// Unknown coefficients: P, n, e, κ, δ₁, δ₂.
pub(super) const COLUMNS: usize = 6;
/// Kinds of antenna that a beacon may have: of none that is known, and dipoles along axes.
pub(super) const PATTERNS: usize = 1 + AXES.len();
/// The one without an axis.
pub(super) const UNKNOWN: usize = 0;

/// What a whip's airframe scatters of the other polarisation, over what it receives of its own.
const SCATTER: f32 = 0.04;

/// North, east, up: upright, leaning by 30° and 60°, lying (2° short of it); 28° apart and less.
const AXES: [[f32; 3]; 26] = [
    [0.00000, 0.00000, 1.00000],
    [0.50000, 0.00000, 0.86603],
    [0.25000, 0.43301, 0.86603],
    [-0.25000, 0.43301, 0.86603],
    [-0.50000, 0.00000, 0.86603],
    [-0.25000, -0.43301, 0.86603],
    [0.25000, -0.43301, 0.86603],
    [0.85536, 0.13548, 0.50000],
    [0.61237, 0.61237, 0.50000],
    [0.13548, 0.85536, 0.50000],
    [-0.39317, 0.77163, 0.50000],
    [-0.77163, 0.39317, 0.50000],
    [-0.85536, -0.13548, 0.50000],
    [-0.61237, -0.61237, 0.50000],
    [-0.13548, -0.85536, 0.50000],
    [0.39317, -0.77163, 0.50000],
    [0.77163, -0.39317, 0.50000],
    [0.99939, 0.00000, 0.03490],
    [0.93912, 0.34181, 0.03490],
    [0.76558, 0.64240, 0.03490],
    [0.49970, 0.86550, 0.03490],
    [0.17354, 0.98421, 0.03490],
    [-0.17354, 0.98421, 0.03490],
    [-0.49970, 0.86550, 0.03490],
    [-0.76558, 0.64240, 0.03490],
    [-0.93912, 0.34181, 0.03490],
];

/// Mean of each coefficient before anything is heard, and its standard deviation; where clutter hides the beacon at low elevation, and
/// where nothing does.
pub(super) fn prior(pattern: usize, is_hidden_below: bool) -> [(f64, f64); COLUMNS] {
    let hidden = if is_hidden_below { (-6.0, 5.0) } else { (0.0, 0.5) };
    let law = [(0.0, 60.0), (2.4, 0.4), hidden];
    let antenna = if pattern == UNKNOWN {
        [(0.4, 0.5), (0.0, 1.5), (0.0, 1.5)]
    } else {
        [(1.0, 0.15), (0.0, 0.15), (0.0, 0.15)]
    };
    [law[0], law[1], law[2], antenna[0], antenna[1], antenna[2]]
}

/// Where an observation was made from a row of cells: what all patterns share.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    north: Row,
    east: Row,
    up: f32,
    /// Over the square of the distance.
    inverse: Row,
    loss: Row,
    hidden: Row,
    /// By what shadowing is less at this elevation.
    pub(super) calm: Row,
    /// Square of the distance over ground, m².
    pub(super) ground2: Row,
}

impl Ways {
    pub(super) const NONE: Ways = Ways {
        north: [0.0; SIDE],
        east: [0.0; SIDE],
        up: 0.0,
        inverse: [0.0; SIDE],
        loss: [0.0; SIDE],
        hidden: [0.0; SIDE],
        calm: [0.0; SIDE],
        ground2: [0.0; SIDE],
    };

    /// From cells in a row from `north_m`, `east_m` on eastwards, `step_m` apart, to metres north, east and up of the same origin.
    pub(super) fn fill(&mut self, cell: [f32; 2], step_m: f32, to: [f32; 3]) {
        let north = to[0] - cell[0];
        self.up = to[2].max(1.0);
        let up2 = self.up * self.up;
        for n in 0..SIDE {
            let east = to[1] - cell[1] - n as f32 * step_m;
            let ground2 = north * north + east * east;
            // A metre: no beacon is a point.
            let inverse = 1.0 / (ground2 + up2 + 1.0);
            let sine2 = up2 * inverse;
            self.north[n] = north;
            self.east[n] = east;
            self.inverse[n] = inverse;
            self.ground2[n] = ground2;
            self.loss[n] = 20.0 + 0.5 * db(inverse);
            // Half hidden at 20°, as in woods and suburbs; the spread falls to a quarter overhead.
            let of_20 = sine2 * (1.0 / 0.117);
            self.hidden[n] = 1.0 / (1.0 + of_20 * of_20);
            let of_40 = sine2 * (1.0 / 0.41);
            self.calm[n] = 0.55 + 0.45 / (1.0 + of_40 * of_40);
        }
    }

    /// The columns for one pattern, heard by this antenna.
    pub(super) fn columns(&self, pattern: usize, antenna: Antenna, columns: &mut [Row; COLUMNS]) {
        columns[0] = [1.0; SIDE];
        columns[1] = self.loss;
        columns[2] = self.hidden;
        let [_, _, _, g, g1, g2] = columns;
        match AXES.get(pattern.wrapping_sub(1)) {
            None => self.unknown(g, g1, g2),
            Some(axis) if antenna == Antenna::Omni => self.dipole(axis, g, g1, g2),
            Some(axis) => self.dipole_to_whip(axis, g, g1, g2),
        }
    }

    fn unknown(&self, g: &mut Row, g1: &mut Row, g2: &mut Row) {
        let null = 0.003 * self.up * self.up + 1.0;
        for n in 0..SIDE {
            let (north, east, inverse) = (self.north[n], self.east[n], self.inverse[n]);
            g[n] = db((self.ground2[n] + null) * inverse);
            g1[n] = (north * north - east * east) * inverse;
            g2[n] = 2.0 * north * east * inverse;
        }
    }

    fn dipole(&self, axis: &[f32; 3], g: &mut Row, g1: &mut Row, g2: &mut Row) {
        let (one, other) = across(axis);
        for n in 0..SIDE {
            let (north, east, inverse) = (self.north[n], self.east[n], self.inverse[n]);
            let along = axis[0] * north + axis[1] * east + axis[2] * self.up;
            let cos2 = along * along * inverse;
            let sin2 = (1.0 - cos2).max(0.0);
            g[n] = db(sin2 * thick(cos2) + 0.003);
            // d(10·log10 sin²ψ)/dψ = 20/ln 10·cot ψ, bounded where the null is filled.
            let slope = -8.686 * along * inverse / (sin2 + 0.03);
            g1[n] = slope * (one[0] * north + one[1] * east + one[2] * self.up);
            g2[n] = slope * (other[0] * north + other[1] * east + other[2] * self.up);
        }
    }
}

impl Ways {
    fn dipole_to_whip(&self, axis: &[f32; 3], g: &mut Row, g1: &mut Row, g2: &mut Row) {
        let (one, other) = across(axis);
        for n in 0..SIDE {
            let (north, east, inverse) = (self.north[n], self.east[n], self.inverse[n]);
            let dot = |a: &[f32; 3]| a[0] * north + a[1] * east + a[2] * self.up;
            let along = dot(axis);
            let rise = self.up * inverse;
            let both = axis[2] - along * rise;
            let cos2 = along * along * inverse;
            let own = (1.0 - cos2).max(0.0) * thick(cos2);
            let power = both * both * thick(cos2) * thick(self.up * rise) + SCATTER * own + 0.003;
            g[n] = db(power);
            let slope = 8.686 * both / (power + 0.03);
            g1[n] = slope * (one[2] - dot(&one) * rise);
            g2[n] = slope * (other[2] - dot(&other) * rise);
        }
    }
}

/// A half-wave dipole's pattern over sin²ψ, of cos²ψ.
fn thick(cos2: f32) -> f32 {
    0.999_989 + cos2 * (-0.467_181 + cos2 * (0.093_549 - cos2 * 0.009_518))
}

/// Two directions across an axis and each other.
fn across(axis: &[f32; 3]) -> ([f32; 3], [f32; 3]) {
    let cross = |a: &[f32; 3], b: &[f32; 3]| {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    };
    let aside = if axis[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
    let one = cross(axis, &aside);
    let length = (one[0] * one[0] + one[1] * one[1] + one[2] * one[2]).sqrt();
    let one = one.map(|part| part / length);
    (one, cross(axis, &one))
}
