use super::*;

#[test]
fn every_number_is_defined_once_and_ends_with_its_unit() {
    for (index, metric) in TABLE.iter().enumerate() {
        assert!(TABLE[..index].iter().all(|other| other.name != metric.name), "{} twice", metric.name);
        let ending = match metric.unit {
            "" => "",
            "m/s" => "_mps",
            "m/s²" => "_mps2",
            "dB" => "_db",
            "Hz" => "_hz",
            unit => &format!("_{unit}"),
        };
        assert!(metric.name.ends_with(ending), "{} in {}", metric.name, metric.unit);
    }
}
