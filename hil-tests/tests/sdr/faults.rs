//! Faults in mid-stream: each is told, its losses are counted, and the stream goes on.

use super::*;
use skyhound::signal::Flags;

/// 50 ms of samples at the rig's rate.
const SKIPPED: u64 = 12_500;

/// A run that has settled.
fn settled(rig: &Rig, args: &str) -> Run {
    let mut run = Run::start(&rig.settings(args));
    run.until("samples come", |run| run.stamps.len() > 20);
    run.run_for(1_500_000);
    assert_eq!(run.lost_samples(), 0, "{:#?}", run.events);
    run
}

#[test]
fn a_healthy_device_loses_nothing() {
    on_rig(|rig| {
        for args in ["times=0,mtu=4096", "times=1,mtu=363"] {
            let mut run = Run::start(&rig.settings(args));
            run.run_for(3_000_000);
            assert_eq!((run.lost_samples(), run.events.len()), (0, 0), "{args}: {:#?}", run.events);
            run.check(20_000);
            let totals = run.receiver.totals();
            assert!(totals.is_alive() && totals.overflow_total() == 0);
            assert!(run.receiver.stop());
        }
    });
}

#[test]
fn no_block_waits_for_the_driver_s_next_piece() {
    on_rig(|rig| {
        let mut run = Run::start(&rig.settings("mtu=5003"));
        run.until("blocks come", |run| run.stamps.len() >= 40);
        for piece in run.stamps.chunks_exact(3) {
            let counts = [piece[0].1, piece[1].1, piece[2].1];
            assert_eq!(counts, [1_668, 1_668, 1_667], "three blocks a piece: {:?}", run.events);
        }
    });
}

#[test]
fn a_told_overflow_is_flagged_and_its_gap_found() {
    on_rig(|rig| {
        for args in ["times=1", "times=0"] {
            rig.faults("overflow=0");
            let mut run = settled(rig, args);
            rig.faults("overflow=1");
            run.until("the gap is found", |run| run.lost_samples() > 0);
            assert_eq!(run.count("sdr_overflow"), 1);
            assert!(run.stamps.iter().any(|(stamp, _)| stamp.flags.any(Flags::OVERFLOW)));
            // The driver dropped 20 ms, 5000 samples.
            let (lost, slack) = (run.lost_samples(), if args == "times=1" { 2 } else { 1_500 });
            assert!(lost.abs_diff(5_000) <= slack, "{args}: {lost}");
            assert_eq!(run.receiver.totals().overflow_total(), 1);
            run.check(30_000);
        }
    });
}

#[test]
fn an_untold_loss_is_caught_by_the_driver_s_times_or_by_count_against_clock() {
    on_rig(|rig| {
        for (args, off_max, after_us, slack_us) in
            [("times=1", 2, 1_500_000, 20_000), ("times=0", 2_500, 2_000_000, 30_000)]
        {
            rig.faults("skip=0:50");
            let mut run = settled(rig, args);
            rig.faults("skip=1:50");
            run.until("the gap is found", |run| run.lost_samples() > 0);
            let (stamp, _) = run.stamps.iter().find(|(stamp, _)| stamp.lost_samples > 0).unwrap();
            assert!(stamp.lost_samples.abs_diff(SKIPPED) <= off_max, "{args}: {stamp:?}");
            assert!(stamp.flags.any(Flags::GAP));
            run.run_for(after_us);
            assert_eq!(run.count("sdr_gap"), 1, "{args}, told once: {:#?}", run.events);
            run.check(slack_us);
        }
    });
}

#[test]
fn a_stalled_device_is_opened_again() {
    on_rig(|rig| {
        let mut run = settled(rig, "times=0");
        rig.faults("stall");
        let totals = run.receiver.totals();
        run.until("the stall is seen", |_| !totals.is_alive());
        rig.faults("");
        run.until("it is back", |run| totals.is_alive() && run.lost_samples() > 0);
        run.run_for(500_000);
        assert_eq!((run.count("sdr_stall"), run.count("sdr_reopened")), (1, 1), "{:#?}", run.events);
        assert!(run.lost_samples() as f64 >= 0.6 * RATE_SPS, "at least the time-out: {}", run.lost_samples());
        run.check(50_000);
    });
}

