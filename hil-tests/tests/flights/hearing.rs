//! What is heard, and what is not, in recordings made here: their right values are known, and a flight must tell them.

use super::daemon::{Field, Said, count, number, rows, run, texts, told, value};
use super::device::DEVICE;
use super::tape::{GATED, NOISE, SILENCE, cs16, made, tone};
use serde_json::Value;
use skyhound_rig::{needs, soapy};
use std::path::Path;

/// A recording at `frequency` MHz as `--sdr` takes it: the name tells frequency and rate.
fn taped(
    field: &Field,
    frequency: &str,
    rate_sps: f64,
    seconds: f64,
    signal: impl Fn(f64) -> [f64; 2],
) -> String {
    let name = format!("made_{frequency}M_{}k.cs16", rate_sps / 1e3);
    format!("file:{}", field.write(&name, cs16(&made(rate_sps, seconds, signal))))
}

/// The detections, each once, after it was checked that there are no others.
fn detections(file: &Path) -> Vec<Value> {
    let told = rows(file, "select * from detections order by id");
    let twice = "detections a join detections b on a.id < b.id and a.channel = b.channel and b.began_us <= a.ended_us";
    assert_eq!(count(file, twice), 0.0, "they overlap: {told:?}");
    assert_eq!(count(file, "detection"), 2.0 * told.len() as f64, "{told:?}");
    assert_eq!(count(file, "event where kind = 'detection'"), told.len() as f64);
    told
}

