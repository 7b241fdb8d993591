//! A simulated device with known losses, jitter and oscillator, against what the clock says of it.

use super::*;
use proptest::prelude::*;

const RATE: f64 = 250_000.0;
const PIECE: usize = 2_500;

/// A device that hands over pieces of 10 ms, each up to `jitter_us` late; `change` says what is lost before a piece.
struct Device {
    clock: SampleClock,
    taken_us: f64,
    random: u64,
    jitter_us: u64,
    true_rate: f64,
}

impl Device {
    fn new(true_rate: f64, jitter_us: u64) -> Device {
        let mut clock = SampleClock::new(RATE, 20_000, PIECE);
        assert_eq!(clock.resume(TimeUs(1_010_000), PIECE), 0);
        Device { clock, taken_us: 1_000_000.0, random: 7, jitter_us, true_rate }
    }

    fn run(&mut self, pieces: usize) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for _ in 0..pieces {
            self.taken_us += PIECE as f64 * 1e6 / self.true_rate;
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let late = if self.jitter_us == 0 { 0 } else { (self.random >> 33) % self.jitter_us };
            match self.clock.arrived(PIECE, TimeUs(self.taken_us as u64 + late)) {
                Verdict::Steady => {}
                verdict => verdicts.push(verdict),
            }
        }
        verdicts
    }

    fn lose(&mut self, samples: u64) {
        self.taken_us += samples as f64 * 1e6 / self.true_rate;
    }

    fn error_us(&mut self) -> f64 {
        self.clock.next_time().0 as f64 - self.taken_us
    }
}

#[test]
fn jitter_and_an_oscillator_of_100_ppm_lose_nothing() {
    for ppm in [-100.0, 0.0, 100.0] {
        let mut device = Device::new(RATE * (1.0 + ppm * 1e-6), 15_000);
        assert_eq!(device.run(60_000), [], "{ppm} ppm for ten minutes");
        assert!(device.error_us().abs() < 3_000.0, "{}", device.error_us());
    }
}

#[test]
fn an_untold_loss_is_found_within_a_second_and_its_size_too() {
    let mut device = Device::new(RATE * 1.00004, 8_000);
    assert_eq!(device.run(1_000), []);
    device.lose(25_000);
    let verdicts = device.run(100);
    let [Verdict::Lost(lost)] = verdicts[..] else { panic!("{verdicts:?}") };
    assert!(lost.abs_diff(25_000) < 1_000, "{lost}");
    assert_eq!(device.run(2_000), [], "told once");
    assert!(device.error_us().abs() < 4_000.0);
}

#[test]
fn a_late_thread_is_no_loss() {
    let mut device = Device::new(RATE, 0);
    device.run(500);
    // 600 ms nothing, then all of it at once: the driver had it queued.
    let now = device.taken_us + 600_000.0;
    for _ in 0..60 {
        device.taken_us += PIECE as f64 * 1e6 / RATE;
        assert_eq!(device.clock.arrived(PIECE, TimeUs(now as u64)), Verdict::Steady);
    }
    assert_eq!(device.run(1_000), []);
}

#[test]
fn small_losses_add_up_to_one_that_is_seen() {
    let mut device = Device::new(RATE, 0);
    device.run(300);
    let mut found = 0;
    // 0.5 ms lost every second is 500 ppm: more than any oscillator, less than the slack each time.
    for second in 0..120 {
        device.lose(125);
        for verdict in device.run(100) {
            match verdict {
                Verdict::Lost(lost) => found += lost,
                other => panic!("{other:?} at {second}"),
            }
        }
    }
    assert!((5_000..=15_000).contains(&found), "{found} of 15000");
}

#[test]
fn a_wrong_rate_is_measured_not_counted_as_endless_gaps() {
    for true_rate in [RATE * 0.8, RATE * 0.97, RATE * 1.2] {
        let mut device = Device::new(true_rate, 3_000);
        let verdicts = device.run(1_500);
        let [Verdict::Rate(measured)] = verdicts[..] else { panic!("{true_rate}: {verdicts:?}") };
        assert!((measured / true_rate - 1.0).abs() < 0.01, "{measured} for {true_rate}");
    }
}

#[test]
fn a_device_that_was_away_goes_on_where_the_clock_says() {
    let mut device = Device::new(RATE, 0);
    device.run(200);
    let index = device.clock.index();
    let missing = device.clock.resume(TimeUs(device.taken_us as u64 + 2_000_000 + 10_000), PIECE);
    assert!(missing.abs_diff(500_000) <= 5, "{missing}");
    assert_eq!(device.clock.index(), index + missing);
}

#[test]
fn after_a_told_overflow_a_small_loss_is_believed() {
    let mut device = Device::new(RATE, 500);
    device.run(500);
    device.clock.told_loss(TimeUs(device.taken_us as u64));
    device.lose(2_000);
    let verdicts = device.run(100);
    let [Verdict::Lost(lost)] = verdicts[..] else { panic!("{verdicts:?}") };
    assert!(lost.abs_diff(2_000) < 200, "{lost}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn times_never_go_back(losses in prop::collection::vec((1usize..80, 0u64..60_000), 1..12), jitter in 0u64..30_000) {
        let mut device = Device::new(RATE, jitter);
        let mut last = TimeUs(0);
        for (pieces, loss) in losses {
            for _ in 0..pieces {
                let at = device.clock.next_time();
                prop_assert!(at >= last);
                last = at;
                device.run(1);
            }
            device.lose(loss);
        }
    }
}
