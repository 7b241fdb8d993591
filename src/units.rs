//! Decibels, fixed-point powers, and the chance that a normal variable passes a margin of decibels.
//!
//! Power is dBFS with full scale |x| = 1.0. A reading's power is rounded to 0.01 dB where it is made: then the
//! percentile is exact on integers, the flight file holds what the engine used, and a replay is bit for bit.

/// A power or power ratio in hundredths of a decibel, within [`CentiDb::LOWEST`]..=[`CentiDb::HIGHEST`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentiDb(i16);

impl CentiDb {
    /// −200 dB: also what zero power reads as.
    pub const LOWEST: CentiDb = CentiDb(-20_000);
    /// +100 dB.
    pub const HIGHEST: CentiDb = CentiDb(10_000);

    /// Rounds `db` (half away from zero) to 0.01 dB and saturates; `None` when not a number.
    pub fn from_db(db: f32) -> Option<CentiDb> {
        if db.is_nan() {
            return None;
        }
        let hundredths = (f64::from(db) * 100.0).round();
        let low = f64::from(CentiDb::LOWEST.0);
        let high = f64::from(CentiDb::HIGHEST.0);
        Some(CentiDb(hundredths.clamp(low, high) as i16))
    }

    /// From a linear power (full scale = 1.0); `None` when negative or not finite.
    pub fn from_power(power: f64) -> Option<CentiDb> {
        if !power.is_finite() || power < 0.0 {
            return None;
        }
        if power == 0.0 {
            return Some(CentiDb::LOWEST);
        }
        CentiDb::from_db((10.0 * power.log10()) as f32)
    }

    /// The value in hundredths of a decibel, saturated to the type's range.
    pub const fn from_hundredths(hundredths: i16) -> CentiDb {
        if hundredths < CentiDb::LOWEST.0 {
            CentiDb::LOWEST
        } else if hundredths > CentiDb::HIGHEST.0 {
            CentiDb::HIGHEST
        } else {
            CentiDb(hundredths)
        }
    }

    /// Hundredths of a decibel.
    pub const fn hundredths(self) -> i16 {
        self.0
    }

    /// Decibels: the same `f64` that the flight file's DOUBLE column holds.
    pub fn db(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// 10^(db/10).
pub fn ratio_from_db(db: f64) -> f64 {
    10f64.powf(db / 10.0)
}

/// 10·log10(ratio); −∞ for 0, NaN for negative ratios.
pub fn db_from_ratio(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// P(a normal variable ≥ z) (Abramowitz & Stegun 26.2.17, to 7.5e-8).
pub fn normal_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * series;
    if z < 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_hundredths_and_saturates() {
        assert_eq!(CentiDb::from_db(-12.345_01).unwrap().hundredths(), -1235);
        assert_eq!(CentiDb::from_db(f32::NEG_INFINITY), Some(CentiDb::LOWEST));
        assert_eq!(CentiDb::from_db(f32::INFINITY), Some(CentiDb::HIGHEST));
        assert_eq!(CentiDb::from_db(f32::NAN), None);
        assert_eq!(CentiDb::from_power(0.0), Some(CentiDb::LOWEST));
        assert_eq!(CentiDb::from_power(0.5).unwrap().hundredths(), -301);
        assert_eq!(CentiDb::from_power(-1.0), None);
        assert_eq!(CentiDb::from_power(f64::INFINITY), None);
    }

    #[test]
    fn the_tail_is_the_tables() {
        // Abramowitz & Stegun, table 26.1.
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_254), (2.5, 0.006_209_665), (-1.0, 0.841_344_746)] {
            assert!((normal_tail(z) - tail).abs() < 1e-7, "{z}");
        }
    }
}
