//! Antenna patterns and polarisation: two axes and a direction in, power gain (a ratio) out.
//!
//! Half-wave dipole: C. A. Balanis, *Antenna Theory*, 4th ed., 4.6: gain 1.643·(cos(½π·cosθ)/sinθ)², 2.15 dBi abeam, a null along
//! the axis, the field along the axis's projection. Between two dipoles (pₜ·pᵣ)² of the fields' directions is received (Balanis 2.12). Real
//! nulls are filled by feed, mast and scatter: the pattern is floored at [`NULL_RATIO`], polarisation at [`CROSS_RATIO`] (cross-polar
//! discrimination of about 20 dB in the open: 3GPP TR 38.901, table 7.5-6).

use crate::scenario::world::Antenna;
use crate::truth::TruePose;
use skyhound::units::ratio_from_db;

/// Floor of a dipole's pattern, −25 dB under its maximum.
pub const NULL_RATIO: f64 = 0.003_162;
/// Least share received across polarisations, −20 dB.
pub const CROSS_RATIO: f64 = 0.01;
const DIPOLE_GAIN: f64 = 1.643;

/// What makes a beam's gain that of a lossless antenna: mean over the sphere 1.
const BEAM_GAIN: f64 = 5.265;
/// Spacing of its elements, and how much earlier the one behind is fed, rad.
const BEAM_SPACING_RAD: f64 = std::f64::consts::FRAC_PI_4;
const BEAM_PHASE_RAD: f64 = 1.25 * std::f64::consts::PI;

/// A direction, NED, of length 1.
pub type Axis = [f64; 3];

/// Share of a whip's power that its airframe scatters all round: −12 dBi, and as much across its polarisation.
const SCATTER_RATIO: f64 = 0.06;
/// Lobes that the airframe makes about a whip, dB, by their number: of the level itself, so that they die out towards the axis. Arms and
/// batteries are no formula: these amounts are ours, ±3 dB in all, at phases that make no symmetry.
const LOBES_DB: [f64; 3] = [1.0, 1.5, 1.0];
const LOBE_PHASES_RAD: [f64; 3] = [0.4, 2.0, 4.5];

/// An antenna as it points now.
#[derive(Copy, Clone, Debug)]
pub struct Pointed {
    antenna: Antenna,
    axis: Axis,
    /// Across the axis: from which lobes are counted.
    ahead: Axis,
}

/// Gains over isotropic of what keeps the antenna's polarisation and of what has none.
struct Parts {
    polarised: f64,
    scattered: f64,
}

impl Pointed {
    /// On the ground: its axis leans by `tilt_deg` from upright towards the bearing `lean_deg`.
    pub fn standing(antenna: Antenna, tilt_deg: f64, lean_deg: f64) -> Pointed {
        let (sin_tilt, cos_tilt) = tilt_deg.to_radians().sin_cos();
        let (sin_lean, cos_lean) = lean_deg.to_radians().sin_cos();
        Pointed {
            antenna,
            axis: [sin_tilt * cos_lean, sin_tilt * sin_lean, -cos_tilt],
            ahead: [cos_tilt * cos_lean, cos_tilt * sin_lean, sin_tilt],
        }
    }

    /// On the aircraft, along its own vertical axis: it leans as roll and pitch lean.
    pub fn flying(antenna: Antenna, pose: &TruePose) -> Pointed {
        let (sin_roll, cos_roll) = pose.roll_rad.sin_cos();
        let (sin_pitch, cos_pitch) = pose.pitch_rad.sin_cos();
        let (sin_yaw, cos_yaw) = pose.yaw_rad.sin_cos();
        // Third and first column of the body-to-NED rotation in the order yaw, pitch, roll.
        let axis = [
            cos_roll * sin_pitch * cos_yaw + sin_roll * sin_yaw,
            cos_roll * sin_pitch * sin_yaw - sin_roll * cos_yaw,
            cos_roll * cos_pitch,
        ];
        let ahead = [cos_pitch * cos_yaw, cos_pitch * sin_yaw, -sin_pitch];
        // A beam's elements lie across: from left to right.
        let axis = if antenna == Antenna::Beam { cross(axis, ahead) } else { axis };
        Pointed { antenna, axis, ahead }
    }

    /// Gains on the line `to`, a direction from one end to the other.
    #[inline]
    fn parts(&self, to: Axis) -> Parts {
        match self.antenna {
            Antenna::Isotropic => Parts { polarised: 0.0, scattered: 1.0 },
            Antenna::Beam => {
                let lobes = self.lobes(to);
                let polarised = lobes * (1.0 - SCATTER_RATIO) * self.beam(to);
                Parts { polarised, scattered: lobes * SCATTER_RATIO }
            }
            Antenna::Dipole => Parts { polarised: self.dipole(to), scattered: 0.0 },
            Antenna::Whip => {
                let lobes = self.lobes(to);
                let polarised = lobes * (1.0 - SCATTER_RATIO) * self.dipole(to);
                Parts { polarised, scattered: lobes * SCATTER_RATIO }
            }
        }
    }

