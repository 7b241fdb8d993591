//! A report as it goes on paper: parts one after another, each plain text, a table or a drawing. `skyhound report -o x.pdf` writes it as
//! JSON, `skyhound-pdf` reads it; both are built from this file. No text in it is markup.

use serde::{Deserialize, Serialize};

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What stands over it, and in the list of open documents.
    pub title: String,
    /// What stands at the foot of each page: the flight's name.
    pub foot: String,
    /// Date of the document, UTC as `YYYY-MM-DDTHH:MM:SSZ`: that of the flight, so that the same flight gives the same bytes.
    pub dated_utc: String,
    /// Its parts from the first page on.
    pub parts: Vec<Part>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "part", rename_all = "lowercase")]
pub enum Part {
    /// A heading.
    Heading {
        /// 1 for a flight, 2 for what is told of it.
        level: u8,
        /// Its words.
        text: String,
        /// Whether a page begins with it.
        is_on_new_page: bool,
    },
    /// A paragraph.
    Words {
        /// Its words.
        text: String,
        /// How they are said.
        tone: Tone,
    },
    /// What is read out first, in boxes.
    Cards {
        /// The boxes.
        cards: Vec<Card>,
    },
    /// A numbered list.
    Steps {
        /// Its points.
        steps: Vec<String>,
    },
    /// A table; its head is repeated on each page.
    Table {
        /// What it is.
        title: String,
        /// Columns from the left.
        columns: Vec<Column>,
        /// Rows, each with as many cells as there are columns.
        rows: Vec<Vec<String>>,
        /// What is to be known of it; may be empty.
        note: String,
    },
    /// A drawing as wide as the page.
    Figure {
        /// What it shows.
        title: String,
        /// What is to be known of it; may be empty.
        note: String,
        /// SVG 1.1 with a viewBox in points, 504 wide.
        svg: String,
    },
}

/// How a paragraph is said.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// As text.
    Plain,
    /// Smaller, as a remark.
    Soft,
    /// In a frame, not to be overlooked.
    Warning,
}

/// A box that is read out first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What.
    pub name: String,
    /// Its value, in large letters.
    pub value: String,
    /// More of it.
    pub more: String,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it holds numbers, which stand to the right.
    pub is_number: bool,
    /// Whether it holds sentences, which take what room is left.
    pub is_wide: bool,
}
