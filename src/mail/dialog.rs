//! Commands and replies, over any stream: one command, one reply, and nothing in between.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::failure::{Failure, FailureCode, Stage};
use super::reply::{Capabilities, Reply};
use super::trouble;

/// A conversation with a server.
///
/// Every step has one deadline for all of it, so that a server that sends an octet now and then ends in
/// time, too. What a server says without being asked ends the conversation: a reply that stands ready
/// before its command is somebody else's, or belongs to another command.
pub(crate) struct Dialog<S> {
    stream: S,
    /// What was received and belongs to no reply yet.
    received: Vec<u8>,
    limit: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialog<S> {
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, received: Vec::new(), limit }
    }

    /// The server's greeting.
    pub(crate) async fn banner(&mut self) -> Result<(), Failure> {
        let reply = self.within(Stage::Banner, None).await?;
        if reply.is_positive() {
            return Ok(());
        }
        let message = format!("the server greets with a refusal: {reply}");
        Err(Failure::new(Stage::Banner, FailureCode::BannerRefused, message).with_reply(reply))
    }

    /// `EHLO` in our name.
    pub(crate) async fn ehlo(&mut self, name: &str) -> Result<Capabilities, Failure> {
        let reply = self.command(Stage::Ehlo, &format!("EHLO {name}")).await?;
        if reply.is_positive() {
            return Ok(Capabilities::of(&reply));
        }
        let message = format!("the server refuses EHLO: {reply}");
        Err(Failure::new(Stage::Ehlo, FailureCode::EhloRefused, message)
            .with_remedy("have the server accept EHLO from here; without it there is no STARTTLS and no AUTH")
            .with_reply(reply))
    }

    /// One command, without its line end, and the reply to it.
    pub(crate) async fn command(&mut self, stage: Stage, line: &str) -> Result<Reply, Failure> {
        if !self.received.is_empty() {
            return Err(Failure::new(
                stage,
                FailureCode::UnexpectedData,
                format!("the server said something before {stage} that it was not asked"),
            )
            .with_remedy("somebody between here and the server may be changing what is said; find out who"));
        }
        self.within(stage, Some(line)).await
    }

    async fn within(&mut self, stage: Stage, command: Option<&str>) -> Result<Reply, Failure> {
        let limit = self.limit;
        timeout(limit, self.exchange(stage, command))
            .await
            .unwrap_or_else(|_| Err(trouble::timeout(stage, limit)))
    }

    async fn exchange(&mut self, stage: Stage, command: Option<&str>) -> Result<Reply, Failure> {
        if let Some(command) = command {
            let line = format!("{command}\r\n");
            self.stream.write_all(line.as_bytes()).await.map_err(|e| trouble::io(stage, &e))?;
            self.stream.flush().await.map_err(|e| trouble::io(stage, &e))?;
        }
        loop {
            match Reply::parse(&self.received) {
                Ok(Some((reply, used))) => {
                    self.received.drain(..used);
                    return Ok(reply);
                }
                Ok(None) => {}
                Err(error) => return Err(trouble::not_smtp(stage, error)),
            }
            let mut chunk = [0; 1_024];
            let read = self.stream.read(&mut chunk).await.map_err(|e| trouble::io(stage, &e))?;
            if read == 0 {
                return Err(trouble::closed(stage));
            }
            self.received.extend(chunk.iter().take(read));
        }
    }

    /// The stream, and true if the server said more than it was asked.
    pub(crate) fn finish(self) -> (S, bool) {
        (self.stream, !self.received.is_empty())
    }
}
