//! What SDR devices are there and what each offers, through SoapySDR, as text and JSON.
//!
//! Each device is opened for it, so one in use by another program is listed with the reason why it could not be asked.
//! What a driver does not answer is left out.

use super::SdrError;
use super::device::Iq;
use super::span::{Span, span, spell};
use serde_json::{Value, json};
use soapysdr::Device;
use soapysdr::Direction::Rx;
use std::fmt::Write as _;

const CHANNEL: usize = 0;

/// One gain element, in order from antenna to converter.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementOffer {
    /// As `sdr.gain_elements_db` wants it.
    pub name: String,
    /// Its gains, dB.
    pub gain_db: Span,
}

/// What a device offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceOffer {
    /// As `sdr.source` wants it after `soapy:`.
    pub args: String,
    /// SoapySDR's key of the driver.
    pub driver: String,
    /// What the driver calls the hardware.
    pub hardware: String,
    /// For people.
    pub label: String,
    /// Serial number.
    pub serial: String,
    /// Further facts of the driver, (key, value).
    pub details: Vec<(String, String)>,
    /// As `sdr.antenna` wants them.
    pub antennas: Vec<String>,
    /// Whether it has an AGC (always turned off in flight).
    pub has_agc: bool,
    /// Total gain, dB.
    pub gain_db: Option<Span>,
    /// Gain by element.
    pub gain_elements: Vec<ElementOffer>,
    /// Sample rates, S/s.
    pub sample_rates_sps: Vec<Span>,
    /// Bandwidths, Hz.
    pub bandwidths_hz: Vec<Span>,
    /// Frequencies, Hz.
    pub frequencies_hz: Vec<Span>,
    /// Whether the device corrects the frequency itself (else it is tuned beside).
    pub has_correction: bool,
    /// Native stream format and its full scale.
    pub native_format: Option<(String, f64)>,
    /// All stream formats.
    pub formats: Vec<String>,
    /// Samples handed over at once.
    pub mtu_samples: Option<usize>,
    /// Sensors with what they read now.
    pub sensors: Vec<(String, String)>,
    /// Why it could not be asked.
    pub problem: Option<String>,
}

/// Lists the devices that match `args` (all when empty) with what each offers. An empty list is an answer.
///
/// # Errors
/// SoapySDR itself fails.
pub fn probe(args: &str) -> Result<Vec<DeviceOffer>, SdrError> {
    let found = soapysdr::enumerate(args).map_err(|e| {
        SdrError::new("soapy", e.message, "is a SoapySDR module broken? try SoapySDRUtil --find")
    })?;
    let mut offers: Vec<DeviceOffer> = found
        .iter()
        .map(|args| {
            let get = |key: &str| args.get(key).unwrap_or_default().to_owned();
            let pairs: Vec<String> = args.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let named = DeviceOffer {
                args: pairs.join(","),
                driver: get("driver"),
                label: get("label"),
                serial: get("serial"),
                ..DeviceOffer::default()
            };
            ask(named, Device::new(pairs.join(",").as_str()))
        })
        .collect();
    // Some drivers open by their name without being listed (`driver=null`).
    if offers.is_empty()
        && !args.is_empty()
        && let Ok(device) = Device::new(args)
    {
        offers.push(ask(DeviceOffer { args: args.to_owned(), ..DeviceOffer::default() }, Ok(device)));
    }
    Ok(offers)
}

