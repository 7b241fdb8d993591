//! How the numbers of a sample stand in a file, and how they become a block's samples.
//!
//! What the engine takes as it is (unsigned and signed 8-bit, 16-bit and 32-bit float in little-endian order) is copied;
//! everything else becomes 16-bit or 32-bit float here. A full scale of its own makes any of them float, scaled by it.

use super::super::Block;
use skyhound::signal::SampleFormat;

/// The form of one number; a sample is two of them.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// Unsigned 8-bit about 127.5.
    U8,
    /// Signed 8-bit.
    I8,
    /// Unsigned 16-bit about 32768.
    U16,
    /// Signed 16-bit.
    I16,
    /// Signed 24-bit in three bytes.
    I24,
    /// Unsigned 32-bit about 2^31.
    U32,
    /// Signed 32-bit.
    I32,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
}

impl Number {
    /// Bytes of one number.
    pub const fn bytes(self) -> usize {
        match self {
            Number::U8 | Number::I8 => 1,
            Number::U16 | Number::I16 => 2,
            Number::I24 => 3,
            Number::U32 | Number::I32 | Number::F32 => 4,
            Number::F64 => 8,
        }
    }

    /// Whether it is a float, whose full scale is a matter of taste.
    pub const fn is_float(self) -> bool {
        matches!(self, Number::F32 | Number::F64)
    }

    /// The value that is |x| = 1.0 by convention.
    pub const fn full_scale(self) -> f64 {
        match self {
            Number::U8 => 127.5,
            Number::I8 => 128.0,
            Number::U16 | Number::I16 => 32_768.0,
            Number::I24 => 8_388_608.0,
            Number::U32 | Number::I32 => 2_147_483_648.0,
            Number::F32 | Number::F64 => 1.0,
        }
    }

    /// The value of a little-endian number.
    fn value(self, b: &[u8]) -> f64 {
        match (self, b) {
            (Number::U8, &[a]) => f64::from(a) - 127.5,
            (Number::I8, &[a]) => f64::from(a as i8),
            (Number::U16, &[a, b]) => f64::from(u16::from_le_bytes([a, b])) - 32_768.0,
            (Number::I16, &[a, b]) => f64::from(i16::from_le_bytes([a, b])),
            (Number::I24, &[a, b, c]) => f64::from(i32::from_le_bytes([0, a, b, c]) >> 8),
            (Number::U32, &[a, b, c, d]) => f64::from(u32::from_le_bytes([a, b, c, d])) - 2_147_483_648.0,
            (Number::I32, &[a, b, c, d]) => f64::from(i32::from_le_bytes([a, b, c, d])),
            (Number::F32, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (Number::F64, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => 0.0,
        }
    }
}

/// How the samples of a recording stand in its bytes.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Encoding {
    /// The form of a number.
    pub number: Number,
    /// Most significant byte first.
    pub is_big_endian: bool,
    /// Q stands before I.
    pub is_swapped: bool,
    /// The value at |x| = 1.0, > 0.
    pub full_scale: f64,
}

impl Encoding {
    /// Little-endian, I before Q, at the number's own full scale.
    pub const fn of(number: Number) -> Encoding {
        let full_scale = number.full_scale();
        Encoding { number, is_big_endian: false, is_swapped: false, full_scale }
    }

    /// Bytes of one sample.
    pub const fn sample_bytes(&self) -> usize {
        2 * self.number.bytes()
    }

    /// The form of the blocks' samples.
    pub fn format(&self) -> SampleFormat {
        if !self.is_kept() {
            return SampleFormat::Cf32;
        }
        match self.number {
            Number::U8 => SampleFormat::Cu8,
            Number::I8 => SampleFormat::Cs8,
            Number::U16 | Number::I16 => SampleFormat::Cs16,
            Number::I24 | Number::U32 | Number::I32 | Number::F32 | Number::F64 => SampleFormat::Cf32,
        }
    }

    /// Whether the numbers stay as they are, at their own full scale.
    fn is_kept(&self) -> bool {
        self.full_scale == self.number.full_scale()
    }

