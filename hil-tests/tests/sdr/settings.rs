//! What is asked of the device and what it really gives: formats, full scale, gain, AGC, frequency, probe.

use super::*;
use skyhound::signal::SampleFormat;
use skyhound_host::sdr::{offers_to_json, offers_to_text, probe};

#[test]
fn every_native_format_reads_the_same_level_with_agc_off() {
    on_rig(|rig| {
        let cases = [
            ("native=CS8", "auto", SampleFormat::Cs8, 128.0),
            ("native=CS16", "auto", SampleFormat::Cs16, 32_768.0),
            ("native=CS16,fullscale=2048", "auto", SampleFormat::Cs16, 2_048.0),
            ("native=CF32", "auto", SampleFormat::Cf32, 1.0),
            ("native=CS16,fullscale=2048", "cf32", SampleFormat::Cf32, 1.0),
            ("native=CS8", "cs16", SampleFormat::Cs16, 32_768.0),
        ];
        for (args, format, expected, full_scale) in cases {
            let settings = SdrSettings { format: format.into(), ..rig.settings(args) };
            let (source, samples, events) = listen(&settings);
            let stream = source.stream();
            assert_eq!((stream.format, stream.native_full_scale), (expected, full_scale), "{args}");
            assert_eq!((stream.sample_rate_sps, stream.gain_db), (RATE_SPS, Some(20.0)));
            let dbfs = power_dbfs(&samples);
            assert!((dbfs + 20.0).abs() < 0.1, "{args}: {dbfs} dBFS for a tone of -20");
            assert!((tone_hz(&samples) - 20_000.0).abs() < 50.0, "I and Q are in order");
            assert_eq!(events, []);
        }
    });
}

#[test]
fn gain_is_set_in_total_or_by_element() {
    on_rig(|rig| {
        let total = SdrSettings { gain_db: Some(30.0), ..rig.settings("") };
        let elements = vec![("LNA".to_owned(), 25.0), ("VGA".to_owned(), 5.0)];
        let by_element = SdrSettings { gain_elements_db: elements, ..rig.settings("") };
        for settings in [total, by_element] {
            let (source, samples, _) = listen(&settings);
            assert_eq!(source.stream().gain_db, Some(30.0));
            assert!((power_dbfs(&samples) + 10.0).abs() < 0.1, "10 dB more than by default");
        }
    });
}

#[test]
fn what_the_device_cannot_do_is_told_with_the_mend() {
    on_rig(|rig| {
        let base = || rig.settings("");
        let cases = [
            (SdrSettings { antenna: Some("TX9".into()), ..base() }, "RX, AUX"),
            (SdrSettings { gain_db: Some(90.0), ..base() }, "0 to 50 dB"),
            (SdrSettings { gain_elements_db: vec![("MIX".into(), 1.0)], ..base() }, "LNA, VGA"),
            (SdrSettings { sample_rate_sps: None, ..base() }, "--set sdr.sample_rate_sps"),
            (SdrSettings { sample_rate_sps: Some(25e6), ..base() }, "8000 to 10000000"),
            (SdrSettings { sample_rate_sps: Some(15e6), ..base() }, "it took 10000000"),
            (SdrSettings { frequency_hz: None, ..base() }, "--set sdr.frequency_hz"),
            (SdrSettings { format: "cu8".into(), ..base() }, "cs8, cs16 or cf32"),
            (SdrSettings { source: "soapy:driver=nonesuch".into(), ..base() }, "skyhound probe"),
        ];
        for (settings, word) in cases {
            let error = open(&settings).err().unwrap();
            assert!(error.contains(word) && error.contains("soapy:driver="), "{word}: {error}");
        }
        // Close to what was asked: it flies, and says so.
        let (source, _, events) = listen(&SdrSettings { gain_db: Some(30.6), ..base() });
        assert!(source.stream().gain_db.is_some());
        assert!(events.iter().all(|e| e.kind == "sdr_settings"), "{events:?}");
    });
}

#[test]
fn probe_lists_the_device_and_what_it_offers() {
    on_rig(|rig| {
        let offers = probe("driver=skyhound-rig,serial=A7,native=CS16,fullscale=2048").unwrap();
        let [offer] = &offers[..] else { panic!("{offers:#?}") };
        assert_eq!((offer.driver.as_str(), offer.serial.as_str()), ("skyhound-rig", "A7"));
        assert_eq!(offer.antennas, ["RX", "AUX"]);
        assert!(offer.has_agc && !offer.has_correction);
        assert_eq!(offer.gain_elements[0].name, "LNA");
        assert_eq!(offer.gain_elements[0].gain_db.high, 30.0);
        assert_eq!(offer.native_format, Some(("CS16".into(), 2_048.0)));
        assert_eq!(offer.mtu_samples, Some(4_096));
        assert!(offer.sensors.iter().any(|(name, _)| name == "tuned_hz"));
        let text = offers_to_text(&offers);
        let words = [
            "soapy:driver=skyhound-rig",
            "serial A7",
            "0.008 to 10 MS/s",
            "24 to 1766 MHz",
            "full scale 2048",
        ];
        assert!(words.iter().all(|word| text.contains(word)), "{words:?} in {text}");
        let json: serde_json::Value = serde_json::from_str(&offers_to_json(&offers)).unwrap();
        assert_eq!(json[0]["gain_db"]["high"], 50.0);
        // What it names opens.
        let source = json[0]["source"].as_str().unwrap().to_owned();
        assert!(open(&SdrSettings { source, ..rig.settings("") }).is_ok());
        assert!(probe("driver=nonesuch").unwrap().is_empty());
        let [null] = &probe("driver=null").unwrap()[..] else { panic!("SoapySDR's own null device") };
        assert_eq!(null.driver, "null");
    });
}
