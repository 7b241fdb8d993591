//! What is told of settings that hear nothing, or not all, and that what is written instead is heard.

use super::*;
use crate::settings::Flags;

fn told(sets: &[&str], at_hand_s: Option<u64>) -> Vec<Deafness> {
    told_within(sets, asked(at_hand_s))
}

fn asked(at_hand_s: Option<u64>) -> AtHand {
    AtHand::of(None, at_hand_s.map(Duration::from_secs))
}

fn told_within(sets: &[&str], at_hand: AtHand) -> Vec<Deafness> {
    let sets: Vec<String> = ["beacon.0.offset_hz=40000", "beacon.0.bandwidth_hz=10000"]
        .iter()
        .chain(sets)
        .map(|set| set.to_string())
        .collect();
    let settings = Settings::load(None, &sets, &Flags::default()).unwrap();
    let config = settings.engine(250e3, 433.92e6).unwrap();
    settings.deafness(&config, &[at_hand], true)
}

#[test]
fn what_hangs_neither_on_rate_nor_on_frequency_is_told_without() {
    let told = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        Settings::load(None, &sets, &Flags::default()).unwrap().deafness_anywhere()
    };
    assert_eq!(told(&["sdr.source=file:x"]), []);
    let merged = ["beacon.0.pulse_bridge_ms=30", "beacon.0.period_max_ms=25", "beacon.0.emission=pulsed"];
    let [deaf] = &told(&merged)[..] else { panic!("{:?}", told(&merged)) };
    assert_eq!((deaf.key.as_str(), deaf.severity), ("beacon.0.period_min_ms", Severity::Critical));
}

#[test]
fn bursts_on_a_channel_too_wide_to_read_them_are_told() {
    let burst = "beacon.0.emission=cospas_sarsat";
    assert_eq!(told(&[burst, "beacon.0.period_max_ms=21"], None), []);
    let [deaf] = &told(&[burst, "beacon.0.bandwidth_hz=60000"], None)[..] else { panic!() };
    assert_eq!((deaf.key.as_str(), deaf.severity), ("beacon.0.bandwidth_hz", Severity::Warning));
}

#[test]
fn a_range_of_any_width_is_asked_about_within_itself() {
    // 20 ms times 1.007 raised to an eighth, eight times, is a little more than that.
    for (min, max) in [("20", "20.14"), ("1000", "1000"), ("47500", "52500"), ("33.3", "777.7")] {
        let range = [format!("beacon.0.period_min_ms={min}"), format!("beacon.0.period_max_ms={max}")];
        let sets = [&range[0], &range[1], "beacon.0.jitter_ratio_max=0", "beacon.0.pulse_width_max_ms=10"];
        assert_eq!(told(&sets, None), [], "{min} {max}");
    }
}

#[test]
fn all_that_is_told_fits_into_a_record() {
    use skyhound::limits::TEXT_BYTES;
    let long = ["beacon.0.period_min_ms=597500.5", "beacon.0.period_max_ms=600000"];
    let pulsed = ["beacon.0.emission=pulsed", "beacon.0.pulse_width_max_ms=59999.5"];
    let unfit =
        ["beacon.0.period_min_ms=1000", "beacon.0.period_max_ms=1000.5", "beacon.0.pulse_bridge_ms=999.9"];
    let tuned = ["beacon.0.frequency_hz=5.999999e9", "sdr.frequency_hz=5.999999e9"];
    let rare = ["analytics.false_alarms_per_hour=1e-9", "beacon.0.jitter_ratio_max=0.5"];
    let all: [Vec<&str>; 8] = [
        [&long[..], &pulsed].concat(),
        unfit.to_vec(),
        [&unfit[..], &["beacon.0.pulse_width_min_ms=9999.5", "beacon.0.pulse_width_max_ms=59999.5"]].concat(),
        [&tuned[..], &["sense.dc_exclude_hz=99999.5"]].concat(),
        tuned.to_vec(),
        vec!["beacon.0.bandwidth_hz=250000", "beacon.0.offset_hz=0"],
        vec!["beacon.0.pulse_width_min_ms=0.1", "beacon.0.pulse_width_max_ms=0.25"],
        [&rare[..], &long].concat(),
    ];
    for sets in all {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        let settings = Settings::load(None, &sets, &Flags::default()).unwrap();
        let center_hz = settings.sdr.frequency_hz.unwrap_or(433.92e6);
        let config = settings.unchecked(250e3, center_hz, center_hz);
        let short = AtHand::Recorded(Duration::from_millis(45_678));
        for (at_hand, is_fixed) in [(AtHand::Enough, true), (asked(Some(1)), false), (short, true)] {
            let found = settings.deafness(&config, &[at_hand], is_fixed);
            assert!(!found.is_empty(), "{sets:?}");
            for deaf in found {
                let text = deaf.to_string();
                assert!(text.len() <= TEXT_BYTES, "{} bytes: {text}", text.len());
            }
        }
    }
}

fn is_told(sets: &[&str], at_hand_s: Option<u64>, key: &str, words: &str, severity: Severity) {
    let found = told(sets, at_hand_s);
    let [deaf] = &found[..] else { panic!("{sets:?}: {found:?}") };
    assert_eq!((deaf.key.as_str(), deaf.severity), (key, severity), "{deaf}");
    assert!(deaf.mend.contains(words), "{deaf}");
}

