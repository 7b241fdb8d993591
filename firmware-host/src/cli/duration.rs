//! Durations as people write them: `60s`, `1.5m`, `500ms`, `2h`.

use std::time::Duration;

const UNITS_S: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const LONGEST_S: f64 = 30.0 * 86_400.0;

/// A duration over zero, at most 30 days.
///
/// # Errors
/// What is wrong and what to write.
pub fn parse(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = number.trim().parse::<f64>().ok();
    let factor_s = UNITS_S.iter().find(|(name, _)| *name == unit).map(|(_, factor_s)| *factor_s);
    let (Some(number), Some(factor_s)) = (seconds, factor_s) else {
        return Err("write a number and a unit: 500ms, 60s, 1.5m or 2h".into());
    };
    let seconds = number * factor_s;
    if !(seconds > 0.0 && seconds <= LONGEST_S) {
        return Err("write more than zero and at most 720h".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// A moment in seconds; `of` says from when they count.
///
/// # Errors
/// What to write.
pub fn moment(text: &str, of: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|number| (0.0..=1e9).contains(number));
    number.ok_or_else(|| format!("write seconds {of}, for example 180"))
}

/// A second of a flight's clock.
///
/// # Errors
/// What to write.
pub fn second(text: &str) -> Result<f64, String> {
    moment(text, "of the flight's clock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, ms) in
            [("60s", 60_000), ("1.5m", 90_000), ("500ms", 500), ("2 h", 7_200_000), (".5s", 500)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "60", "s", "-1s", "0s", "1e9h", "1d", "1ss", "NaNs", "infs", "1s2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
