//! What a beacon at a cell would make an observation read: the columns of a linear model, for a row of cells.
//!
//! ```text
//! power = P − n·(10·log10 d − 20) + e·hidden(θ) + κ·g + δ₁·g₁ + δ₂·g₂ + shadowing + noise
//! ```
//! P: power at 100 m, dB; n: path-loss exponent; e: what clutter costs more at low elevation θ, dB; g: pattern of the beacon's antenna, dB.
//! For a dipole along an axis g is its pattern (Balanis, *Antenna Theory*, 4.6: (cos(½π·cosψ)/sinψ)², here s·q(cos²ψ) with a cubic q,
//! floored 25 dB down) and g₁, g₂ what leaning the axis by a radian across itself changes, so that forty axes stand for all. Without
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

/// North, east, up: evenly over the half sphere, a golden angle apart (R. Swinbank & R. J. Purser, Q. J. R. Meteorol. Soc. 132 (2006) 1769).
const AXES: [[f32; 3]; 40] = [
    [0.15762, 0.00000, 0.98750],
    [-0.20003, 0.18325, 0.96250],
    [0.03042, -0.34665, 0.93750],
    [0.24890, 0.32464, 0.91250],
    [-0.45376, -0.08026, 0.88750],
    [0.42699, -0.27162, 0.86250],
    [-0.14186, 0.52770, 0.83750],
    [-0.26869, -0.51735, 0.81250],
    [0.57892, 0.21142, 0.78750],
    [-0.59804, 0.24686, 0.76250],
    [0.28624, -0.61169, 0.73750],
    [0.21000, 0.66951, 0.71250],
    [-0.62830, -0.36411, 0.68750],
    [0.73159, -0.16084, 0.66250],
    [-0.44311, 0.63028, 0.63750],
    [-0.10158, -0.78392, 0.61250],
    [0.61877, 0.52150, 0.58750],
    [-0.82609, 0.03416, 0.56250],
    [0.59773, -0.59482, 0.53750],
    [-0.03966, 0.85777, 0.51250],
    [-0.55942, -0.67037, 0.48750],
    [0.87870, 0.11823, 0.46250],
    [-0.73813, 0.51357, 0.43750],
    [0.19994, -0.88875, 0.41250],
    [0.45834, 0.79986, 0.38750],
    [-0.88789, -0.28326, 0.36250],
    [0.85453, -0.39481, 0.33750],
    [-0.36673, 0.87627, 0.31250],
    [-0.32416, -0.90126, 0.28750],
    [0.85415, 0.44892, 0.26250],
    [-0.93930, 0.24760, 0.23750],
    [0.52849, -0.82192, 0.21250],
    [0.16637, 0.96807, 0.18750],
    [-0.78011, -0.60416, 0.16250],
    [0.98712, -0.08178, 0.13750],
    [-0.67477, 0.72940, 0.11250],
    [0.00486, -0.99615, 0.08750],
    [0.67057, 0.73921, 0.06250],
    [-0.99503, -0.09222, 0.03750],
    [0.79650, -0.60451, 0.01250],
];

/// Mean of each coefficient before anything is heard, and its standard deviation; where clutter hides the beacon at low elevation, and
/// where nothing does.
pub(super) fn prior(pattern: usize, is_hidden_below: bool) -> [(f64, f64); COLUMNS] {
    let hidden = if is_hidden_below { (-6.0, 5.0) } else { (0.0, 0.5) };
    let law = [(0.0, 60.0), (2.4, 0.4), hidden];
    let antenna = if pattern == UNKNOWN {
        [(0.4, 0.5), (0.0, 1.5), (0.0, 1.5)]
    } else {
        [(1.0, 0.15), (0.0, 0.12), (0.0, 0.12)]
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
            // Half hidden at 20°, as in woods and suburbs; the spread falls to six tenths overhead.
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
