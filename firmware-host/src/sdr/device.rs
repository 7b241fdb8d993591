//! A SoapySDR device set up as the settings ask, read back, and streaming.
//!
//! AGC is turned off before anything else, or levels would mean nothing. The stream has the device's native form when
//! the engine knows it (CS8, CS16, CF32), so that nothing is converted twice; its full scale is the one the driver names.
//! What the device changed of a setting is told; what it cannot do is an error with the mend.
//! Timestamps: the crate hides the stream flags, but a driver without time leaves the time unchanged, which is as telling.

use super::span::{Span, is_offered, span, spell};
use super::{Block, SdrError, Stream, block::Store, block_samples};
use crate::settings::SdrSettings;
use skyhound::record::Severity;
use skyhound::signal::SampleFormat;
use soapysdr::Direction::Rx;
use soapysdr::{Args, ErrorCode, Format, RxStream, StreamSample};

const CHANNEL: usize = 0;

/// Two numbers in a row: what SoapySDR's complex formats are in memory.
#[repr(transparent)]
pub struct Iq<T>([T; 2]);

// SAFETY: `Iq<i8>` is two `i8`, I before Q, aligned as `i8`: CS8 exactly.
unsafe impl StreamSample for Iq<i8> {
    const STREAM_FORMAT: Format = Format::CS8;
}
// SAFETY: `Iq<i16>` is two `i16` in native order, I before Q, aligned as `i16`: CS16 exactly.
unsafe impl StreamSample for Iq<i16> {
    const STREAM_FORMAT: Format = Format::CS16;
}
// SAFETY: `Iq<f32>` is two `f32`, I before Q, aligned as `f32`: CF32 exactly.
unsafe impl StreamSample for Iq<f32> {
    const STREAM_FORMAT: Format = Format::CF32;
}

fn as_iq<T>(samples: &mut [[T; 2]]) -> &mut [Iq<T>] {
    // SAFETY: `Iq<T>` is `repr(transparent)` over `[T; 2]`, so both slices have one layout; the borrow passes on.
    unsafe { &mut *(std::ptr::from_mut(samples) as *mut [Iq<T>]) }
}

enum AnyStream {
    Cs8(RxStream<Iq<i8>>),
    Cs16(RxStream<Iq<i16>>),
    Cf32(RxStream<Iq<f32>>),
}

/// A streaming device.
pub struct Device {
    rx: AnyStream,
    /// Full scale of the samples as they come, when it is not the format's own.
    rescale: Option<f64>,
    time_ns: i64,
    /// What it really gives.
    pub stream: Stream,
}

/// What a read gave.
pub struct Arrival {
    /// Samples.
    pub count: usize,
    /// The driver's own time of the first of them, when it gave one.
    pub time_ns: Option<i64>,
}

impl Device {
    /// Opens the device of `args`, sets it up and starts it. Also what people should know of the result.
    pub fn open(args: &str, settings: &SdrSettings) -> Result<(Device, Vec<(Severity, String)>), SdrError> {
        let setup = Setup::open(args, settings)?;
        setup.start()
    }

    /// Reads into `block` behind its `start`, waiting at most `timeout_us`.
    pub fn read(&mut self, block: &mut Block, start: usize, timeout_us: i64) -> Result<Arrival, ErrorCode> {
        let count = match (&mut self.rx, &mut block.store) {
            (AnyStream::Cs8(rx), Store::Cs8(s)) => rx.read(&mut [as_iq(&mut s[start..])], timeout_us),
            (AnyStream::Cs16(rx), Store::Cs16(s)) => rx.read(&mut [as_iq(&mut s[start..])], timeout_us),
            (AnyStream::Cf32(rx), Store::Cf32(s)) => rx.read(&mut [as_iq(&mut s[start..])], timeout_us),
            _ => unreachable!("blocks of one source have one format"),
        }
        .map_err(|e| e.code)?;
        let time_ns = match &self.rx {
            AnyStream::Cs8(rx) => rx.time_ns(),
            AnyStream::Cs16(rx) => rx.time_ns(),
            AnyStream::Cf32(rx) => rx.time_ns(),
        };
        let told = (time_ns != self.time_ns).then_some(time_ns);
        self.time_ns = time_ns;
        if let Some(full_scale) = self.rescale {
            block.scale(start, start + count, full_scale);
        }
        Ok(Arrival { count, time_ns: told })
    }
}

