//! Whether a device offers what settings ask of it, before anything is set.

use super::probe::DeviceOffer;
use super::span::{Span, is_offered, spell};
use crate::settings::SdrSettings;

/// What of `asked` the device does not offer: for each its key, what was asked and what there is. What a driver does not tell is
/// taken for offered.
pub fn uncovered(offer: &DeviceOffer, asked: &SdrSettings) -> Vec<String> {
    let check = |key: &str, asked: Option<f64>, offered: &[Span], per: f64, unit: &str| {
        let asked = asked.filter(|asked| !offered.is_empty() && !is_offered(offered, *asked))?;
        let (asked, offered) = (asked / per, spell(offered, per));
        Some(format!("{key}: {asked} {unit} is asked for, and it offers {offered} {unit}"))
    };
    let mut told = Vec::new();
    told.extend(check("sdr.frequency_hz", asked.frequency_hz, &offer.frequencies_hz, 1e6, "MHz"));
    told.extend(check("sdr.sample_rate_sps", asked.sample_rate_sps, &offer.sample_rates_sps, 1e6, "MS/s"));
    told.extend(check("sdr.bandwidth_hz", asked.bandwidth_hz, &offer.bandwidths_hz, 1e6, "MHz"));
    told.extend(check("sdr.gain_db", asked.gain_db, offer.gain_db.as_slice(), 1.0, "dB"));
    for (name, gain_db) in &asked.gain_elements_db {
        let key = format!("sdr.gain_elements_db.{name}");
        let element = offer.gain_elements.iter().find(|element| element.name == *name);
        let names = || offer.gain_elements.iter().map(|element| element.name.as_str());
        told.extend(match element {
            Some(element) => check(&key, Some(*gain_db), &[element.gain_db], 1.0, "dB"),
            None => Some(format!("{key}: there is no such element; it has {}", listed(names()))),
        });
    }
    if let Some(antenna) = asked.antenna.as_ref().filter(|antenna| !offer.antennas.contains(antenna)) {
        told.push(format!(
            "sdr.antenna: there is no {antenna:?}; it has {}",
            listed(offer.antennas.iter().map(String::as_str))
        ));
    }
    told
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdr::ElementOffer;
    use crate::settings::{Flags, Profile, Settings};

    fn rtl_sdr() -> DeviceOffer {
        let span = |low, high| Span { low, high, step: 0.0 };
        DeviceOffer {
            antennas: vec!["RX".into()],
            gain_db: Some(span(0.0, 49.6)),
            gain_elements: vec![ElementOffer { name: "TUNER".into(), gain_db: span(0.0, 49.6) }],
            sample_rates_sps: vec![span(225_001.0, 300_000.0), span(900_001.0, 3_200_000.0)],
            frequencies_hz: vec![span(24e6, 1.764e9)],
            ..DeviceOffer::default()
        }
    }

    #[test]
    fn an_rtl_sdr_receives_beacons_but_no_avalanche_transceiver_and_no_wi_fi() {
        for profile in Profile::built_in() {
            let told = uncovered(&rtl_sdr(), &profile.settings().unwrap().tuning().sdr);
            let keys: Vec<&str> = told.iter().filter_map(|told| told.split(':').next()).collect();
            let expected: &[&str] = match profile.name.as_str() {
                "avalanche-457" => &["sdr.frequency_hz"],
                "wifi-2g4" | "dji-droneid" => &["sdr.frequency_hz", "sdr.sample_rate_sps"],
                _ => &[],
            };
            assert_eq!(keys, expected, "{}: {told:?}", profile.name);
        }
    }

    #[test]
    fn gains_and_antennas_are_asked_about_and_what_a_driver_does_not_tell_is_offered() {
        let sets = [
            "sdr.gain_db=60",
            "sdr.gain_elements_db.LNA=3",
            "sdr.gain_elements_db.TUNER=50",
            "sdr.antenna=HF",
        ];
        let sets = sets.map(String::from);
        let asked = Settings::load(None, &sets, &Flags::default()).unwrap().sdr;
        let told = uncovered(&rtl_sdr(), &asked);
        for (line, words) in told.iter().zip([
            "sdr.gain_db: 60 dB is asked for, and it offers 0 to 49.6 dB",
            "sdr.gain_elements_db.LNA: there is no such element; it has TUNER",
            "sdr.gain_elements_db.TUNER: 50 dB",
            "sdr.antenna: there is no \"HF\"; it has RX",
        ]) {
            assert!(line.contains(words), "{told:?}");
        }
        assert_eq!(told.len(), 4);
        let silent = DeviceOffer { antennas: vec!["HF".into()], ..DeviceOffer::default() };
        let unnamed = Settings::load(None, &sets[..1], &Flags::default()).unwrap().sdr;
        assert_eq!(uncovered(&silent, &unnamed), Vec::<String>::new());
    }
}
