//! What is heard, and what is not, in recordings made here: their right values are known, and a flight must tell them.

use super::daemon::{Field, is_clean, number, rows, run, texts, told};
use serde_json::Value;
use skyhound_rig::{needs, soapy};
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

/// A recording being made: time in s → I and Q, full scale 1.
struct Tape {
    rate_sps: f64,
    seconds: f64,
    /// Amplitude of white noise.
    noise: f64,
}

impl Tape {
    /// Writes 16-bit samples to `folder`; the name tells frequency and rate.
    fn write(&self, folder: &Path, frequency: &str, signal: impl Fn(f64) -> [f64; 2]) -> PathBuf {
        let path = folder.join(format!("made_{frequency}M_{}k.cs16", self.rate_sps / 1e3));
        let mut random = 9_u64;
        let mut uniform = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let mut bytes = Vec::new();
        for n in 0..(self.seconds * self.rate_sps) as u64 {
            let [i, q] = signal(n as f64 / self.rate_sps);
            // Box and Muller.
            let (radius, angle) = ((-uniform().ln()).sqrt() * self.noise, TAU * uniform());
            // What a gate closes is nothing at all.
            let noise =
                if i.is_nan() { [0.0; 2] } else { [radius * angle.cos() + i, radius * angle.sin() + q] };
            bytes.extend(noise.iter().flat_map(|v| ((v * 32_767.0).round() as i16).to_le_bytes()));
        }
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// A tone of this amplitude, or nothing.
fn tone(amplitude: f64, hz: f64, t: f64) -> [f64; 2] {
    let turn = TAU * (hz * t).fract();
    [amplitude * turn.cos(), amplitude * turn.sin()]
}

const GATED: [f64; 2] = [f64::NAN; 2];
const SILENCE: [f64; 2] = [0.0; 2];

/// Flies the recording as fast as it can be read.
fn flown(field: &Field, path: &Path, sets: &[&str]) -> PathBuf {
    let sdr = format!("file:{}", path.display());
    let mut args = vec!["--sdr", &sdr, "--pace", "max"];
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    let file = field.flown(&args);
    is_clean(&file);
    file
}

/// The detections, each once, after it was checked that there are no others.
fn detections(file: &Path) -> Vec<Value> {
    let told = rows(file, "select * from detections order by id");
    let twice = "select count(*) from detections a join detections b on a.id < b.id and a.channel = b.channel
        and b.began_us <= a.ended_us";
    assert_eq!(number(file, twice), 0.0, "they overlap: {told:?}");
    assert_eq!(number(file, "select count(*) from detection"), 2.0 * told.len() as f64, "{told:?}");
    assert_eq!(number(file, "select count(*) from event where kind = 'detection'"), told.len() as f64);
    told
}

fn value(row: &Value, column: &str) -> f64 {
    row[column].as_f64().unwrap_or_else(|| panic!("{column} of {row}"))
}

#[test]
fn a_carrier_that_is_on_at_the_end_is_one_detection() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 6.0, noise: 0.003 };
    let path = tape.write(field.folder(), "433.92", |t| tone(0.1, 40e3, t));
    let file = flown(&field, &path, &[]);
    let found = detections(&file);
    let [carrier] = &found[..] else { panic!("{found:?}") };
    assert_eq!(carrier["kind"], "carrier");
    assert!(value(carrier, "confirmed_us") < 2e6, "{carrier}");
    // The filtered power of a steady carrier is its power.
    let off = number(&file, "select max(abs(ewma_dbfs - power_dbfs)) from signal where at_us > 3000000");
    assert!(off < 0.3, "{off}");
}

#[test]
fn a_gated_receiver_gives_true_pulses_and_zeros_are_nothing() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 2.0, noise: 0.003 };
    let path = tape.write(field.folder(), "433.92", |t| {
        if (t - 0.1).rem_euclid(0.0387) < 0.0336 { tone(0.1, 40e3, t) } else { GATED }
    });
    let file = flown(&field, &path, &[]);
    let whole = "from pulse where flags & 384 = 0";
    // From the one that begins at 23 ms to the one that ends at 1.99 s.
    assert_eq!(number(&file, &format!("select count(*) {whole}")), 51.0);
    let off = number(&file, &format!("select max(abs(width_us::bigint - 33600)) {whole}"));
    assert!(off < 600.0, "{off}");
    let floor = number(&file, "select min(quiet_dbfs) from reading where flags & 120 = 0");
    assert!(floor > -56.0, "a floor of zeros: {floor}");
    let found = detections(&file);
    let [train] = &found[..] else { panic!("{found:?}") };
    assert!((value(train, "pulse_period_us") - 38_700.0).abs() < 50.0, "{train}");
    let nothing = Tape { seconds: 1.0, ..tape }.write(field.folder(), "433.9", |_| GATED);
    let file = flown(&field, &nothing, &[]);
    assert_eq!(number(&file, "select count(*) from pulse"), 0.0);
    assert_eq!(number(&file, "select count(*) from detection"), 0.0);
    assert_eq!(number(&file, "select count(*) from reading where flags & 2048 = 0 or flags & 120 = 0"), 0.0);
}

