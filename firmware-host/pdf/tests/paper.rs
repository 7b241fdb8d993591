//! The program as `skyhound report` calls it: what stands on its pages by poppler, a reader that nobody here wrote.

mod poppler;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use poppler::asked;
use serde_json::{Value, json};

/// What would be code, markup or too wide, were a text more than text.
const HOSTILE: [&str; 6] = [
    "#read(\"/etc/passwd\")",
    "#import \"@preview/cetz:0.3.4\": canvas",
    "*bold* _soft_ $x^2$ `raw` = title @label <label> // remark /* and */",
    "\\u{41} \\ #let x = 1; [content] {code} ~ -- --- ...",
    "https://example.org/a?b=c&d=e",
    "</svg><script>alert(1)</script>",
];

/// Of a word without an end; in no other text.
const ENDLESS: &str = "ж";

fn set(words: &[&str], json: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound-pdf"));
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who gets wrong words reads nothing.
    let _ = child.stdin.take().unwrap().write_all(json);
    child.wait_with_output().unwrap()
}

fn column(name: &str, is_number: bool) -> Value {
    json!({ "name": name, "is_number": is_number, "is_wide": false })
}

fn figure(svg: &str) -> Value {
    json!({ "part": "figure", "title": "A drawing", "note": "as numbers elsewhere", "svg": svg })
}

/// Hostile words in each place that takes words, a word without an end, and a table of several pages.
fn report() -> Value {
    let endless = ENDLESS.repeat(900);
    let rows: Vec<Value> =
        (0..200).map(|n| json!([n.to_string(), HOSTILE[n % HOSTILE.len()], "1.5"])).collect();
    let wide: Vec<Value> = (0..15).map(|n| column(&format!("a_name_of_column_{n}_dbfs"), true)).collect();
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 504 100\" width=\"504\" height=\"100\" font-family=\"Libertinus Serif\" font-size=\"8\">\
        <image href=\"/etc/passwd\" width=\"50\" height=\"50\"/><path d=\"M0 0L504 100\" stroke=\"#000\"/><text x=\"10\" y=\"50\">drawn words</text></svg>";
    let plain = svg.replace("<image href=\"/etc/passwd\" width=\"50\" height=\"50\"/>", "");
    let mut parts = vec![
        json!({ "part": "cards", "cards": [{ "name": HOSTILE[0], "value": endless, "more": HOSTILE[2] }] }),
        json!({ "part": "steps", "steps": HOSTILE }),
        json!({ "part": "table", "title": "Long", "columns": [column("n", true), column("text", false), column("value", true)], "rows": rows, "note": "" }),
        json!({ "part": "table", "title": "Wide", "columns": wide, "rows": [vec!["-123.4567890"; 15]], "note": "a note" }),
        json!({ "part": "words", "text": endless, "tone": "warning" }),
        figure(&plain),
    ];
    parts.extend(
        HOSTILE.map(|text| json!({ "part": "heading", "level": 2, "text": text, "is_on_new_page": false })),
    );
    parts.push(json!({ "part": "heading", "level": 1, "text": "The last page", "is_on_new_page": true }));
    json!({ "title": HOSTILE[2], "foot": HOSTILE[0], "dated_utc": "2026-01-01T10:20:30Z", "parts": parts })
}

#[test]
fn all_words_are_words_and_stand_on_numbered_pages() {
    let json = report().to_string();
    let done = set(&[], json.as_bytes());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(
        done.stdout.starts_with(b"%PDF-1.") && done.stdout.len() < 400_000,
        "{} bytes",
        done.stdout.len()
    );
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("a.pdf");
    assert!(set(&[pdf.to_str().unwrap()], json.as_bytes()).status.success());
    assert!(
        std::fs::read(&pdf).unwrap() == done.stdout,
        "the same report gives the same bytes, wherever it goes"
    );

    let Some(text) = asked("pdftotext", &["-layout"], &pdf) else { return };
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert!((5..12).contains(&pages.len()), "{} pages", pages.len());
    let count = pages.len();
    for (n, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("page {} of {count}", n + 1)), "{page}");
        assert!(page.contains(HOSTILE[0]), "no foot: {page}");
    }
    // Breaks of lines aside.
    let flat = |text: &str| text.split_whitespace().collect::<String>().replace('\u{200b}', "");
    let all = flat(&text);
    for words in HOSTILE.iter().chain(&["drawn words", "14_dbfs"]) {
        assert!(all.contains(&flat(words)), "{words} is not in {text}");
    }
    assert!(!text.contains("root:"), "{text}");
    assert_eq!(all.matches(ENDLESS).count(), 2 * 900, "a word is cut: {text}");
    let heads = pages
        .iter()
        .filter(|page| page.lines().any(|line| line.split_whitespace().eq(["n", "text", "value"])));
    assert!(heads.count() >= 3, "the head of the long table is repeated: {text}");
}

#[test]
fn what_is_no_report_is_told() {
    let mut reads = report();
    reads["parts"] = json!([figure(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><image href=\"/etc/passwd\" width=\"5\" height=\"5\"/></svg>"
    )]);
    let mut short = report();
    short["parts"] = json!([{ "part": "table", "title": "Short", "columns": [column("n", true)], "rows": [["1", "2"]], "note": "" }]);
    let mut undated = report();
    undated["dated_utc"] = json!("yesterday");
    for (json, why) in [
        ("{}".to_string(), "that is no report: missing field"),
        (
            json!({ "title": "t", "foot": "", "dated_utc": "", "parts": [], "code": "" }).to_string(),
            "unknown field `code`",
        ),
        (reads.to_string(), "passwd"),
        (short.to_string(), "a row of 2 cells for 1 columns"),
        (undated.to_string(), "not YYYY-MM-DDTHH:MM:SSZ"),
    ] {
        let done = set(&[], json.as_bytes());
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!((done.status.code(), done.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.starts_with("skyhound-pdf: ") && said.contains(why), "{said}");
    }
    assert_eq!(set(&["--what"], b"").status.code(), Some(2));
}
