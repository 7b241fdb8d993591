//! Ranges of a device's settings, as its driver tells them.

/// From `low` to `high` in steps of `step` (0: any).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Span {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Step, 0 when any value goes.
    pub step: f64,
}

/// Of SoapySDR's range.
pub(super) fn span(range: &soapysdr::Range) -> Span {
    Span { low: range.minimum, high: range.maximum, step: range.step }
}

/// Spans in units of `unit`, for people.
pub(super) fn spell(spans: &[Span], unit: f64) -> String {
    let spelt: Vec<String> = spans
        .iter()
        .map(|s| match s.low == s.high {
            true => format!("{}", s.low / unit),
            false => format!("{} to {}", s.low / unit, s.high / unit),
        })
        .collect();
    if spelt.is_empty() { "not told".into() } else { spelt.join(", ") }
}

/// Whether one of the spans holds the value; drivers round their ends.
pub(super) fn is_offered(spans: &[Span], value: f64) -> bool {
    let slack = 1e-6 * value.abs();
    spans.iter().any(|span| (span.low - slack..=span.high + slack).contains(&value))
}
