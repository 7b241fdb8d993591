//! A judged flight to one HTML page with its plots as inline SVG: no scripts, no network, readable on a phone and on paper.
//!
//! Track over the true beacon and the regions said to hold it (m east and north of home, one scale), then over time (s): power and noise floor
//! (dBFS), the estimate's error (m), SNR (dB), speed asked for and flown (m/s), with our states as bands. What the scenario did is numbered, in the plots and in the list below.

mod chart;
mod heard;
mod over_time;
mod style;
mod track;

use skyhound::command::State;

use super::{Outcome, Verdict, metrics, table};
use crate::scenario::Scenario;
use crate::trace::Trace;
pub(crate) use heard::svg as heard_svg;
use style::{CSS, colour, escape};
pub(crate) use track::Frame;

/// The page. `repeat` is the command that flies it again.
pub fn html(scenario: &Scenario, trace: &Trace, verdict: &Verdict, repeat: &str) -> String {
    let word = table::word(&verdict.outcome);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{name}: {word}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<h1>{name} <span class=\"{class}\">{word}</span></h1>\n\
         <p>{about}</p>\n<p>Repeat: <code>{repeat}</code></p>\n",
        name = escape(&scenario.name),
        class = word.to_lowercase(),
        about = escape(&scenario.about),
        repeat = escape(repeat),
    );
    if let Outcome::Ignored { needs } = &verdict.outcome {
        page += &format!("<p>Not flown: needs {}.</p>\n", escape(needs));
    }
    page += &checks(verdict);
    page += &legend();
    let map = map_caption(trace);
    for (title, caption, svg) in [
        ("Track", map.as_str(), track::svg(scenario, trace)),
        ("Power and noise floor", "on the beacon's channel", over_time::power(trace)),
        ("Estimate", "how far off; the area: as far as 95 % allow", over_time::error(scenario, trace)),
        ("SNR", "over the floor; thick while heard", over_time::snr(trace)),
        ("Speed", "asked for by our setpoints, and flown", over_time::speed(scenario, trace)),
    ] {
        page += &format!("<figure>\n<figcaption><b>{title}</b> {caption}</figcaption>\n{svg}</figure>\n");
    }
    page += &told(trace);
    page += &numbers(verdict);
    page + "</body>\n</html>\n"
}

fn map_caption(trace: &Trace) -> String {
    let map = "from above, true positions; metres from home";
    trace.regions.last().map_or(map.into(), |row| {
        let at_s = row.at_us as f64 / 1e6;
        format!("{map}; orange: regions of 50 % and 95 % at {at_s:.0} s; violet: the estimate and its way")
    })
}

/// Rows of cells, each with its class.
fn drawn<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [(&'static str, String); N]>) -> String {
    let head = head.map(|word| format!("<th>{word}</th>")).concat();
    let cell = |(class, text): (&str, String)| match class {
        "" => format!("<td>{}</td>", escape(&text)),
        class => format!("<td class=\"{class}\">{}</td>", escape(&text)),
    };
    let rows: String = rows.map(|row| format!("<tr>{}</tr>\n", row.map(cell).concat())).collect();
    format!("<table>\n<tr>{head}</tr>\n{rows}</table>\n")
}

fn checks(verdict: &Verdict) -> String {
    if verdict.checks.is_empty() {
        return String::new();
    }
    let rows = verdict.checks.iter().map(|check| {
        let passed = if check.passed { ("passed", "passed".into()) } else { ("failed", "FAILED".into()) };
        [("", check.name.clone()), ("", check.measured.clone()), ("", check.wanted.clone()), passed]
    });
    let violated = |violation: &String| format!("<p class=\"failed\">{}</p>\n", escape(violation));
    let violations: String = verdict.violations.iter().map(violated).collect();
    drawn(["expected", "measured", "wanted", ""], rows) + &violations
}

fn legend() -> String {
    let colour_of = |state: State| {
        format!("<span style=\"background:{}\"></span>{} ", colour(state.name()), state.name())
    };
    let states: String = State::ALL.into_iter().map(colour_of).collect();
    let rest = "numbers: what the scenario did (list below); red strokes: events of the flight file";
    format!("<p class=\"legend\">{states}<br/>{rest}</p>\n")
}

/// What happened, in order: deeds with their numbers in the plots, changes of state, events.
fn told(trace: &Trace) -> String {
    let deeds = trace.deeds.iter().enumerate();
    let deeds = deeds.map(|(index, deed)| (deed.at_us, (index + 1).to_string(), deed.what.clone()));
    let states = trace
        .states
        .iter()
        .map(|row| (row.at_us, "state".into(), format!("{} to {}: {}", row.from, row.to, row.reason)));
    let events = trace.events.iter();
    let events = events.map(|row| (row.at_us, "event".into(), format!("{}: {}", row.kind, row.text)));
    let mut rows: Vec<(u64, String, String)> = deeds.chain(states).chain(events).collect();
    rows.sort_by_key(|(at_us, ..)| *at_us);
    let rows = rows.into_iter();
    let rows =
        rows.map(|(at_us, mark, what)| [("n", format!("{:.2}", at_us as f64 / 1e6)), ("", mark), ("", what)]);
    format!("<h2>What happened</h2>\n{}", drawn(["s", "", ""], rows))
}

fn numbers(verdict: &Verdict) -> String {
    let rows = verdict.numbers.iter().map(|(name, value)| {
        let about = metrics::find(name).unwrap_or_default();
        [("", name.clone()), ("n", metrics::with_unit(name, *value)), ("", about.to_owned())]
    });
    let numbers = format!("<h2>Numbers</h2>\n{}", drawn(["number", "", "how it is counted"], rows));
    let named = |file: &std::path::PathBuf| {
        format!("<li><code>{}</code></li>\n", escape(&file.display().to_string()))
    };
    let files: String = verdict.files.iter().map(named).collect();
    match files.as_str() {
        "" => numbers,
        files => format!("{numbers}<h2>Files</h2>\n<ul>\n{files}</ul>\n"),
    }
}

#[cfg(test)]
mod tests;
