//! `skyhound-rig metrics`: the numbers that scenarios may expect, with unit and definition.

use super::{Failure, print, table};
use crate::judge::metrics::TABLE;

/// Arguments of `skyhound-rig metrics`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Prints them.
pub fn run(_: Args) -> Result<(), Failure> {
    let mut table = table(["number", "unit", "how it is counted"]);
    table.add_rows(TABLE.iter().map(|metric| [metric.name, metric.unit, metric.about]));
    print(&format!("{}\n", table.trim_fmt()))
}
