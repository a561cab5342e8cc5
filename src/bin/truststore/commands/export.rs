//! `truststore export`: certificates out of the store, into a file or stdout.

use std::path::{Path, PathBuf};

use serde::Serialize;
use truststore::apply::describe;
use truststore::{
    Entry, Error, ErrorKind, ExportFormat, OutputOptions, StoreFile, Written, export, find, printable,
    write_output,
};

use crate::Outcome;
use crate::context::Context;
use crate::failure::Failure;
use crate::location::refuse_own_store;
use crate::output::words;

/// Write certificates as PEM, DER or PKCS#7, or the manifest that describes the store
///
/// Without an alias, all certificate entries; of a private key, named by its alias, its certificate.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore export corp-ca > root.pem
  truststore export --as bundle --out all-roots.pem
  truststore export corp-ca --as der --out root.der --force
  truststore export --manifest --out trust.toml

Exit codes:
  0  written, or the file has this content already
  1  no such entry
  2  the file exists with other content (see --force), or it could not be done")]
pub(crate) struct Args {
    /// The aliases [default: all certificate entries]
    #[arg(value_name = "ALIAS")]
    alias: Vec<String>,
    /// The encoding
    #[arg(long = "as", value_name = "ENCODING", default_value = "pem")]
    encoding: Encoding,
    /// Write the manifest of which `truststore apply` makes such a store
    #[arg(long, conflicts_with = "encoding")]
    manifest: bool,
    /// The file [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite a file that exists
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Encoding {
    /// PEM, one certificate after the other
    Pem,
    /// PEM with the alias, subject and expiry above each
    Bundle,
    /// The DER of one certificate
    Der,
    /// PKCS#7 in PEM
    Pkcs7,
    /// PKCS#7 in DER, as Windows reads .p7b
    P7b,
}

#[derive(Serialize)]
struct Answer {
    out: Option<String>,
    changed: bool,
    entries: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<String>,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let entries = select(&file, args)?;
    let path = context.path();
    if let Some(out) = &args.out {
        refuse_own_store(out, &path)?;
    }
    let Exported { bytes, names } = match args.manifest {
        true => manifest(&file, &entries, context)?,
        false => certificates(&entries, args.encoding, &path)?,
    };
    let Some(out) = args.out.as_ref().filter(|out| out.as_os_str() != "-") else {
        return to_stdout(context, args, bytes, names);
    };
    let options = OutputOptions { force: args.force, ..OutputOptions::default() };
    let changed = write_output(out, &bytes, &options)? != Written::Unchanged;
    context.written = changed;
    if context.is_json() {
        let answer = Answer {
            out: Some(out.display().to_string()),
            changed,
            entries: names,
            pem: None,
            manifest: None,
        };
        context.json("export", answer)?;
    } else {
        let what = words::count(names.len(), "certificate", "certificates");
        let verb = if changed { "wrote" } else { "unchanged:" };
        context.out.line(printable(&format!("{verb} {what} in {}", out.display())))?;
    }
    Ok(Outcome::Yes)
}

/// What is to be written, and the names of the entries that are in it.
struct Exported {
    bytes: Vec<u8>,
    names: Vec<String>,
}

fn certificates(entries: &[&Entry], encoding: Encoding, path: &Path) -> Result<Exported, Failure> {
    let format = match encoding {
        Encoding::Pem => ExportFormat::Pem,
        Encoding::Bundle => ExportFormat::PemBundle,
        Encoding::Der => ExportFormat::Der,
        Encoding::Pkcs7 => ExportFormat::Pkcs7,
        Encoding::P7b => ExportFormat::Pkcs7Der,
    };
    let bytes = export(entries.iter().copied(), format).map_err(|e| match e.kind() {
        ErrorKind::NoCertificate => {
            Failure::Hinted(e.at_path(path), "`truststore list` shows what the store holds")
        }
        _ => Failure::Library(e.at_path(path)),
    })?;
    Ok(Exported { bytes, names: entries.iter().map(|entry| entry.name().to_owned()).collect() })
}

fn manifest(file: &StoreFile, entries: &[&Entry], context: &mut Context) -> Result<Exported, Failure> {
    let described = describe(file.store(), entries.iter().copied())?;
    for left in &described.left_out {
        context.warn(format_args!("not in the manifest: \"{}\" ({})", left.alias, left.kind));
    }
    Ok(Exported { bytes: described.toml.into_bytes(), names: described.entries })
}

fn select<'a>(file: &'a StoreFile, args: &Args) -> Result<Vec<&'a Entry>, Failure> {
    let store = file.store();
    if args.alias.is_empty() {
        // What a manifest cannot describe is said.
        return Ok(store.entries().iter().filter(|entry| args.manifest || entry.is_certificate()).collect());
    }
    args.alias.iter().map(|alias| Ok(find(store, alias)?)).collect()
}

fn to_stdout(
    context: &mut Context,
    args: &Args,
    bytes: Vec<u8>,
    entries: Vec<String>,
) -> Result<Outcome, Failure> {
    let is_text = !matches!(args.encoding, Encoding::Der | Encoding::P7b);
    if context.is_json() {
        let text = String::from_utf8(bytes).ok().filter(|_| is_text);
        let text = text.ok_or_else(|| Failure::usage("JSON holds PEM; write DER to a file with --out"))?;
        let (pem, manifest) = if args.manifest { (None, Some(text)) } else { (Some(text), None) };
        context.json("export", Answer { out: None, changed: false, entries, pem, manifest })?;
        return Ok(Outcome::Yes);
    }
    if !is_text && context.out.is_terminal() {
        let message = "DER is not for a terminal; write it to a file with --out FILE";
        return Err(Error::new(ErrorKind::Refused, message).into());
    }
    context.out.bytes(&bytes)?;
    Ok(Outcome::Yes)
}
