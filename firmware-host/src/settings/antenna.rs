//! `[antenna]`: what the beacon is heard with, and the file of a directional antenna's pattern.
//!
//! A pattern is a table `bearing_deg,gain_db`: the gain over the bearing from the nose, clockwise from above, dB of any reference; what
//! lies between two bearings is on the line from one to the other.

use std::path::{Path, PathBuf};

use skyhound::config::{Antenna, AntennaPattern, ConfigError};

use crate::table::{Table, Wrong, number};

const COLUMNS: [&str; 2] = ["bearing_deg", "gain_db"];
/// Bearings may be so far apart, degrees.
const GAP_MAX_DEG: f64 = 45.0;
/// What is further under the strongest is no antenna's but its file's, dB.
const SPAN_MAX_DB: f64 = 60.0;
/// What the mend of a file is.
const MEND: &str = "name a table bearing_deg,gain_db of the gain over the bearing from the nose";

/// `[antenna]`.
#[derive(Clone, Debug, PartialEq)]
pub enum AntennaSettings {
    /// `kind = "omni"`.
    Omni,
    /// `kind = "whip"`.
    Whip,
    /// `kind = "directional"`, with the file of its pattern, and whether its elements stand upright.
    Directional(PathBuf, bool),
}

impl AntennaSettings {
    /// What the engine is told.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else, by its line.
    pub fn engine(&self) -> Result<Antenna, ConfigError> {
        match self {
            AntennaSettings::Omni => Ok(Antenna::Omni),
            AntennaSettings::Whip => Ok(Antenna::Whip),
            AntennaSettings::Directional(path, is_upright) => read(path, *is_upright)
                .map(Antenna::Directional)
                .map_err(|why| ConfigError::new("antenna.pattern", why)),
        }
    }
}

/// Reads the file of a pattern.
///
/// # Errors
/// A file that cannot be read or holds something else, by its line.
pub fn read(path: &Path, is_upright: bool) -> Result<AntennaPattern, String> {
    let file = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{file} cannot be read: {error}; {MEND}"))?;
    of_text(&text, is_upright).map_err(|wrong| format!("{file}, {wrong}"))
}

