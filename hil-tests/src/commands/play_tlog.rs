//! `skyhound-rig play-tlog FILE --to ADDRESS`: a recorded flight's MAVLink to the daemon, at its own pace.

use std::path::PathBuf;

use skyhound_host::autopilot::Address;
use skyhound_host::autopilot::line::Line;

use super::{Failure, print};
use crate::tlog::{self, Played};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The recording
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// udpout:ADDR:PORT (a daemon listening on udpin), tcpout:ADDR:PORT or serial:DEVICE:BAUD
    #[arg(long, value_name = "ADDRESS")]
    pub to: Address,
    /// How many times faster than it was recorded, 0.01 to 1000
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.01..=1000.0).contains(&speed) { Ok(speed) } else { Err("it must be within 0.01..=1000".into()) }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { file, to, speed } = args;
    if matches!(to, Address::UdpIn(_) | Address::None) {
        let mend = "use udpout:ADDR:PORT, tcpout:ADDR:PORT or serial:DEVICE:BAUD";
        return Err(Failure::Usage(format!("cannot play to {to}; {mend}")));
    }
    let recording = tlog::read(&file)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let played = runtime.block_on(async {
        let mut line = Line::open(&to).await?;
        tlog::play(&recording, &mut line, speed).await
    });
    let played = played.map_err(|error| format!("{to}: {error}"))?;
    let Played {
        frame_total,
        refused_total,
        bytes_total,
        skipped_bytes,
        recorded_s,
        played_s,
        answered_bytes_total,
    } = played;
    print(&format!(
        "played {frame_total} frames ({bytes_total} bytes) of {recorded_s:.1} s in {played_s:.1} s to {to}; \
         refused {refused_total}, skipped {skipped_bytes} bytes, {answered_bytes_total} bytes came back\n"
    ))
}
