//! Random numbers of a rig: a seed in, as many independent generators as there are sources of chance out.
//!
//! Each source (shadowing, noise, wind …) draws from a generator of its own, made from the flight's seed and the source's
//! name. So a change in how often one source draws leaves the others as they were, and the same seed is the same flight.

use rand::SeedableRng;
pub use rand_xoshiro::Xoshiro256PlusPlus as Random;

/// The generator of the source `name` in the flight with `seed`. FNV-1a of the name, mixed with the seed by the
/// generator's own SplitMix64.
pub fn source(seed: u64, name: &str) -> Random {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    Random::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn sources_differ_and_repeat() {
        let mut first = source(1, "wind");
        let drawn: Vec<u64> = (0..4).map(|_| first.next_u64()).collect();
        let mut again = source(1, "wind");
        assert_eq!(drawn, (0..4).map(|_| again.next_u64()).collect::<Vec<_>>());
        assert_ne!(drawn[0], source(1, "noise").next_u64());
        assert_ne!(drawn[0], source(2, "wind").next_u64());
    }
}