/// A device that is open but does not stream yet.
struct Setup<'a> {
    name: String,
    device: soapysdr::Device,
    settings: &'a SdrSettings,
    notes: Vec<(Severity, String)>,
}

impl Setup<'_> {
    fn open<'a>(args: &str, settings: &'a SdrSettings) -> Result<Setup<'a>, SdrError> {
        let name = format!("soapy:{args}");
        let device = soapysdr::Device::new(args).map_err(|e| {
            let mend =
                "is it plugged in and its SoapySDR module installed? `skyhound probe` lists what is there";
            SdrError::new(name.clone(), e.message, mend)
        })?;
        Ok(Setup { name, device, settings, notes: Vec::new() })
    }

    fn start(mut self) -> Result<(Device, Vec<(Severity, String)>), SdrError> {
        self.turn_agc_off()?;
        if let Some(antenna) = &self.settings.antenna {
            let known = self.device.antennas(Rx, CHANNEL).unwrap_or_default();
            if !known.is_empty() && !known.contains(antenna) {
                return Err(self.refuse(
                    "sdr.antenna",
                    antenna,
                    &format!("the device has {}", known.join(", ")),
                ));
            }
            self.device
                .set_antenna(Rx, CHANNEL, antenna.as_str())
                .map_err(|e| self.refuse("sdr.antenna", antenna, &e.message))?;
        }
        let sample_rate_sps = self.set_rate()?;
        let frequency_hz = self.set_frequency()?;
        if let Some(hz) = self.settings.bandwidth_hz {
            self.device
                .set_bandwidth(Rx, CHANNEL, hz)
                .map_err(|e| self.refuse("sdr.bandwidth_hz", hz, &e.message))?;
            if let Ok(took) = self.device.bandwidth(Rx, CHANNEL) {
                self.compare("sdr.bandwidth_hz", hz, took, 0.01 * hz);
            }
        }
        self.set_gain()?;
        let gain_db = self.device.gain(Rx, CHANNEL).ok();
        let (format, native_full_scale, rescale) = self.choose_format()?;
        let (rx, mtu) = self.stream(format)?;
        let mtu_ms = mtu as f64 * 1e3 / sample_rate_sps;
        if mtu_ms > 20.0 {
            let text = format!(
                "the driver hands over {mtu_ms:.0} ms at once: set its buffer length (sdr.stream_args)"
            );
            self.notes.push((Severity::Note, text));
        }
        let hardware = self.device.hardware_key().unwrap_or_default();
        let stream = Stream {
            sample_rate_sps,
            frequency_hz,
            format,
            native_full_scale,
            block_samples: whole_pieces(block_samples(sample_rate_sps), mtu),
            driver_block_samples: mtu,
            gain_db,
            antenna: self.device.antenna(Rx, CHANNEL).ok(),
            recorded_utc_us: None,
            description: format!(
                "{} ({hardware}): {format:?} (full scale {native_full_scale}), {sample_rate_sps} S/s at {} MHz, gain {} \
                 dB, {mtu_ms:.1} ms at once",
                self.name,
                frequency_hz / 1e6,
                gain_db.unwrap_or(f64::NAN)
            ),
        };
        Ok((Device { rx, rescale, time_ns: 0, stream }, self.notes))
    }

    fn turn_agc_off(&mut self) -> Result<(), SdrError> {
        if self.device.has_gain_mode(Rx, CHANNEL).unwrap_or(false) {
            self.device
                .set_gain_mode(Rx, CHANNEL, false)
                .map_err(|e| SdrError::new(self.name.clone(), format!("AGC stays on: {}", e.message), ""))?;
        }
        if self.device.gain_mode(Rx, CHANNEL).unwrap_or(false) {
            self.notes.push((Severity::Critical, "AGC cannot be turned off: levels mean nothing".into()));
        }
        Ok(())
    }

    fn set_rate(&mut self) -> Result<f64, SdrError> {
        let Some(asked) = self.settings.sample_rate_sps else {
            return Err(SdrError::new(
                self.name.clone(),
                "no sample rate",
                "write `--set sdr.sample_rate_sps=…`",
            ));
        };
        let offers = self.device.get_sample_rate_range(Rx, CHANNEL).unwrap_or_default();
        let offers: Vec<String> = offers.iter().map(|r| format!("{} to {}", r.minimum, r.maximum)).collect();
        let mend = format!("the device offers {} S/s", offers.join(", "));
        self.device
            .set_sample_rate(Rx, CHANNEL, asked)
            .map_err(|e| self.refuse("sdr.sample_rate_sps", asked, &format!("{}; {mend}", e.message)))?;
        let took = self.device.sample_rate(Rx, CHANNEL).unwrap_or(asked);
        if !(took > 0.0 && (took / asked - 1.0).abs() < 0.1) {
            return Err(self.refuse("sdr.sample_rate_sps", asked, &format!("it took {took}; {mend}")));
        }
        self.compare("sdr.sample_rate_sps", asked, took, 1e-3 * asked);
        Ok(took)
    }

    fn set_frequency(&mut self) -> Result<f64, SdrError> {
        let Some(asked) = self.settings.frequency_hz else {
            return Err(SdrError::new(self.name.clone(), "no frequency", "write `--set sdr.frequency_hz=…`"));
        };
        let offers = self.device.frequency_range(Rx, CHANNEL).unwrap_or_default();
        let offers: Vec<Span> = offers.iter().map(span).collect();
        if !offers.is_empty() && !is_offered(&offers, asked) {
            // Drivers are not always right about it, but a receiver that is deaf there says nothing else.
            let text = format!(
                "sdr.frequency_hz: {} MHz is not among what the driver offers, {} MHz: it may hear nothing",
                asked / 1e6,
                spell(&offers, 1e6)
            );
            self.notes.push((Severity::Warning, text));
        }
        let ppm = self.settings.correction_ppm;
        let elements = self.device.list_frequencies(Rx, CHANNEL).unwrap_or_default();
        let by_device = ppm != 0.0
            && elements.iter().any(|e| e == "CORR")
            && self.device.set_component_frequency(Rx, CHANNEL, "CORR", ppm, ()).is_ok();
        // An oscillator that is fast by p tunes to asked × (1 + p): ask for so much less.
        let factor = if by_device || ppm == 0.0 { 1.0 } else { 1.0 / (1.0 + ppm * 1e-6) };
        self.device
            .set_frequency(Rx, CHANNEL, asked * factor, ())
            .map_err(|e| self.refuse("sdr.frequency_hz", asked, &e.message))?;
        let took = self.device.frequency(Rx, CHANNEL).map_or(asked, |hz| hz / factor);
        self.compare("sdr.frequency_hz", asked, took, 1e3);
        Ok(took)
    }

    fn set_gain(&mut self) -> Result<(), SdrError> {
        if let Some(asked) = self.settings.gain_db {
            if let Ok(range) = self.device.gain_range(Rx, CHANNEL)
                && !(range.minimum..=range.maximum).contains(&asked)
            {
                let offer = format!("the device offers {} to {} dB", range.minimum, range.maximum);
                return Err(self.refuse("sdr.gain_db", asked, &offer));
            }
            self.device
                .set_gain(Rx, CHANNEL, asked)
                .map_err(|e| self.refuse("sdr.gain_db", asked, &e.message))?;
            if let Ok(took) = self.device.gain(Rx, CHANNEL) {
                self.compare("sdr.gain_db", asked, took, 0.5);
            }
        }
        let known = self.device.list_gains(Rx, CHANNEL).unwrap_or_default();
        for (element, asked) in &self.settings.gain_elements_db {
            let key = format!("sdr.gain_elements_db.{element}");
            if !known.contains(element) {
                return Err(self.refuse(&key, asked, &format!("the device has {}", known.join(", "))));
            }
            if let Ok(range) = self.device.gain_element_range(Rx, CHANNEL, element.as_str())
                && !(range.minimum..=range.maximum).contains(asked)
            {
                let offer = format!("the device offers {} to {} dB", range.minimum, range.maximum);
                return Err(self.refuse(&key, asked, &offer));
            }
            self.device
                .set_gain_element(Rx, CHANNEL, element.as_str(), *asked)
                .map_err(|e| self.refuse(&key, asked, &e.message))?;
            if let Ok(took) = self.device.gain_element(Rx, CHANNEL, element.as_str()) {
                self.compare(&key, *asked, took, 0.5);
            }
        }
        Ok(())
    }

    /// The stream's format, the full scale the driver names for it, and what to rescale by.
    fn choose_format(&mut self) -> Result<(SampleFormat, f64, Option<f64>), SdrError> {
        let (native, full_scale) =
            self.device.native_stream_format(Rx, CHANNEL).unwrap_or((Format::CF32, 1.0));
        let format = match self.settings.format.as_str() {
            "auto" => match native {
                Format::CS8 | Format::CU8 => SampleFormat::Cs8,
                Format::CS16 | Format::CU16 | Format::CS12 | Format::CU12 => SampleFormat::Cs16,
                _ => SampleFormat::Cf32,
            },
            "cs8" => SampleFormat::Cs8,
            "cs16" => SampleFormat::Cs16,
            "cf32" => SampleFormat::Cf32,
            other => return Err(self.refuse("sdr.format", other, "a device gives cs8, cs16 or cf32")),
        };
        let own = match format {
            SampleFormat::Cu8 | SampleFormat::Cs8 => 128.0,
            SampleFormat::Cs16 => 32_768.0,
            SampleFormat::Cf32 => 1.0,
        };
        // A converted stream has its format's own full scale by SoapySDR's convention; only a native one has the driver's.
        let is_native = matches!(
            (format, native),
            (SampleFormat::Cs8, Format::CS8)
                | (SampleFormat::Cs16, Format::CS16)
                | (SampleFormat::Cf32, Format::CF32)
        );
        let believable = full_scale.is_finite() && full_scale > 0.0;
        let full_scale = if is_native && believable { full_scale } else { own };
        // 127, 2047 or 32767 mean the power of two above.
        let off = (full_scale / own - 1.0).abs() > 0.01;
        let rescale = (off && format != SampleFormat::Cs8)
            .then(|| if format == SampleFormat::Cs16 { full_scale.log2().ceil().exp2() } else { full_scale });
        Ok((format, full_scale, rescale))
    }

    fn stream(&mut self, format: SampleFormat) -> Result<(AnyStream, usize), SdrError> {
        let mut args = Args::new();
        let driver = self.device.driver_key().unwrap_or_default();
        if driver.eq_ignore_ascii_case("rtlsdr") {
            // 55 ms of latency by default, 3.4 ms at 2.4 MS/s with these; the key's name differs by revision.
            args.set("bufflen", "16384");
            args.set("buflen", "16384");
        }
        for (key, value) in &self.settings.stream_args {
            args.set(key.as_str(), value.as_str());
        }
        fn begin<E: StreamSample>(
            device: &soapysdr::Device,
            args: Args,
        ) -> Result<(RxStream<E>, usize), soapysdr::Error> {
            let mut rx = device.rx_stream_args(&[CHANNEL], args)?;
            let mtu = rx.mtu()?.max(1);
            rx.activate(None)?;
            Ok((rx, mtu))
        }
        let device = &self.device;
        let begun = match format {
            SampleFormat::Cu8 | SampleFormat::Cs8 => {
                begin(device, args).map(|(rx, n)| (AnyStream::Cs8(rx), n))
            }
            SampleFormat::Cs16 => begin(device, args).map(|(rx, n)| (AnyStream::Cs16(rx), n)),
            SampleFormat::Cf32 => begin(device, args).map(|(rx, n)| (AnyStream::Cf32(rx), n)),
        };
        begun.map_err(|e| {
            let mend = "is another program using it, or does it not know this sdr.format?";
            SdrError::new(self.name.clone(), format!("no stream: {}", e.message), mend)
        })
    }

    fn compare(&mut self, key: &str, asked: f64, took: f64, tolerance: f64) {
        if (took - asked).abs() > tolerance {
            self.notes.push((Severity::Warning, format!("{key}: asked {asked}, the device took {took}")));
        }
    }

    fn refuse(&self, key: &str, value: impl std::fmt::Display, why: &str) -> SdrError {
        SdrError::new(self.name.clone(), format!("{key} = {value}: {why}"), "")
    }
}

/// About `block` samples, but such that the driver's pieces are whole blocks: no block waits for the next piece.
fn whole_pieces(block: usize, mtu: usize) -> usize {
    if mtu <= block { (block / mtu).max(1) * mtu } else { mtu.div_ceil(mtu.div_ceil(block)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_divide_the_driver_s_pieces() {
        for (block, mtu, expected) in
            [(2_500, 8_192, 2_048), (24_000, 8_192, 16_384), (20_000, 363, 19_965), (2_500, 2_500, 2_500)]
        {
            assert_eq!(whole_pieces(block, mtu), expected);
        }
    }
}
