//! The ground under a scenario: a plain about home that may rise towards one side, and hills on it (m over home's ground).

use serde::Deserialize;

/// The ground. By default flat.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ground {
    /// Rise, m per m, beyond the foot of the slope.
    pub slope: f64,
    /// Bearing towards which it rises.
    pub towards_deg: f64,
    /// Distance of the slope's foot from home.
    pub foot_m: f64,
    /// Hills, the highest at each place counts.
    pub hill: Vec<Hill>,
}

/// A cone, by its summit and the radius of its foot.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hill {
    pub north_m: f64,
    pub east_m: f64,
    pub height_m: f64,
    pub radius_m: f64,
}

impl Ground {
    /// Height over home's ground at a place north and east of home.
    pub fn height_m(&self, north_m: f64, east_m: f64) -> f64 {
        let (sin, cos) = self.towards_deg.to_radians().sin_cos();
        let beyond_m = (north_m * cos + east_m * sin - self.foot_m).max(0.0);
        let hills = self.hill.iter().map(|hill| {
            let away_m = (north_m - hill.north_m).hypot(east_m - hill.east_m);
            hill.height_m * (1.0 - away_m / hill.radius_m).max(0.0)
        });
        self.slope * beyond_m + hills.fold(0.0, f64::max)
    }

    /// Whether it is level everywhere.
    pub fn is_flat(&self) -> bool {
        self.slope == 0.0 && self.hill.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_and_hills_rise_where_they_are() {
        let hill = Hill { north_m: 0.0, east_m: -50.0, height_m: 20.0, radius_m: 40.0 };
        let ground = Ground { slope: 0.2, towards_deg: 90.0, foot_m: 30.0, hill: vec![hill] };
        for (north_m, east_m, height_m) in
            [(0.0, 0.0, 0.0), (500.0, 30.0, 0.0), (0.0, 80.0, 10.0), (0.0, -50.0, 20.0), (20.0, -50.0, 10.0)]
        {
            assert!((ground.height_m(north_m, east_m) - height_m).abs() < 1e-9, "{north_m} {east_m}");
        }
        assert!(Ground::default().is_flat() && !ground.is_flat());
    }
}
