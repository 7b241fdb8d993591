//! The tables of a report as a workbook: a sheet each, the header in bold and frozen, numbers as numbers.

use crate::report::sheet::{Cell, Sheet};
use rust_xlsxwriter::{DocProperties, Format, Workbook, XlsxError};

/// Widest column, characters: words beyond it wrap.
const WIDTH_MAX: f64 = 70.0;
/// Names of sheets may not have these.
const REFUSED: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];
const NAME_MAX: usize = 31;

/// A workbook of these sheets; several flights have theirs one after another, numbered.
///
/// # Errors
/// A text that is longer than a cell holds (32 767 characters).
pub fn write(title: &str, flights: &[(String, Vec<Sheet>)]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(title).set_author("skyhound"));
    let bold = Format::new().set_bold().set_text_wrap();
    let wrapped = Format::new().set_text_wrap();
    for (index, (_, sheets)) in flights.iter().enumerate() {
        for sheet in sheets {
            let number = if flights.len() > 1 { format!("{} ", index + 1) } else { String::new() };
            let name: String = format!("{number}{}", sheet.title).replace(REFUSED, " ");
            let page = book.add_worksheet();
            page.set_name(name.chars().take(NAME_MAX).collect::<String>())?;
            page.set_freeze_panes(1, 0)?;
            for (column, title) in sheet.columns.iter().enumerate() {
                page.write_string_with_format(0, column as u16, *title, &bold)?;
            }
            for (row, cells) in sheet.rows.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    let (row, column) = (row as u32 + 1, column as u16);
                    match cell {
                        Cell::Empty => continue,
                        Cell::Number(value, places) => {
                            let form =
                                if *places == 0 { "0".to_string() } else { format!("0.{:0<places$}", "") };
                            let form = Format::new().set_num_format(form);
                            page.write_number_with_format(row, column, *value, &form)?;
                        }
                        Cell::Text(text) => {
                            page.write_string_with_format(row, column, text, &wrapped)?;
                        }
                    }
                }
            }
            for column in 0..sheet.columns.len() {
                page.set_column_width(column as u16, width(sheet, column))?;
            }
        }
    }
    book.save_to_buffer()
}

fn width(sheet: &Sheet, column: usize) -> f64 {
    let shown = |cells: &Vec<Cell>| cells.get(column).map_or(0, |cell| cell.shown().chars().count());
    let longest = sheet.rows.iter().map(shown).chain([sheet.columns[column].len()]).max();
    (longest.unwrap_or(0) as f64 + 2.0).min(WIDTH_MAX)
}
