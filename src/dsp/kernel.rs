//! The loops that touch every sample: integers to windowed floats, full-scale check, |X|², sums over bins.
//!
//! Each is one plain loop that LLVM turns into packed instructions: on aarch64 with the baseline's NEON, on x86-64 twice,
//! for the baseline's SSE2 and for AVX2, chosen by what the CPU has. Both orders of addition are the same (four fixed
//! lanes, no fused multiply-add), so both give the same bits. The bench `sense` shows each against its scalar form.

use rustfft::num_complex::Complex32;

/// |I| and |Q| of float samples at or above this count as full scale: the largest a 16-bit converter can say.
pub const FULL_SCALE: f32 = 32_767.0 / 32_768.0;
/// Float samples beyond this (+180 dBFS) are no samples: their squares would leave `f32`'s range.
pub const LEVEL_MAX: f32 = 1e9;
/// Lanes of the sums, which fixes their order of addition. Most runs are short: a few bins of a channel, or of a group.
const LANES: usize = 4;
/// And of the largest, which no order changes.
const LANES_OF_LARGEST: usize = 16;
/// Samples that are windowed together.
const TOGETHER: usize = 8;
/// Samples after which they are looked at again: 4 kB of floats.
const PIECE: usize = 512;

/// One half of a sample as the driver delivers it.
pub trait Component: Copy {
    /// Level, in the format's own steps, up to which it is zero: `cu8` has no zero, and 127 and 128 are the nearest.
    const ZERO_MAX: f32 = 0.0;
    /// Level, likewise, over which it is more than noise of one step about zero; floats have no steps.
    const SIGNAL_MIN: f32 = 1.5;
    /// Level in the format's own steps; the window carries the step's size.
    fn level(self) -> f32;
    /// Whether it lies strictly between the format's ends (false for NaN).
    fn is_inside(self) -> bool;
    /// Whether it is a number that can be a sample.
    fn is_level(self) -> bool {
        true
    }
}

impl Component for u8 {
    const ZERO_MAX: f32 = 0.5;
    const SIGNAL_MIN: f32 = 2.0;
    #[inline(always)]
    fn level(self) -> f32 {
        f32::from(self) - 127.5
    }
    #[inline(always)]
    fn is_inside(self) -> bool {
        self != u8::MIN && self != u8::MAX
    }
}

impl Component for i8 {
    #[inline(always)]
    fn level(self) -> f32 {
        f32::from(self)
    }
    #[inline(always)]
    fn is_inside(self) -> bool {
        self != i8::MIN && self != i8::MAX
    }
}

impl Component for i16 {
    #[inline(always)]
    fn level(self) -> f32 {
        f32::from(self)
    }
    #[inline(always)]
    fn is_inside(self) -> bool {
        self != i16::MIN && self != i16::MAX
    }
}

impl Component for f32 {
    const SIGNAL_MIN: f32 = -1.0;
    #[inline(always)]
    fn level(self) -> f32 {
        self
    }
    #[inline(always)]
    fn is_inside(self) -> bool {
        self.abs() < FULL_SCALE
    }
    #[inline(always)]
    fn is_level(self) -> bool {
        self.abs() < LEVEL_MAX
    }
}

