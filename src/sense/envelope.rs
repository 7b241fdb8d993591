//! When a channel was on, by all of its power at once: for pulses too weak for an edge of their own.
//!
//! Two levels, each frame's power about either as Gamma's law has it, and a price for each change: the likeliest course
//! is Viterbi's (1967), the levels are the means over it, in turns until they stay (Viterbi training; Juang & Rabiner, IEEE Trans. ASSP 38, 1990). A single frame that
//! noise lifts or lowers changes nothing, while a pulse of some frames needs to stand out of the noise by little.

use crate::config::ChannelConfig;
use crate::dsp::median::{median, spacing};
use crate::dsp::spectrometer::Gate;
use crate::dsp::survey::{Survey, Timing};

/// ln of the odds against a change from one frame to the next.
const CHANGE_COST: f64 = 5.0;
/// Share of the bins that are independent: Hann's window (Harris 1978, (Σw²)²/(N·Σw⁴) = 18/35).
const INDEPENDENT: f64 = 18.0 / 35.0;
/// Turns after which the levels stay as they are.
const TURNS_MAX: u32 = 12;
/// Pulses that make a train, and their jitter as a share of the period at most.
const PULSES_MIN: usize = 4;
const JITTER_MAX: f64 = 0.1;
/// Least power over the noise, ratio.
const SNR_MIN: f64 = 1.5;

/// A train of pulses in the channel's power.
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    /// When it was on.
    pub timing: Timing,
    /// Power while on and the noise, in the channel's bandwidth, full scale² = 1.0.
    pub power: f64,
    pub noise: f64,
}

/// The train on a channel of a survey; `None`: what is there is no regular one.
pub fn train(survey: &Survey, channel: &ChannelConfig) -> Option<Train> {
    let frame_us = survey.fft_len() as f64 / survey.sample_rate_sps() * 1e6;
    let bin_hz = survey.sample_rate_sps() / survey.fft_len() as f64;
    let first_hz = survey.center_hz() - survey.sample_rate_sps() / 2.0;
    let bin_of = |hz: f64| ((hz - first_hz) / bin_hz).round().clamp(0.0, survey.fft_len() as f64) as usize;
    let low = bin_of(channel.frequency_hz - channel.bandwidth_hz / 2.0);
    let high = bin_of(channel.frequency_hz + channel.bandwidth_hz / 2.0);
    let (mut powers, mut starts) = (Vec::new(), Vec::new());
    for row in survey.rows().filter(|row| row.gate == Gate::Open) {
        powers.push(row.power().skip(low).take(high - low).map(f64::from).sum::<f64>());
        starts.push(row.first_sample / survey.fft_len() as u64);
    }
    let shape = ((high - low) as f64 * INDEPENDENT).max(1.0);
    let levels = Levels::of(&powers, shape)?;
    let bridge_frames = (f64::from(channel.pulse_bridge_us) / frame_us) as u64;
    let pulses = pulses(&levels.course, &starts, bridge_frames);
    let timing = timing(&pulses, frame_us)?;
    (levels.on >= (1.0 + SNR_MIN) * levels.off).then_some(Train {
        timing,
        power: levels.on - levels.off,
        noise: levels.off,
    })
}

/// The two levels, and which is that of each frame.
struct Levels {
    off: f64,
    on: f64,
    course: Vec<bool>,
}

impl Levels {
    fn of(powers: &[f64], shape: f64) -> Option<Levels> {
        let mut sorted = powers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quantile = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied();
        let (mut off, mut on) = (quantile(0.1)?, quantile(0.9)?);
        for _ in 0..TURNS_MAX {
            if !(off > 0.0 && on > off) {
                return None;
            }
            let course = likeliest(powers.iter().map(|power| {
                // ln of Gamma's density at one level over that at the other.
                shape * ((off / on).ln() + power / off - power / on)
            }));
            let mean = |is_on: bool| {
                let of = powers.iter().zip(&course).filter(|(_, on)| **on == is_on);
                let (sum, count) = of.fold((0.0, 0.0), |(sum, count), (power, _)| (sum + power, count + 1.0));
                (count > 0.0).then(|| sum / count)
            };
            let (lower, upper) = (mean(false)?, mean(true)?);
            if (lower - off).abs() <= 1e-3 * off && (upper - on).abs() <= 1e-3 * on {
                return Some(Levels { off, on, course });
            }
            (off, on) = (lower, upper);
        }
        None
    }
}

/// The likeliest course, from how much likelier on is than off in each frame, ln.
fn likeliest(frames: impl Iterator<Item = f64>) -> Vec<bool> {
    // Of each frame whether the best way to either state came from on.
    let (mut off, mut on, mut from_on) = (0.0_f64, -CHANGE_COST, Vec::new());
    for likelier in frames {
        from_on.push([on - CHANGE_COST > off, on > off - CHANGE_COST]);
        (off, on) = (off.max(on - CHANGE_COST), on.max(off - CHANGE_COST) + likelier);
    }
    let mut is_on = on > off;
    let back = |from_on: &[bool; 2]| {
        let here = is_on;
        is_on = from_on[usize::from(here)];
        here
    };
    let mut course: Vec<bool> = from_on.iter().rev().map(back).collect();
    course.reverse();
    course
}

/// First frame of each pulse and the frame after its last; dips of up to `bridge_frames` are none. What is cut by the begin or the end is left out.
fn pulses(course: &[bool], numbers: &[u64], bridge_frames: u64) -> Vec<(u64, u64)> {
    let mut pulses: Vec<(u64, u64)> = Vec::new();
    for (number, _) in numbers.iter().zip(course).filter(|(_, on)| **on) {
        match pulses.last_mut() {
            Some((_, end)) if *number <= *end + bridge_frames => *end = number + 1,
            _ => pulses.push((*number, number + 1)),
        }
    }
    let (first, last) = (numbers.first().copied(), numbers.last().map(|last| last + 1));
    pulses.retain(|(begin, end)| Some(*begin) != first && Some(*end) != last);
    pulses
}

/// Of pulses that come regularly.
fn timing(pulses: &[(u64, u64)], frame_us: f64) -> Option<Timing> {
    if pulses.len() < PULSES_MIN {
        return None;
    }
    let widths = pulses.iter().map(|(begin, end)| (end - begin) as f64 * frame_us);
    let starts: Vec<f64> = pulses.iter().map(|(begin, _)| *begin as f64 * frame_us).collect();
    let width_us = median(widths.collect())?;
    let (period_us, jitter_us) = spacing(&starts)?;
    (jitter_us <= JITTER_MAX * period_us && width_us < period_us).then_some(Timing {
        pulse_count: pulses.len(),
        width_us: Some(width_us),
        period_us: Some(period_us),
        jitter_us: Some(jitter_us),
        duty: width_us / period_us,
    })
}