#[test]
fn an_unplugged_device_comes_back_with_its_gap_recorded() {
    on_rig(|rig| {
        for unplug in ["unplug", "unplug=silent"] {
            rig.faults("");
            let mut run = settled(rig, "times=1");
            let totals = run.receiver.totals();
            rig.faults(unplug);
            run.until("the loss is seen", |run| !totals.is_alive() && run.count("sdr_lost") > 0);
            // It cannot be opened for a second: tries go on with back-off.
            run.run_for(1_000_000);
            assert!(!totals.is_alive());
            assert!(run.count("sdr_reopened") == 0 && run.count("sdr_lost") >= 2, "{:#?}", run.events);
            rig.faults("");
            run.until("it is back", |run| totals.is_alive() && run.lost_samples() > 0);
            run.run_for(500_000);
            assert_eq!(run.count("sdr_reopened"), 1, "{:#?}", run.events);
            let lost = run.lost_samples();
            assert!(lost as f64 >= RATE_SPS, "at least the second away: {lost}");
            assert_eq!(totals.device_lost_total(), 1);
            let after = run.stamps.iter().find(|(stamp, _)| stamp.lost_samples > 0).unwrap();
            assert!(after.0.flags.any(Flags::GAP));
            run.check(50_000);
        }
    });
}

#[test]
fn stopping_does_not_wait_for_a_lost_device() {
    on_rig(|rig| {
        let mut run = settled(rig, "");
        rig.faults("unplug=silent");
        let totals = run.receiver.totals();
        run.until("the loss is seen", |_| !totals.is_alive());
        assert!(run.receiver.stop(), "stopped within its second");
    });
}

#[test]
fn a_hanging_driver_is_seen_and_left_behind() {
    on_rig(|rig| {
        let mut run = settled(rig, "");
        let totals = run.receiver.totals();
        assert!(totals.is_alive());
        rig.faults("hang");
        run.until("the hang is seen", |_| !totals.is_alive());
        let asked = run.clock.now();
        assert!(!run.receiver.stop(), "it cannot be stopped");
        assert!(run.clock.now().since_us(asked) < 30_000_000, "but nobody waits for the driver's minute");
    });
}

#[test]
fn a_wrong_rate_is_told_with_the_true_one() {
    on_rig(|rig| {
        rig.faults("rate=0.9");
        let mut run = Run::start(&rig.settings("times=0"));
        run.until("the rate is measured", |run| run.count("sdr_rate") > 0);
        let told = run.events.iter().find(|event| event.kind == "sdr_rate").unwrap();
        let words: Vec<&str> = told.text.as_str().split([' ', ':']).collect();
        let at = words.iter().position(|word| *word == "delivers").unwrap();
        let measured: f64 = words[at + 1].parse().unwrap();
        assert!((measured / (0.9 * RATE_SPS) - 1.0).abs() < 0.02, "{measured}");
        run.run_for(1_500_000);
        assert_eq!(run.count("sdr_rate"), 1, "{:#?}", run.events);
    });
}

#[test]
fn a_stuck_driver_is_flagged() {
    on_rig(|rig| {
        let mut run = settled(rig, "times=0");
        assert!(run.stamps.iter().all(|(stamp, _)| !stamp.flags.any(Flags::STUCK)));
        rig.faults("stuck");
        run.until("it is flagged", |run| run.stamps.iter().any(|(stamp, _)| stamp.flags.any(Flags::STUCK)));
        assert_eq!(run.count("sdr_stuck"), 1);
    });
}

#[test]
fn a_silent_device_is_an_error_of_a_scan() {
    on_rig(|rig| {
        let mut source = open(&rig.settings("")).unwrap();
        rig.faults("unplug=silent");
        let options = ScanOptions { silence_max_us: 500_000, ..ScanOptions::default() };
        let error = scan(&mut source, 1.0, options).unwrap_err().to_string();
        assert!(error.contains("no samples") && error.contains("skyhound-rig"), "{error}");
    });
}
