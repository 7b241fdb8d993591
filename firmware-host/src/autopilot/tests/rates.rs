//! How often we speak, judged on the pass's own clock: no real time passes here.

use tokio::net::UdpSocket;

use super::*;

const VELOCITY: Command =
    Command::Velocity(Velocity { north_mps: 1.0, east_mps: 0.0, down_mps: 0.0, yaw_rate_rad_s: 0.0 });

async fn flying(setpoint_hz: f64) -> (Pilot, UdpSocket) {
    let port = free_port();
    let mut settings = settings(&format!("udpin:127.0.0.1:{port}"));
    settings.setpoint_hz = setpoint_hz;
    let mut pilot = Pilot::new(&settings);
    let autopilot = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    (pilot, autopilot)
}

async fn sent(autopilot: &UdpSocket) -> Ears {
    let (mut ears, mut buffer) = (Ears::default(), [0; 2048]);
    let wait = Duration::from_millis(50);
    while let Ok(Ok(count)) = tokio::time::timeout(wait, autopilot.recv(&mut buffer)).await {
        ears.take(&buffer[..count]);
    }
    ears
}

#[tokio::test]
async fn setpoints_keep_their_rate_whatever_the_passes_jitter() {
    for (setpoint_hz, least, most) in [(20.0, 100, 100), (10.0, 50, 51)] {
        let (mut pilot, autopilot) = flying(setpoint_hz).await;
        sent(&autopilot).await;
        for pass in 0..100u64 {
            let jitter_us = (pass * 7_919) % 4_000;
            pilot.link.command(TimeUs(100_000_000 + pass * 50_000 + jitter_us), &VELOCITY);
        }
        let count = sent(&autopilot).await.count(84);
        assert!((least..=most).contains(&count), "{setpoint_hz} Hz: {count}");
    }
}

#[tokio::test]
async fn a_stop_and_a_first_velocity_go_at_once_and_silence_is_silent() {
    let (mut pilot, autopilot) = flying(10.0).await;
    sent(&autopilot).await;
    let at = |us: u64| TimeUs(100_000_000 + us);
    pilot.link.command(at(0), &VELOCITY);
    pilot.link.command(at(1_000), &Command::Stop);
    pilot.link.command(at(2_000), &Command::Stop);
    pilot.link.command(at(3_000), &SILENCE);
    pilot.link.command(at(4_000), &VELOCITY);
    let ears = sent(&autopilot).await;
    let north: Vec<f32> = ears
        .heard
        .iter()
        .map(|message| match message {
            MavMessage::SET_POSITION_TARGET_LOCAL_NED(setpoint) => setpoint.vx,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(north, [1.0, 0.0, 1.0]);
}

#[tokio::test]
async fn one_heartbeat_a_second_only_from_the_pass_and_few_texts() {
    let (mut pilot, autopilot) = flying(20.0).await;
    sent(&autopilot).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(sent(&autopilot).await.heard.len(), 0, "no pass, no heartbeat");
    for burst in 0..100 {
        pilot.link.status_text(Severity::Note, &format!("note {burst}"));
    }
    let begun = pilot.clock.now().plus_us(1_000_000);
    for pass in 0..60u64 {
        let now = begun.plus_us(pass * 50_000);
        pilot.link.named_value(now, "snr_db", 12.0);
        pilot.link.named_value(now, "nan", f32::NAN);
        pilot.link.tick(now, &mut pilot.vehicle);
    }
    let ears = sent(&autopilot).await;
    assert_eq!(ears.count(0), 3);
    assert_eq!(ears.count(111), 3);
    assert_eq!(ears.count(253), 15, "five texts a second");
    assert_eq!(ears.count(251), 6, "two values a second");
    assert!(pilot.link.report().send_dropped_total >= 84);
}

#[tokio::test]
async fn nothing_is_commanded_before_binding_nor_to_what_we_do_not_know() {
    let port = free_port();
    let mut pilot = Pilot::new(&settings(&format!("udpout:127.0.0.1:{port}")));
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
    pilot.link.command(TimeUs(1), &VELOCITY);
    assert_eq!(pilot.link.report().send_dropped_total, 1);
    pilot.link.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::Other });
    pilot.link.command(TimeUs(2), &Command::Stop);
    assert_eq!(pilot.link.report().send_dropped_total, 2);
}