    fn dipole(&self, to: Axis) -> f64 {
        let cos = dot(self.axis, to).clamp(-1.0, 1.0);
        let sin2 = (1.0 - cos * cos).max(1e-9);
        let pattern = (std::f64::consts::FRAC_PI_2 * cos).cos().powi(2) / sin2;
        DIPOLE_GAIN * pattern.max(NULL_RATIO)
    }

    /// Array factor of its two elements times their own pattern. It is heard with: `to` leads to it, and it looks the other way.
    fn beam(&self, to: Axis) -> f64 {
        let half_rad = 0.5 * (BEAM_PHASE_RAD - BEAM_SPACING_RAD * dot(self.ahead, to));
        BEAM_GAIN * half_rad.cos().powi(2) * self.dipole(to)
    }

    fn lobes(&self, to: Axis) -> f64 {
        let right = if self.antenna == Antenna::Beam { self.axis } else { cross(self.axis, self.ahead) };
        let [x, y] = [dot(self.ahead, to), dot(right, to)];
        let (mut re, mut im, mut db) = (1.0, 0.0, 0.0);
        for (lobe_db, phase) in LOBES_DB.into_iter().zip(LOBE_PHASES_RAD) {
            (re, im) = (re * x - im * y, re * y + im * x);
            db += lobe_db * (re * phase.cos() - im * phase.sin());
        }
        ratio_from_db(db)
    }
}

/// Both antennas' gains along `to` (from one to the other) times what their polarisations share.
#[inline]
pub fn link_gain(one: &Pointed, other: &Pointed, to: Axis) -> f64 {
    let (a, b) = (one.parts(to), other.parts(to));
    let both = a.polarised * b.polarised;
    let polarised = if both == 0.0 { 0.0 } else { both * shared_polarisation(one, other, to) };
    polarised + a.polarised * b.scattered + a.scattered * b.polarised + a.scattered * b.scattered
}

/// Share of the power that passes between the polarisations, [`CROSS_RATIO`]..=1.
fn shared_polarisation(one: &Pointed, other: &Pointed, to: Axis) -> f64 {
    let (a, b) = (across(one.axis, to), across(other.axis, to));
    let lengths = dot(a, a) * dot(b, b);
    if lengths < 1e-12 { 1.0 } else { (dot(a, b).powi(2) / lengths).clamp(CROSS_RATIO, 1.0) }
}

/// The part of `axis` across `to`.
fn across(axis: Axis, to: Axis) -> Axis {
    let along = dot(axis, to);
    std::array::from_fn(|n| axis[n] - along * to[n])
}

