//! Which findings matter: what `verify` and `report` have in common.

use truststore::{FindingCode, Policy};

use crate::args::timestamp;

/// Which findings matter, and when.
#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    /// Find certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value = "30")]
    pub(super) warn_days: u32,
    /// Make a finding an error; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub(super) deny: Vec<FindingCode>,
    /// Drop a finding; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub(super) allow: Vec<FindingCode>,
    /// Check as of this time, like 2026-12-31T23:59:59Z, instead of now
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(super) at: Option<i64>,
}

impl PolicyArgs {
    /// The policy; `now` is in seconds since 1970-01-01 UTC, for those who did not say a time.
    pub(super) fn policy(&self, now: i64) -> Policy {
        let mut policy = Policy::at(self.at.unwrap_or(now));
        policy.warn_days = self.warn_days;
        policy.deny.clone_from(&self.deny);
        policy.allow.clone_from(&self.allow);
        policy
    }
}

fn code(text: &str) -> Result<FindingCode, String> {
    text.parse::<FindingCode>().map_err(|error| error.message().to_owned())
}
