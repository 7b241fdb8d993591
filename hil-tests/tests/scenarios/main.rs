//! Depth b in CI: the real daemon in real time, a bounded set of flights, at most four at once, each judged as `skyhound-rig run`
//! judges it. All scenarios: `skyhound-rig run all --rig software` (`make hil`).
//!
//! Machines of CI are shared, so the interlocks' limits of age and lateness are wide here ([`field::PATIENT`]) except where a
//! scenario is about them; how fast the daemon really stops is measured by `skyhound-rig timing`.

mod elsewhere;
mod field;
mod machine;
mod whole;
