//! Only the bound autopilot changes what is known of the aircraft; what each message means in units.

use mavlink::dialects::ardupilotmega::{self as dialect, MavMessage};
use mavlink::{MavlinkVersion, Message};
use proptest::prelude::*;

use super::*;

mod clocks;
mod late;
mod others;

const MARK: u32 = 0x1234;

struct Bench {
    listener: Listener,
    vehicle: Vehicle,
    events: Vec<(&'static str, String)>,
    sequence: u8,
}

impl Bench {
    fn new(wanted: Option<u8>) -> Bench {
        let listener = Listener::new(wanted, 191, MARK);
        Bench { listener, vehicle: Vehicle::default(), events: Vec::new(), sequence: 0 }
    }

    fn take_raw(&mut self, from: (u32, u8), id: u32, payload: &[u8], at_us: u64) -> Taken {
        let (system, component) = from;
        let frame = Frame { is_mavlink_2: true, sequence: self.sequence, system, component, id, payload };
        self.sequence = self.sequence.wrapping_add(1);
        let events = &mut self.events;
        self.listener.take(&frame, TimeUs(at_us), &mut self.vehicle, &mut |event: Event| {
            events.push((event.kind, event.text.as_str().to_owned()));
        })
    }

    fn take(&mut self, from: (u32, u8), message: &MavMessage, at_us: u64) -> Taken {
        let mut payload = [0; 255];
        let length = message.ser(MavlinkVersion::V2, &mut payload);
        self.take_raw(from, message.message_id(), &payload[..length], at_us)
    }

    fn beat(&mut self, from: (u32, u8), mav_type: u8, autopilot: u8, custom: u32, at_us: u64) -> Taken {
        let [a, b, c, d] = custom.to_le_bytes();
        self.take_raw(from, 0, &[a, b, c, d, mav_type, autopilot, 0x81, 4, 3], at_us)
    }

    fn bound() -> Bench {
        let mut bench = Bench::new(None);
        bench.beat((1, 1), 2, 3, 4, 1_000);
        bench.events.clear();
        bench
    }

    fn contested(&self, at_us: u64) -> Option<&'static str> {
        self.listener.contested(TimeUs(at_us), &self.vehicle)
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|(kind, _)| *kind).collect()
    }
}

fn attitude(boot_ms: u32, roll: f32) -> MavMessage {
    MavMessage::ATTITUDE(dialect::ATTITUDE_DATA { time_boot_ms: boot_ms, roll, ..Default::default() })
}

#[test]
fn binds_to_the_first_autopilot_and_to_nobody_else() {
    let mut bench = Bench::new(None);
    // A gimbal, a ground station, a companion, an autopilot's second component, a nameless one: nobody to bind to.
    for (from, mav_type, autopilot) in [
        ((1, 154), 26, 8),
        ((255, 190), 6, 8),
        ((255, 1), 6, 3),
        ((1, 1), 18, 8),
        ((1, 2), 2, 3),
        ((0, 1), 2, 3),
    ] {
        assert_eq!(bench.beat(from, mav_type, autopilot, 0, 5), Taken::Foreign);
        assert_eq!(bench.vehicle.identity, None, "{from:?}");
    }
    assert_eq!(bench.take((1, 1), &attitude(5, 1.0), 6), Taken::Foreign);
    assert_eq!(bench.beat((3, 1), 2, 3, 5, 7), Taken::Heartbeat);
    let identity = Identity { system: 3, component: 1, firmware: Firmware::ArduCopter };
    assert_eq!(bench.vehicle.identity, Some(identity));
    assert_eq!(bench.beat((1, 1), 2, 3, 4, 8), Taken::Foreign);
    assert_eq!(bench.vehicle.identity, Some(identity));
    assert_eq!(bench.vehicle.heartbeat.unwrap().value.mode.name(), "LOITER");
}

#[test]
fn binds_to_the_system_in_the_settings_only() {
    let mut bench = Bench::new(Some(9));
    assert_eq!(bench.beat((1, 1), 2, 3, 4, 5), Taken::Foreign);
    assert_eq!(bench.beat((9, 1), 2, 12, 6 << 16, 5), Taken::Heartbeat);
    assert_eq!(bench.vehicle.identity.unwrap().firmware, Firmware::Px4);
    assert!(bench.vehicle.heartbeat.unwrap().value.mode.accepts_commands());
}

