//! Columns, aligned, fitted to the terminal; rows are written as they come once the widths are known.

use std::borrow::Cow;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Out;
use crate::failure::Failure;

/// Rows that are looked at to find the widths; later ones that are wider push their line.
const SAMPLE: usize = 1_000;
const GAP: usize = 2;
/// No column is made narrower than this.
const MIN_WIDTH: usize = 8;

/// A cell: its text, and how it looks on a terminal.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::styled(text, Style::new())
    }

    /// The text is made safe to print here, for every table.
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        let text = match truststore::printable(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(safe) => safe,
        };
        Self { text, style }
    }
}

/// Writes a table; `shrink` names the columns that may be cut on a narrow terminal, the first first.
pub(crate) fn write(
    out: &mut Out,
    header: &[&str],
    shrink: &[usize],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), Failure> {
    let mut rows = rows.peekable();
    let mut sample: Vec<Vec<Cell>> = Vec::new();
    while sample.len() < SAMPLE && rows.peek().is_some() {
        sample.extend(rows.next());
    }
    let bold = Style::new().bold();
    let header: Vec<Cell> = header.iter().map(|title| Cell::styled(*title, bold)).collect();
    let widths = widths(&header, &sample, shrink, out.width());
    for row in std::iter::once(header).chain(sample).chain(rows) {
        out.line(line(&row, &widths, out.is_terminal()))?;
    }
    Ok(())
}

fn widths(header: &[Cell], rows: &[Vec<Cell>], shrink: &[usize], terminal: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.text.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    let Some(terminal) = terminal else { return widths };
    for &column in shrink {
        let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if let Some(width) = widths.get_mut(column).filter(|_| total > terminal) {
            *width = width.saturating_sub(total - terminal).max(MIN_WIDTH.min(*width));
        }
    }
    widths
}

fn line(row: &[Cell], widths: &[usize], cut: bool) -> String {
    let mut line = String::new();
    let last = row.len().saturating_sub(1);
    for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let text = if cut { fit(&cell.text, width) } else { Cow::Borrowed(cell.text.as_str()) };
        let padding = if column == last { 0 } else { width.saturating_sub(text.width()) + GAP };
        line.push_str(&format!("{0}{text}{0:#}", cell.style));
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// The text, cut with an ellipsis to `width` columns.
fn fit(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut cut = String::new();
    let mut left = width.saturating_sub(1);
    for c in text.chars() {
        let Some(less) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = less;
        cut.push(c);
    }
    cut.push('…');
    Cow::Owned(cut)
}