/// Reads the text of one.
///
/// # Errors
/// What is wrong, by its line.
pub fn of_text(text: &str, is_upright: bool) -> Result<AntennaPattern, Wrong> {
    let mut rows = Vec::new();
    for (line, [bearing, gain]) in Table::read(text)?.columns(COLUMNS)? {
        let bearing_deg = number(line, COLUMNS[0], bearing, -360.0, 360.0)?.rem_euclid(360.0);
        rows.push((bearing_deg, number(line, COLUMNS[1], gain, -200.0, 200.0)?, line));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    // −180 and 180, 0 and 360 are one bearing.
    rows.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let wrong = |line, why: String| Err(Wrong { line, column: None, why });
    if rows.is_empty() {
        return wrong(2, "there is no row in it".into());
    }
    let next = |n: usize| {
        let (bearing_deg, gain_db, _) = rows[(n + 1) % rows.len()];
        (bearing_deg + if n + 1 == rows.len() { 360.0 } else { 0.0 }, gain_db)
    };
    for (n, (bearing_deg, _, line)) in rows.iter().enumerate() {
        let (next_deg, _) = next(n);
        if next_deg == *bearing_deg {
            return wrong(*line, format!("{bearing_deg}° has two gains; remove one"));
        }
        if next_deg - bearing_deg > GAP_MAX_DEG {
            let next_deg = next_deg.rem_euclid(360.0);
            let why =
                format!("from {bearing_deg}° to {next_deg}° no gain is told; write one each 45° at least");
            return wrong(*line, why);
        }
    }
    let strongest = rows.iter().fold(f64::NEG_INFINITY, |most, row| most.max(row.1));
    if let Some((_, gain_db, line)) = rows.iter().find(|row| strongest - row.1 > SPAN_MAX_DB) {
        let why =
            format!("{gain_db} dB is more than {SPAN_MAX_DB} dB under the strongest; no antenna is so deaf");
        return wrong(*line, why);
    }
    let gain_db = |bearing_rad: f64| {
        let bearing_deg = bearing_rad.to_degrees();
        // Before the first bearing the last one is next to it.
        let after = rows.partition_point(|row| row.0 <= bearing_deg);
        let n = (after + rows.len() - 1) % rows.len();
        let ((from_deg, from_db, _), (to_deg, to_db)) = (rows[n], next(n));
        let share = (bearing_deg - from_deg).rem_euclid(360.0) / (to_deg - from_deg);
        from_db + share * (to_db - from_db)
    };
    Ok(AntennaPattern::new(gain_db, is_upright))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Flags, Settings};

    fn told(text: &str) -> String {
        of_text(text, true).unwrap_err().to_string()
    }

    /// Gain to this side of the nose, over the strongest.
    fn gain_db(pattern: &AntennaPattern, bearing_deg: f32) -> f32 {
        let [boom, _] = pattern.axes([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let (sin, cos) = bearing_deg.to_radians().sin_cos();
        10.0 * (pattern.array(boom[0] * cos + boom[1] * sin) + pattern.scatter()).log10()
    }

    #[test]
    fn a_pattern_is_read_whatever_its_order_and_ends() {
        let of = |degs: &[i32]| {
            let row = |deg: &i32| format!("{deg},{}\n", 6.0 * f64::from(*deg).to_radians().cos());
            of_text(&format!("bearing_deg,gain_db\n{}", degs.iter().map(row).collect::<String>()), true)
                .unwrap()
        };
        let all: Vec<i32> = (0..360).step_by(10).collect();
        let pattern = of(&all);
        for (bearing_deg, told_db) in [(0.0, 0.0), (90.0, -6.0), (180.0, -12.0)] {
            let gain_db = gain_db(&pattern, bearing_deg);
            assert!((gain_db - told_db).abs() < 0.3, "{bearing_deg}: {gain_db}");
        }
        let about: Vec<i32> = (-180..=180).rev().step_by(10).collect();
        for bearing_deg in [0.0, 60.0, 200.0] {
            assert!((gain_db(&of(&about), bearing_deg) - gain_db(&pattern, bearing_deg)).abs() < 1e-4);
        }
        let right = "gain_db,bearing_deg\n0,0\n3,45\n9,90\n3,135\n0,180\n0,225\n0,270\n0,315\n";
        let right = of_text(right, true).unwrap();
        assert!(gain_db(&right, 90.0) > -1.0 && gain_db(&right, -90.0) < -7.0, "clockwise from above");
    }

    #[test]
    fn what_is_no_pattern_is_refused_by_its_line() {
        assert_eq!(told("bearing_deg,gain_db\n"), "line 2: there is no row in it");
        assert!(told("bearing_deg,gain\n0,1\n").starts_with("line 1, column gain_db: is not there"));
        assert!(
            told("bearing_deg,gain_db\n0,x\n").starts_with("line 2, column gain_db: \"x\": write a number")
        );
        let holed = "bearing_deg,gain_db\n0,1\n45,1\n90,1\n180,1\n225,1\n270,1\n315,1\n";
        assert!(told(holed).starts_with("line 4: from 90° to 180° no gain is told"));
        assert!(told(&holed.replace("180", "450")).starts_with("line 5, column bearing_deg"));
        let twice = holed.replace("180,1", "135,1\n180,1\n45,2");
        assert!(told(&twice).contains("45° has two gains"), "{}", told(&twice));
        assert!(told(&holed.replace("90,1", "90,1\n135,-70")).starts_with("line 5: -70 dB is more than"));
    }

    #[test]
    fn the_kind_and_the_file_belong_together() {
        let load = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
            Settings::load(None, &sets, &Flags::default())
        };
        let told = |sets: &[&str]| load(sets).unwrap_err().to_string();
        assert!(told(&["antenna.kind=directional"]).contains("antenna.pattern"));
        assert!(told(&["antenna.pattern=beam.csv"]).contains("antenna.kind"));
        let settings = load(&["antenna.kind=directional", "antenna.pattern=no/beam.csv"]).unwrap();
        let error = settings.engine(250e3, 433.92e6).unwrap_err();
        assert!(
            error.key == "antenna.pattern" && error.mend.starts_with("no/beam.csv cannot be read"),
            "{error}"
        );
    }
}
