//! Moments as others write them → UTC.

/// A moment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// µs since 1970 by what was written.
    Utc(i64),
    /// The same, where no zone was written: taken as UTC.
    Zoneless(i64),
    /// µs since some start.
    Since(i64),
}

impl Moment {
    /// Of ISO 8601 (`2025-08-12T10:00:00.5+00:00`, with a space for the T, with or without zone), or a number: seconds,
    /// milliseconds or microseconds since 1970 by its size, or seconds since the start.
    pub fn read(text: &str) -> Option<Moment> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>() {
            return Moment::of_number(number);
        }
        if let Ok(utc) = text.parse::<jiff::Timestamp>() {
            return Some(Moment::Utc(utc.as_microsecond()));
        }
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Moment::Zoneless(utc.as_microsecond()))
    }

    fn of_number(number: f64) -> Option<Moment> {
        let us = |factor: f64| (number * factor).round() as i64;
        match number.abs() {
            since if since < 1e8 => Some(Moment::Since(us(1e6))),
            s if s < 1e11 => Some(Moment::Utc(us(1e6))),
            ms if ms < 1e14 => Some(Moment::Utc(us(1e3))),
            whole_us if whole_us < 1e17 => Some(Moment::Utc(us(1.0))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_others_write_them() {
        let utc_us = 1_754_992_800_500_000;
        for text in
            ["2025-08-12T10:00:00.5+00:00", "2025-08-12 12:00:00.500+02:00", "1754992800.5", "1754992800500"]
        {
            assert_eq!(Moment::read(text), Some(Moment::Utc(utc_us)), "{text}");
        }
        for text in ["2025-08-12T10:00:00.500000", " 2025-08-12 10:00:00.5 "] {
            assert_eq!(Moment::read(text), Some(Moment::Zoneless(utc_us)), "{text}");
        }
        assert_eq!(Moment::read("12.25"), Some(Moment::Since(12_250_000)));
        for text in ["", "soon", "NaN", "inf", "1e30", "2025-13-12T10:00:00Z"] {
            assert_eq!(Moment::read(text), None, "{text}");
        }
    }
}
