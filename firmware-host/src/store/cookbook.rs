//! Questions that crews ask of a flight, ready to run: `cookbook.sql`.

/// A question with its answer's SQL.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// The question in words.
    pub question: &'static str,
    /// The SQL, without a semicolon.
    pub sql: &'static str,
}

/// All of them.
pub fn cookbook() -> impl Iterator<Item = Recipe> {
    let entries = include_str!("cookbook.sql").split("\n-- ").skip(1);
    entries.filter_map(|entry| {
        let (title, sql) = entry.split_once('\n')?;
        let (name, question) = title.split_once(": ")?;
        Some(Recipe { name, question, sql: sql.trim().trim_end_matches(';') })
    })
}
