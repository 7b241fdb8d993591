//! `skyhound-rig`: the rigs' commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use skyhound_host::autopilot::Address;
use skyhound_host::autopilot::line::Line;
use skyhound_rig::tlog;

/// Rigs for Skyhound: they stand in for the world around the daemon.
#[derive(Parser)]
#[command(name = "skyhound-rig", version)]
struct Arguments {
    #[command(subcommand)]
    command: Rig,
}

#[derive(Subcommand)]
enum Rig {
    /// Play a recorded flight's MAVLink (.tlog) to the daemon, at its own pace. Answers are ignored.
    PlayTlog {
        /// The recording.
        file: PathBuf,
        /// udpout:ADDR:PORT (a daemon listening on udpin), tcpout:ADDR:PORT or serial:DEVICE:BAUD.
        #[arg(long)]
        to: Address,
        /// How many times faster than it was recorded, 0.01 to 1000.
        #[arg(long, default_value_t = 1.0, value_parser = speed)]
        speed: f64,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.01..=1000.0).contains(&speed) { Ok(speed) } else { Err("it must be within 0.01..=1000".into()) }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Rig::PlayTlog { file, to, speed } => play_tlog(&file, &to, speed),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("skyhound-rig: {why}");
            ExitCode::FAILURE
        }
    }
}

fn play_tlog(file: &Path, to: &Address, speed: f64) -> Result<(), String> {
    if matches!(to, Address::UdpIn(_) | Address::None) {
        return Err(format!(
            "cannot play to {to}; use udpout:ADDR:PORT, tcpout:ADDR:PORT or serial:DEVICE:BAUD"
        ));
    }
    let recording = tlog::read(file)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let played = runtime.block_on(async {
        let mut line = Line::open(to).await?;
        tlog::play(&recording, &mut line, speed).await
    });
    let played = played.map_err(|error| format!("{to}: {error}"))?;
    println!(
        "played {} frames ({} bytes) of {:.1} s in {:.1} s to {to}; refused {}, skipped {} bytes, {} bytes came back",
        played.frame_total,
        played.bytes_total,
        played.recorded_s,
        played.played_s,
        played.refused_total,
        played.skipped_bytes,
        played.answered_bytes_total,
    );
    Ok(())
}