#[test]
fn nobody_elses_telemetry_changes_anything() {
    let mut bench = Bench::bound();
    bench.take((1, 1), &attitude(5, 0.5), 2_000);
    let before = bench.vehicle;
    for from in [(1, 154), (2, 1), (255, 190), (257, 1), (1, 0)] {
        for &id in MavMessage::all_ids() {
            if id != 0 {
                let message = MavMessage::default_message_from_id(id).unwrap();
                assert_eq!(bench.take(from, &message, 3_000), Taken::Foreign);
            }
        }
        bench.beat(from, 2, 3, 6, 3_000);
    }
    assert_eq!(bench.vehicle, before);
    assert_eq!(bench.kinds(), Vec::<&str>::new());
    let others: Vec<_> = bench.listener.others(TimeUs(3_000)).collect();
    assert!(others.contains(&"system 2 component 1: quadrotor (ArduPilot)".to_owned()), "{others:?}");
    assert_eq!(bench.listener.totals().foreign_total, 5 * MavMessage::all_ids().len() as u64);
}

#[test]
fn a_ground_station_is_noted_and_nothing_else() {
    let mut bench = Bench::bound();
    let before = bench.vehicle;
    assert_eq!(bench.beat((255, 190), 6, 8, 0, 4_000), Taken::Foreign);
    assert_eq!(bench.vehicle.ground_station, Some(Aged::new(255, TimeUs(4_000))));
    assert_eq!(Vehicle { ground_station: None, ..bench.vehicle }, before);
    // Its own system's "ground station" is a component of the vehicle.
    bench.vehicle.ground_station = None;
    bench.beat((1, 190), 6, 8, 0, 4_000);
    assert_eq!(bench.vehicle.ground_station, None);
}

#[test]
fn what_cannot_be_commanded_is_named_and_never_bound() {
    let mut bench = Bench::new(None);
    for (mav_type, autopilot) in [(5, 3), (1, 3), (10, 3), (20, 12), (2, 4)] {
        assert_eq!(bench.beat((2, 1), mav_type, autopilot, 0, 1_000), Taken::Foreign);
        assert_eq!(bench.vehicle, Vehicle::default(), "{mav_type}");
        assert!(bench.contested(1_000).unwrap().contains("no multirotor or helicopter"));
    }
    bench.beat((2, 1), 5, 3, 0, 2_000);
    bench.beat((255, 190), 6, 8, 0, 2_000);
    bench.beat((1, 154), 26, 8, 0, 2_000);
    let others: Vec<_> = bench.listener.others(TimeUs(10_002_000)).collect();
    let said = [
        "system 2 component 1: antenna tracker (ArduPilot)",
        "system 255 component 190: ground station",
        "system 1 component 154: gimbal",
    ];
    assert_eq!(others, said);
    assert_eq!(bench.listener.others(TimeUs(10_002_001)).count(), 0);
    // The first that fits.
    bench.beat((1, 1), 4, 3, 4, 3_000_000);
    assert_eq!(bench.vehicle.identity.unwrap().system, 1);
    bench.beat((2, 1), 5, 3, 0, 3_000_000);
    assert_eq!(bench.contested(3_000_000), None, "a tracker is no second autopilot");
}

#[test]
fn many_others_are_few_lines() {
    let mut bench = Bench::bound();
    for component in 2..=255 {
        bench.beat((9, component), 30, 8, 0, 1_000);
    }
    assert_eq!(bench.listener.others(TimeUs(1_000)).count(), 8);
    bench.beat((9, 255), 30, 8, 0, 7_000_000);
    assert!(bench.listener.others(TimeUs(7_000_000)).any(|other| other == "system 9 component 255: camera"));
}

#[test]
fn what_was_bound_and_cannot_be_commanded_any_more_is_displaced_by_the_first_that_fits() {
    let mut bench = Bench::bound();
    bench.take((1, 1), &attitude(500, 0.5), 2_000);
    bench.beat((1, 1), 5, 3, 0, 3_000);
    assert_eq!(bench.vehicle.identity.unwrap().firmware, Firmware::Other);
    assert!(bench.contested(3_000).unwrap().contains("no multirotor or helicopter"));
    assert_eq!(bench.vehicle.attitude, None);
    bench.beat((3, 1), 2, 12, 6 << 16, 4_000);
    let identity = Identity { system: 3, component: 1, firmware: Firmware::Px4 };
    assert_eq!((bench.vehicle.identity, bench.contested(4_000)), (Some(identity), None));
    assert_eq!(bench.kinds(), ["autopilot_changed", "autopilot_bound"]);
}

#[test]
fn the_settings_may_name_what_cannot_be_bound() {
    let mut bench = Bench::new(Some(2));
    bench.beat((2, 1), 5, 3, 0, 1_000);
    assert!(bench.contested(1_000).unwrap().starts_with("what autopilot.system names is no multirotor"));
    let mut bench = Bench::new(Some(2));
    bench.beat((1, 1), 2, 3, 0, 1_000);
    assert!(bench.contested(1_000).unwrap().starts_with("another autopilot is heard than"));
}