/// The one detection.
fn detection(file: &Path) -> Value {
    let mut found = detections(file);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn is_train(train: &Value, pulse_count: f64, width_us: f64, tolerance_us: f64) {
    assert_eq!(
        (train["kind"].as_str(), value(train, "pulse_count")),
        (Some("pulse_train"), pulse_count),
        "{train}"
    );
    assert!((value(train, "pulse_width_us") - width_us).abs() < tolerance_us, "{train}");
}

fn is_period(train: &Value, period_us: f64, tolerance_us: f64) {
    assert_eq!(train["kind"], "pulse_train", "{train}");
    assert!((value(train, "pulse_period_us") - period_us).abs() < tolerance_us, "{train}");
}

/// A carrier that is heard within two seconds.
fn is_carrier(carrier: &Value) {
    assert_eq!(carrier["kind"], "carrier", "{carrier}");
    assert!(value(carrier, "confirmed_us") < 2e6, "{carrier}");
}

#[test]
fn a_carrier_that_is_on_at_the_end_is_one_detection() {
    let field = Field::new();
    let file = field.flown(&taped(&field, "433.92", 250e3, 6.0, |t| tone(0.1, 40e3, t)), "");
    is_carrier(&detection(&file));
    // The filtered power of a steady carrier is its power.
    let off = number(&file, "select max(abs(ewma_dbfs - power_dbfs)) from signal where at_us > 3000000");
    assert!(off < 0.3, "{off}");
}

#[test]
fn a_gated_receiver_gives_true_pulses_and_zeros_are_nothing() {
    let field = Field::new();
    let sdr = taped(&field, "433.92", 250e3, 2.0, |t| {
        if (t - 0.1).rem_euclid(0.0387) < 0.0336 { tone(0.1, 40e3, t) } else { GATED }
    });
    let file = field.flown(&sdr, "");
    let whole = "pulse where flags & 384 = 0";
    // From the one that begins at 23 ms to the one that ends at 1.99 s.
    assert_eq!(count(&file, whole), 51.0);
    let off = number(&file, &format!("select max(abs(width_us::bigint - 33600)) from {whole}"));
    assert!(off < 600.0, "{off}");
    let floor = number(&file, "select min(quiet_dbfs) from reading where flags & 120 = 0");
    assert!(floor > -56.0, "a floor of zeros: {floor}");
    is_period(&detection(&file), 38_700.0, 50.0);
    let file = field.flown(&taped(&field, "433.9", 250e3, 1.0, |_| GATED), "");
    for nothing in ["pulse", "detection", "reading where flags & 2048 = 0 or flags & 120 = 0"] {
        assert_eq!(count(&file, nothing), 0.0, "{nothing}");
    }
}

#[test]
fn a_tag_on_the_tuned_frequency_of_a_recording_is_heard() {
    let field = Field::new();
    let is_on = |t: f64| t > 0.2 && (t - 0.2) % 1.3 < 0.02;
    let sdr = taped(&field, "148.4", 192e3, 20.0, |t| if is_on(t) { [0.02, 0.0] } else { SILENCE });
    for (beacon, off_db) in [("beacon.0.frequency_hz=148.4e6 beacon.0.bandwidth_hz=5000", 0.6), ("", 3.0)] {
        let file = field.flown(&sdr, beacon);
        let tag = detection(&file);
        is_train(&tag, 16.0, 20_000.0, 1_000.0);
        is_period(&tag, 1.3e6, 1_000.0);
        assert_eq!(count(&file, "pulse"), 16.0);
        let off = number(&file, "select max(abs(mean_dbfs + 34)) from pulse");
        assert!(off < off_db, "{beacon}: {off}");
        let deaf = texts(&file, "select text from event where kind = 'deaf'");
        assert!(deaf.iter().any(|text| text.contains("where the recording is tuned")), "{deaf:?}");
    }
}

#[test]
fn a_modulated_beacon_on_the_tuned_frequency_is_heard_as_continuous() {
    let field = Field::new();
    let rate_sps = 250e3;
    // 1400 to 400 Hz, three times a second, on for two fifths of each period: an emergency beacon.
    let mut phase = 0.0;
    let wave: Vec<f64> = (0..(8.0 * rate_sps) as u64)
        .map(|n| {
            phase += (1_400.0 - 1_000.0 * (3.0 * n as f64 / rate_sps).fract()) / rate_sps;
            0.025 * (1.0 + if phase.fract() < 0.4 { 0.9 } else { -0.9 })
        })
        .collect();
    let sdr = taped(&field, "121.5", rate_sps, 8.0, |t| [wave[(t * rate_sps).round() as usize], 0.0]);
    for beacon in ["beacon.0.frequency_hz=121.5e6 beacon.0.bandwidth_hz=10000", ""] {
        is_carrier(&detection(&field.flown(&sdr, beacon)));
    }
}

#[test]
fn bursts_of_406_mhz_are_heard_after_the_third_with_their_spread() {
    let field = Field::new();
    let starts = [5.0, 53.2, 105.1, 153.0, 204.8];
    let sdr = taped(&field, "406.03", 24e3, 215.0, |t| {
        let since = starts.iter().map(|start| t - start).find(|since| (0.0..0.44).contains(since));
        let Some(since) = since else { return SILENCE };
        // 160 ms of carrier, then 400 bit/s of biphase, 1.1 rad either way.
        let bit = ((since * 400.0) as u64).wrapping_mul(0x9E37_79B9) >> 7 & 1;
        let half = (since * 800.0) as u64 & 1;
        let phase = if since < 0.16 { 0.0 } else { 2.2 * (bit ^ half) as f64 - 1.1 };
        let [i, q] = tone(0.03, -5e3, t);
        [i * phase.cos() - q * phase.sin(), i * phase.sin() + q * phase.cos()]
    });
    let beacon = "beacon.0.frequency_hz=406.025e6 beacon.0.bandwidth_hz=3000 \
                  beacon.0.period_min_ms=47500 beacon.0.period_max_ms=52500";
    let file = field.flown(&sdr, beacon);
    let bursts = detection(&file);
    is_train(&bursts, 5.0, 440e3, 6e3);
    assert!((value(&bursts, "confirmed_us") - 105.54e6).abs() < 20e3, "{bursts}");
    for (column, s) in [("pulse_period_min_us", 47.9), ("pulse_period_max_us", 51.9)] {
        assert!((value(&bursts, column) / 1e6 - s).abs() < 0.02, "{bursts}");
    }
    assert!((47.5e6..52.5e6).contains(&value(&bursts, "pulse_period_us")), "{bursts}");
    let event = texts(&file, "select text from event where kind = 'detection'");
    assert!(event[0].contains("3 pulses of 4") && event[0].contains("every 48.2"), "{event:?}");
}

/// Of a beacon told, of one told with its period, and of the one that `scan` writes.
#[test]
fn several_pulses_per_period_are_one_train() {
    let field = Field::new();
    let is_on = |t: f64| {
        let at = (t - 0.3) % 1.3;
        t > 0.3 && [0.0, 0.1, 0.2].iter().any(|start| (*start..start + 0.015).contains(&at))
    };
    let sdr = taped(&field, "150.1", 250e3, 16.0, |t| if is_on(t) { tone(0.02, 30e3, t) } else { SILENCE });
    let beacon = "beacon.0.offset_hz=30000 beacon.0.bandwidth_hz=6000";
    let with_period = format!("{beacon} beacon.0.period_min_ms=1200 beacon.0.period_max_ms=1400");
    for beacon in [beacon, &with_period] {
        let tag = detection(&field.flown(&sdr, beacon));
        is_period(&tag, 1.3e6, 2_000.0);
        assert!(value(&tag, "pulse_count") >= 30.0, "{beacon}: {tag}");
    }
    let scanned = field.write("scanned.toml", told(&format!("scan --sdr {sdr} --for 12s --toml")));
    is_period(&detection(&field.flown(&sdr, &format!("--config {scanned}"))), 1.3e6, 2_000.0);
}

#[test]
fn what_scan_writes_is_heard_by_fly() {
    let field = Field::new();
    // A train, a carrier 14 dB over the noise of four bins, and one at the very edge of the band.
    let weak = NOISE * (4.0 / 256.0_f64).sqrt() * 10f64.powf(14.0 / 20.0);
    let sdr = taped(&field, "433.92", 250e3, 6.0, |t| {
        let pulse = if (t - 0.0137).rem_euclid(0.1) < 0.02 { 0.1 } else { 0.0 };
        let parts = [tone(pulse, 40e3, t), tone(weak, -61_300.0, t), tone(0.01, 123_900.0, t)];
        [parts.iter().map(|part| part[0]).sum(), parts.iter().map(|part| part[1]).sum()]
    });
    let scanned = |form: &str| told(&format!("scan --sdr {sdr} --for 6s {form}"));
    let json: Value = serde_json::from_str(&scanned("--json")).unwrap();
    let channels = json["channels"].as_array().unwrap();
    let emissions: Vec<&Value> = channels.iter().filter(|channel| channel["origin"] == "emission").collect();
    assert_eq!(emissions.len(), 3, "{channels:#?}");
    let sections = scanned("--toml");
    let config = field.write("scanned.toml", &sections);
    let found = detections(&field.flown(&sdr, &format!("--config {config}")));
    assert_eq!(found.len(), 3, "{found:?}\n{sections}");
    for detection in &found {
        let name = detection["beacon"].as_str().unwrap();
        let near = |channel: &&&Value| name == format!("{:.4} MHz", value(channel, "frequency_hz") / 1e6);
        let channel = emissions.iter().find(near).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(channel["fly"]["heard_as"], detection["kind"], "{name}");
        // The strongest reading of a carrier is a little over its mean.
        let over_db = value(detection, "snr_peak_db") - value(channel, "snr_db");
        assert!((-0.5..2.5).contains(&over_db), "{name}: {detection} {channel}");
    }
    // What people read in the table can be typed as well.
    let table = scanned("");
    let row = table.lines().find(|line| line.contains("434.04")).unwrap_or_else(|| panic!("{table}"));
    let words: Vec<&str> = row.split_whitespace().collect();
    let typed = format!("beacon.0.frequency_hz={}e6 beacon.0.bandwidth_hz={}e3", words[0], words[3]);
    detection(&field.flown(&sdr, &typed));
}

#[test]
fn settings_that_hear_nothing_are_refused_with_what_to_write() {
    let field = Field::new();
    let sdr = taped(&field, "433.92", 250e3, 0.5, |_| SILENCE);
    let merged = "beacon.0.emission=pulsed beacon.0.pulse_bridge_ms=30 beacon.0.period_max_ms=25";
    let said = run(&format!("config check {merged}"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    for key in ["beacon.0.period_min_ms", "pulse_bridge_ms"] {
        assert!(said.err.contains(key), "{}", said.err);
    }
    let flight = field.fly(&sdr, &format!("--pace max {merged}")).output().unwrap();
    assert_eq!(flight.status.code(), Some(2));
    assert_eq!(field.left_behind(), Vec::<String>::new());
    // Half of what is sought is heard: a warning.
    let warned = is_ok(&run("config check beacon.0.pulse_bridge_ms=30 beacon.0.period_max_ms=2000"));
    assert!(warned.contains("are never heard"), "{warned}");
}

/// What else is said to settings that are `ok`.
fn is_ok(said: &Said) -> String {
    assert_eq!((said.code, said.out.as_str()), (Some(0), "ok\n"), "{}", said.err);
    said.err.clone()
}

#[test]
fn a_recording_that_is_too_short_for_its_beacon_says_so() {
    let field = Field::new();
    let is_on = |t: f64| (5.0..5.44).contains(&t);
    let sdr = taped(&field, "406.035", 48e3, 20.0, |t| if is_on(t) { tone(0.1, -10e3, t) } else { SILENCE });
    let beacon = "beacon.0.frequency_hz=406.025e6 beacon.0.bandwidth_hz=4000 beacon.0.emission=pulsed \
                  beacon.0.period_min_ms=47500 beacon.0.period_max_ms=52500";
    let of_three = format!("{beacon} beacon.0.pulses_min=3");
    let file = field.flown(&sdr, &of_three);
    assert_eq!(count(&file, "detection"), 0.0);
    let deaf = texts(&file, "select text from event where kind = 'deaf' and severity = 'warning'");
    let [why] = &deaf[..] else { panic!("{deaf:?}") };
    assert!(why.starts_with("beacon.0.period_max_ms"), "{why}");
    assert!(why.contains("20.0 s were recorded") && why.contains("pulses_min = 1"), "{why}");
    // What is told to be written is heard.
    let file = field.flown(&sdr, &format!("{beacon} beacon.0.pulses_min=1"));
    assert_eq!(count(&file, "detections"), 1.0);
    assert_eq!(count(&file, "event where kind = 'deaf'"), 0.0);

    let check = |more: &str| is_ok(&run(&format!("config check {of_three} sdr.source={sdr} {more}")));
    assert!(check("").contains("warning: beacon.0.period_max_ms"), "{}", check(""));
    assert!(!check("sdr.file.repeat=true").contains("recorded"), "played over and over it has no end");
}

#[test]
fn a_device_is_tuned_beside_its_beacon() {
    let Some(module) = needs::sdr_module() else { return };
    let field = Field::new();
    // The tone stands where the beacon does when the device is tuned 15.4 kHz below it.
    let line = format!("--for 4s {DEVICE} beacon.0.frequency_hz=433920000");
    let mut command = field.fly("soapy:driver=skyhound-rig,tone_hz=15400", &line);
    command.envs(soapy::environment(&module));
    let file = field.start_as(command).landed();
    assert_eq!(number(&file, "select frequency_hz from flight"), 433_904_600.0);
    let tuned = texts(&file, "select text from event where kind = 'sdr_tuned'");
    assert!(tuned[0].contains("433.904600 MHz") && tuned[0].contains("-15.4 kHz"), "{tuned:?}");
    let found = rows(&file, "select * from detections");
    assert_eq!(found.len(), 1, "{found:?}");
}
