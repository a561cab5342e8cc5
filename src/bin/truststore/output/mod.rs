//! Everything that is printed: results to stdout, talk to stderr.

pub(crate) mod csv;
pub(crate) mod decision;
pub(crate) mod difference;
pub(crate) mod edit;
pub(crate) mod html;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod prometheus;
pub(crate) mod table;
pub(crate) mod words;
mod wrap;

use std::io::{BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice, StripStream};
use serde::Serialize;

use crate::failure::Failure;

/// The version of the JSON that every command writes.
pub(crate) const SCHEMA: u32 = 1;

/// stdout: the result and nothing else.
pub(crate) struct Out {
    stream: Box<dyn Write>,
    is_terminal: bool,
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
        if is_terminal {
            return Self { stream: Box::new(BufWriter::new(AutoStream::auto(stdout))), is_terminal };
        }
        let colors = AutoStream::choice(&stdout);
        // The buffer stands right before stdout, which would write every line on its own.
        let buffered: Box<dyn Write> = Box::new(BufWriter::with_capacity(64 * 1024, stdout));
        let stream = match colors {
            ColorChoice::Never => Box::new(StripStream::new(buffered)),
            _ => buffered,
        };
        Self { stream, is_terminal }
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.stream, "{line}")?)
    }

    /// Writes one line; on a terminal that it is too long for it goes on in the next ones, after `indent` spaces.
    pub(crate) fn wrapped(&mut self, indent: usize, line: impl std::fmt::Display) -> Result<(), Failure> {
        match self.width() {
            Some(width) => self.line(wrap::wrap(&line.to_string(), width, indent)),
            None => self.line(line),
        }
    }

    /// Writes octets as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.flush()?;
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
        self.stream.flush()?;
        let stdout = BufWriter::new(std::io::stdout().lock());
        let mut serializer = serde_json::Serializer::pretty(stdout);
        envelope.serialize(&mut serializer).map_err(|e| Failure::from(std::io::Error::from(e)))?;
        let mut stdout = serializer.into_inner();
        writeln!(stdout)?;
        Ok(stdout.flush()?)
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
        Ok(self.stream.flush()?)
    }
}

/// Writes one line to stderr, on a terminal broken between words.
pub(crate) fn talk(line: impl std::fmt::Display) {
    let line = match terminal_size::terminal_size_of(std::io::stderr()) {
        Some((width, _)) => wrap::wrap(&line.to_string(), usize::from(width.0), 2),
        None => line.to_string(),
    };
    talk_as_is(line);
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