#[test]
fn frames_of_no_autopilot_are_told() {
    let mut bench = Bench::new(None);
    assert_eq!(bench.contested(1_000), None, "nothing was heard at all");
    bench.beat((1, 154), 26, 8, 0, 1_000);
    bench.take((1, 2), &attitude(5, 0.5), 2_000);
    assert!(bench.contested(2_000).unwrap().starts_with("frames are heard, none from an autopilot"));
}

#[test]
fn an_autopilot_that_answers_nothing_is_told_until_it_does() {
    let mut bench = Bench::bound();
    for question in 0..8u64 {
        bench.listener.parts.questions.ask(TimeUs(question * 500_000));
    }
    bench.beat((1, 1), 2, 3, 4, 4_000_000);
    assert!(bench.contested(4_000_000).unwrap().contains("answers none of our questions"));
    // Somebody else's answer is none.
    bench.take_raw((1, 1), COMMAND_ACK, &[0, 2, 0, 0, 0, 0, 0, 0, 255, 190], 4_000_000);
    assert!(bench.contested(4_000_000).is_some());
    bench.take_raw((1, 1), COMMAND_ACK, &[0, 2, 0, 0, 0, 0, 0, 0, 1, 191], 4_000_000);
    assert_eq!(bench.contested(4_000_000), None);
}

#[test]
fn a_fence_that_mavlink_1_cannot_tell_is_told() {
    let mut bench = Bench::bound();
    bench.vehicle.parameters.keep(index("FENCE_TYPE"), Some(Aged::new(7.0, TimeUs(1_000))));
    for pass in 0..200u64 {
        bench.listener.parts.zones.due(TimeUs(pass * 50_000));
    }
    bench.beat((1, 1), 2, 3, 4, 10_000_000);
    assert_eq!(bench.contested(10_000_000), None, "it is lost, on MAVLink 2");
    bench.listener.speaks_mavlink_1_only = true;
    assert!(bench.contested(10_000_000).unwrap().contains("SERIALn_PROTOCOL"));
    bench.vehicle.parameters.keep(index("FENCE_TYPE"), Some(Aged::new(3.0, TimeUs(1_000))));
    assert_eq!(bench.contested(10_000_000), None, "it has none that counts");
}

#[test]
fn each_time_the_mode_is_left_counts() {
    let mut bench = Bench::bound();
    let mut beat = |custom: u8, base: u8| {
        bench.take_raw((1, 1), 0, &[custom, 0, 0, 0, 2, 3, base, 4, 3], 2_000);
        bench.vehicle.left_total
    };
    assert_eq!((beat(4, 0x81), beat(5, 0x81), beat(5, 0x81), beat(4, 0x81)), (0, 1, 1, 1));
    assert_eq!((beat(4, 0x01), beat(4, 0x81), beat(6, 0x01)), (2, 2, 3));
}

#[test]
fn a_newer_autopilots_heartbeat_still_tells_the_mode() {
    let mut bench = Bench::bound();
    // MAV_STATE 200 and a flag nobody knows: the dialect refuses it, the mode change must get through.
    let taken = bench.take_raw((1, 1), 0, &[5, 0, 0, 0, 2, 3, 0xff, 200, 3], 2_000);
    assert_eq!(taken, Taken::Heartbeat);
    assert_eq!(bench.vehicle.heartbeat.unwrap().value.mode.name(), "LOITER");
    assert_eq!(bench.events, [("mode_change", "mode GUIDED -> LOITER".to_owned())]);
    assert_eq!(bench.listener.totals().unknown_total, 1);
}

#[test]
fn arming_and_disarming_are_events() {
    let mut bench = Bench::bound();
    bench.take_raw((1, 1), 0, &[4, 0, 0, 0, 2, 3, 0x01, 3, 3], 2_000);
    bench.take_raw((1, 1), 0, &[4, 0, 0, 0, 2, 3, 0x81, 4, 3], 3_000);
    assert_eq!(bench.kinds(), ["disarmed", "armed"]);
}

#[test]
fn what_is_not_finite_goes_stale() {
    let mut bench = Bench::bound();
    bench.take((1, 1), &attitude(5, 0.5), 2_000);
    bench.take((1, 1), &attitude(6, f32::NAN), 3_000);
    assert_eq!(bench.vehicle.attitude.unwrap().received_us, TimeUs(2_000));
    assert_eq!(bench.listener.totals().unknown_total, 1);
}