fn ask(offer: DeviceOffer, device: Result<Device, soapysdr::Error>) -> DeviceOffer {
    let device = match device {
        Ok(device) => device,
        Err(error) => return DeviceOffer { problem: Some(error.message), ..offer },
    };
    if device.num_channels(Rx).unwrap_or(0) == 0 {
        let driver = device.driver_key().unwrap_or_default();
        return DeviceOffer { driver, problem: Some("it cannot receive".into()), ..offer };
    }
    let spans = |ranges: Result<Vec<soapysdr::Range>, soapysdr::Error>| {
        ranges.unwrap_or_default().iter().map(span).collect::<Vec<Span>>()
    };
    let elements = device.list_gains(Rx, CHANNEL).unwrap_or_default();
    let corrections = device.list_frequencies(Rx, CHANNEL).unwrap_or_default();
    let read = |sensor: &String| device.read_sensor(sensor).unwrap_or_else(|e| e.message);
    let read_channel =
        |sensor: &String| device.read_channel_sensor(Rx, CHANNEL, sensor).unwrap_or_else(|e| e.message);
    let sensors = device.list_sensors().unwrap_or_default();
    let channel_sensors = device.list_channel_sensors(Rx, CHANNEL).unwrap_or_default();
    DeviceOffer {
        driver: device.driver_key().unwrap_or(offer.driver),
        hardware: device.hardware_key().unwrap_or_default(),
        details: device
            .hardware_info()
            .map(|args| args.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
            .unwrap_or_default(),
        antennas: device.antennas(Rx, CHANNEL).unwrap_or_default(),
        has_agc: device.has_gain_mode(Rx, CHANNEL).unwrap_or(false),
        gain_db: device.gain_range(Rx, CHANNEL).ok().map(|range| span(&range)),
        gain_elements: elements
            .into_iter()
            .filter_map(|name| {
                let gain_db = span(&device.gain_element_range(Rx, CHANNEL, name.as_str()).ok()?);
                Some(ElementOffer { name, gain_db })
            })
            .collect(),
        sample_rates_sps: spans(device.get_sample_rate_range(Rx, CHANNEL)),
        bandwidths_hz: spans(device.bandwidth_range(Rx, CHANNEL)),
        frequencies_hz: spans(device.frequency_range(Rx, CHANNEL)),
        has_correction: corrections.iter().any(|element| element == "CORR"),
        native_format: device
            .native_stream_format(Rx, CHANNEL)
            .ok()
            .map(|(format, full_scale)| (format.to_string(), full_scale)),
        formats: device
            .stream_formats(Rx, CHANNEL)
            .map(|formats| formats.iter().map(|f| f.to_string()).collect())
            .unwrap_or_default(),
        mtu_samples: device.rx_stream::<Iq<f32>>(&[CHANNEL]).and_then(|rx| rx.mtu()).ok(),
        sensors: sensors
            .iter()
            .map(|sensor| (sensor.clone(), read(sensor)))
            .chain(channel_sensors.iter().map(|sensor| (sensor.clone(), read_channel(sensor))))
            .collect(),
        ..offer
    }
}

/// The offers for people.
pub fn offers_to_text(offers: &[DeviceOffer]) -> String {
    if offers.is_empty() {
        return "no SDR found: is it plugged in, and its SoapySDR module installed?\n".into();
    }
    let mut text = String::new();
    for offer in offers {
        // Writing to a String cannot fail.
        let _ = write_offer(&mut text, offer);
    }
    text
}

fn write_offer(text: &mut String, offer: &DeviceOffer) -> std::fmt::Result {
    writeln!(text, "soapy:{}", offer.args)?;
    if let Some(problem) = &offer.problem {
        return writeln!(text, "  cannot be asked: {problem}");
    }
    let label = if offer.label.is_empty() { &offer.hardware } else { &offer.label };
    let serial = if offer.serial.is_empty() { "not told" } else { &offer.serial };
    writeln!(text, "  {label} (driver {}, serial {serial})", offer.driver)?;
    writeln!(text, "  antennas     {}", offer.antennas.join(", "))?;
    let agc = if offer.has_agc { "; AGC is turned off in flight" } else { "" };
    writeln!(text, "  gain         {} dB{agc}", offer.gain_db.map_or("none".into(), |s| spell(&[s], 1.0)))?;
    for element in &offer.gain_elements {
        writeln!(text, "    {:<10} {} dB", element.name, spell(&[element.gain_db], 1.0))?;
    }
    writeln!(text, "  sample rate  {} MS/s", spell(&offer.sample_rates_sps, 1e6))?;
    writeln!(text, "  bandwidth    {} MHz", spell(&offer.bandwidths_hz, 1e6))?;
    writeln!(text, "  frequency    {} MHz", spell(&offer.frequencies_hz, 1e6))?;
    let correction = if offer.has_correction { "by the device" } else { "by tuning beside" };
    writeln!(text, "  correction   {correction}")?;
    if let Some((format, full_scale)) = &offer.native_format {
        writeln!(
            text,
            "  format       {format}, full scale {full_scale}; offers {}",
            offer.formats.join(", ")
        )?;
    }
    if let Some(mtu) = offer.mtu_samples {
        writeln!(text, "  at once      {mtu} samples")?;
    }
    for (name, value) in offer.sensors.iter().chain(&offer.details) {
        writeln!(text, "  {name:<12} {value}")?;
    }
    Ok(())
}

/// The offers as a JSON list.
pub fn offers_to_json(offers: &[DeviceOffer]) -> String {
    let list: Vec<Value> = offers.iter().map(offer_json).collect();
    format!("{:#}", Value::from(list))
}

fn offer_json(offer: &DeviceOffer) -> Value {
    fn span(s: &Span) -> Value {
        json!({"low": s.low, "high": s.high, "step": s.step})
    }
    fn spans(list: &[Span]) -> Vec<Value> {
        list.iter().map(span).collect()
    }
    fn pairs(list: &[(String, String)]) -> Value {
        list.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect()
    }
    let elements: Vec<Value> = offer
        .gain_elements
        .iter()
        .map(|e| json!({"name": e.name.as_str(), "gain_db": span(&e.gain_db)}))
        .collect();
    json!({
        "source": format!("soapy:{}", offer.args),
        "driver": offer.driver.as_str(),
        "hardware": offer.hardware.as_str(),
        "label": offer.label.as_str(),
        "serial": offer.serial.as_str(),
        "details": pairs(&offer.details),
        "antennas": offer.antennas.as_slice(),
        "has_agc": offer.has_agc,
        "gain_db": offer.gain_db.as_ref().map(span),
        "gain_elements": elements,
        "sample_rates_sps": spans(&offer.sample_rates_sps),
        "bandwidths_hz": spans(&offer.bandwidths_hz),
        "frequencies_hz": spans(&offer.frequencies_hz),
        "has_correction": offer.has_correction,
        "native_format": offer.native_format.as_ref().map(|(name, _)| name.as_str()),
        "native_full_scale": offer.native_format.as_ref().map(|(_, full_scale)| *full_scale),
        "formats": offer.formats.as_slice(),
        "mtu_samples": offer.mtu_samples,
        "sensors": pairs(&offer.sensors),
        "problem": offer.problem.as_deref(),
    })
}
