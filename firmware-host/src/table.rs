//! Tables as text: lines of cells between commas, the first of which names the columns; what is wrong is told by line and column.

/// A table's cell that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    /// Column's name, where it is one column's.
    pub column: Option<&'static str>,
    /// What is wrong and what to write.
    pub why: String,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Lines with their cells by name.
pub struct Table<'text> {
    lines: Vec<(usize, Vec<&'text str>)>,
    names: Vec<&'text str>,
}

impl<'text> Table<'text> {
    /// Of a text with at least one line of cells.
    pub fn read(text: &'text str) -> Result<Table<'text>, Wrong> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let cells =
            |line: &'text str| line.split(',').map(|cell| cell.trim().trim_matches('"')).collect::<Vec<_>>();
        let names = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
        let mut rows = Vec::new();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            rows.push((index + 1, cells(line)));
        }
        Ok(Table { lines: rows, names })
    }

    /// Lines with the cells of these columns.
    pub fn columns<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<Vec<(usize, [&'text str; N])>, Wrong> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            let found = self.names.iter().position(|own| *own == name);
            *place = found.ok_or_else(|| Wrong {
                line: 1,
                column: Some(name),
                why: format!("is not there; the first line names the columns: {}", names.join(",")),
            })?;
        }
        let cells = |(line, cells): &(usize, Vec<&'text str>)| {
            let mut found = [""; N];
            for (n, place) in places.iter().enumerate() {
                found[n] = cells.get(*place).copied().ok_or_else(|| Wrong {
                    line: *line,
                    column: Some(names[n]),
                    why: format!(
                        "there are {} cells of {}; complete or remove the line",
                        cells.len(),
                        self.names.len()
                    ),
                })?;
            }
            Ok((*line, found))
        };
        self.lines.iter().map(cells).collect()
    }
}

/// A cell's number.
pub fn number(line: usize, column: &'static str, cell: &str, low: f64, high: f64) -> Result<f64, Wrong> {
    let value = cell.parse::<f64>().ok().filter(|value| (low..=high).contains(value));
    let why = || format!("\"{cell}\": write a number from {low} to {high}, or remove the line");
    value.ok_or_else(|| Wrong { line, column: Some(column), why: why() })
}