#[test]
fn another_firmware_in_its_place_is_bound_anew() {
    let mut bench = Bench::bound();
    let at = index("GUID_TIMEOUT");
    bench.vehicle.parameters.keep(at, Some(Aged::new(1.0, TimeUs(1_000))));
    bench.beat((1, 1), 2, 12, 4, 2_000);
    assert_eq!(bench.vehicle.identity.unwrap().firmware, Firmware::Px4);
    assert_eq!(bench.vehicle.parameters.told(at), None);
    assert!(!bench.vehicle.heartbeat.unwrap().value.mode.accepts_commands());
}

#[test]
fn the_mode_told_sooner_counts_when_it_is_left() {
    let mut bench = Bench::bound();
    bench.beat((1, 1), 2, 12, 6 << 16, 2_000);
    let mut mode = |main: u8| {
        bench.take_raw((1, 1), CURRENT_MODE, &[0, 0, main, 0, 0, 0, main], 3_000);
        (bench.vehicle.mode_told.unwrap().value.name(), bench.vehicle.left_total)
    };
    let left = mode(6).1;
    assert_eq!((mode(6), mode(4), mode(4)), (("OFFBOARD", left), ("AUTO", left + 1), ("AUTO", left + 1)));
}

#[test]
fn heights_and_the_ground_come_from_their_messages() {
    let mut bench = Bench::bound();
    let terrain = dialect::TERRAIN_REPORT_DATA {
        lat: 470_000_000,
        lon: 80_000_000,
        current_height: 31.5,
        spacing: 100,
        loaded: 8,
        ..Default::default()
    };
    bench.take((1, 1), &MavMessage::TERRAIN_REPORT(terrain.clone()), 2_000);
    assert_eq!(bench.vehicle.height_terrain_m, None, "of nowhere, before we know where we are");
    let position =
        dialect::GLOBAL_POSITION_INT_DATA { lat: 470_000_100, lon: 80_000_100, ..Default::default() };
    bench.take((1, 1), &MavMessage::GLOBAL_POSITION_INT(position), 2_000);
    bench.take((1, 1), &MavMessage::TERRAIN_REPORT(terrain), 3_000);
    assert_eq!(bench.vehicle.height_terrain_m.unwrap().value, 31.5);
    let state = dialect::EXTENDED_SYS_STATE_DATA {
        landed_state: dialect::MavLandedState::MAV_LANDED_STATE_IN_AIR,
        ..Default::default()
    };
    bench.take((1, 1), &MavMessage::EXTENDED_SYS_STATE(state), 3_000);
    assert_eq!(bench.vehicle.landed.unwrap().value, skyhound::vehicle::Landed::InAir);
    assert_eq!(bench.listener.totals().unknown_total, 0);
}

#[test]
fn lost_frames_are_counted_by_sequence() {
    let mut bench = Bench::bound();
    // Three lost; a double; a late one; the wrap.
    for (sequence, boot_ms, lost) in [(4, 5, 3), (4, 5, 3), (3, 4, 3), (5, 6, 3), (30, 7, 27), (60, 8, 56)] {
        bench.sequence = sequence;
        bench.take((1, 1), &attitude(boot_ms, 0.5), 2_000);
        assert_eq!(bench.listener.totals().sequence_lost_total, lost, "at {sequence}");
    }
}

#[test]
fn the_clocks_are_compared() {
    let mut bench = Bench::bound();
    let ts1 = bench.listener.time_sync.ask(TimeUs(10_000));
    let answer = dialect::TIMESYNC_DATA { tc1: 5_011_000_000, ts1 };
    assert_eq!(bench.take((1, 1), &MavMessage::TIMESYNC(answer), 12_000), Taken::Bound);
    assert_eq!(bench.vehicle.clock_offset_us, Some(Aged::new(5_000_000, TimeUs(12_000))));
    let question = dialect::TIMESYNC_DATA { tc1: 0, ts1: 77 };
    assert_eq!(bench.take((1, 1), &MavMessage::TIMESYNC(question), 12_000), Taken::TimeAsked(77));
}

proptest! {
    #[test]
    fn no_payload_panics_and_nothing_unfinite_is_kept(
        frames in proptest::collection::vec(
            (0..MavMessage::all_ids().len(), proptest::collection::vec(any::<u8>(), 0..=255)), 0..200),
    ) {
        let mut bench = Bench::bound();
        for (index, payload) in frames {
            bench.take_raw((1, 1), MavMessage::all_ids()[index], &payload, 5_000);
        }
        let vehicle = bench.vehicle;
        if let Some(attitude) = vehicle.attitude {
            prop_assert!(attitude.value.roll_rad.is_finite() && attitude.value.yaw_rate_rad_s.is_finite());
        }
        if let Some(position) = vehicle.position {
            prop_assert!(position.value.place.lat_deg.abs() <= 90.0);
        }
        if let Some(ekf) = vehicle.ekf {
            prop_assert!(ekf.value.variance_max.is_finite());
        }
    }
}
