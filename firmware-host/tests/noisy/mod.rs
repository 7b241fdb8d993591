//! A daemon that records noise, for minutes: what happens to it is what a test does.

use skyhound_host::ctl::{self, Ask};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SKYHOUND: &str = env!("CARGO_BIN_EXE_skyhound");
const LONG: Duration = Duration::from_secs(90);

/// Killed at the latest when the test ends.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, as nobody has set it up.
pub fn skyhound() -> Command {
    let mut command = Command::new(SKYHOUND);
    command.env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
    command
}

/// Waits until `is` is true.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Starts it with its socket at `door`, and waits until it records; and the file that it records into.
pub fn start(folder: &Path, door: &Path) -> (Ended, PathBuf) {
    let recording = folder.join("noise_433.92M_250k.cu8");
    let noise: Vec<u8> = (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut file = fs::File::create(&recording).unwrap();
    (0..120).for_each(|_| file.write_all(&noise).unwrap());
    let mut command = skyhound();
    command.env("XDG_DATA_HOME", folder.join("home"));
    command.args(["--log", "warn", "fly", "--pace", "realtime", "--autopilot", "none", "--flights"]);
    command.arg(folder.join("flights")).args(["--sdr", &format!("file:{}", recording.display())]);
    command.args(["--set", &format!("daemon.ctl_socket={}", door.display())]);
    for set in [
        "beacon.0.bandwidth_hz=4000",
        "beacon.0.offset_hz=40000",
        "recorder.disk_reserve_mb=16",
        "daemon.query_max_s=60",
        "ground.listen=127.0.0.1:0",
    ] {
        command.args(["--set", set]);
    }
    let daemon = Ended(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut recorded = None;
    until("nothing is recorded", || {
        let status = ctl::ask(door, Ask::Status).ok().and_then(|answer| answer.status);
        let recorder = status.map(|status| status.recorder).filter(|recorder| recorder.rows_total > 0);
        recorded = recorder.and_then(|recorder| recorder.file).map(PathBuf::from);
        recorded.is_some()
    });
    (daemon, recorded.unwrap())
}
