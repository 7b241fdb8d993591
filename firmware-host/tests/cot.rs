//! The real daemon tells TAK where it is while another that it tells hangs: over real sockets, beside an autopilot that tells place and time.

use mavlink::dialects::ardupilotmega::{self as dialect, MavMessage};
use mavlink::{MAVLinkV2MessageRaw, MavHeader};
use skyhound_host::ctl::{self, Ask};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// 2025-10-09T08:53:20Z.
const UTC_US: u64 = 1_760_000_000_000_000;
/// Rounds of events that are waited for: more than what a peer that hangs has room for.
const ROUNDS: usize = 40;

/// Killed at the latest when the test ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An autopilot of few words, to the end of the test.
fn autopilot(to: u16, is_over: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let is_over = Arc::clone(is_over);
    std::thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let heartbeat = MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA {
            custom_mode: 4,
            mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
            autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
            base_mode: dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED,
            system_status: dialect::MavState::MAV_STATE_ACTIVE,
            mavlink_version: 3,
        });
        for tenth in 0..u32::MAX {
            if is_over.load(Ordering::SeqCst) {
                return;
            }
            let time_boot_ms = 100 * tenth;
            let position = MavMessage::GLOBAL_POSITION_INT(dialect::GLOBAL_POSITION_INT_DATA {
                time_boot_ms,
                lat: 473_000_000,
                lon: 85_000_000,
                alt: 450_000,
                relative_alt: 40_000,
                vx: 300,
                vy: -400,
                ..Default::default()
            });
            let time = MavMessage::SYSTEM_TIME(dialect::SYSTEM_TIME_DATA {
                time_unix_usec: UTC_US + 100_000 * u64::from(tenth),
                time_boot_ms,
            });
            for message in [&heartbeat, &position, &time] {
                let mut raw = MAVLinkV2MessageRaw::new();
                raw.serialize_message(
                    MavHeader { system_id: 1, component_id: 1, sequence: tenth as u8 },
                    message,
                );
                let _ = socket.send_to(raw.raw_bytes(), ("127.0.0.1", to));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    })
}

fn daemon(folder: &Path, door: &Path, autopilot: u16, to: &str) -> Ended {
    let recording = folder.join("noise_433.92M_250k.cu8");
    let noise: Vec<u8> = (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&recording, noise).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR").env("SKYHOUND_PROFILES", "/nonexistent");
    command.args(["--log", "warn", "fly", "--pace", "realtime", "--autopilot"]);
    command.arg(format!("udpin:127.0.0.1:{autopilot}")).arg("--flights").arg(folder.join("flights"));
    command.args(["--sdr", &format!("file:{}", recording.display())]);
    for set in [
        &format!("daemon.ctl_socket={}", door.display()),
        &format!("cot.to={to}"),
        "cot.callsign=hound",
        "cot.period_s=0.2",
        "sdr.file.repeat=true",
        "beacon.0.bandwidth_hz=4000",
        "beacon.0.offset_hz=40000",
        "recorder.disk_reserve_mb=16",
        "ground.listen=none",
    ] {
        command.args(["--set", set]);
    }
    Ended(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn the_daemon_tells_who_listens_while_another_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let door = folder.path().join("ctl.sock");
    let listens = UdpSocket::bind("127.0.0.1:0").unwrap();
    listens.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tcp:{} udp:{}", hangs.local_addr().unwrap(), listens.local_addr().unwrap());
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let is_over = Arc::new(AtomicBool::new(false));
    let autopilot = autopilot(port, &is_over);
    let _daemon = daemon(folder.path(), &door, port, &to);
    // Never read.
    let _hung = hangs.accept().unwrap();
    let status = || ctl::ask(&door, Ask::Status).ok().and_then(|answer| answer.status);
    let mut bytes = [0; 65_536];
    let mut times = Vec::new();
    while times.len() < ROUNDS {
        let length = listens.recv(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let attribute = |name: &str| {
            let (_, after) =
                text.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {text}"));
            after.split('"').next().unwrap().to_string()
        };
        assert_eq!((attribute("type").as_str(), attribute("callsign").as_str()), ("a-f-A-M-H-Q", "hound"));
        assert_eq!((attribute("lat").as_str(), attribute("speed").as_str()), ("47.3000000", "5.00"));
        assert_eq!(attribute("course"), "306.9");
        assert!(attribute("time").starts_with("2025-10-09T08:5"), "{text}");
        times.push(attribute("time"));
    }
    assert!(times.is_sorted(), "{times:?}");
    let before = status().expect("the daemon answers");
    let flight =
        Path::new(before.recorder.file.as_ref().unwrap()).file_stem().unwrap().to_string_lossy().into_owned();
    assert!(String::from_utf8_lossy(&bytes).contains(&format!(" uid=\"skyhound.{flight}\"")));
    // Of the board: the control pass writes it.
    listens.recv(&mut bytes).unwrap();
    assert!(status().is_some_and(|now| now.uptime_s > before.uptime_s), "the control pass does not go on");
    is_over.store(true, Ordering::SeqCst);
    autopilot.join().unwrap();
}
