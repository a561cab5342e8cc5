//! Columns, aligned, fitted to the terminal; rows are written as they come once the widths are known.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Out, is_plain};
use crate::failure::Failure;

/// Rows that are looked at to find the widths; later ones that are wider push their line.
const SAMPLE: usize = 1_000;
/// Rows that are drawn, on every core, before they are written.
const ROUND: usize = 4_096;
const GAP: usize = 2;
/// No column is made narrower than this.
const MIN_WIDTH: usize = 10;

/// A row in the making: the texts of its cells, one behind the other in one buffer.
#[derive(Clone, Default)]
pub(crate) struct Row {
    text: String,
    cells: Vec<Cell>,
}

/// Where a cell's text ends, its columns, and how it looks on a terminal.
#[derive(Clone)]
struct Cell {
    end: usize,
    width: usize,
    style: Style,
}

impl Row {
    pub(crate) fn cell(&mut self, text: impl Display) {
        self.styled(Style::new(), text);
    }

    /// The text is made safe to print here, for every table.
    pub(crate) fn styled(&mut self, style: Style, text: impl Display) {
        let start = self.text.len();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{text}");
        let added = self.text.get(start..).unwrap_or_default();
        let width = if is_plain(added) {
            added.len()
        } else {
            if let Cow::Owned(safe) = truststore::printable(added) {
                self.text.truncate(start);
                self.text.push_str(&safe);
            }
            self.text.get(start..).unwrap_or_default().width()
        };
        self.cells.push(Cell { end: self.text.len(), width, style });
    }

    fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    fn cells(&self) -> impl Iterator<Item = (&str, &Cell)> {
        let mut start = 0;
        self.cells.iter().map(move |cell| {
            let text = self.text.get(start..cell.end).unwrap_or_default();
            start = cell.end;
            (text, cell)
        })
    }
}

/// Writes a table of which `fill` makes the rows; `shrink` names the columns that may be cut on a narrow
/// terminal, each with its share of the room.
pub(crate) fn write<T: Sync>(
    out: &mut Out,
    header: &[&str],
    shrink: &[(usize, usize)],
    items: &[T],
    fill: impl Fn(&T, &mut Row) + Sync,
) -> Result<(), Failure> {
    let mut row = Row::default();
    header.iter().for_each(|title| row.styled(Style::new().bold(), title));
    let mut rows = vec![row.clone()];
    let (sample, rest) = items.split_at_checked(SAMPLE).unwrap_or((items, &[]));
    for item in sample {
        row.clear();
        fill(item, &mut row);
        // A copy takes no more memory than it needs.
        rows.push(row.clone());
    }
    let look = Look {
        widths: widths(&rows, shrink, out.width()),
        is_cut: out.is_terminal(),
        has_colors: out.has_colors(),
    };
    let mut lines = String::new();
    rows.iter().for_each(|row| look.draw(row, &mut lines));
    drop(rows);
    out.safe_lines(&lines)?;
    drop(lines);
    for round in rest.chunks(ROUND) {
        let drawn = truststore::in_pieces(round, &|_| (), |items| {
            let (mut row, mut lines) = (Row::default(), String::with_capacity(items.len() * look.line_len()));
            for item in items {
                row.clear();
                fill(item, &mut row);
                look.draw(&row, &mut lines);
            }
            lines
        });
        drawn.iter().try_for_each(|lines| out.safe_lines(lines))?;
    }
    Ok(())
}

fn widths(rows: &[Row], shrink: &[(usize, usize)], terminal: Option<usize>) -> Vec<usize> {
    let mut widths = vec![0; rows.first().map_or(0, |header| header.cells.len())];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = cell.width.max(*width);
        }
    }
    let Some(terminal) = terminal else { return widths };
    let gaps = GAP * widths.len().saturating_sub(1);
    let is_fixed = |at: usize| shrink.iter().all(|&(column, _)| column != at);
    let fixed: usize =
        widths.iter().enumerate().filter(|&(at, _)| is_fixed(at)).map(|(_, width)| width).sum();
    let room = terminal.saturating_sub(gaps + fixed);
    // The widest columns give way together, down to the limit at which all fit.
    let cut = |limit: usize, share: usize, width: usize| width.min((limit * share).max(MIN_WIDTH));
    let total = |limit: usize| {
        let all = shrink.iter().filter_map(|&(at, share)| Some((share, *widths.get(at)?)));
        all.map(|(share, width)| cut(limit, share, width)).sum::<usize>()
    };
    let limit = (1..=terminal).rev().find(|&limit| total(limit) <= room).unwrap_or(1);
    let mut left = room.saturating_sub(total(limit));
    for &(column, share) in shrink {
        if let Some(width) = widths.get_mut(column) {
            let narrow = cut(limit, share, *width);
            let more = left.min(*width - narrow);
            *width = narrow + more;
            left -= more;
        }
    }
    widths
}

/// How rows are drawn.
struct Look {
    /// Of the columns.
    widths: Vec<usize>,
    /// What is wider than its column is cut.
    is_cut: bool,
    has_colors: bool,
}

impl Look {
    /// In octets, of a row that is ASCII and without colors, with the end of the line.
    fn line_len(&self) -> usize {
        self.widths.iter().map(|width| width + GAP).sum()
    }

    /// Appends the line of one row.
    fn draw(&self, row: &Row, lines: &mut String) {
        let start = lines.len();
        let last = row.cells.len().saturating_sub(1);
        for (column, ((text, cell), &room)) in row.cells().zip(&self.widths).enumerate() {
            let (text, width) = if self.is_cut && cell.width > room {
                let text = fit(text, room);
                let width = text.width();
                (Cow::Owned(text), width)
            } else {
                (Cow::Borrowed(text), cell.width)
            };
            match self.has_colors {
                true => {
                    // Writing to a String cannot fail.
                    let _ = write!(lines, "{0}{text}{0:#}", cell.style);
                }
                false => lines.push_str(&text),
            }
            if column < last {
                lines.extend(std::iter::repeat_n(' ', room.saturating_sub(width) + GAP));
            }
        }
        let end = lines.get(start..).unwrap_or_default().trim_end_matches(' ').len();
        lines.truncate(start + end);
        lines.push('\n');
    }
}

/// The text, cut with an ellipsis to `room` columns.
fn fit(text: &str, room: usize) -> String {
    let mut used = 1;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        end = at + c.len_utf8();
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}
