//! Why a server is trusted or not, for a person and for a script.

use serde::Serialize;
use truststore::tls::{AnchorMatch, Decision, JavaDiffers, Member, Refusal};
use truststore::{printable, rfc3339_date};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::words::{self, BAD, CAUTION, DIM, GOOD};

/// A decision with its words, as JSON.
#[derive(Serialize)]
pub(crate) struct Verdict<'a> {
    trusted: bool,
    anchor: Option<&'a AnchorMatch>,
    refusal: Option<Said<'a>>,
    java: Option<&'a JavaDiffers>,
    chain: &'a [Member],
}

#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    refusal: &'a Refusal,
    message: String,
    /// `None` where the refusal says it itself: a key stands in an object once.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl<'a> Verdict<'a> {
    pub(crate) fn of(decision: &'a Decision) -> Self {
        let said = |refusal: &'a Refusal| {
            let says_itself = matches!(refusal, Refusal::UnusableIssuer { .. });
            let remedy = (!says_itself).then(|| refusal.remedy());
            Said { refusal, message: refusal.to_string(), remedy }
        };
        Self {
            trusted: decision.is_trusted(),
            anchor: decision.anchor.as_ref(),
            refusal: decision.refusal.as_ref().map(said),
            java: decision.java.as_ref(),
            chain: &decision.chain,
        }
    }
}

/// Writes the verdict and the chain; `now` is in seconds since 1970-01-01 UTC.
pub(crate) fn write(decision: &Decision, now: i64, context: &mut Context) -> Result<(), Failure> {
    let out = &mut context.out;
    match (&decision.anchor, &decision.refusal) {
        (Some(anchor), _) => {
            let (alias, subject) = (printable(&anchor.alias), printable(&anchor.subject));
            let role = anchor.role;
            out.wrapped(
                2,
                format_args!("{GOOD}trusted{GOOD:#}: anchored by \"{alias}\" as {role}  {subject}"),
            )?;
        }
        (None, Some(refusal)) => {
            let (code, message) = (refusal.code(), refusal.to_string());
            out.wrapped(2, format_args!("{BAD}not trusted{BAD:#} [{code}]: {}", printable(&message)))?;
            out.wrapped(2, format_args!("  {}", printable(&refusal.remedy())))?;
        }
        (None, None) => {}
    }
    if let Some(java) = &decision.java {
        let verb = if java.trusted { "trust" } else { "not trust" };
        let reason = printable(&java.reason);
        out.wrapped(2, format_args!("{CAUTION}Java would {verb} it{CAUTION:#}: {reason}"))?;
    }
    for (number, member) in decision.chain.iter().enumerate() {
        chain_line(number, member, now, out)?;
    }
    Ok(())
}

fn chain_line(number: usize, member: &Member, now: i64, out: &mut super::Out) -> Result<(), Failure> {
    let subject = if member.subject.is_empty() { "(no subject)" } else { &member.subject };
    let until = rfc3339_date(member.not_after);
    let expiry = words::expiry(days_left(member, now));
    out.wrapped(5, format_args!("{number:>3}  {}  {DIM}until {until}, {expiry}{DIM:#}", printable(subject)))?;
    if number == 0 && !member.names.is_empty() {
        out.wrapped(9, format_args!("     for {}", printable(&member.names.join(", "))))?;
    }
    out.line(format_args!("     SHA-256 {}", member.sha256))
}

fn days_left(member: &Member, now: i64) -> i64 {
    member.not_after.saturating_sub(now).div_euclid(86_400)
}

/// What expires within so many days, of a chain that is trusted now.
pub(crate) fn expiry_warnings(decision: &Decision, now: i64, warn_days: u32) -> Vec<String> {
    if !decision.is_trusted() {
        return Vec::new();
    }
    let soon = decision.chain.iter().filter(|member| days_left(member, now) <= i64::from(warn_days));
    soon.map(|member| {
        let when = words::expiry(days_left(member, now));
        format!("{} expires {when}, on {}", member.subject, rfc3339_date(member.not_after))
    })
    .collect()
}
