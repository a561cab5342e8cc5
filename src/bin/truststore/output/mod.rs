//! Everything that is printed: results to stdout, talk to stderr.

pub(crate) mod csv;
pub(crate) mod decision;
pub(crate) mod difference;
pub(crate) mod edit;
pub(crate) mod html;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod progress;
pub(crate) mod prometheus;
pub(crate) mod table;
pub(crate) mod words;
mod wrap;

use std::io::{BufWriter, IsTerminal, Stdout, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::failure::Failure;

/// The version of the JSON that every command writes.
pub(crate) const SCHEMA: u32 = 1;

/// stdout: the result and nothing else.
pub(crate) struct Out {
    stream: Stream,
    is_terminal: bool,
}

enum Stream {
    /// Nobody wants colours: lines lose theirs.
    Plain(BufWriter<Stdout>),
    /// Lines are written with their colours.
    Colored(Box<dyn Write>),
}

/// A result as JSON: its own fields beside those that every result has.
#[derive(Serialize)]
pub(crate) struct Envelope<'a, T: Serialize> {
    pub(crate) schema: u32,
    pub(crate) command: &'a str,
    #[serde(flatten)]
    pub(crate) result: T,
    pub(crate) warnings: &'a [String],
}

impl Out {
    pub(crate) fn new() -> Self {
        let stdout = std::io::stdout();
        let is_terminal = stdout.is_terminal();
        // The buffer stands right before stdout, which would write every line on its own.
        let stream = match AutoStream::choice(&stdout) {
            ColorChoice::Never => Stream::Plain(BufWriter::with_capacity(BUFFER, stdout)),
            _ if is_terminal => Stream::Colored(Box::new(BufWriter::new(AutoStream::auto(stdout)))),
            _ => Stream::Colored(Box::new(BufWriter::with_capacity(BUFFER, stdout))),
        };
        Self { stream, is_terminal }
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> Result<(), Failure> {
        let line = line.to_string();
        if matches!(self.stream, Stream::Plain(_)) && !is_plain(&line) {
            return self.safe_line(&strip_str(&line).to_string());
        }
        self.safe_line(&line)
    }

    fn safe_line(&mut self, line: &str) -> Result<(), Failure> {
        self.safe_lines(line)?;
        self.safe_lines("\n")
    }

    /// Writes lines, with their ends, that have no colours where [`Self::has_colors`] says no: nothing is looked
    /// for in them.
    pub(crate) fn safe_lines(&mut self, lines: &str) -> Result<(), Failure> {
        Ok(self.stream().write_all(lines.as_bytes())?)
    }

    /// Writes one line; on a terminal that it is too long for it goes on in the next ones, after `indent` spaces.
    pub(crate) fn wrapped(&mut self, indent: usize, line: impl std::fmt::Display) -> Result<(), Failure> {
        self.line(wrap::fit(line, self.width(), indent))
    }

    /// Writes octets as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.flush()?;
        // Around the stream that removes colours, which would take octets for escape sequences.
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        Ok(stdout.flush()?)
    }

    /// Writes a result as JSON, one document that ends with a line end.
    pub(crate) fn json(
        &mut self,
        command: &str,
        result: impl Serialize,
        warnings: &[String],
    ) -> Result<(), Failure> {
        let envelope = Envelope { schema: SCHEMA, command, result, warnings };
        self.flush()?;
        let stdout = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
        let mut serializer = serde_json::Serializer::pretty(stdout);
        envelope.serialize(&mut serializer).map_err(|e| Failure::from(std::io::Error::from(e)))?;
        let mut stdout = serializer.into_inner();
        writeln!(stdout)?;
        Ok(stdout.flush()?)
    }

    /// Whether lines may have colours.
    pub(crate) fn has_colors(&self) -> bool {
        matches!(self.stream, Stream::Colored(_))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Columns that a line may have; `None` where nobody looks, and nothing is to be cut.
    pub(crate) fn width(&self) -> Option<usize> {
        if !self.is_terminal {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.stream().flush()?)
    }

    fn stream(&mut self) -> &mut dyn Write {
        match &mut self.stream {
            Stream::Plain(stdout) => stdout,
            Stream::Colored(stream) => stream,
        }
    }
}

/// Of printable ASCII, which has no colours, and a column for each octet.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// Octets that are written at once.
const BUFFER: usize = 64 * 1024;

/// Writes one line to stderr, on a terminal broken between words.
pub(crate) fn talk(line: impl std::fmt::Display) {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
    talk_as_is(wrap::fit(line, width, 2));
}

/// Writes one line to stderr that somebody may want to parse.
pub(crate) fn talk_as_is(line: impl std::fmt::Display) {
    // There is nobody left to tell if stderr is gone.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes a question to stderr, where the cursor stays behind it.
pub(crate) fn ask(question: &str) {
    let mut stderr = anstream::stderr().lock();
    // There is nobody to answer if stderr is gone.
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
}
