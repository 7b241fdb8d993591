//! `skyhound-rig`: the rigs' commands.

use clap::Parser;
use skyhound_rig::commands::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
