//! `skyhound-rig list`: the scenarios, what each shows and needs.

use super::{Failure, print, table};
use crate::rig::Rig;
use crate::scenario;

/// Arguments of `skyhound-rig list`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Prints them, and the rigs.
pub fn run(_: Args) -> Result<(), Failure> {
    let mut scenarios = table(["scenario", "longest", "needs", "shows"]);
    for name in scenario::list() {
        let scenario = scenario::find(name)?;
        let needs = match Rig::needs(&scenario).as_slice() {
            [] => "-".to_string(),
            needs => needs.join(", "),
        };
        scenarios.add_row([name.to_string(), format!("{:.0} s", scenario.duration_s), needs, scenario.about]);
    }
    let mut rigs = table(["rig", "depth", "is"]);
    for name in Rig::built_in() {
        let rig = Rig::find(name)?;
        rigs.add_row([name.to_string(), rig.depth.to_string(), rig.about]);
    }
    print(&format!("{}\n\n{}\n", scenarios.trim_fmt(), rigs.trim_fmt()))
}
