//! `skyhound-rig list`: the scenarios, what each shows and needs.

use comfy_table::{ContentArrangement, Table, presets};

use super::{Failure, print};
use crate::rig::Rig;
use crate::scenario;

/// Arguments of `skyhound-rig list`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Prints them, and the rigs.
pub fn run(_: Args) -> Result<(), Failure> {
    let mut scenarios = frame(["scenario", "longest", "needs", "shows"]);
    for name in scenario::list() {
        let scenario = scenario::find(name)?;
        let needs = match Rig::needs(&scenario).as_slice() {
            [] => "-".to_string(),
            needs => needs.join(", "),
        };
        scenarios.add_row([name.to_string(), format!("{:.0} s", scenario.duration_s), needs, scenario.about]);
    }
    let mut rigs = frame(["rig", "depth", "is"]);
    for name in Rig::built_in() {
        let rig = Rig::find(name)?;
        rigs.add_row([name.to_string(), rig.depth.to_string(), rig.about]);
    }
    print(&format!("{}\n\n{}\n", scenarios.trim_fmt(), rigs.trim_fmt()))
}

fn frame<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(110).set_header(header);
    table
}
