//! What many flights of a scenario say: how often each way to the beacon finds it, how near and how fast, with intervals.
//!
//! Flights are paired: flight `k` of every policy has the same seed, so the same world, wind and noise. Each policy's flight
//! leaves a trace; `judge::metrics` counts all of them by the same definitions. Work is shared between threads by flight, and
//! put together in the order of flights, so the numbers hang on scenario, seed and count alone.

pub mod numbers;