#[test]
fn a_tag_on_the_tuned_frequency_of_a_recording_is_heard() {
    let field = Field::new();
    let tape = Tape { rate_sps: 192e3, seconds: 20.0, noise: 0.003 };
    let is_on = |t: f64| t > 0.2 && (t - 0.2) % 1.3 < 0.02;
    let path = tape.write(field.folder(), "148.4", |t| if is_on(t) { [0.02, 0.0] } else { SILENCE });
    for sets in [&["beacon.0.frequency_hz=148.4e6", "beacon.0.bandwidth_hz=5000"][..], &[]] {
        let file = flown(&field, &path, sets);
        let found = detections(&file);
        let [tag] = &found[..] else { panic!("{sets:?}: {found:?}") };
        assert_eq!(
            (tag["kind"].as_str(), value(tag, "pulse_count")),
            (Some("pulse_train"), 16.0),
            "{sets:?}"
        );
        assert!((value(tag, "pulse_width_us") - 20_000.0).abs() < 1_000.0, "{tag}");
        assert!((value(tag, "pulse_period_us") - 1.3e6).abs() < 1_000.0, "{tag}");
        assert_eq!(number(&file, "select count(*) from pulse"), 16.0);
        let off = number(&file, "select max(abs(mean_dbfs + 34)) from pulse");
        assert!(off < if sets.is_empty() { 3.0 } else { 0.6 }, "{sets:?}: {off}");
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
    let tape = Tape { rate_sps, seconds: 8.0, noise: 0.003 };
    let path = tape.write(field.folder(), "121.5", |t| [wave[(t * rate_sps).round() as usize], 0.0]);
    for sets in [&["beacon.0.frequency_hz=121.5e6", "beacon.0.bandwidth_hz=10000"][..], &[]] {
        let found = detections(&flown(&field, &path, sets));
        let [beacon] = &found[..] else { panic!("{sets:?}: {found:?}") };
        assert_eq!(beacon["kind"], "carrier", "{beacon}");
        assert!(value(beacon, "confirmed_us") < 2e6, "{beacon}");
    }
}

#[test]
fn bursts_of_406_mhz_are_heard_after_the_third_with_their_spread() {
    let field = Field::new();
    let starts = [5.0, 53.2, 105.1, 153.0, 204.8];
    let tape = Tape { rate_sps: 24e3, seconds: 215.0, noise: 0.003 };
    let path = tape.write(field.folder(), "406.03", |t| {
        let Some(since) = starts.iter().map(|start| t - start).find(|since| (0.0..0.44).contains(since))
        else {
            return SILENCE;
        };
        // 160 ms of carrier, then 400 bit/s of biphase, 1.1 rad either way.
        let bit = ((since * 400.0) as u64).wrapping_mul(0x9E37_79B9) >> 7 & 1;
        let half = (since * 800.0) as u64 & 1;
        let phase = if since < 0.16 { 0.0 } else { 2.2 * (bit ^ half) as f64 - 1.1 };
        let [i, q] = tone(0.03, -5e3, t);
        [i * phase.cos() - q * phase.sin(), i * phase.sin() + q * phase.cos()]
    });
    let sets = [
        "beacon.0.frequency_hz=406.025e6",
        "beacon.0.bandwidth_hz=3000",
        "beacon.0.period_min_ms=47500",
        "beacon.0.period_max_ms=52500",
    ];
    let file = flown(&field, &path, &sets);
    let found = detections(&file);
    let [bursts] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (bursts["kind"].as_str(), value(bursts, "pulse_count")),
        (Some("pulse_train"), 5.0),
        "{bursts}"
    );
    assert!((value(bursts, "confirmed_us") - 105.54e6).abs() < 20e3, "{bursts}");
    assert!((value(bursts, "pulse_width_us") - 440e3).abs() < 6e3, "{bursts}");
    let period = |column: &str| value(bursts, column) / 1e6;
    assert!((period("pulse_period_min_us") - 47.9).abs() < 0.02, "{bursts}");
    assert!((period("pulse_period_max_us") - 51.9).abs() < 0.02, "{bursts}");
    assert!((47.5..52.5).contains(&period("pulse_period_us")), "{bursts}");
    let event = texts(&file, "select text from event where kind = 'detection'");
    assert!(event[0].contains("3 pulses of 4") && event[0].contains("every 48.2"), "{event:?}");
}

