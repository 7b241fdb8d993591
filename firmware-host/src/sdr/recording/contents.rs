//! What a container tells of the samples in it, whatever container it is.

use super::encoding::Encoding;
use skyhound::record::Severity;

/// From 1970 to 2200, µs since 1970.
const UTC_US: std::ops::Range<i64> = 0..7_258_118_400_000_000;

/// A recording before its samples are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// What it is, for people: `SigMF`, `WAV`, `raw`.
    pub container: &'static str,
    /// How its samples are written; `None` when it does not tell.
    pub encoding: Option<Encoding>,
    /// Samples per second, when told.
    pub sample_rate_sps: Option<f64>,
    /// Stretches with one setting, by start; at least one, the first from sample 0 on.
    pub captures: Vec<Capture>,
    /// Labels, by start.
    pub annotations: Vec<Annotation>,
    /// First byte of the samples in the file.
    pub begin_byte: u64,
    /// The byte after them; `None` = up to the end of what is there.
    pub end_byte: Option<u64>,
    /// What people should know of it.
    pub notes: Vec<(Severity, String)>,
    /// A number in its name that may be rate or frequency.
    pub ambiguous: Option<f64>,
}

impl Contents {
    /// One capture of the whole file, nothing else known.
    pub fn new(container: &'static str) -> Contents {
        Contents {
            container,
            encoding: None,
            sample_rate_sps: None,
            captures: vec![Capture::default()],
            annotations: Vec::new(),
            begin_byte: 0,
            end_byte: None,
            notes: Vec::new(),
            ambiguous: None,
        }
    }

    /// Leaves out start times at which nothing was recorded, whatever wrote them.
    pub fn pass_over_unlikely_times(&mut self) {
        let mut passed_count = 0;
        for capture in &mut self.captures {
            passed_count += usize::from(capture.utc_us.take_if(|us| !UTC_US.contains(us)).is_some());
        }
        if passed_count > 0 {
            self.warn(format!("{passed_count} start times are not of 1970 to 2200: passed over"));
        }
    }

    /// Adds what people should know, as a warning.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notes.push((Severity::Warning, text.into()));
    }
}

/// A stretch recorded with one setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capture {
    /// Its first sample in the file.
    pub sample_start: u64,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// When its first sample was taken, µs since 1970.
    pub utc_us: Option<i64>,
    /// How exact that is told, µs.
    pub utc_step_us: i64,
    /// Index in the original stream, lost samples counted in.
    pub global_index: Option<u64>,
    /// Bytes before its first sample that are none.
    pub header_bytes: u64,
}

/// A label on some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// First sample.
    pub sample_start: u64,
    /// Samples; `None` to the end of the capture.
    pub sample_count: Option<u64>,
    /// Lower and upper edge, Hz.
    pub edges_hz: Option<(f64, f64)>,
    /// Label, or else the comment.
    pub label: String,
}

/// Why a file is not read, and the mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub mend: String,
}

/// A [`Refusal`] as an error.
pub fn refuse<T>(why: impl Into<String>, mend: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { why: why.into(), mend: mend.into() })
}