#[test]
fn what_hears_everything_is_not_spoken_of() {
    assert_eq!(told(&[], None), []);
    assert_eq!(told(&[], Some(60)), []);
    let slow = ["beacon.0.period_min_ms=47500", "beacon.0.period_max_ms=52500"];
    assert_eq!(told(&slow, Some(600)), []);
}

#[test]
fn what_can_never_be_heard_is_told_with_what_to_write() {
    let pulsed = "beacon.0.emission=pulsed";
    let merged = ["beacon.0.pulse_bridge_ms=30", "beacon.0.period_max_ms=25", pulsed];
    is_told(&merged, None, "beacon.0.period_min_ms", "pulse_bridge_ms", Severity::Critical);
    let short = ["beacon.0.pulse_width_min_ms=0.2", "beacon.0.pulse_width_max_ms=0.5"];
    is_told(&short, None, "beacon.0.pulse_width_max_ms", "sense.fft_len = 64", Severity::Warning);
    is_told(
        &["beacon.0.bandwidth_hz=250000", "beacon.0.offset_hz=0", "sense.dc_exclude_hz=0"],
        None,
        "beacon.0.bandwidth_hz",
        "at most 175000",
        Severity::Warning,
    );
}

#[test]
fn the_time_at_hand_is_reckoned_with() {
    let slow = ["beacon.0.period_min_ms=47500", "beacon.0.period_max_ms=52500", "beacon.0.emission=pulsed"];
    is_told(
        &slow,
        Some(90),
        "beacon.0.pulses_min",
        "there are 90.0 s: write pulses_min = 2",
        Severity::Critical,
    );
    let carrier = ["beacon.0.emission=continuous", "beacon.0.pulse_width_max_ms=1000"];
    is_told(&carrier, Some(1), "beacon.0.pulse_width_max_ms", "there are 1.0 s", Severity::Critical);
    // Places as wide as the period, and hardly a false alarm: it takes many pulses.
    let loose = |jitter: &'static str| {
        let rest = ["analytics.false_alarms_per_hour=1e-9", "beacon.0.pulse_width_max_ms=2.5"];
        [&["beacon.0.period_min_ms=1000", jitter][..], &rest].concat()
    };
    let half = loose("beacon.0.jitter_ratio_max=0.5");
    is_told(&half, Some(22), "beacon.0.jitter_ratio_max", "write jitter_ratio_max = 0.", Severity::Warning);
    assert_eq!(told(&loose("beacon.0.jitter_ratio_max=0.02"), Some(22)), [], "what is written is heard");
}

#[test]
fn a_recording_that_is_too_short_is_warned_of_and_flown() {
    let recorded =
        |sets: &[&str], time_s: u64| told_within(sets, AtHand::Recorded(Duration::from_secs(time_s)));
    let slow = ["beacon.0.period_min_ms=47500", "beacon.0.period_max_ms=52500", "beacon.0.emission=pulsed"];
    let found = recorded(&slow, 20);
    let [deaf] = &found[..] else { panic!("{found:?}") };
    assert_eq!((deaf.key.as_str(), deaf.severity), ("beacon.0.period_max_ms", Severity::Warning));
    assert!(deaf.mend.contains("20.0 s were recorded") && deaf.mend.contains("pulses_min = 1"), "{deaf}");
    assert_eq!(Deafness::refusal(&found), None);
    assert!(recorded(&slow, 90)[0].mend.contains("write pulses_min = 2"), "{:?}", recorded(&slow, 90));
    assert_eq!(recorded(&slow, 600), []);
    let carrier = ["beacon.0.emission=continuous", "beacon.0.pulse_width_max_ms=1000"];
    assert_eq!(recorded(&carrier, 1)[0].severity, Severity::Warning);
    // Of a range of which the shorter periods are heard there is nothing to mend.
    let range = ["beacon.0.period_min_ms=1000", "beacon.0.period_max_ms=52500"];
    assert_eq!(recorded(&range, 20)[0].severity, Severity::Note);
}

#[test]
fn the_time_at_hand_is_that_in_which_the_band_is_there() {
    let s = |time_s: u64| Duration::from_secs(time_s);
    assert_eq!(AtHand::of(None, None), AtHand::Enough);
    assert_eq!(AtHand::of(None, Some(s(5))), AtHand::Asked(s(5)));
    let span = 10_000_000..30_000_000;
    assert_eq!(AtHand::of(Some(span.clone()), None), AtHand::Recorded(s(20)));
    assert_eq!(AtHand::of(Some(span.clone()), Some(s(40))), AtHand::Recorded(s(20)));
    assert_eq!(AtHand::of(Some(span.clone()), Some(s(25))), AtHand::Asked(s(15)));
    assert_eq!(AtHand::of(Some(span), Some(s(5))), AtHand::Asked(s(0)));
}

#[test]
fn a_beacon_on_the_tuned_frequency_of_a_recording_is_told() {
    is_told(
        &["beacon.0.offset_hz=0"],
        None,
        "beacon.0.frequency_hz",
        "where the recording is tuned",
        Severity::Note,
    );
    is_told(
        &["beacon.0.offset_hz=4000", "sense.dc_exclude_hz=2000"],
        None,
        "beacon.0.frequency_hz",
        "leave sense.dc_exclude_hz out",
        Severity::Warning,
    );
}
