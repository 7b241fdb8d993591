//! The rig's world through the driver: heard where and as loud as it is, set as the program sets it, and with every fault.

use super::*;
use skyhound::signal::SampleFormat;
use skyhound_host::sdr::probe;
use skyhound_rig::iq_server::IqServer;
use skyhound_rig::scenario::{Scenario, Waveform};
use skyhound_rig::truth::hovering;
use skyhound_rig::world::Air;
use skyhound_rig::world::iq::IqWorld;
use skyhound_rig::world::receiver::Receiver as WorldReceiver;
use std::path::Path;

const BEACON_HZ: f64 = 433.96e6;

/// The aircraft hangs over home.
const UP_M: f64 = 40.0;

fn scenario() -> Scenario {
    toml::from_str(include_str!("../loud.toml")).unwrap()
}

fn serve(socket: &Path, scenario: &Scenario) -> IqServer {
    IqServer::start(socket, IqWorld::new(scenario, 1), hovering(UP_M)).unwrap()
}

/// Level that the beacon must have at `gain_db`.
fn level_dbfs(gain_db: f64) -> f64 {
    let scenario = scenario();
    let mut receiver = WorldReceiver::new(&scenario.world.receiver);
    receiver.gain_db = gain_db;
    let arrival = Air::new(&scenario, 1).arrivals(&hovering(UP_M)())[0];
    let fade = 20.0 * f64::from(arrival.fade[0].hypot(arrival.fade[1])).log10();
    receiver.dbfs(arrival.power_dbm) + fade
}

/// Runs `body` with a rig whose world is served; settings then begin with `world=…`.
fn on_world<F: FnOnce(&Rig, &str, IqServer)>(scenario: Scenario, body: F) {
    apart(test_of::<F>(), |rig| {
        let socket = rig.control.with_extension("sock");
        body(rig, &format!("world={}", socket.display()), serve(&socket, &scenario));
    });
}

/// Total gain asked for.
fn with_gain(settings: SdrSettings, gain_db: f64) -> SdrSettings {
    SdrSettings { gain_db: Some(gain_db), ..settings }
}

#[test]
fn every_device_hears_the_beacon_where_and_as_loud_as_it_is() {
    on_world(scenario(), |rig, world, _server| {
        let cases = [
            ("native=CS8", "auto", 250e3, SampleFormat::Cs8),
            ("native=CS16", "auto", 250e3, SampleFormat::Cs16),
            ("native=CS16,fullscale=2048", "auto", 1e6, SampleFormat::Cs16),
            ("native=CF32", "auto", 250e3, SampleFormat::Cf32),
            ("native=CU8", "cf32", 250e3, SampleFormat::Cf32),
            ("like=rtlsdr", "auto", 250e3, SampleFormat::Cs8),
            ("like=rtlsdr", "cs16", 1.024e6, SampleFormat::Cs16),
            ("like=hackrf", "auto", 2e6, SampleFormat::Cs8),
            ("like=hackrf", "cf32", 1e6, SampleFormat::Cf32),
        ];
        for (args, format, sample_rate_sps, expected) in cases {
            let settings = SdrSettings {
                format: format.into(),
                sample_rate_sps: Some(sample_rate_sps),
                ..with_gain(rig.settings(&format!("{world},{args}")), 40.0)
            };
            let mut source = open(&settings).unwrap();
            assert_eq!(source.stream().format, expected, "{args}");
            let gain_db = source.stream().gain_db.unwrap();
            assert!((gain_db - 40.0).abs() < 1.1, "{args}: {gain_db} dB");
            let found = scan(&mut source, 0.4, ScanOptions::default()).unwrap();
            let [beacon] = found.emissions().collect::<Vec<_>>()[..] else {
                panic!("{args}: {}", found.to_text())
            };
            assert!((beacon.frequency_hz - BEACON_HZ).abs() < 700.0, "{args}: {beacon:?}");
            let level = level_dbfs(gain_db);
            assert!((beacon.power_dbfs - level).abs() < 0.7, "{args}: {beacon:?} instead of {level} dBFS");
            assert_eq!(found.lost_samples, 0, "{args}: {:?}", found.events);
        }
    });
}

#[test]
fn devices_offer_what_the_real_ones_do() {
    on_world(scenario(), |rig, world, _server| {
        let offer = |args: &str| {
            let offers = probe(&format!("driver=skyhound-rig,{world},{args}")).unwrap();
            let [offer] = &offers[..] else { panic!("{offers:#?}") };
            assert_eq!(offer.problem, None);
            offer.clone()
        };
        let rtl = offer("like=rtlsdr");
        assert_eq!((rtl.driver.as_str(), rtl.mtu_samples), ("RTLSDR", Some(131_072)));
        assert_eq!(rtl.gain_elements[0].name, "TUNER");
        assert_eq!(rtl.native_format, Some(("CS8".into(), 128.0)));
        assert!(rtl.has_agc && rtl.sample_rates_sps.len() == 2);
        let hack = offer("like=hackrf");
        assert_eq!((hack.driver.as_str(), hack.mtu_samples), ("HackRF", Some(131_072)));
        let names: Vec<&str> = hack.gain_elements.iter().map(|element| element.name.as_str()).collect();
        assert_eq!((names, hack.has_agc), (vec!["LNA", "VGA", "AMP"], false));
        assert_eq!(hack.sample_rates_sps[0].high, 20e6);
        assert!(offer("agc=none").formats.iter().any(|format| format == "CU8"));
        // The daemon shortens RTL-SDR's buffers, of 16 384 bytes; HackRF has no such setting.
        let open = |args: &str, sps: f64| {
            let settings = rig.settings(&format!("{world},{args}"));
            open(&SdrSettings { sample_rate_sps: Some(sps), ..settings })
        };
        assert_eq!(open("like=rtlsdr", 2.4e6).unwrap().stream().driver_block_samples, 8_192);
        assert_eq!(open("like=hackrf", 20e6).unwrap().stream().driver_block_samples, 131_072);
        assert!(open("like=rtlsdr", 500e3).err().unwrap().contains("out of range"));
        assert_eq!(open("mtu=1000", 20e6).unwrap().stream().sample_rate_sps, 20e6);
        let error = open("like=airspy", 1e6).err().unwrap();
        assert!(error.contains("rtlsdr, hackrf"), "{error}");
    });
}

