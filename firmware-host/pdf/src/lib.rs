//! A report as JSON ([`document::Document`]) → PDF: A4, tagged, PDF/A-2a, with its fonts in it. Typst sets the pages.
//!
//! Nothing of the report is ever code or markup: the layout (`layout.typ`) is fixed and takes the report as a value. It can read that and
//! nothing else, whatever the report says; no network, no packages, no clock. The same report gives the same bytes.

pub mod document;
mod world;

use document::{Document, Part};
use typst::diag::SourceDiagnostic;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// The report in `json` as PDF.
///
/// # Errors
/// In words: what of `json` is no [`Document`], or what of it cannot be set (a drawing that is no SVG).
pub fn pdf(json: &[u8]) -> Result<Vec<u8>, String> {
    let document: Document =
        serde_json::from_slice(json).map_err(|error| format!("that is no report: {error}"))?;
    checked(&document)?;
    let world = world::Report::new(json.to_vec());
    let pages = typst::compile::<PagedDocument>(&world).output.map_err(|errors| told(&errors))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a]).map_err(|error| error.message().to_string())?;
    let options = PdfOptions { standards, ..PdfOptions::default() };
    typst_pdf::pdf(&pages, &options).map_err(|errors| told(&errors))
}

/// What the layout takes for granted.
fn checked(document: &Document) -> Result<(), String> {
    let dated = document.dated_utc.as_bytes();
    let pattern = b"0000-00-00T00:00:00Z";
    let fits = |(byte, like): (&u8, &u8)| if *like == b'0' { byte.is_ascii_digit() } else { byte == like };
    if dated.len() != pattern.len() || !dated.iter().zip(pattern).all(fits) {
        return Err(format!("dated_utc is {:?}, not YYYY-MM-DDTHH:MM:SSZ", document.dated_utc));
    }
    for part in &document.parts {
        if let Part::Table { title, columns, rows, .. } = part
            && let Some(row) = rows.iter().find(|row| row.len() != columns.len())
        {
            let (cells, wanted) = (row.len(), columns.len());
            return Err(format!("table {title:?} has a row of {cells} cells for {wanted} columns"));
        }
    }
    Ok(())
}

fn told(errors: &[SourceDiagnostic]) -> String {
    let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    format!("the report cannot be set: {}", said.join("; "))
}
