//! Flights at depth a: the same seed is the same flight, what must not matter does not, and every built-in scenario holds what
//! it expects.

mod chain;
mod flights;

#[test]
#[ignore = "a look"]
fn a_look() {
    use super::*;
    use crate::judge;
    use crate::rig::Depth;
    use crate::scenario::load;
    let names = std::env::var("SCENARIO").unwrap_or("open_carrier".into());
    let names: Vec<String> = names.split(',').map(str::to_string).collect();
    let seeds: u64 = std::env::var("SEEDS").map_or(1, |seeds| seeds.parse().unwrap());
    let talks = std::env::var("TALK").is_ok();
    for name in names {
        let mut passed = 0;
        let began = std::time::Instant::now();
        let mut flown_s = 0.0;
        let scenario = load::find(&name).unwrap();
        for seed in 1..=seeds {
            let level = if std::env::var("IQ").is_ok() { Level::Iq } else { Level::Readings };
            let trace = fly(&scenario, seed, level);
            let verdict = judge::verdict(&scenario, &trace, Depth::A);
            flown_s += trace.truth.last().unwrap().pose.at_us as f64 / 1e6;
            let good = verdict.outcome == judge::Outcome::Passed;
            passed += u64::from(good);
            if talks {
                for deed in &trace.deeds {
                    println!("  {:.2} {}", deed.at_us as f64 / 1e6, deed.what);
                }
                for state in &trace.states {
                    println!(
                        "  {:.2} {} -> {}: {}",
                        state.at_us as f64 / 1e6,
                        state.from,
                        state.to,
                        state.reason
                    );
                }
                for row in trace.truth.iter().step_by(50) {
                    let p = row.pose;
                    let signal = trace.signal.iter().rev().find(|s| s.at_us <= p.at_us);
                    println!(
                        "  t{:.1} n{:.1} e{:.1} u{:.1} yaw{:.2} v{:.1} {} armed={} snr={:?} heard={:?}",
                        p.at_us as f64 / 1e6,
                        p.north_m,
                        p.east_m,
                        p.up_m,
                        p.yaw_rad,
                        p.speed_mps(),
                        row.mode,
                        row.armed,
                        signal.and_then(|s| s.snr_db),
                        signal.map(|s| s.heard)
                    );
                }
                println!("  {:?}", verdict.numbers);
            }
            if !good {
                println!(" {name} seed {seed}:");
                for check in verdict.failures() {
                    println!("    {} {} wanted {}", check.name, check.measured, check.wanted);
                }
            }
        }
        let elapsed_s = began.elapsed().as_secs_f64();
        println!("{name}: {passed}/{seeds}, {:.0} x real time", flown_s / elapsed_s);
    }
}
