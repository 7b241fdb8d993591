//! What a beacon of a particle would make an observation read, for a row of particles: the columns of a linear model, and the gain of its
//! antenna, which the particle fixes.
//!
//! ```text
//! power = P − n·(10·log10 d − 20) + e·hidden(θ) + Σ lobes + gain + shadowing + noise
//! ```
//! P: power at 100 m, dB; n: path-loss exponent; e: what clutter costs more at low elevation θ, dB; lobes: first and second harmonic in azimuth,
//! of the level component, about the aircraft's nose (arms and batteries bend its antenna's pattern; where no attitude is known they are about
//! north, the beacon's own). Gain: of a half-wave dipole along an axis (Balanis, *Antenna Theory*, 4.6: (cos(½π·cosψ)/sinψ)², here s·q(cos²ψ) with a
//! cubic q, floored 25 dB down), heard by a whip by what their polarisations share (Balanis, 2.12); of a beacon of no known kind a share of the
//! null that two upright antennas have overhead (three thousandths of the height wide). A directional antenna
//! is a whip that lies as its elements do, times its array's factor; what is of no known kind is heard with its gain, in any polarisation.

use super::Antenna;
use super::given::Observation;
use super::lanes::{Row, SIDE, db};
use super::memory::Texture;
use crate::config::AntennaPattern;

/// Unknown coefficients: P, n, e, lobes.
pub(super) const COLUMNS: usize = 7;
/// The one of clutter.
pub(super) const HIDDEN: usize = 2;

/// What a whip's airframe scatters of the other polarisation, over what it receives of its own.
const SCATTER: f32 = 0.045;
/// What is left of any null.
const FILLED: f32 = 0.003;

/// Mean of each coefficient before anything is heard, and its standard deviation.
pub(super) fn prior(antenna: Antenna, is_dipole: bool, texture: &Texture) -> [(f64, f64); COLUMNS] {
    let law = [(0.0, 60.0), (2.4, 0.4), texture.hidden_db];
    let [first, second] = match antenna {
        Antenna::Whip => [1.0, 1.2],
        Antenna::Omni if is_dipole => [0.2, 0.2],
        Antenna::Omni => [0.2, 1.5],
        // What is wrong with its file, and what the airframe does to it.
        Antenna::Directional(_) => [1.0, 1.2],
    };
    let lobes = [first, first, second, second].map(|sigma_db| (0.0, sigma_db));
    std::array::from_fn(|n| if n < law.len() { law[n] } else { lobes[n - law.len()] })
}

/// Where the beacons of a row of particles are, m from the flight's origin, and how their antennas lie: directions of north, east, up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lies {
    pub(super) north: Row,
    pub(super) east: Row,
    /// Higher than supposed, m.
    pub(super) rise: Row,
    /// 1 of a dipole, else 0: then the axis' third part is the share of the null overhead.
    pub(super) dipole: Row,
    pub(super) axis: [Row; 3],
}

impl Lies {
    pub(super) const NONE: Lies = Lies {
        north: [0.0; SIDE],
        east: [0.0; SIDE],
        rise: [0.0; SIDE],
        dipole: [0.0; SIDE],
        axis: [[0.0; SIDE], [0.0; SIDE], [1.0; SIDE]],
    };
}

/// How an observation was made, seen from a row of particles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Columns of the model; that of clutter by texture (`sine2`) is filled in where it is used.
    pub(super) columns: [Row; COLUMNS],
    /// Less the gain of the antenna, dB.
    pub(super) power: Row,
    /// Square of the sine of the elevation.
    pub(super) sine2: Row,
    /// Square of the distance over ground, m².
    pub(super) ground2: Row,
}

impl Seen {
    pub(super) const NONE: Seen = Seen {
        columns: [[0.0; SIDE]; COLUMNS],
        power: [0.0; SIDE],
        sine2: [0.0; SIDE],
        ground2: [0.0; SIDE],
    };

