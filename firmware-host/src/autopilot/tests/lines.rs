//! Serial through a pty, and TCP: lost, re-made, backed up.

use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use serialport::{SerialPort, TTYPort};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::autopilot::payload::Payload;

const SET_POSITION_TARGET_LOCAL_NED: u32 = 84;
/// Where `vx` stands in its payload.
const VX_AT: usize = 16;

/// A pty whose far end is reached by `path`; the near end is the autopilot's.
fn plug(path: &Path) -> TTYPort {
    let (mut near, far) = TTYPort::pair().unwrap();
    let _ = std::fs::remove_file(path);
    symlink(far.name().unwrap(), path).unwrap();
    near.set_timeout(Duration::from_millis(1)).unwrap();
    near
}

fn thread_cpu_us() -> i64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

fn listen(ears: &mut Ears, near: &mut TTYPort) {
    let mut buffer = [0; 4096];
    while let Ok(count) = near.read(&mut buffer) {
        ears.take(&buffer[..count]);
    }
}

#[tokio::test]
async fn a_serial_device_may_come_late_vanish_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttyAP");
    let mut pilot = Pilot::new(&settings(&format!("serial:{}:57600", path.display())));
    pilot.pass_until("told that it is absent", |pilot| pilot.happened("line_lost") == 1).await;
    for round in 0..3u8 {
        let mut near = plug(&path);
        let mut ears = Ears::default();
        pilot
            .pass_until("heard", |pilot| {
                let _ = near.write_all(&encoded(round != 1, 0, &heartbeat(4)));
                listen(&mut ears, &mut near);
                pilot.link.is_up() && ears.count(0) >= 1
            })
            .await;
        std::fs::remove_file(&path).unwrap();
        drop(near);
        let lost = usize::from(round) + 2;
        pilot.pass_until("lost", |pilot| pilot.happened("line_lost") == lost).await;
        assert!(!pilot.link.is_up());
    }
    assert_eq!(pilot.link.report().reconnect_total, 2);
    assert_eq!(pilot.happened("line_open"), 3);
}

#[tokio::test]
async fn a_dead_serial_device_costs_no_cpu() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttyAP");
    let near = plug(&path);
    let mut pilot = Pilot::new(&settings(&format!("serial:{}:57600", path.display())));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    // The name stays and leads nowhere; the pty's own name would soon be another test's.
    std::fs::remove_file(&path).unwrap();
    symlink(folder.path().join("gone"), &path).unwrap();
    drop(near);
    let (begun_us, mut wake_count) = (thread_cpu_us(), 0);
    let end = tokio::time::Instant::now() + Duration::from_secs(1);
    while tokio::time::timeout_at(end, pilot.link.ready()).await.is_ok() {
        pilot.drain();
        wake_count += 1;
    }
    assert_eq!(pilot.happened("line_lost"), 1);
    assert!(wake_count <= 2, "woken {wake_count} times");
    let cpu_us = thread_cpu_us() - begun_us;
    assert!(cpu_us < 200_000, "{cpu_us} µs of one second");
}

#[tokio::test]
async fn a_quiet_serial_line_does_not_wake() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttyAP");
    let mut near = plug(&path);
    let mut pilot = Pilot::new(&settings(&format!("serial:{}:57600", path.display())));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    near.write_all(&framed(&heartbeat(4))).unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    // Readiness was cleared by reading: without bytes, nothing resolves.
    assert!(tokio::time::timeout(Duration::from_millis(200), pilot.link.ready()).await.is_err());
    near.write_all(&framed(&heartbeat(5))).unwrap();
    tokio::time::timeout(Duration::from_secs(5), pilot.link.ready()).await.unwrap();
}

#[tokio::test]
async fn a_line_that_nobody_reads_drops_setpoints_and_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttyAP");
    let mut near = plug(&path);
    let mut pilot = Pilot::new(&settings(&format!("serial:{}:57600", path.display())));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    near.write_all(&framed(&heartbeat(4))).unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    for pass in 0..2_000u64 {
        pilot.link.command(TimeUs(100_000_000 + pass * 50_000), &Command::Stop);
    }
    let report = pilot.link.report();
    assert!(report.send_dropped_total > 0 && pilot.happened("line_lost") == 0);
    let mut ears = Ears::default();
    listen(&mut ears, &mut near);
    pilot.link.command(TimeUs(300_000_000), &Command::Stop);
    pilot
        .pass_until("each frame said to be sent came whole", |pilot| {
            listen(&mut ears, &mut near);
            ears.heard.len() as u64 == pilot.link.report().sent_total
        })
        .await;
}

