//! Which program this is: a version that another source never has, because what is derived depends on the source, not on the number.

/// `0.1.0+` and the first 12 hexadecimal digits of the SHA-256 of all sources of engine and host, and of the crates that they use:
/// what a flight file says made its records.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("SKYHOUND_SOURCE"));

/// The same with the target, the optimisation and the compiler: two builds of one source are two programs.
pub const BUILD: &str =
    concat!(env!("CARGO_PKG_VERSION"), "+", env!("SKYHOUND_SOURCE"), " ", env!("SKYHOUND_BUILD"));