#[test]
fn levels_follow_the_gain_and_an_agc_that_stays_on_is_told() {
    on_world(scenario(), |rig, world, _server| {
        for gain_db in [35.0, 45.0] {
            let listen = |args: &str| {
                let settings = with_gain(rig.settings(&format!("{world},{args}")), gain_db);
                let (_, samples, events) = listen(&settings);
                (power_dbfs(&samples[samples.len() / 2..]), events)
            };
            let (level, events) = listen("");
            assert!((level - level_dbfs(gain_db)).abs() < 0.3, "{level} at {gain_db} dB");
            assert!(events.is_empty(), "{events:?}");
            let (level, events) = listen("agc=stuck");
            assert!((level + 15.0).abs() < 1.0, "the AGC's level: {level}");
            let is_told = events.iter().any(|e| e.text.as_str().contains("AGC cannot be turned off"));
            assert!(is_told, "{events:?}");
        }
    });
}

#[test]
fn a_lie_about_the_rate_is_told_and_shifts_what_is_heard() {
    on_world(scenario(), |rig, world, _server| {
        rig.faults("rate=0.9");
        let settings = with_gain(rig.settings(&format!("{world},times=0")), 40.0);
        let mut source = open(&settings).unwrap();
        let found = scan(&mut source, 0.4, ScanOptions::default()).unwrap();
        let beacon = found.emissions().next().unwrap_or_else(|| panic!("{}", found.to_text())).frequency_hz;
        // 40 kHz of 225 kS/s look like 44.4 of 250.
        assert!((beacon - 433.92e6 - 40_000.0 / 0.9).abs() < 700.0, "{beacon}");
        drop(source);
        let mut run = Run::start(&settings);
        run.until("the rate is measured", |run| run.count("sdr_rate") > 0);
    });
}

#[test]
fn a_pulse_train_is_scanned_like_a_recording() {
    let mut train = scenario();
    train.world.receiver.oscillator_ppm = 0.0;
    train.world.beacon[0].waveform =
        Waveform::Pulses { width_ms: 25.0, period_ms: 100.0, jitter_ms: 0.0, missing_ratio: 0.0 };
    on_world(train, |rig, world, _server| {
        let mut source = open(&with_gain(rig.settings(world), 40.0)).unwrap();
        let found = scan(&mut source, 1.0, ScanOptions::default()).unwrap();
        let [active] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{}", found.to_text()) };
        assert!((active.frequency_hz - BEACON_HZ).abs() < 300.0, "{active:?}");
        assert!((9..=11).contains(&active.timing.pulse_count), "{active:?}");
        assert!((active.timing.width_us.unwrap() - 25_000.0).abs() < 500.0, "{active:?}");
        assert!((active.timing.period_us.unwrap() - 100_000.0).abs() < 500.0, "{active:?}");
        assert!((active.power_dbfs - level_dbfs(40.0)).abs() < 0.4, "{active:?}");
        let json: serde_json::Value = serde_json::from_str(&found.to_json()).unwrap();
        assert_eq!(json["gain_db"], 40.0);
    });
}

#[test]
fn an_oscillator_s_error_is_tuned_away() {
    let mut fast = scenario();
    fast.world.receiver.oscillator_ppm = 20.0;
    on_world(fast, |rig, world, _server| {
        let settings = with_gain(rig.settings(world), 40.0);
        let off_hz = tone_hz(&listen(&settings).1);
        assert!((off_hz - (40_000.0 - 8_678.4)).abs() < 50.0, "20 ppm of 433.92 MHz: {off_hz}");
        let (source, right, events) = listen(&SdrSettings { correction_ppm: 20.0, ..settings });
        assert!((tone_hz(&right) - 40_000.0).abs() < 50.0, "{}", tone_hz(&right));
        assert!((source.stream().frequency_hz - 433.92e6).abs() < 1.0);
        assert_eq!(events, []);
    });
}

#[test]
fn a_rig_that_dies_is_a_device_that_is_gone_and_comes_back_with_it() {
    on_world(scenario(), |rig, world, server| {
        let mut run = Run::start(&rig.settings(&format!("{world},times=0")));
        let totals = run.receiver.totals();
        run.until("samples come", |run| run.stamps.len() > 20);
        let busy = open(&rig.settings(world)).err().unwrap();
        assert!(busy.contains("another program has the device"), "{busy}");
        drop(server);
        run.until("the loss is seen", |run| !totals.is_alive() && run.count("sdr_lost") > 1);
        let offers = probe(&format!("driver=skyhound-rig,{world}")).unwrap();
        assert!(offers.iter().all(|offer| offer.problem.is_some()));
        let told = run.events.iter().any(|event| event.text.as_str().contains("is the rig running?"));
        assert!(told, "{:#?}", run.events);
        let _again = serve(&rig.control.with_extension("sock"), &scenario());
        run.until("it is back", |run| totals.is_alive() && run.count("sdr_reopened") == 1);
    });
}
