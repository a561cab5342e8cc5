//! Every change and every question, as a function on a store: the command, the keytool front and a
//! manifest all come through here.

mod alias;
mod compare;
mod convert;
mod copy;
mod edit;
mod export;
mod import;
mod list;
mod report;
mod select;
mod transfer;

pub use alias::alias_for;
pub use compare::compare;
pub use convert::{Conversion, ConvertOptions, Loss, convert};
pub use edit::{RemoveOptions, find, remove, rename, trust};
pub use export::{ExportFormat, export, to_pem};
pub use import::{Candidate, ImportOptions, import};
pub use list::{CertificateSummary, EntrySummary, summarize};
pub use report::{EditReport, Failure, Item, Previous};
pub use select::{Glob, near_matches};
pub use transfer::{Existing, TransferOptions, TransferOutcome, TransferReport, Transferred, transfer};

#[cfg(test)]
mod tests;