    /// Fills `block`, which must be of [`Encoding::format`], with the whole samples of `bytes`. The bytes may be turned round.
    pub fn fill(&self, block: &mut Block, bytes: &mut [u8]) {
        let width = self.number.bytes();
        if self.is_big_endian {
            bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
        match self.number {
            Number::U8 | Number::I8 | Number::I16 | Number::F32 if self.is_kept() => {
                block.fill_from_bytes(bytes);
            }
            Number::U16 if self.is_kept() => {
                // 32768 less is the sign bit turned over.
                bytes.iter_mut().skip(1).step_by(2).for_each(|high| *high ^= 0x80);
                block.fill_from_bytes(bytes);
            }
            number => {
                let (scale, top) = (1.0 / self.full_scale, self.top());
                let float = |number_bytes: &[u8]| match number.value(number_bytes) {
                    value if value >= top => (value * scale).max(1.0) as f32,
                    value => (value * scale) as f32,
                };
                block.fill_floats(bytes.chunks_exact(2 * width).map(|sample| {
                    let (i, q) = sample.split_at(width);
                    [float(i), float(q)]
                }));
            }
        }
        if self.is_swapped {
            block.swap_iq();
        }
    }

    /// The value from which a number is at full scale. The upper end of a signed converter is one step short of it, and as a
    /// float it would no more be seen that the converter clipped.
    fn top(&self) -> f64 {
        match self.number {
            Number::U8 | Number::F32 | Number::F64 => self.full_scale,
            Number::I8 | Number::U16 | Number::I16 | Number::I24 | Number::U32 | Number::I32 => {
                self.full_scale - 1.0
            }
        }
    }

    /// The full scale that the floats in `bytes` were written with, when it is plainly not 1.0: values far over it, or
    /// whole numbers (and halves, of unsigned 8-bit) as a converter gives them. `None`: nothing speaks against 1.0.
    pub fn float_scale_of<'a>(&self, pieces: impl Iterator<Item = &'a mut [u8]>) -> Option<f64> {
        /// Filters and gains overshoot a little.
        const OVERSHOOT_MAX: f64 = 2.0;
        /// Of converters: 8, 12, 16, 24 and 32 bits.
        const SCALES: [f64; 5] = [128.0, 2_048.0, 32_768.0, 8_388_608.0, 2_147_483_648.0];
        let (mut most, mut is_whole) = (0.0f64, true);
        let width = self.number.bytes();
        for bytes in pieces {
            for number in bytes.chunks_exact_mut(width) {
                if self.is_big_endian {
                    number.reverse();
                }
                let value = self.number.value(number);
                if value.is_finite() {
                    most = most.max(value.abs());
                    is_whole &= (2.0 * value).fract() == 0.0;
                }
            }
        }
        if most <= 1.0 || (most <= OVERSHOOT_MAX && !is_whole) {
            return None;
        }
        Some(SCALES.into_iter().find(|scale| most <= *scale).unwrap_or(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use skyhound::signal::Samples;

    fn filled(encoding: Encoding, bytes: &[u8]) -> Vec<[f64; 2]> {
        let mut block = Block::with_room(encoding.format(), 16);
        encoding.fill(&mut block, &mut bytes.to_vec());
        match block.samples() {
            Samples::Cu8(s) => s.iter().map(|s| s.map(|v| (f64::from(v) - 127.5) / 127.5)).collect(),
            Samples::Cs8(s) => s.iter().map(|s| s.map(|v| f64::from(v) / 128.0)).collect(),
            Samples::Cs16(s) => s.iter().map(|s| s.map(|v| f64::from(v) / 32_768.0)).collect(),
            Samples::Cf32(s) => s.iter().map(|s| s.map(f64::from)).collect(),
        }
    }

    #[test]
    fn every_number_gives_the_same_samples() {
        // 0.5 and −0.25 in every form.
        let cases: [(Number, Vec<u8>); 9] = [
            (Number::U8, vec![191, 96]),
            (Number::I8, vec![64, 224]),
            (Number::U16, [49_152u16, 24_576].iter().flat_map(|v| v.to_le_bytes()).collect()),
            (Number::I16, [16_384i16, -8_192].iter().flat_map(|v| v.to_le_bytes()).collect()),
            (
                Number::I24,
                [0x40_0000i32, -0x20_0000].iter().flat_map(|v| v.to_le_bytes()[..3].to_vec()).collect(),
            ),
            (Number::U32, [0xc000_0000u32, 0x6000_0000].iter().flat_map(|v| v.to_le_bytes()).collect()),
            (Number::I32, [0x4000_0000i32, -0x2000_0000].iter().flat_map(|v| v.to_le_bytes()).collect()),
            (Number::F32, [0.5f32, -0.25].iter().flat_map(|v| v.to_le_bytes()).collect()),
            (Number::F64, [0.5f64, -0.25].iter().flat_map(|v| v.to_le_bytes()).collect()),
        ];
        for (number, bytes) in cases {
            let [[i, q]] = filled(Encoding::of(number), &bytes)[..] else { panic!("{number:?}") };
            assert!((i - 0.5).abs() < 0.003 && (q + 0.25).abs() < 0.004, "{number:?}: {i} {q}");
            let turned: Vec<u8> = bytes
                .chunks(number.bytes())
                .flat_map(|b| b.iter().rev().copied().collect::<Vec<_>>())
                .collect();
            let big = Encoding { is_big_endian: true, ..Encoding::of(number) };
            assert_eq!(filled(big, &turned), [[i, q]], "{number:?}");
            let swapped = Encoding { is_swapped: true, ..Encoding::of(number) };
            assert_eq!(filled(swapped, &bytes), [[q, i]], "{number:?}");
            let half = Encoding { full_scale: number.full_scale() / 2.0, ..Encoding::of(number) };
            let [[i2, q2]] = filled(half, &bytes)[..] else { panic!("{number:?}") };
            assert!((i2 - 2.0 * i).abs() < 1e-6 && (q2 - 2.0 * q).abs() < 1e-6, "{number:?}: {i2} {q2}");
        }
    }

    #[test]
    fn what_clipped_is_at_full_scale_as_a_float() {
        for (number, bytes) in [
            (Number::I24, vec![255, 255, 127, 0, 0, 128]),
            (Number::U32, vec![255, 255, 255, 255, 0, 0, 0, 0]),
            (Number::I32, vec![255, 255, 255, 127, 0, 0, 0, 128]),
        ] {
            assert_eq!(filled(Encoding::of(number), &bytes), [[1.0, -1.0]], "{number:?}");
        }
        let twelve_bits = Encoding { full_scale: 2_048.0, ..Encoding::of(Number::I16) };
        let bytes = [2_047i16, -2_048, 2_046, -2_047].map(i16::to_le_bytes).concat();
        let [clipped, [i, q]] = filled(twelve_bits, &bytes)[..] else { panic!("two samples") };
        assert!(clipped == [1.0, -1.0] && i < 1.0 && q > -1.0, "{i} {q}");
    }

    fn scale_of(values: &[f32]) -> Option<f64> {
        let mut bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Encoding::of(Number::F32).float_scale_of(std::iter::once(&mut bytes[..]))
    }

    #[test]
    fn floats_that_were_not_scaled_show_it() {
        assert_eq!(scale_of(&[0.3, -0.99, f32::NAN]), None);
        assert_eq!(scale_of(&[1.3, -0.2]), None, "a little over");
        assert_eq!(scale_of(&[]), None);
        assert_eq!(scale_of(&[3.0, -2.0, 0.0]), Some(128.0), "the whole numbers of a quiet converter");
        assert_eq!(scale_of(&[1.5, -0.5]), Some(128.0), "halves are of unsigned 8-bit");
        assert_eq!(scale_of(&[127.5, -3.1]), Some(128.0));
        assert_eq!(scale_of(&[-2_048.0, 7.0]), Some(2_048.0));
        assert_eq!(scale_of(&[3_276.7, 0.1]), Some(32_768.0));
        assert_eq!(scale_of(&[1e12, 0.1]), Some(f64::from(1e12f32)), "no converter's: what is there");
    }

    proptest! {
        #[test]
        fn any_bytes_fill_whole_samples_only(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0usize..9) {
            let number = [Number::U8, Number::I8, Number::U16, Number::I16, Number::I24, Number::U32, Number::I32,
                Number::F32, Number::F64][kind];
            let count = filled(Encoding::of(number), &bytes).len();
            prop_assert_eq!(count, (bytes.len() / (2 * number.bytes())).min(16));
        }
    }
}
