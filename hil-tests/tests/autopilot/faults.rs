//! Faults of the link, as those on the line meet them.

use super::client::{Client, Heard, flown, met, velocity};
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::scenario::fault::{Absurdity, Impostor};
use skyhound_rig::scenario::{Flavour, Kind};
use std::time::Duration;

fn is_beat_of(from: (u8, u8)) -> impl Fn(&Heard) -> bool {
    move |heard| heard.0 == from && heard.2.name() == "HEARTBEAT"
}

#[test]
fn on_a_lost_link_nothing_passes_either_way() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    assert_eq!(autopilot.fault(&Kind::LinkLost, true), Ok(true));
    client.hear(Duration::from_millis(100));
    client.say(velocity(1.0, 0.0, 0.0));
    let heard = client.heard_within(Duration::from_millis(2_500), |_| true);
    assert!(heard.is_empty() && autopilot.setpoints().is_empty(), "{heard:?}");
    assert_eq!(autopilot.fault(&Kind::LinkLost, false), Ok(true));
    client.told("HEARTBEAT");
    client.say(velocity(1.0, 0.0, 0.0));
    client.until("it comes again", |_, _| (autopilot.setpoints().len() == 1).then_some(()));
}

#[test]
fn a_named_field_is_absurd_while_it_lasts() {
    let (autopilot, mut client) = met(Flavour::Px4);
    let absurd = |field: &str| Kind::Absurd { field: field.into(), value: Absurdity::Nan };
    assert_eq!(autopilot.fault(&absurd("ATTITUDE.yaw"), true), Ok(true));
    client.until_so("ATTITUDE", |told| told.real("yaw").is_nan() && told.real("roll").is_finite());
    assert_eq!(autopilot.fault(&absurd("ATTITUDE.yaw"), false), Ok(true));
    client.until_so("ATTITUDE", |told| told.real("yaw").is_finite());
    let why = autopilot.fault(&absurd("ATTITUDE.jaw"), true).unwrap_err();
    assert!(why.contains("ATTITUDE.jaw"), "{why}");
    let why = autopilot.fault(&Kind::Mode { mode: "GUIDED".into() }, true).unwrap_err();
    assert!(why.contains("GUIDED") && why.contains("Px4"), "{why}");
}

#[test]
fn strangers_speak_under_their_own_names() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    let mut comes = |who: Impostor, from: (u8, u8), name: &str, is_so: fn(&Message) -> bool| {
        autopilot.fault(&Kind::Impostor { who }, true).unwrap();
        client.until(name, |sender, message| {
            (sender == from && message.name() == name && is_so(message)).then_some(())
        });
        autopilot.fault(&Kind::Impostor { who }, false).unwrap();
    };
    comes(Impostor::OtherSystem, (42, 1), "RC_CHANNELS", |message| message.whole("chan1_raw") == 1_900);
    comes(Impostor::OtherSystem, (42, 1), "GLOBAL_POSITION_INT", |message| message.whole("lon") == 0);
    comes(Impostor::Commander, (66, 190), "PARAM_SET", |message| message.byte("target_component") == 191);
    comes(Impostor::OwnIds, (1, 191), "HEARTBEAT", |message| message.byte("type") == 18);
    comes(Impostor::GimbalHeartbeat, (1, 154), "HEARTBEAT", |message| message.byte("autopilot") == 8);
}

/// While a gimbal pretends, the autopilot's own heartbeats have stopped, and they come back.
#[test]
fn the_gimbal_speaks_instead_of_the_autopilot() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    let gimbal = Kind::Impostor { who: Impostor::GimbalHeartbeat };
    autopilot.fault(&gimbal, true).unwrap();
    client.hear(Duration::from_millis(50));
    let heard = client.heard_within(Duration::from_millis(2_200), |_| true);
    let beats = |from| heard.iter().filter(|heard| is_beat_of(from)(heard)).count();
    assert_eq!(beats((1, 1)), 0);
    assert!(beats((1, 154)) >= 3);
    autopilot.fault(&gimbal, false).unwrap();
    client.told("HEARTBEAT");
}

