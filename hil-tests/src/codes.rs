//! Samples of full scale 1.0 as the bytes of a format, little-endian: what a device or a recording holds.
//!
//! Rounded to the nearest code and cut at the format's ends. `Cu8` is RTL-SDR's: zero lies at 127.4 (SoapyRTLSDR reads
//! `(u8 − 127.4) / 128`), so an 8-bit converter's code k becomes k + 127.

use skyhound::signal::SampleFormat;

/// How samples are written.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Form {
    /// Kind of numbers.
    pub format: SampleFormat,
    /// Number that full scale becomes. 128, 128, 32768 and 1 are the formats' own.
    pub full_scale: f32,
}

impl Form {
    /// `format` at its own full scale.
    pub fn of(format: SampleFormat) -> Form {
        let full_scale = match format {
            SampleFormat::Cu8 | SampleFormat::Cs8 => 128.0,
            SampleFormat::Cs16 => 32_768.0,
            SampleFormat::Cf32 => 1.0,
        };
        Form { format, full_scale }
    }

    /// Appends `samples` to `bytes`.
    pub fn write(self, samples: &[[f32; 2]], bytes: &mut Vec<u8>) {
        let values = samples.as_flattened();
        let start = bytes.len();
        bytes.resize(start + samples.len() * self.format.sample_bytes(), 0);
        let bytes = &mut bytes[start..];
        let scale = self.full_scale;
        match self.format {
            SampleFormat::Cu8 => each(values, bytes, |v| [nearest(v * scale + 127.4) as u8]),
            SampleFormat::Cs8 => each(values, bytes, |v| [nearest(v * scale) as i8 as u8]),
            SampleFormat::Cs16 => {
                // Twelve bits in sixteen end at their own ends.
                each(values, bytes, |v| (nearest(v * scale).min(scale - 1.0) as i16).to_le_bytes());
            }
            SampleFormat::Cf32 => each(values, bytes, |v| (v * scale).to_le_bytes()),
        }
    }
}

fn each<const BYTES: usize>(values: &[f32], bytes: &mut [u8], code: impl Fn(f32) -> [u8; BYTES]) {
    let (slots, _) = bytes.as_chunks_mut::<BYTES>();
    for (value, slot) in values.iter().zip(slots) {
        *slot = code(*value);
    }
}

/// The nearest whole number, of |x| < 2²²; at a tie the even one. Adding 1.5 · 2²³ leaves no bit for a fraction: one
/// addition on every processor, where `round` is a call on some.
#[inline(always)]
pub fn nearest(x: f32) -> f32 {
    const WHOLE: f32 = 12_582_912.0;
    (x + WHOLE) - WHOLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(form: Form) -> Vec<u8> {
        let mut bytes = vec![7];
        form.write(&[[0.0, 0.5], [-1.0, 127.0 / 128.0]], &mut bytes);
        assert_eq!(bytes.remove(0), 7, "what was there stays");
        bytes
    }

    #[test]
    fn each_format_has_its_codes() {
        assert_eq!(bytes(Form::of(SampleFormat::Cs8)), [0, 64, 128, 127]);
        assert_eq!(bytes(Form::of(SampleFormat::Cu8)), [127, 191, 0, 254]);
        let sixteen = bytes(Form::of(SampleFormat::Cs16));
        assert_eq!(sixteen, [0i16, 16_384, -32_768, 32_512].map(i16::to_le_bytes).concat());
        let twelve = bytes(Form { format: SampleFormat::Cs16, full_scale: 2_048.0 });
        assert_eq!(twelve, [0i16, 1_024, -2_048, 2_032].map(i16::to_le_bytes).concat());
        let floats = bytes(Form::of(SampleFormat::Cf32));
        assert_eq!(floats, [0.0f32, 0.5, -1.0, 0.992_187_5].map(f32::to_le_bytes).concat());
    }

    #[test]
    fn what_is_beyond_a_format_stays_at_its_end() {
        let mut bytes = Vec::new();
        Form::of(SampleFormat::Cs8).write(&[[3.0, -3.0]], &mut bytes);
        Form::of(SampleFormat::Cu8).write(&[[3.0, -3.0]], &mut bytes);
        assert_eq!(bytes, [127, 128, 255, 0]);
        assert_eq!([2.5, 3.5, -0.4, -0.6].map(nearest), [2.0, 4.0, 0.0, -1.0]);
    }
}
