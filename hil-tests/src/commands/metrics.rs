//! `skyhound-rig metrics`: the numbers that scenarios may expect, with unit and definition.

use comfy_table::{ContentArrangement, Table};

use super::{Failure, print};
use crate::judge::metrics::TABLE;

/// Arguments of `skyhound-rig metrics`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

/// Prints them.
pub fn run(_: Args) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(110).set_header(["number", "unit", "how it is counted"]);
    table.add_rows(TABLE.iter().map(|metric| [metric.name, metric.unit, metric.about]));
    print(&format!("{}\n", table.trim_fmt()))
}
