//! `skyhound-rig campaign`: random mixes of faults at depth a under the invariants; a failing seed with the command to repeat it.

use super::{Count, Failure, pace, print, say};
use crate::campaign::{self, Plan, Tally};
use crate::scenario;
use crate::shared::cpu_s;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How many mixes to fly; one alone repeats a seed.
    #[arg(long, default_value_t = 1_000)]
    flights: u64,
    /// Seed of the first; the others follow it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads. The results are the same for any number.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Only mixes with this kind of fault, as scenarios spell it (`kill`, `gps_glitch` …).
    #[arg(long, value_name = "FAULT")]
    with: Option<String>,
    /// End soon after this invariant was broken.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=10))]
    until_broken: Option<u8>,
    /// Tell of each flight what was done and reached; with one flight, its whole course.
    #[arg(short, long)]
    verbose: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { flights, seed, threads, with, until_broken, verbose } = args;
    if flights == 0 {
        return Err(Failure::Usage("--flights 0 flies nothing; write 1 or more".into()));
    }
    let kind = |name: String| {
        let why = format!("--with {name}: no such fault; write one of a scenario's `do`");
        campaign::mix::kind_named(&name).ok_or(Failure::Usage(why))
    };
    let with = with.map(kind).transpose()?;
    let plan = Plan { seed, flights, threads: usize::from(threads), with, until_broken };
    if verbose {
        tell(seed, flights.min(20))?;
        if flights == 1 {
            return judged(&campaign::fly_all(&plan, &|_| {}));
        }
    }
    let begun_s = cpu_s();
    let count = Count::new(format!("{flights} flights"));
    let tally = campaign::fly_all(&plan, &|done| {
        if done.is_multiple_of(100) {
            count.tell(done);
        }
    });
    drop(count);
    print(&format!("{tally}\n"))?;
    say(&format!("{} (flights that are flown twice count once)", pace(tally.flown_s, begun_s)));
    judged(&tally)
}

fn judged(tally: &Tally) -> Result<(), Failure> {
    match tally.failed_total {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of {} flights broke an invariant", tally.flights))),
    }
}

fn tell(seed: u64, flights: u64) -> Result<(), Failure> {
    for seed in seed..seed.saturating_add(flights) {
        let mixed = campaign::mix::scenario(seed);
        let mut text = format!(
            "seed {seed}: {:?}, {:.0} s, wind {:?} m/s, parameters {:?}\nsettings:\n{}\n",
            mixed.aircraft.flavour,
            mixed.duration_s,
            mixed.aircraft.wind_mps,
            mixed.aircraft.parameters,
            mixed.skyhound
        );
        for fault in &mixed.fault {
            let for_s = fault.for_s.map_or("for good".into(), |for_s| format!("for {for_s:.2} s"));
            let scenario::Fault { trigger, kind, .. } = fault;
            text += &format!("  {:?} + {:.2} s {for_s}: {kind:?}\n", trigger.on, trigger.after_s);
        }
        let flown = campaign::fly(seed);
        flown.deeds.iter().for_each(|deed| text += &format!("  {deed}\n"));
        text += &format!("  stopped by: {}\n", flown.stops.join(", "));
        flown.violations.iter().for_each(|violation| text += &format!("  VIOLATED {violation}\n"));
        print(&text)?;
    }
    Ok(())
}