#[test]
fn several_pulses_per_period_are_one_train() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 16.0, noise: 0.003 };
    let is_on = |t: f64| {
        let at = (t - 0.3) % 1.3;
        t > 0.3 && [0.0, 0.1, 0.2].iter().any(|start| (*start..start + 0.015).contains(&at))
    };
    let path = tape.write(field.folder(), "150.1", |t| if is_on(t) { tone(0.02, 30e3, t) } else { SILENCE });
    let beacon = ["beacon.0.offset_hz=30000", "beacon.0.bandwidth_hz=6000"];
    let range = ["beacon.0.period_min_ms=1200", "beacon.0.period_max_ms=1400"];
    for sets in [beacon.to_vec(), [beacon, range].concat()] {
        let found = detections(&flown(&field, &path, &sets));
        let [tag] = &found[..] else { panic!("{sets:?}: {found:?}") };
        assert_eq!(tag["kind"], "pulse_train", "{tag}");
        assert!((value(tag, "pulse_period_us") - 1.3e6).abs() < 2_000.0, "{sets:?}: {tag}");
        assert!(value(tag, "pulse_count") >= 30.0, "{sets:?}: {tag}");
    }
}

#[test]
fn what_scan_writes_is_heard_by_fly() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 6.0, noise: 0.003 };
    // A train, a carrier 14 dB over the noise of four bins, and one at the very edge of the band.
    let weak = 0.003 * (4.0 / 256.0_f64).sqrt() * 10f64.powf(14.0 / 20.0);
    let path = tape.write(field.folder(), "433.92", |t| {
        let pulse = if (t - 0.0137).rem_euclid(0.1) < 0.02 { 0.1 } else { 0.0 };
        let parts = [tone(pulse, 40e3, t), tone(weak, -61_300.0, t), tone(0.01, 123_900.0, t)];
        [parts.iter().map(|part| part[0]).sum(), parts.iter().map(|part| part[1]).sum()]
    });
    let sdr = format!("file:{}", path.display());
    let scanned = |form: &str| told(&["scan", "--sdr", &sdr, "--for", "6s", form]);
    let json: Value = serde_json::from_str(&scanned("--json")).unwrap();
    let channels = json["channels"].as_array().unwrap();
    let emissions: Vec<&Value> = channels.iter().filter(|channel| channel["origin"] == "emission").collect();
    assert_eq!(emissions.len(), 3, "{channels:#?}");
    let config = field.folder().join("scanned.toml");
    std::fs::write(&config, scanned("--toml")).unwrap();
    let file = field.flown(&["--config", config.to_str().unwrap(), "--sdr", &sdr, "--pace", "max"]);
    let found = detections(&file);
    assert_eq!(found.len(), 3, "{found:?}\n{}", std::fs::read_to_string(&config).unwrap());
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
    let table = told(&["scan", "--sdr", &sdr, "--for", "6s"]);
    let row = table.lines().find(|line| line.contains("434.04")).unwrap_or_else(|| panic!("{table}"));
    let words: Vec<&str> = row.split_whitespace().collect();
    let typed =
        [format!("beacon.0.frequency_hz={}e6", words[0]), format!("beacon.0.bandwidth_hz={}e3", words[3])];
    let found = detections(&flown(&field, &path, &[&typed[0], &typed[1]]));
    assert_eq!(found.len(), 1, "{row}: {found:?}");
}

#[test]
fn what_scan_writes_of_a_coded_tag_is_heard_by_fly_as_one() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 12.0, noise: 0.003 };
    let is_on = |t: f64| {
        let at = (t - 0.3) % 1.3;
        t > 0.3 && [0.0, 0.1, 0.2].iter().any(|start| (*start..start + 0.015).contains(&at))
    };
    let path = tape.write(field.folder(), "150.1", |t| if is_on(t) { tone(0.02, 30e3, t) } else { SILENCE });
    let sdr = format!("file:{}", path.display());
    let config = field.folder().join("scanned.toml");
    std::fs::write(&config, told(&["scan", "--sdr", &sdr, "--for", "12s", "--toml"])).unwrap();
    let file = field.flown(&["--config", config.to_str().unwrap(), "--sdr", &sdr, "--pace", "max"]);
    let found = detections(&file);
    let [tag] = &found[..] else { panic!("{found:?}\n{}", std::fs::read_to_string(&config).unwrap()) };
    assert_eq!(tag["kind"], "pulse_train", "{tag}");
    assert!((value(tag, "pulse_period_us") - 1.3e6).abs() < 2_000.0, "{tag}");
}

