//! From IQ samples to power: window, FFT, |X|², the bins of each channel, the median of quiet bins, pulse edges; each
//! channel by itself (`tuner`) in finer spectra (`fine`), and the lines in them (`line`).
//!
//! Everything in here works in linear power with full scale |x| = 1.0 and in sample counts; decibels, times and the order
//! of work are `sense`'s. Plain loops over slices, compiled a second time for AVX2 and chosen at run time (`kernel`):
//! that is what the speed comes from, not intrinsics.
//!
//! Budget: the sense pass may take ≤ 25 % of a block's duration; these loops together cost less than half of the FFT.

pub mod aligned;
pub mod burst406;
pub mod chain;
pub mod chirp;
pub mod dc;
pub mod energy;
pub mod fine;
pub mod frames;
pub mod kernel;
pub mod layout;
pub mod line;
pub mod median;
pub mod pulse;
pub mod spectrometer;
pub mod survey;
pub mod tuner;
pub mod waterfall;
