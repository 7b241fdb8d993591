//! Lines: who hears whom on which, what a baud rate allows, and when a message is said to have come.

use super::client::{Client, Heard, flown, met, velocity};
use skyhound_rig::autopilot::Says;
use skyhound_rig::autopilot::messages::command;
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::scenario::Flavour;
use std::time::{Duration, Instant};

const ANY_UDP: &str = "udpin:127.0.0.1:0";
const ANY_TCP: &str = "tcp:127.0.0.1:0";
const SET_MESSAGE_INTERVAL: u16 = 511;

#[test]
fn those_on_other_lines_are_seen_and_reached() {
    let autopilot = flown(Flavour::ArduCopter, &[ANY_UDP, ANY_TCP]);
    let mut companion = Client::meet(&autopilot.lines()[0], (1, 191));
    let mut second = Client::meet(&autopilot.lines()[1], (1, 192));
    let mut third = Client::meet(&autopilot.lines()[1], (254, 190));
    let beat_of = |wanted| {
        move |from, message: &Message| (from == wanted && message.name() == "HEARTBEAT").then_some(())
    };
    companion.until("the second is seen", beat_of((1, 192)));
    companion.until("the ground station inside is seen", beat_of((255, 190)));
    companion.beat();
    second.until("the first is seen", beat_of((1, 191)));
    third.beat();
    second.until("another client of its own port is seen", beat_of((254, 190)));

    // A command for the companion goes there, and the autopilot keeps out of it.
    third.say(command(31_010, &[7.0]).to((1, 191)));
    let got = companion.until("the command comes", |from, message| {
        (from == (254, 190) && message.name() == "COMMAND_LONG").then(|| message.real("param1"))
    });
    assert_eq!(got, 7.0);
    third.say(Message::new("STATUSTEXT").with("severity", 6u8).with_text("text", "hello"));
    companion.until_so("STATUSTEXT", |broadcast| broadcast.text("text") == "hello");
    second.command(31_000, &[]);
    let ack = second.told("COMMAND_ACK");
    assert_eq!((ack.whole("result"), ack.byte("target_system"), ack.byte("target_component")), (3, 1, 192));
    third.hear(Duration::from_millis(200));
    assert!(third.heard.iter().all(|(_, _, message)| message.name() != "COMMAND_ACK"), "{:?}", third.heard);
}

/// More is asked for than the line carries: what leaves is whole, in order, and no faster than its rate.
#[test]
fn a_serial_line_carries_no_more_than_its_baud_rate() {
    let autopilot = flown(Flavour::ArduCopter, &["pty:57600"]);
    let mut client = Client::meet(&autopilot.lines()[0], (255, 1));
    for id in [1, 24, 30, 32, 33, 65, 74, 108, 147, 193] {
        client.command(SET_MESSAGE_INTERVAL, &[f64::from(id), 20_000.0]);
    }
    // The last that was asked for.
    client.until_so("SIM_STATE", |_| true);
    client.take();
    let (before, begun) = (client.totals(), Instant::now());
    let own = client.heard_within(Duration::from_secs(3), |heard| heard.0 == (1, 1));
    let (after, took_s) = (client.totals(), begun.elapsed().as_secs_f64());
    let bytes = (after.received_bytes_total - before.received_bytes_total) as f64;
    // What the terminal held when the counting began, and a piece.
    assert!(bytes <= 5_760.0 * took_s + 4_096.0 + 64.0, "{bytes} bytes in {took_s} s");
    assert!(bytes >= 1_000.0, "{bytes} bytes in {took_s} s");
    assert_eq!((after.crc_error_total, after.garbage_bytes_total), (0, 0), "only whole messages: {after:?}");
    let follows = |two: &[Heard]| two[1].1 == two[0].1.wrapping_add(1);
    assert!(own.windows(2).all(follows), "what finds no room takes no number");
    assert!(autopilot.dropped_total() > 0, "more was asked for than fits");
}

/// 6.5 kB written at once take more than a second to arrive at 57600 baud.
#[test]
fn the_way_in_has_its_baud_rate_too() {
    let autopilot = flown(Flavour::ArduCopter, &["pty:57600"]);
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
    let frames: Vec<u8> =
        (0..100u8).flat_map(|count| velocity(1.0, 0.0, 0.0).frame((1, 191), count)).collect();
    client.write(&frames);
    client.until("all have come", |_, _| (autopilot.setpoints().len() == 100).then_some(()));
    let setpoints = autopilot.setpoints();
    let span_s = (setpoints[99].at_us - setpoints[0].at_us) as f64 / 1e6;
    let least_s = frames.len() as f64 * 0.99 / 5_760.0;
    assert!(span_s >= 0.9 * least_s, "{} bytes in {span_s} s", frames.len());
}

/// A setpoint's time is that of its arrival, not of a step.
#[test]
fn arrivals_have_their_own_time() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    let mut sent = Vec::new();
    for count in 0..60 {
        sent.push(autopilot.now_us());
        client.say(velocity(f64::from(count), 0.0, 0.0));
        std::thread::sleep(Duration::from_micros(7_300));
    }
    client.until("all have come", |_, _| (autopilot.setpoints().len() == 60).then_some(()));
    let setpoints = autopilot.setpoints();
    for (setpoint, before_us) in setpoints.iter().zip(&sent) {
        assert!(setpoint.at_us >= *before_us, "it came before it was sent: {setpoint:?} {before_us}");
    }
    let is_within_step = |at_us: u64| (1_500..8_500).contains(&(at_us % 10_000));
    let within = setpoints.iter().filter(|setpoint| is_within_step(setpoint.at_us)).count();
    assert!(within >= 15, "{within} of 60 came between steps");
    let wire = autopilot.wire();
    let logged = wire.iter().filter(|row| !row.is_out).filter_map(|row| match row.says {
        Says::Velocity([north_mps, ..]) => Some(north_mps),
        _ => None,
    });
    let logged: Vec<f32> = logged.collect();
    assert_eq!(logged, (0..60u8).map(f32::from).collect::<Vec<_>>());
    assert!(setpoints.iter().all(|setpoint| setpoint.from == (1, 191) && !setpoint.taken), "it is in LOITER");
}

/// A change of mode is told at once on every line, and the log says when.
#[test]
fn a_change_of_mode_is_told_at_once() {
    let autopilot = flown(Flavour::ArduCopter, &[ANY_UDP, ANY_TCP]);
    let mut one = Client::meet(&autopilot.lines()[0], (1, 191));
    let mut two = Client::meet(&autopilot.lines()[1], (254, 190));
    one.told("HEARTBEAT");
    two.told("HEARTBEAT");
    one.command(176, &[1.0, 4.0]);
    for client in [&mut one, &mut two] {
        while client.told("HEARTBEAT").whole("custom_mode") != 4 {}
    }
    let wire = autopilot.wire();
    let asked_us = wire.iter().find(|row| !row.is_out && row.id == 76).unwrap().at_us;
    for link in [0, 1] {
        let mut later = wire.iter().filter(|row| row.is_out && row.link == link && row.at_us >= asked_us);
        let is_told = later.any(|row| matches!(row.says, Says::Mode { custom: 4, .. }));
        assert!(is_told, "link {link}: {asked_us}");
    }
}
