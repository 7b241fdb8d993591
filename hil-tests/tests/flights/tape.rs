//! Recordings made here, of which the right values are known: noise of −50 dBFS, and what a test adds to it.

use std::f64::consts::TAU;

/// Amplitude of the white noise, full scale 1.
pub const NOISE: f64 = 0.003;
/// What a gate closes is nothing at all, noise included.
pub const GATED: [f64; 2] = [f64::NAN; 2];
pub const SILENCE: [f64; 2] = [0.0; 2];

/// I and Q of `seconds`, one after the other; `signal`: time in s → I and Q.
pub fn made(rate_sps: f64, seconds: f64, signal: impl Fn(f64) -> [f64; 2]) -> Vec<f64> {
    let mut random = 9_u64;
    let mut uniform = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let sample = |n: u64| {
        let [i, q] = signal(n as f64 / rate_sps);
        // Box and Muller.
        let (radius, angle) = ((-uniform().ln()).sqrt() * NOISE, TAU * uniform());
        if i.is_nan() { SILENCE } else { [radius * angle.cos() + i, radius * angle.sin() + q] }
    };
    (0..(seconds * rate_sps) as u64).flat_map(sample).collect()
}

/// A tone of this amplitude.
pub fn tone(amplitude: f64, hz: f64, t: f64) -> [f64; 2] {
    let turn = TAU * (hz * t).fract();
    [amplitude * turn.cos(), amplitude * turn.sin()]
}

/// 16-bit samples.
pub fn cs16(samples: &[f64]) -> Vec<u8> {
    samples.iter().flat_map(|v| ((v * 32_767.0).round() as i16).to_le_bytes()).collect()
}
