//! A device that comes back, against what it was before.

use super::Stream;

/// The sample clock follows so much of a rate; more is another stream.
const RATE_TOLERANCE: f64 = 1e-3;

/// A tuner rounds a frequency the same way each time. `sense` keeps its bins, the narrowest of which are wider than this.
const FREQUENCY_TOLERANCE_HZ: f64 = 10.0;

/// Why the stream cannot be gone on with: its blocks, hops and windows would mean something else.
pub fn refused(was: &Stream, is: &Stream) -> Option<String> {
    if (is.sample_rate_sps / was.sample_rate_sps - 1.0).abs() > RATE_TOLERANCE {
        return Some(format!(
            "it came back with {} S/s instead of {}",
            is.sample_rate_sps, was.sample_rate_sps
        ));
    }
    if (is.frequency_hz - was.frequency_hz).abs() > FREQUENCY_TOLERANCE_HZ {
        return Some(format!("it came back at {} Hz instead of {}", is.frequency_hz, was.frequency_hz));
    }
    let is_same = is.format == was.format;
    (!is_same).then(|| format!("it came back with {:?} instead of {:?}", is.format, was.format))
}

/// What of the second stream is not as of the first, in words. A device rounds a setting the same way each time.
pub fn changes(was: &Stream, is: &Stream) -> Option<String> {
    let mut all = Vec::new();
    if was.sample_rate_sps != is.sample_rate_sps {
        all.push(format!("{} S/s instead of {}", is.sample_rate_sps, was.sample_rate_sps));
    }
    if was.frequency_hz != is.frequency_hz {
        all.push(format!("{} Hz instead of {}", is.frequency_hz, was.frequency_hz));
    }
    if was.gain_db != is.gain_db {
        let gain_db = |stream: &Stream| stream.gain_db.map_or("unknown".to_string(), |db| db.to_string());
        all.push(format!("gain {} dB instead of {}", gain_db(is), gain_db(was)));
    }
    if was.antenna != is.antenna {
        let antenna = |stream: &Stream| stream.antenna.clone().unwrap_or("unknown".to_string());
        all.push(format!("antenna {} instead of {}", antenna(is), antenna(was)));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::signal::SampleFormat;

    #[test]
    fn what_came_back_otherwise_is_named() {
        let was = Stream {
            sample_rate_sps: 250e3,
            frequency_hz: 433.92e6,
            format: SampleFormat::Cs8,
            native_full_scale: 128.0,
            block_samples: 2_500,
            driver_block_samples: 8_192,
            gain_db: Some(20.0),
            antenna: Some("RX".to_string()),
            recorded_utc_us: None,
            description: String::new(),
        };
        assert_eq!(changes(&was, &was), None);
        let is = Stream { frequency_hz: 434e6, ..was.clone() };
        assert_eq!(refused(&was, &is).as_deref(), Some("it came back at 434000000 Hz instead of 433920000"));
        let is = Stream { frequency_hz: 433_920_001.0, gain_db: Some(8.0), antenna: None, ..was.clone() };
        let said =
            "433920001 Hz instead of 433920000, gain 8 dB instead of 20, antenna unknown instead of RX";
        assert_eq!(changes(&was, &is).as_deref(), Some(said));
        assert_eq!(refused(&was, &is), None);
        let is = Stream { sample_rate_sps: 250_001.0, ..was.clone() };
        assert_eq!(refused(&was, &is), None);
        assert_eq!(changes(&was, &is).as_deref(), Some("250001 S/s instead of 250000"));
        let is = Stream { sample_rate_sps: 240e3, ..was.clone() };
        assert_eq!(refused(&was, &is).as_deref(), Some("it came back with 240000 S/s instead of 250000"));
        let is = Stream { format: SampleFormat::Cf32, ..was.clone() };
        assert!(refused(&was, &is).is_some_and(|why| why.contains("Cf32 instead of Cs8")));
    }
}
