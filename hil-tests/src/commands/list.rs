//! `skyhound-rig list`: the scenarios, what each shows and needs, and the rigs; `skyhound-rig metrics`: the numbers that
//! scenarios may expect, with unit and definition.

use super::{Failure, print, table};
use crate::judge::metrics;
use crate::rig::Rig;
use crate::scenario;

pub fn scenarios() -> Result<(), Failure> {
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

pub fn numbers() -> Result<(), Failure> {
    let mut numbers = table(["number", "unit", "how it is counted"]);
    numbers.add_rows(metrics::table().map(|(name, about)| [name, metrics::unit(name), about]));
    print(&format!("{}\n", numbers.trim_fmt()))
}
