//! pymavlink, which nobody here wrote, parses what we send, and we what it sends. Needs `python3` (or `SKYHOUND_PYTHON`)
//! with pymavlink; without it the test says so and is ignored.

use std::process::Stdio;

use super::*;
use crate::witness::python;

const SCRIPT: &str = r#"
import sys, time
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as m
out = mavutil.mavlink_connection('udpout:127.0.0.1:' + sys.argv[1], source_system=1, source_component=1, dialect='ardupilotmega')
heard, end = {}, time.time() + 20
while time.time() < end and len(heard) < 6:
    out.mav.heartbeat_send(m.MAV_TYPE_QUADROTOR, m.MAV_AUTOPILOT_ARDUPILOTMEGA, 0x81, 4, 4)
    out.mav.global_position_int_send(1, 470000000, 80000000, 500000, 30000, 100, -200, 5, 9000)
    out.mav.param_value_send(b'GUID_TIMEOUT', 1.0, 9, 900, 65535)
    out.mav.statustext_send(4, b'EKF variance: a text that is longer than fifty byt', 7, 0)
    out.mav.statustext_send(4, b'es in all', 7, 1)
    while True:
        got = out.recv_match(blocking=True, timeout=0.05)
        if got is None: break
        if got.get_type() == 'BAD_DATA': print('BAD_DATA'); sys.exit(1)
        heard[got.get_type()] = got
sp = heard['SET_POSITION_TARGET_LOCAL_NED']
print(sorted(heard), sp.vx, sp.vy, sp.vz, sp.yaw_rate, sp.type_mask, sp.coordinate_frame, sp.get_srcComponent(), heard['STATUSTEXT'].text)
"#;

#[tokio::test]
async fn pymavlink_and_we_understand_each_other() {
    let Some(mut python) = python("pymavlink") else { return };
    let port = free_port();
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    let mut child = python
        .args(["-c", SCRIPT, &port.to_string()])
        .env("MAVLINK20", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let velocity = Velocity { north_mps: 1.5, east_mps: -0.5, down_mps: 0.25, yaw_rate_rad_s: 0.125 };
    let end = tokio::time::Instant::now() + Duration::from_secs(25);
    while child.try_wait().unwrap().is_none() && tokio::time::Instant::now() < end {
        let _ = tokio::time::timeout(Duration::from_millis(50), pilot.link.ready()).await;
        pilot.drain();
        let now = pilot.clock.now();
        pilot.link.command(now, &Command::Velocity(velocity));
        pilot.link.named_value(now, "snr_db", 12.5);
        pilot.link.status_text(Severity::Warning, "HOMING");
        pilot.link.tick(now, &mut pilot.vehicle);
    }
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1.5 -0.5 0.25 0.125 1479 1 191 HOMING"), "{said}");
    for name in ["HEARTBEAT", "COMMAND_LONG", "PARAM_REQUEST_READ", "TIMESYNC", "STATUSTEXT"] {
        assert!(said.contains(name) || said.contains("NAMED_VALUE_FLOAT"), "{name} in {said}");
    }
    let position = pilot.vehicle.position.unwrap().value;
    assert_eq!((position.place.lat_deg, position.alt_rel_m, position.east_mps), (47.0, 30.0, -2.0));
    let timeout = pilot.vehicle.parameters.told(skyhound::vehicle::parameter::index("GUID_TIMEOUT"));
    assert_eq!(timeout.map(|told| told.value), Some(1.0));
    let text = "EKF variance: a text that is longer than fifty bytes in all";
    assert!(pilot.events.contains(&("ekf", text.to_owned())), "{:?}", pilot.events);
    let report = pilot.link.report();
    assert_eq!((report.crc_error_total, report.garbage_bytes_total, report.sequence_lost_total), (0, 0, 0));
}