/// Defines a function whose body is compiled for the target's baseline and, on x86-64, for AVX2 too.
macro_rules! vectorised {
    ($(#[$doc:meta])* $name:ident = $body:ident $(<$T:ident: $Bound:ident>)? ($($arg:ident: $Type:ty),*) $(-> $Out:ty)?) => {
        $(#[$doc])*
        #[inline]
        pub fn $name $(<$T: $Bound>)? ($($arg: $Type),*) $(-> $Out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide $(<$T: $Bound>)? ($($arg: $Type),*) $(-> $Out)? {
                    $body($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the CPU has AVX2, as the line above found.
                    return unsafe { wide($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

vectorised! {
    /// `out = level(samples) · window`; the window carries the scaling. All three have the same length. Whether every I
    /// and Q lies strictly between the ends of its format.
    window = window_body<T: Component>(samples: &[[T; 2]], window: &[f32], out: &mut [Complex32]) -> bool
}
vectorised! {
    /// `power = |spectrum|²`, and `power` added to `sums`. All three have the same length.
    power = power_body(spectrum: &[Complex32], power: &mut [f32], sums: &mut [f32])
}
vectorised! {
    /// `out = level(samples) · step`. Both have the same length.
    levels = levels_body<T: Component>(samples: &[[T; 2]], step: f32, out: &mut [Complex32])
}
vectorised! {
    /// `out += bins · weights`. All three have the same length.
    add_weighed = add_weighed_body(bins: &[Complex32], weights: &[f32], out: &mut [Complex32])
}
vectorised! {
    /// `out` is turned by `turns` and by `all`. Both have the same length.
    turn = turn_body(turns: &[Complex32], all: Complex32, out: &mut [Complex32])
}
vectorised! {
    /// `power = |spectrum|² · scale`. Both have the same length.
    scaled_power = scaled_power_body(spectrum: &[Complex32], scale: f32, power: &mut [f32])
}
vectorised! {
    /// `sums += power · scale`. Both have the same length.
    add_scaled = add_scaled_body(power: &[f32], scale: f32, sums: &mut [f32])
}
vectorised! {
    /// `values · scale`.
    scale = scale_body(values: &mut [f32], scale: f32)
}
vectorised! {
    /// `out = samples · weights`. All three have the same length.
    weigh = weigh_body(samples: &[Complex32], weights: &[f32], out: &mut [Complex32])
}
vectorised! {
    /// How many values are over `level`.
    count_over = count_over_body(values: &[f32], level: f32) -> u32
}
vectorised! {
    /// The largest of the values, at least 0.
    largest = largest_body(values: &[f32]) -> f32
}
vectorised! {
    /// The largest of `first + second`, at least 0. Both have the same length.
    largest_sum = largest_sum_body(first: &[f32], second: &[f32]) -> f32
}
vectorised! {
    /// `out` = `first + second`, and the largest of it, at least 0. All three have the same length.
    add_up = add_up_body(first: &[f32], second: &[f32], out: &mut [f32]) -> f32
}
vectorised! {
    /// `sums` = the sum of `power` over each run `(first, length)`. Runs lie within `power`.
    sum_runs = sum_runs_body(power: &[f32], runs: &[(u32, u32)], sums: &mut [f32])
}

/// Two simple loops, piece by piece, so that the second finds in the cache what the first has read.
#[inline(always)]
fn window_body<T: Component>(samples: &[[T; 2]], window: &[f32], out: &mut [Complex32]) -> bool {
    let mut is_inside = true;
    for ((samples, window), out) in samples.chunks(PIECE).zip(window.chunks(PIECE)).zip(out.chunks_mut(PIECE))
    {
        weigh_levels(samples, window, out);
        is_inside &= are_inside(samples);
    }
    is_inside
}

/// Without early exit: a loop without branches is the one that vectorises.
#[inline(always)]
fn are_inside<T: Component>(samples: &[[T; 2]]) -> bool {
    samples.as_flattened().iter().fold(true, |inside, component| inside & component.is_inside())
}

/// Each weight stands for I and Q: the multiplication is over the halves of samples as they lie, the weights doubled by
/// shuffles, which costs less than to read each twice.
#[inline(always)]
fn weigh_levels<T: Component>(samples: &[[T; 2]], window: &[f32], out: &mut [Complex32]) {
    let weighed = |sample: &[T; 2], weight: &f32| {
        Complex32::new(sample[0].level() * weight, sample[1].level() * weight)
    };
    let (samples_by, samples_left) = samples.as_chunks::<TOGETHER>();
    let (window_by, window_left) = window.as_chunks::<TOGETHER>();
    let (out_by, out_left) = out.as_chunks_mut::<TOGETHER>();
    for ((samples, window), out) in samples_by.iter().zip(window_by).zip(out_by) {
        for ((sample, weight), out) in samples.iter().zip(window).zip(out) {
            *out = weighed(sample, weight);
        }
    }
    for ((sample, weight), out) in samples_left.iter().zip(window_left).zip(out_left) {
        *out = weighed(sample, weight);
    }
}

#[inline(always)]
fn levels_body<T: Component>(samples: &[[T; 2]], step: f32, out: &mut [Complex32]) {
    for (sample, out) in samples.iter().zip(out) {
        *out = Complex32::new(sample[0].level() * step, sample[1].level() * step);
    }
}

#[inline(always)]
fn power_body(spectrum: &[Complex32], power: &mut [f32], sums: &mut [f32]) {
    for ((x, power), sum) in spectrum.iter().zip(power).zip(sums) {
        *power = x.re * x.re + x.im * x.im;
        *sum += *power;
    }
}

#[inline(always)]
fn add_weighed_body(bins: &[Complex32], weights: &[f32], out: &mut [Complex32]) {
    for ((bin, weight), out) in bins.iter().zip(weights).zip(out) {
        *out = Complex32::new(out.re + bin.re * weight, out.im + bin.im * weight);
    }
}

#[inline(always)]
fn turn_body(turns: &[Complex32], all: Complex32, out: &mut [Complex32]) {
    for (turn, out) in turns.iter().zip(out) {
        *out = *out * turn * all;
    }
}

#[inline(always)]
fn scaled_power_body(spectrum: &[Complex32], scale: f32, power: &mut [f32]) {
    for (x, power) in spectrum.iter().zip(power) {
        *power = (x.re * x.re + x.im * x.im) * scale;
    }
}

#[inline(always)]
fn add_scaled_body(power: &[f32], scale: f32, sums: &mut [f32]) {
    for (power, sum) in power.iter().zip(sums) {
        *sum += power * scale;
    }
}

#[inline(always)]
fn scale_body(values: &mut [f32], scale: f32) {
    values.iter_mut().for_each(|value| *value *= scale);
}

#[inline(always)]
fn weigh_body(samples: &[Complex32], weights: &[f32], out: &mut [Complex32]) {
    for ((sample, weight), out) in samples.iter().zip(weights).zip(out) {
        *out = Complex32::new(sample.re * weight, sample.im * weight);
    }
}

#[inline(always)]
fn count_over_body(values: &[f32], level: f32) -> u32 {
    values.iter().map(|value| u32::from(*value > level)).sum()
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn largest_body(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES_OF_LARGEST>();
    let mut lanes = [0.0_f32; LANES_OF_LARGEST];
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*value, *lane);
        }
    }
    lanes.iter().chain(rest).fold(0.0, |largest, value| larger(*value, largest))
}

#[inline(always)]
fn largest_sum_body(first: &[f32], second: &[f32]) -> f32 {
    let (first_by, first_rest) = first.as_chunks::<LANES_OF_LARGEST>();
    let (second_by, second_rest) = second.as_chunks::<LANES_OF_LARGEST>();
    let mut lanes = [0.0_f32; LANES_OF_LARGEST];
    for (first, second) in first_by.iter().zip(second_by) {
        for ((first, second), lane) in first.iter().zip(second).zip(&mut lanes) {
            *lane = larger(first + second, *lane);
        }
    }
    let rest = first_rest.iter().zip(second_rest).map(|(first, second)| first + second);
    lanes.into_iter().chain(rest).fold(0.0, |largest, value| larger(value, largest))
}

#[inline(always)]
fn add_up_body(first: &[f32], second: &[f32], out: &mut [f32]) -> f32 {
    for ((first, second), out) in first.iter().zip(second).zip(&mut *out) {
        *out = first + second;
    }
    largest_body(out)
}

#[inline(always)]
fn sum_runs_body(power: &[f32], runs: &[(u32, u32)], sums: &mut [f32]) {
    for (&(first, length), sum) in runs.iter().zip(sums) {
        let run = power.get(first as usize..(first + length) as usize).unwrap_or_default();
        *sum = lane_sum(run);
    }
}

#[inline(always)]
fn lane_sum(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    let [a, b, c, d] = lanes;
    let whole = (a + b) + (c + d);
    match *rest {
        [x] => whole + x,
        [x, y] => whole + (x + y),
        [x, y, z] => whole + ((x + y) + z),
        _ => whole,
    }
}

/// Lengths of the runs of one and the same zero at the beginning and at the end. Of noise both end with the first sample.
pub fn zero_runs<T: Component>(samples: &[[T; 2]]) -> (usize, usize) {
    let is_zero = |sample: &[f32; 2]| sample.iter().all(|level| level.abs() <= T::ZERO_MAX);
    let level = |sample: &[T; 2]| sample.map(T::level);
    let run =
        |value: Option<[f32; 2]>, samples: &mut dyn Iterator<Item = &[T; 2]>| match value.filter(is_zero) {
            Some(value) => samples.take_while(|sample| level(sample) == value).count(),
            None => 0,
        };
    let lead = run(samples.first().map(level), &mut samples.iter());
    (lead, run(samples.last().map(level), &mut samples.iter().rev()))
}

/// Samples at full scale, and samples that are none (NaN, infinite, beyond [`LEVEL_MAX`]).
pub fn count_outside<T: Component>(samples: &[[T; 2]]) -> (u32, u32) {
    let (mut clipped, mut bad) = (0, 0);
    for [i, q] in samples {
        let levels = i.is_level() & q.is_level();
        bad += u32::from(!levels);
        clipped += u32::from(levels & !(i.is_inside() & q.is_inside()));
    }
    (clipped, bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hint::black_box;

    /// The same in the slow obvious way, one item at a time, opaque to the vectoriser.
    fn scalar_power(spectrum: &[Complex32]) -> Vec<f32> {
        spectrum.iter().map(|x| black_box(black_box(x.re) * x.re + black_box(x.im) * x.im)).collect()
    }

    proptest! {
        #[test]
        fn packed_and_scalar_give_the_same_bits(
            samples in prop::collection::vec(any::<[u8; 2]>(), 0..1_200),
            weights in prop::collection::vec(any::<i16>(), 1_200),
        ) {
            let window_of = weights.iter().map(|w| f32::from(*w)).collect::<Vec<_>>();
            let mut out = vec![Complex32::default(); samples.len()];
            let is_inside = window(&samples, &window_of[..samples.len()], &mut out);
            prop_assert_eq!(is_inside, count_outside(&samples).0 == 0);
            for ((sample, weight), out) in samples.iter().zip(&window_of).zip(&out) {
                let expected = Complex32::new(
                    black_box(f32::from(sample[0]) - 127.5) * weight,
                    black_box(f32::from(sample[1]) - 127.5) * weight,
                );
                prop_assert_eq!(*out, expected);
            }
            let (mut powers, mut sums) = (vec![0.0; out.len()], vec![1.0; out.len()]);
            power(&out, &mut powers, &mut sums);
            prop_assert_eq!(&powers, &scalar_power(&out));
            prop_assert!(sums.iter().zip(&powers).all(|(sum, power)| *sum == 1.0 + power));
            let mut wide = [0.0; 1];
            sum_runs(&powers, &[(0, powers.len() as u32)], &mut wide);
            prop_assert_eq!(wide[0].to_bits(), lane_sum(&powers).to_bits());
            let exact: f64 = powers.iter().map(|p| f64::from(*p)).sum();
            prop_assert!((f64::from(wide[0]) - exact).abs() <= 1e-5 * exact);
        }

        #[test]
        fn every_sample_at_full_scale_is_counted(samples in prop::collection::vec(any::<[i8; 2]>(), 0..300)) {
            let at_end = |v: i8| v == 127 || v == -128;
            let expected = samples.iter().filter(|s| at_end(s[0]) || at_end(s[1])).count() as u32;
            prop_assert_eq!(count_outside(&samples), (expected, 0));
        }
    }

    #[test]
    fn what_is_no_sample_is_told_from_full_scale() {
        let samples =
            [[0.5, -0.5], [1.0, 0.0], [f32::NAN, 0.0], [0.0, f32::INFINITY], [1e30, 0.0], [0.0, -0.99999]];
        assert_eq!(count_outside(&samples), (2, 3));
        let inside = |samples: &[[f32; 2]]| {
            window(samples, &[1.0; 6][..samples.len()], &mut [Complex32::default(); 6][..samples.len()])
        };
        assert!(inside(&samples[..1]));
        assert!((1..6).all(|at| !inside(&samples[at..=at])));
        assert_eq!(count_outside(&[[0_u8, 9], [9, 255], [1, 254]]), (2, 0));
        assert_eq!(count_outside(&[[i16::MIN, 9], [9, i16::MAX], [-32_767, 32_766]]), (2, 0));
    }
}
