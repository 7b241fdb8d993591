//! `skyhound-rig`: the rigs' commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use skyhound_host::autopilot::Address;
use skyhound_host::autopilot::line::Line;
use skyhound_host::cli::duration;
use skyhound_rig::{sample_flight, tlog};
use std::time::Duration;

/// Rigs for Skyhound: they stand in for the world around the daemon.
#[derive(Parser)]
#[command(name = "skyhound-rig", version)]
struct Arguments {
    #[command(subcommand)]
    command: Rig,
}

#[derive(Subcommand)]
enum Rig {
    /// Make a recording of a beacon and the log of the flight that heard it: iq.sigmf-meta, iq.sigmf-data, flight.tlog.
    SampleFlight {
        /// Folder to write them to.
        folder: PathBuf,
        /// How long they are.
        #[arg(long = "for", value_name = "DURATION", default_value = "24s", value_parser = duration::parse)]
        time: Duration,
    },
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
        Rig::SampleFlight { folder, time } => sample_flight::write(&folder, time.as_secs_f64())
            .map_err(|error| format!("{}: {error}", folder.display())),
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