#[test]
fn garbage_costs_no_message() {
    let autopilot = flown(Flavour::Px4, &["tcp:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
    client.told("HEARTBEAT");
    client.take();
    autopilot.fault(&Kind::Garbage, true).unwrap();
    client.heard_within(Duration::from_secs(3), |_| true);
    autopilot.fault(&Kind::Garbage, false).unwrap();
    client.hear(Duration::from_millis(500));
    let totals = client.totals();
    assert!(totals.garbage_bytes_total > 100, "{totals:?}");
    let own: Vec<u8> = client.heard.iter().filter(|heard| heard.0 == (1, 1)).map(|heard| heard.1).collect();
    assert!(own.len() > 20);
    let lost: u32 = own.windows(2).map(|two| u32::from(two[1].wrapping_sub(two[0]).wrapping_sub(1))).sum();
    // Those that are not in fields.txt would be missing here too; there are none.
    assert_eq!(lost, 0);
}

/// A rebooting autopilot is silent, and has forgotten which messages it was asked for.
#[test]
fn a_reboot_forgets_what_was_asked() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    client.command(511, &[30.0, 50_000.0]);
    client.told("ATTITUDE");
    client.hear(Duration::from_millis(500));
    let rebooted_us = autopilot.now_us();
    assert_eq!(autopilot.fault(&Kind::Reboot, true), Ok(true));
    client.hear(Duration::from_millis(300));
    client.heard.clear();
    client.told("HEARTBEAT");
    let heard = client.heard_within(Duration::from_secs(1), |heard| heard.2.name() == "ATTITUDE");
    assert!(heard.is_empty(), "{heard:?}");
    client.command(511, &[30.0, 50_000.0]);
    let boot_us = client.told("ATTITUDE").whole("time_boot_ms") as u64 * 1_000;
    let most_us = autopilot.now_us() - rebooted_us + 20_000;
    assert!(boot_us <= most_us, "{boot_us} counts from before {rebooted_us}");
}

/// A second way brings each frame once more, byte for byte; a slow one brings it late, both ways.
#[test]
fn ways_may_be_late() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    let copies = Kind::LateCopies { delay_s: 0.5 };
    autopilot.fault(&copies, true).unwrap();
    let beats = client.heard_within(Duration::from_millis(4_500), is_beat_of((1, 1)));
    let beats: Vec<u8> = beats.iter().map(|heard| heard.1).collect();
    let again = beats.iter().filter(|sequence| beats.iter().filter(|other| other == sequence).count() == 2);
    assert!(again.count() >= 4, "{beats:?}");
    autopilot.fault(&copies, false).unwrap();
    let slow = Kind::SlowLink { delay_s: 0.7 };
    autopilot.fault(&slow, true).unwrap();
    client.say(velocity(1.0, 0.0, 0.0));
    client.hear(Duration::from_millis(300));
    assert!(autopilot.setpoints().is_empty());
    client.until("it comes late", |_, _| (autopilot.setpoints().len() == 1).then_some(()));
    autopilot.fault(&slow, false).unwrap();
    autopilot.fault(&Kind::TransmitOff, true).unwrap();
    client.say(velocity(1.0, 0.0, 0.0));
    client.hear(Duration::from_millis(300));
    assert_eq!(autopilot.setpoints().len(), 1, "it hears nothing");
}

/// PX4's heartbeat keeps to its grid, is not asked to come sooner, and CURRENT_MODE tells a change between.
#[test]
fn a_px4_beats_once_a_second_whatever_changes() {
    let (autopilot, mut client) = met(Flavour::Px4);
    client.command(511, &[0.0, 100_000.0]);
    assert_eq!(client.told("COMMAND_ACK").whole("result"), 2, "DENIED");
    client.command(511, &[436.0, 100_000.0]);
    assert_eq!(client.told("COMMAND_ACK").whole("result"), 0);
    client.told("HEARTBEAT");
    client.heard.clear();
    autopilot.fault(&Kind::Mode { mode: "POSCTL".into() }, true).unwrap();
    let posctl = i64::from(3 << 16);
    client.until_so("CURRENT_MODE", |told| told.whole("custom_mode") == posctl);
    assert!(client.heard.iter().all(|heard| heard.2.name() != "HEARTBEAT"), "before the heartbeat");
    assert_eq!(client.told("HEARTBEAT").whole("custom_mode"), posctl);
}