    /// Looks.
    pub(super) fn look(&mut self, lies: &Lies, antenna: Antenna, to: &Observation) {
        let (ahead, whip) = (to.frame.ahead.map(|part| part as f32), to.frame.above.map(|part| part as f32));
        let aside = cross(&whip, &ahead);
        let Arrayed { element: whip, scatter, factor, any_db } = match antenna {
            Antenna::Directional(pattern) => Arrayed::look(lies, &pattern, to, [ahead, aside, whip]),
            Antenna::Omni | Antenna::Whip => {
                Arrayed { element: whip, scatter: SCATTER, factor: [1.0; SIDE], any_db: [0.0; SIDE] }
            }
        };
        let at = [to.at_m[0] as f32, to.at_m[1] as f32, to.up_m as f32];
        let [one, loss, _, x1, y1, x2, y2] = &mut self.columns;
        *one = [1.0; SIDE];
        let is_omni = antenna == Antenna::Omni;
        for n in 0..SIDE {
            let (north, east) = (at[0] - lies.north[n], at[1] - lies.east[n]);
            let up = (at[2] - lies.rise[n]).max(2.0);
            let ground2 = north * north + east * east;
            // A metre: no beacon is a point.
            let inverse = 1.0 / (ground2 + up * up + 1.0);
            let dot = |axis: &[f32; 3]| axis[0] * north + axis[1] * east + axis[2] * up;
            self.ground2[n] = ground2;
            self.sine2[n] = up * up * inverse;
            loss[n] = 20.0 + 0.5 * db(inverse);
            let (root, x, y) = (inverse.sqrt(), dot(&ahead), dot(&aside));
            x1[n] = x * root;
            y1[n] = y * root;
            x2[n] = (x * x - y * y) * inverse;
            y2[n] = 2.0 * x * y * inverse;
            let axis = [lies.axis[0][n], lies.axis[1][n], lies.axis[2][n]];
            let along = dot(&axis);
            let cos2 = along * along * inverse;
            let thick_own = thick(cos2);
            let own = (1.0 - cos2).abs() * thick_own;
            let whip_along = dot(&whip);
            let both =
                axis[0] * whip[0] + axis[1] * whip[1] + axis[2] * whip[2] - along * whip_along * inverse;
            let thick_whip = thick(whip_along * whip_along * inverse);
            let to_whip = factor[n] * both * both * thick_own * thick_whip + scatter * own;
            let dipole = db(if is_omni { own } else { to_whip } + FILLED);
            let null = 0.003 * up * up + 1.0;
            let unknown = axis[2] * db((ground2 + null) * inverse) + any_db[n];
            self.power[n] = to.power_db as f32 - if lies.dipole[n] != 0.0 { dipole } else { unknown };
        }
    }
}

/// What an array hears, by row.
struct Arrayed {
    /// Along what its elements lie.
    element: [f32; 3],
    scatter: f32,
    /// Its array's factor, and its gain whatever the polarisation, dB.
    factor: Row,
    any_db: Row,
}

impl Arrayed {
    /// By where the aircraft's nose, right and upper side point.
    fn look(lies: &Lies, pattern: &AntennaPattern, to: &Observation, frame: [[f32; 3]; 3]) -> Arrayed {
        let ([boom, element], scatter) = (pattern.axes(frame), pattern.scatter());
        let at = [to.at_m[0] as f32, to.at_m[1] as f32, to.up_m as f32];
        let mut seen = Arrayed { element, scatter, factor: [1.0; SIDE], any_db: [0.0; SIDE] };
        for n in 0..SIDE {
            let (north, east) = (at[0] - lies.north[n], at[1] - lies.east[n]);
            let up = (at[2] - lies.rise[n]).max(2.0);
            let inverse = 1.0 / (north * north + east * east + up * up + 1.0);
            let dot = |axis: &[f32; 3]| axis[0] * north + axis[1] * east + axis[2] * up;
            // The aircraft looks back along the way from the beacon.
            let factor = pattern.array(-dot(&boom) * inverse.sqrt());
            let cos2 = dot(&element).powi(2) * inverse;
            seen.factor[n] = factor;
            seen.any_db[n] = db(factor * (1.0 - cos2).abs() * thick(cos2) + scatter + FILLED);
        }
        seen
    }
}

fn cross(a: &[f32; 3], b: &[f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// A half-wave dipole's pattern over sin²ψ, of cos²ψ.
fn thick(cos2: f32) -> f32 {
    0.999_989 + cos2 * (-0.467_181 + cos2 * (0.093_549 - cos2 * 0.009_518))
}