#[tokio::test]
async fn velocities_in_the_queue_are_taken_back_when_commanding_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttyAP");
    let mut near = plug(&path);
    let mut pilot = Pilot::new(&settings(&format!("serial:{}:57600", path.display())));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    near.write_all(&framed(&heartbeat(4))).unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    let north = Command::Velocity(Velocity { north_mps: 3.0, ..Velocity::default() });
    // Nobody reads: the queue fills and a frame is cut. No further, since the system may make room at any time, and then
    // the last frame is whole.
    let (dropped_before, mut pass) = (pilot.link.report().send_dropped_total, 0);
    while pilot.link.report().send_dropped_total == dropped_before && pass < 100_000 {
        pilot.link.command(TimeUs(100_000_000 + pass * 50_000), &north);
        pass += 1;
    }
    let report = pilot.link.report();
    let mut now_us = 100_000_000 + pass * 50_000;
    pilot.link.command(TimeUs(now_us), &Command::Stop);
    let (mut framer, mut norths_mps) = (Framer::new(), Vec::new());
    pilot
        .pass_until("stopped", |pilot| {
            let mut buffer = [0; 4096];
            while let Ok(count) = near.read(&mut buffer) {
                // The frame that was cut costs itself.
                framer.push(&buffer[..count], |frame| {
                    if frame.id == SET_POSITION_TARGET_LOCAL_NED {
                        norths_mps.push(Payload(frame.payload).finite(VX_AT).unwrap());
                    }
                });
            }
            now_us += 1_000_000;
            pilot.link.command(TimeUs(now_us), &Command::Stop);
            norths_mps.last() == Some(&0.0)
        })
        .await;
    // What the other end's side of the pty already holds is out; what waits on our side never arrives.
    let velocity_count = norths_mps.iter().filter(|north_mps| **north_mps == 3.0).count();
    assert!(norths_mps.ends_with(&[0.0]) && norths_mps.is_sorted_by(|a, b| a >= b), "{norths_mps:?}");
    assert!(pilot.link.report().recalled_bytes_total > 0);
    assert!((velocity_count as u64) < report.sent_total / 2, "{velocity_count} of {}", report.sent_total);
}

#[tokio::test]
async fn tcp_is_connected_again_and_its_backlog_is_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcpout:{}", listener.local_addr().unwrap());
    let mut pilot = Pilot::new(&settings(&address));
    for round in 0..2 {
        let (stream, ()) = tokio::join!(listener.accept(), async {
            pilot.pass_until("connected", |pilot| pilot.happened("line_open") == round + 1).await;
        });
        let (mut stream, _) = stream.unwrap();
        // In two pieces, as TCP may.
        let frame = framed(&heartbeat(4));
        stream.write_all(&frame[..7]).await.unwrap();
        pilot.drain();
        stream.write_all(&frame[7..]).await.unwrap();
        pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
        // Nobody reads: what is not acknowledged must not grow.
        for pass in 0..100_000u64 {
            pilot.link.command(TimeUs(100_000_000 + pass * 50_000), &Command::Stop);
        }
        let queued_bytes = pilot.link.port.line().unwrap().queued_bytes();
        assert!(queued_bytes <= 1_000 + 280, "{queued_bytes}");
        assert!(pilot.link.report().send_dropped_total > 0);
        let mut ears = Ears::default();
        let mut buffer = [0; 65_536];
        let count = stream.read(&mut buffer).await.unwrap();
        ears.take(&buffer[..count]);
        assert!(ears.count(0) + ears.count(84) > 0);
        drop(stream);
        pilot.pass_until("lost", |pilot| pilot.happened("line_lost") == round + 1).await;
    }
    assert_eq!(pilot.link.report().reconnect_total, 1);
}
