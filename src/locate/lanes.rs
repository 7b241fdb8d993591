//! Arithmetic on a row of particles at once: arrays of [`SIDE`] single-precision numbers, which compilers turn into vector code.

/// Particles of a row.
pub(super) const SIDE: usize = 32;
/// A number for each particle of a row.
pub(super) type Row = [f32; SIDE];

/// log2 of a positive normal number, to 1e-6: exponent by its bits, mantissa by a minimax polynomial.
#[inline(always)]
pub(super) fn log2(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.5;
    // Chebyshev fit of log2(1.5 + m) on −0.5..0.5.
    let high = 0.142_526_4 + m * (-0.070_589_7 + m * (0.037_462_9 + m * (-0.025_123_2 + m * 0.014_778_7)));
    let p = 0.584_962_8 + m * (0.961_796 + m * (-0.320_632_3 + m * high));
    exponent + p
}

/// 10·log10 of a positive normal number.
#[inline(always)]
pub(super) fn db(x: f32) -> f32 {
    3.010_3 * log2(x)
}

/// e^x for x from −80 to 80, relative error 2e-5; less than that is 0.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let t = x.max(-80.0) * std::f32::consts::LOG2_E;
    let whole = t.floor();
    let f = (t - whole) * std::f32::consts::LN_2;
    let p = 1.0
        + f * (1.0 + f * (0.5 + f * (0.166_666_67 + f * (0.041_666_67 + f * (0.008_333_4 + f * 0.001_4)))));
    p * f32::from_bits((((whole as i32) + 127) as u32) << 23)
}

/// Natural logarithm of a positive normal number.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    std::f32::consts::LN_2 * log2(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_close() {
        for n in 1..4_000 {
            let x = 1.013_f32.powi(n % 2_000) * 1e-4;
            assert!((log2(x) - x.log2()).abs() < 1e-5, "{x}: {} {}", log2(x), x.log2());
            let y = (n as f32 - 2_000.0) / 30.0;
            assert!((exp(y) / y.exp() - 1.0).abs() < 2e-5, "{y}");
        }
        assert_eq!(exp(-1e9), exp(-80.0));
    }
}
