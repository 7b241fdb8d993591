//! Clocks that are no clock of the messages, slip, or jump.

use super::*;

#[test]
fn a_clock_that_is_not_the_messages_bounds_nothing() {
    let mut bench = Bench::bound();
    for second in 1..20u64 {
        let at_us = second * 1_000_000;
        bench.take((1, 1), &attitude(second as u32 * 1_000, 0.5), at_us);
        let ts1 = bench.listener.time_sync.ask(TimeUs(at_us));
        let tc1 = 1_760_000_000_000_000_000 + at_us as i64 * 1_000;
        bench.take((1, 1), &MavMessage::TIMESYNC(dialect::TIMESYNC_DATA { tc1, ts1 }), at_us + 500);
        assert_eq!(bench.vehicle.attitude.unwrap().received_us, TimeUs(at_us));
    }
}

#[test]
fn a_clock_that_slips_is_late_no_longer_than_until_the_next_answer() {
    let mut bench = Bench::bound();
    let mut slip_us = 0;
    for tenth in 10..200u64 {
        let at_us = tenth * 100_000;
        if tenth == 60 {
            slip_us = 700_000;
        }
        let boot_us = at_us - slip_us;
        if tenth % 10 == 0 {
            let ts1 = bench.listener.time_sync.ask(TimeUs(at_us));
            let answer = dialect::TIMESYNC_DATA { tc1: boot_us as i64 * 1_000, ts1 };
            bench.take((1, 1), &MavMessage::TIMESYNC(answer), at_us + 200);
        }
        bench.take((1, 1), &attitude((boot_us / 1_000) as u32, 0.5), at_us + 300);
        let age_us = at_us + 300 - bench.vehicle.attitude.unwrap().received_us.0;
        assert!(age_us <= 1_000 || (60..71).contains(&tenth), "{age_us} at {tenth}");
    }
    assert_eq!(bench.kinds(), Vec::<&str>::new());
}

#[test]
fn a_clock_that_jumps_for_a_moment_is_no_reboot() {
    let mut bench = Bench::bound();
    for tenth in 10..100u64 {
        let boot_ms = match tenth {
            30..35 => u32::MAX,
            60..65 => 1_000,
            _ => 50_000 + tenth as u32 * 100,
        };
        let taken = bench.take((1, 1), &attitude(boot_ms, 0.5), tenth * 100_000);
        let is_odd = (30..35).contains(&tenth) || (60..65).contains(&tenth);
        assert_eq!(taken, if is_odd { Taken::Late } else { Taken::Bound }, "at {tenth}");
    }
    // But when there is no other time for long, that is the time.
    for tenth in 100..360u64 {
        bench.take((1, 1), &attitude(20_000 + tenth as u32 * 100, 0.25), tenth * 100_000);
    }
    assert_eq!(bench.kinds(), ["autopilot_reboot"]);
    assert_eq!(bench.vehicle.attitude.unwrap().value.roll_rad, 0.25);
}
