//! The harness of the benchmarks: two pieces of work in turn, in the same thread, in CPU time, and one row of a table.
//!
//! The machine is shared: absolute times drift, ratios of neighbours hold. So each row is the median of rounds in which
//! ours and the peer run one after the other, and the ratio is the median of the rounds' own ratios.

pub mod fftw_volk;
pub mod flight;

use rustix::time::{ClockId, clock_gettime};

/// Rounds of each comparison.
const ROUND_COUNT: usize = 9;

/// CPU time of this thread, ns.
pub fn thread_cpu_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// What a comparison measured.
#[derive(Copy, Clone, Debug)]
pub struct Comparison {
    /// CPU time of our work per item, ns.
    pub ours_ns: f64,
    /// CPU time of the peer's work per item, ns.
    pub peer_ns: f64,
    /// Median over the rounds of peer ÷ ours: how many times faster ours is.
    pub ratio: f64,
}

/// Runs `ours` and `peer` in turn; each does its work on the stated number of items per call.
pub fn compare(
    ours_items: u64,
    mut ours: impl FnMut(),
    peer_items: u64,
    mut peer: impl FnMut(),
) -> Comparison {
    let timed = |work: &mut dyn FnMut(), items: u64| {
        let begun_ns = thread_cpu_ns();
        work();
        (thread_cpu_ns() - begun_ns) as f64 / items as f64
    };
    timed(&mut ours, ours_items);
    timed(&mut peer, peer_items);
    let (mut ours_ns, mut peer_ns, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUND_COUNT {
        let (a, b) = (timed(&mut ours, ours_items), timed(&mut peer, peer_items));
        ours_ns.push(a);
        peer_ns.push(b);
        ratios.push(b / a);
    }
    Comparison { ours_ns: median(&mut ours_ns), peer_ns: median(&mut peer_ns), ratio: median(&mut ratios) }
}

/// Median of the values (the upper one of an even count).
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints the head of a table.
pub fn print_head(title: &str) {
    println!("\n{title}");
    println!("{:<44} {:>14} {:<28} {:>14} {:>10}  goal", "work", "ours", "peer", "peer's", "ratio");
}

/// Prints one row: what, ours and the peer's figure with their units, the ratio, and the goal.
pub fn print_row(what: &str, ours: &str, peer: &str, peers: &str, ratio: f64, goal: &str) {
    println!("{what:<44} {ours:>14} {peer:<28} {peers:>14} {ratio:>9.2}x  {goal}");
}