fn cross(a: Axis, b: Axis) -> Axis {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: Axis, b: Axis) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::units::db_from_ratio as db;
    use std::f64::consts::FRAC_PI_2;

    impl Pointed {
        /// Gain over isotropic in all polarisations.
        fn gain(&self, to: Axis) -> f64 {
            let Parts { polarised, scattered } = self.parts(to);
            polarised + scattered
        }
    }

    const NORTH: Axis = [1.0, 0.0, 0.0];
    const EAST: Axis = [0.0, 1.0, 0.0];
    const DOWN: Axis = [0.0, 0.0, 1.0];

    fn dipole(tilt_deg: f64, lean_deg: f64) -> Pointed {
        Pointed::standing(Antenna::Dipole, tilt_deg, lean_deg)
    }

    #[test]
    fn the_pattern_is_balaniss() {
        let upright = dipole(0.0, 0.0);
        assert!((db(upright.gain(NORTH)) - 2.15).abs() < 0.01);
        // Half-power beam width 78° (Balanis 4.6).
        let (sin, cos) = 39_f64.to_radians().sin_cos();
        assert!((db(upright.gain([cos, 0.0, sin])) - 2.15 + 3.0).abs() < 0.05);
        assert!((db(upright.gain(DOWN)) - 2.15 + 25.0).abs() < 0.01);
        // The mean over the sphere is 1: it is lossless. The floored null adds nothing to speak of.
        let mean: f64 = (0..2_000)
            .map(|n| (f64::from(n) + 0.5) / 1_000.0 - 1.0)
            .map(|up| upright.gain([(1.0 - up * up).sqrt(), 0.0, up]))
            .sum::<f64>()
            / 2_000.0;
        assert!((mean - 1.0).abs() < 0.002, "{mean}");
    }

    #[test]
    fn tilt_moves_the_null_and_turns_the_polarisation() {
        // Lying towards north: null to the north, abeam to the east, where it is across an upright one.
        let lying = dipole(90.0, 0.0);
        assert!((db(lying.gain(NORTH)) - 2.15 + 25.0).abs() < 0.01);
        assert!((db(lying.gain(EAST)) - 2.15).abs() < 0.01);
        assert!((db(shared_polarisation(&lying, &dipole(0.0, 0.0), EAST)) + 20.0).abs() < 1e-9);
        // cos² of the angle between the fields.
        for tilt_deg in [10.0, 30.0, 60.0_f64] {
            let shared = shared_polarisation(&dipole(tilt_deg, 0.0), &dipole(0.0, 0.0), EAST);
            assert!((shared - tilt_deg.to_radians().cos().powi(2)).abs() < 1e-9);
        }
        let isotropic = Pointed::standing(Antenna::Isotropic, 0.0, 0.0);
        assert_eq!(link_gain(&isotropic, &isotropic, EAST), 1.0);
        assert!((link_gain(&lying, &isotropic, EAST) - 1.643).abs() < 1e-9);
    }

    #[test]
    fn the_aircrafts_antenna_leans_with_roll_and_pitch() {
        let level = Pointed::flying(Antenna::Dipole, &TruePose { yaw_rad: 1.0, ..TruePose::default() });
        assert!((db(level.gain(NORTH)) - 2.15).abs() < 0.01);
        // Nose up by 90° while heading east: the axis lies east. Rolled right by 90° while heading north: it lies west.
        let up = TruePose { pitch_rad: FRAC_PI_2, yaw_rad: FRAC_PI_2, ..TruePose::default() };
        assert!((db(Pointed::flying(Antenna::Dipole, &up).gain(EAST)) - 2.15 + 25.0).abs() < 0.01);
        let rolled = TruePose { roll_rad: FRAC_PI_2, ..TruePose::default() };
        let rolled = Pointed::flying(Antenna::Dipole, &rolled);
        assert!((rolled.axis[1] + 1.0).abs() < 1e-9);
        // Pitching down by 20° to fly at the beacon ahead costs what the pattern says, on both antennas' account.
        let pitched = TruePose { pitch_rad: -20_f64.to_radians(), ..TruePose::default() };
        let gain = link_gain(&dipole(0.0, 0.0), &Pointed::flying(Antenna::Dipole, &pitched), NORTH);
        let (sin, cos) = 20_f64.to_radians().sin_cos();
        let closed = 1.643 * 1.643 * ((FRAC_PI_2 * sin).cos() / cos).powi(2);
        assert!((db(gain) - db(closed)).abs() < 0.01);
    }

    #[test]
    fn a_beam_hears_best_ahead_and_is_lossless() {
        let heading = |yaw_deg: f64| {
            Pointed::flying(Antenna::Beam, &TruePose { yaw_rad: yaw_deg.to_radians(), ..TruePose::default() })
        };
        // From a beacon in the south: the way to the aircraft leads north.
        let ahead = db(heading(180.0).beam(NORTH));
        assert!((ahead - 6.4).abs() < 0.05, "{ahead} dBi");
        let back = db(heading(0.0).gain(NORTH));
        assert!(db(heading(180.0).gain(NORTH)) - back > 10.0, "and behind it only what is scattered: {back}");
        assert!(db(heading(90.0).beam(NORTH)) < -15.0, "a null to the sides, where its elements point");
        let beam = heading(0.0);
        let (mut sum, count) = (0.0, 400);
        for n in 0..count * count {
            let up = (f64::from(n / count) + 0.5) / f64::from(count) * 2.0 - 1.0;
            let (sin, cos) = (f64::from(n % count) / f64::from(count) * std::f64::consts::TAU).sin_cos();
            let level = (1.0 - up * up).sqrt();
            sum += beam.beam([level * cos, level * sin, up]);
        }
        let mean = sum / f64::from(count * count);
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn a_whip_has_lobes_about_it_and_no_deep_null() {
        let heading = |yaw_deg: f64| {
            Pointed::flying(Antenna::Whip, &TruePose { yaw_rad: yaw_deg.to_radians(), ..TruePose::default() })
        };
        let turn: Vec<f64> = (0..360).map(|deg| db(heading(f64::from(deg)).gain(NORTH))).collect();
        let spread = |of: &[f64]| {
            of.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b))
                - of.iter().fold(f64::INFINITY, |a, b| a.min(*b))
        };
        assert!((3.0..7.0).contains(&spread(&turn)), "{}", spread(&turn));
        assert!(
            (turn.iter().sum::<f64>() / 360.0 - db(0.94 * 1.643 + 0.06)).abs() < 0.01,
            "the lobes are about the mean"
        );
        // Straight below there are none, and the null is what the airframe fills.
        let below: Vec<f64> = (0..360).map(|deg| db(heading(f64::from(deg)).gain(DOWN))).collect();
        assert!(spread(&below) < 1e-9 && (below[0] - db(0.06 + 0.94 * 1.643 * NULL_RATIO)).abs() < 1e-9);
        // Across its polarisation a lying beacon loses no more than the scatter leaves.
        let level = heading(30.0);
        let loss =
            db(link_gain(&dipole(90.0, 0.0), &level, EAST)) - db(link_gain(&dipole(0.0, 0.0), &level, EAST));
        assert!((-14.5..-12.0).contains(&loss), "{loss}");
    }
}