#[test]
fn settings_that_hear_nothing_are_refused_with_what_to_write() {
    let field = Field::new();
    let tape = Tape { rate_sps: 250e3, seconds: 0.5, noise: 0.003 };
    let path = tape.write(field.folder(), "433.92", |_| SILENCE);
    let sdr = format!("file:{}", path.display());
    let merged = [
        "--set",
        "beacon.0.emission=pulsed",
        "--set",
        "beacon.0.pulse_bridge_ms=30",
        "--set",
        "beacon.0.period_max_ms=25",
    ];
    let said = run(&[&["config", "check"][..], &merged].concat());
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("beacon.0.period_min_ms") && said.err.contains("pulse_bridge_ms"),
        "{}",
        said.err
    );
    let flight = field.fly(&[&["--sdr", &sdr, "--pace", "max"][..], &merged].concat()).output().unwrap();
    assert_eq!(flight.status.code(), Some(2));
    assert_eq!(field.left_behind(), Vec::<String>::new());
    // Half of what is sought is heard: a warning.
    let said = run(&[
        "config",
        "check",
        "--set",
        "beacon.0.pulse_bridge_ms=30",
        "--set",
        "beacon.0.period_max_ms=2000",
    ]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "ok\n"));
    assert!(said.err.contains("are never heard"), "{}", said.err);
}

#[test]
fn a_recording_that_is_too_short_for_its_beacon_says_so() {
    let field = Field::new();
    let tape = Tape { rate_sps: 48e3, seconds: 20.0, noise: 0.003 };
    let is_on = |t: f64| (5.0..5.44).contains(&t);
    let path =
        tape.write(field.folder(), "406.035", |t| if is_on(t) { tone(0.1, -10e3, t) } else { SILENCE });
    let beacon = [
        "beacon.0.frequency_hz=406.025e6",
        "beacon.0.bandwidth_hz=4000",
        "beacon.0.emission=pulsed",
        "beacon.0.period_min_ms=47500",
        "beacon.0.period_max_ms=52500",
        "beacon.0.pulses_min=3",
    ];
    let file = flown(&field, &path, &beacon);
    assert_eq!(number(&file, "select count(*) from detection"), 0.0);
    let deaf = texts(&file, "select text from event where kind = 'deaf' and severity = 'warning'");
    let [why] = &deaf[..] else { panic!("{deaf:?}") };
    assert!(
        why.starts_with("beacon.0.period_max_ms")
            && why.contains("20.0 s were recorded")
            && why.contains("pulses_min = 1"),
        "{why}"
    );
    // What is told to be written is heard.
    let file = flown(&field, &path, &[&beacon[..5], &["beacon.0.pulses_min=1"]].concat());
    assert_eq!(number(&file, "select count(*) from detections"), 1.0);
    assert_eq!(texts(&file, "select text from event where kind = 'deaf'"), Vec::<String>::new());

    let source = format!("sdr.source=file:{}", path.display());
    let check = |more: &[&str]| {
        let sets = [&beacon[..], &[&source], more].concat();
        let said = run(&sets.iter().fold(vec!["config", "check"], |mut args, set| {
            args.extend(["--set", set]);
            args
        }));
        assert_eq!((said.code, said.out.as_str()), (Some(0), "ok\n"), "{}", said.err);
        said.err
    };
    assert!(check(&[]).contains("warning: beacon.0.period_max_ms"), "{}", check(&[]));
    assert!(!check(&["sdr.file.repeat=true"]).contains("recorded"), "played over and over it has no end");
}

#[test]
fn a_device_is_tuned_beside_its_beacon() {
    let Some(module) = needs::sdr_module() else { return };
    let field = Field::new();
    // The tone stands where the beacon does when the device is tuned 15.4 kHz below it.
    let sets = [
        "sdr.sample_rate_sps=250000",
        "sdr.frequency_hz=433920000",
        "sdr.gain_db=20",
        "beacon.0.frequency_hz=433920000",
        "beacon.0.bandwidth_hz=5000",
    ];
    let mut args = vec!["--sdr", "soapy:driver=skyhound-rig,tone_hz=15400", "--for", "4s"];
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    let mut command = field.fly(&args);
    command.envs(soapy::environment(&module));
    let file = field.start_as(command).landed();
    assert_eq!(number(&file, "select frequency_hz from flight"), 433_904_600.0);
    let tuned = texts(&file, "select text from event where kind = 'sdr_tuned'");
    assert!(tuned[0].contains("433.904600 MHz") && tuned[0].contains("-15.4 kHz"), "{tuned:?}");
    let found = rows(&file, "select * from detections");
    assert_eq!(found.len(), 1, "{found:?}");
}
