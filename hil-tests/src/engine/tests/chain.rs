//! The chain between world and engine: what the host's receiver makes of a device, and its line of a command.

use crate::aircraft::Aircraft;
use crate::engine::receiver::Receiver;
use crate::engine::wire::Wire;
use crate::scenario::Place;
use crate::trace::SetpointRow;
use skyhound::command::{Command, Fault, Interlock, Trip, Velocity};
use skyhound::signal::Flags;
use skyhound_host::settings::Settings;

const RATE_SPS: f64 = 250e3;
const PIECE: usize = 4_096;

fn receiver() -> Receiver {
    Receiver::new(&Settings::default().sdr, RATE_SPS, PIECE, 0)
}

/// Pieces at `factor` times the rate for `seconds` from `from_us`: all flags, and how far stamps fell behind, µs.
fn pieces(receiver: &mut Receiver, from_us: u64, seconds: f64, factor: f64) -> (Flags, u64) {
    let piece_us = PIECE as f64 * 1e6 / RATE_SPS / factor;
    let (mut flags, mut behind_us) = (Flags::NONE, 0);
    for piece in 1..=(seconds * 1e6 / piece_us) as u64 {
        let at_us = from_us + (piece as f64 * piece_us) as u64;
        let stamp = receiver.arrived(at_us);
        receiver.watch(at_us, true, false);
        flags = flags.with(stamp.flags);
        behind_us = behind_us.max(at_us - stamp.acquired_us.0);
    }
    (flags, behind_us)
}

#[test]
fn a_sound_device_has_no_flags_and_its_own_latency() {
    let (flags, behind_us) = pieces(&mut receiver(), 0, 20.0, 1.0);
    assert_eq!(flags, Flags::NONE);
    assert!((16_384..16_400).contains(&behind_us), "{behind_us}");
}

#[test]
fn half_the_rate_is_seen_and_stamps_fall_behind_until_then() {
    let (flags, behind_us) = pieces(&mut receiver(), 0, 5.0, 0.5);
    assert!(flags.any(Flags::RETUNED));
    assert!(behind_us > 500_000, "{behind_us}: readings get stale, which stops homing");
}

#[test]
fn silence_is_a_stall_after_its_time_and_the_device_is_opened_again() {
    let mut receiver = receiver();
    pieces(&mut receiver, 0, 2.0, 1.0);
    for at_ms in 2_000..3_490 {
        receiver.watch(at_ms * 1_000, false, false);
        assert!(receiver.is_alive, "{at_ms}");
    }
    for at_ms in 3_490..8_000 {
        receiver.watch(at_ms * 1_000, false, false);
    }
    assert!(!receiver.is_alive && !receiver.listens());
    for at_ms in 8_000..12_000 {
        receiver.watch(at_ms * 1_000, true, false);
    }
    assert!(receiver.listens() && !receiver.is_alive, "open, and nothing has come yet");
    let stamp = receiver.arrived(12_000_000);
    assert!(receiver.is_alive && stamp.flags.any(Flags::GAP));
    let missed = 10.0 * RATE_SPS;
    assert!((stamp.lost_samples as f64 - missed).abs() < 0.01 * missed, "{}", stamp.lost_samples);
}

#[test]
fn a_device_that_says_it_is_gone_is_dead_at_once() {
    let mut receiver = receiver();
    pieces(&mut receiver, 0, 2.0, 1.0);
    receiver.watch(2_010_000, false, true);
    receiver.watch(2_020_000, false, true);
    assert!(!receiver.is_alive);
}

fn sent(every_us: u64, commands: &[Command]) -> Vec<SetpointRow> {
    let mut wire = Wire::new(10.0, 1, 5);
    let mut aircraft = Aircraft::new(&Default::default(), &Place::default(), 1);
    let mut received = Vec::new();
    for (pass, command) in commands.iter().enumerate() {
        wire.command(pass as u64 * every_us, command, Some(0));
    }
    wire.deliver(u64::MAX, &mut aircraft, &mut received);
    received
}

const MOVE: Command =
    Command::Velocity(Velocity { north_mps: 1.0, east_mps: 0.1, down_mps: 0.0, yaw_rate_rad_s: 0.2 });
const SILENCE: Command =
    Command::Silence(Trip { interlock: Interlock::OperatorEnable, fault: Fault::Refused, detail: "" });

#[test]
fn setpoints_go_at_their_rate_and_a_zero_at_once() {
    let rows = sent(50_000, &[MOVE; 20]);
    assert_eq!(rows.len(), 10, "10 Hz of 20 Hz passes");
    let rows = sent(50_000, &[MOVE, Command::Stop, Command::Stop, SILENCE, SILENCE, MOVE, MOVE]);
    let moves: Vec<bool> = rows.iter().map(SetpointRow::moves).collect();
    assert_eq!(moves, [true, false, true], "the first of a kind at once, silence sends nothing");
    assert!(rows.iter().all(|row| !row.taken), "disarmed on the ground it takes none");
    assert_eq!(rows[0].velocity_mps[1], f64::from(0.1_f32), "as the message has it");
}

#[test]
fn the_line_delays_a_little_and_nothing_overtakes() {
    let rows = sent(100_000, &[MOVE; 200]);
    let delays_us: Vec<u64> = rows.iter().zip(0..).map(|(row, pass)| row.at_us - pass * 100_000).collect();
    assert!(delays_us.iter().all(|delay_us| (1_500..6_000).contains(delay_us)), "{delays_us:?}");
    assert!(rows.windows(2).all(|pair| pair[0].at_us < pair[1].at_us));
}

#[test]
fn what_is_not_a_number_and_what_a_broken_line_has_never_arrive() {
    let absurd = Command::Velocity(Velocity { north_mps: f64::NAN, ..Velocity::default() });
    assert!(sent(100_000, &[absurd; 3]).is_empty());
    let beyond_f32 = Command::Velocity(Velocity { north_mps: 1e300, ..Velocity::default() });
    assert!(sent(100_000, &[beyond_f32; 3]).is_empty());
    let mut wire = Wire::new(10.0, 1, 5);
    wire.command(0, &MOVE, None);
    let mut aircraft = Aircraft::new(&Default::default(), &Place::default(), 1);
    let mut received = Vec::new();
    wire.deliver(u64::MAX, &mut aircraft, &mut received);
    assert!(received.is_empty());
}
