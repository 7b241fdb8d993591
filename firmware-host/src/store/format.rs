//! The forms of an answer.

/// The form of an answer.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// RFC 4180 with a header line.
    Csv,
    /// An array of objects, one per line.
    Json,
    /// An object on each line.
    JsonLines,
    /// Parquet, zstd.
    Parquet,
}

impl Format {
    /// As people spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Csv => "csv",
            Format::Json => "json",
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "table" => Ok(Format::Table),
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "jsonl" => Ok(Format::JsonLines),
            "parquet" => Ok(Format::Parquet),
            other => Err(format!("\"{other}\" is no format; write table, csv, json, jsonl or parquet")),
        }
    }
}
