//! Independent witnesses of the simulated SDR: SoapySDR's own tool, and the flight program as users call it.

use skyhound_rig::iq_server::IqServer;
use skyhound_rig::scenario::Scenario;
use skyhound_rig::truth::hovering;
use skyhound_rig::world::iq::IqWorld;
use skyhound_rig::{needs, programs, soapy};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const BEACON_HZ: f64 = 433.96e6;

/// A served world and the driver's folder.
struct Rig {
    _server: IqServer,
    module: PathBuf,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

/// None, with the reason printed, where it or SoapySDR's tool cannot be had.
fn rig() -> Option<Rig> {
    let module = needs::sdr_module()?;
    if Command::new("SoapySDRUtil").arg("--help").output().is_err() {
        println!("ignored, needs SoapySDRUtil (Debian: soapysdr-tools)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("world.sock");
    let scenario: Scenario = toml::from_str(include_str!("loud.toml")).unwrap();
    let server = IqServer::start(&socket, IqWorld::new(&scenario, 1), hovering(40.0)).unwrap();
    Some(Rig { _server: server, module, socket, _folder: folder })
}

impl Rig {
    fn device(&self, args: &str) -> String {
        format!("driver=skyhound-rig,world={},{args}", self.socket.display())
    }

    /// SoapySDR's tool with `args`.
    fn tool(&self, args: &[&str]) -> Command {
        let mut command = Command::new("SoapySDRUtil");
        command.args(args).envs(soapy::environment(&self.module));
        command
    }

    fn says(&self, args: &[&str]) -> String {
        let output = self.tool(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|l| l.trim() == *line), "no line `{line}` in {text}");
    }
}

#[test]
fn soapy_s_tool_finds_and_probes_the_devices() {
    let Some(rig) = rig() else { return };
    let device = rig.device("serial=W1");
    let found = rig.says(&[&format!("--find={device}")]);
    has(&found, &["Found device 0", "driver = skyhound-rig", "label = Skyhound rig W1", "serial = W1"]);
    let rtl = rig.says(&[&format!("--probe={}", rig.device("like=rtlsdr"))]);
    has(
        &rtl,
        &[
            "driver=RTLSDR",
            "Channels: 1 Rx, 0 Tx",
            "Supports AGC: YES",
            "Stream formats: CS8, CS16, CF32",
            "Native format: CS8 [full-scale=128]",
            "* Buffer Size [key=bufflen, units=bytes, default=262144, type=int]",
            "TUNER gain range: [0, 49.6] dB",
            "Sample rates: [0.225001, 0.3], [0.900001, 3.2] MSps",
        ],
    );
    let hack = rig.says(&[&format!("--probe={}", rig.device("like=hackrf"))]);
    has(
        &hack,
        &[
            "driver=HackRF",
            "Supports AGC: NO",
            "LNA gain range: [0, 40, 8] dB",
            "VGA gain range: [0, 62, 2] dB",
            "AMP gain range: [0, 14, 14] dB",
            "Sample rates: [1, 20] MSps",
        ],
    );
}

/// The rates that `--rate` printed, MS/s, within some seconds.
fn rates(rig: &Rig, args: &str, rate_sps: &str) -> Vec<f64> {
    let rate = format!("--rate={rate_sps}");
    let device = format!("--args={}", rig.device(args));
    let mut command = rig.tool(&[&device, &rate, "--direction=RX"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It prints its rate every five seconds, until it is interrupted.
    std::thread::sleep(Duration::from_millis(11_500));
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.split(['\n', '\u{8}']);
    let rates: Vec<f64> =
        lines.filter_map(|line| line.split_once(" Msps\t")?.0.trim().parse().ok()).collect();
    println!("{args} at {rate_sps}: {rates:?} MS/s");
    assert!(!rates.is_empty(), "{output:?}");
    rates
}

#[test]
fn soapy_s_tool_measures_the_asked_rate() {
    let Some(rig) = rig() else { return };
    for (args, rate_sps, asked) in [("like=rtlsdr", "2.4e6", 2.4), ("native=CS16", "1e6", 1.0)] {
        let rates = rates(&rig, args, rate_sps);
        // A driver that is the clock cannot be fast; how slow it may be is up to whoever else has the processor.
        assert!(rates.iter().all(|rate| *rate <= 1.02 * asked), "{args}: {rates:?}");
        assert!(rates.iter().any(|rate| *rate >= 0.9 * asked), "{args}: {rates:?}");
    }
}

/// What `skyhound scan --json` makes of a source; none where the program is not built.
fn scanned(sdr: &str) -> Option<serde_json::Value> {
    let program =
        programs::skyhound().map_err(|why| println!("ignored, needs the program skyhound: {why}")).ok()?;
    let output =
        Command::new(program).args(["scan", "--json", "--for", "1s", "--sdr", sdr]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Frequency and level of the strongest emission, which everything else is far below.
fn strongest(scan: &serde_json::Value) -> (f64, f64) {
    let channels = scan["channels"].as_array().unwrap();
    let mut emissions: Vec<(f64, f64)> = channels
        .iter()
        .filter(|channel| channel["origin"] == "emission")
        .map(|channel| (channel["frequency_hz"].as_f64().unwrap(), channel["power_dbfs"].as_f64().unwrap()))
        .collect();
    emissions.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert!(!emissions.is_empty(), "{scan:#}");
    let rest = emissions.get(1).map_or(-200.0, |second| second.1);
    assert!(rest < emissions[0].1 - 25.0, "{emissions:?}");
    emissions[0]
}

#[test]
fn the_program_scans_a_recording_of_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = |format: &str| {
        let meta = folder.path().join(format!("{format}.sigmf-meta"));
        let output = Command::new(env!("CARGO_BIN_EXE_skyhound-rig"))
            .args(["world", "--for", "1s", "--seed", "7", "--format", format, "--iq"])
            .arg(&meta)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loud.toml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), meta.display().to_string());
        meta
    };
    let mut levels = Vec::new();
    for format in ["cu8", "cs8", "cs16", "cf32"] {
        let sdr = format!("file:{}", recorded(format).display());
        let Some(scan) = scanned(&sdr) else { return };
        let (hz, dbfs) = strongest(&scan);
        assert!((hz - BEACON_HZ).abs() < 700.0, "{format}: {hz}");
        levels.push(dbfs);
    }
    assert!(levels.iter().all(|dbfs| (dbfs - levels[0]).abs() < 0.3), "{levels:?}");
}
