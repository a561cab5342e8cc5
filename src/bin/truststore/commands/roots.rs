//! Roots that everybody trusts, to be put into a store: of the system, of Mozilla, of a JDK.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use truststore::sources::{Jdk, mozilla_roots, system_roots};
use truststore::{Certificate, Found, Integrity, Password, Unlock, read_file, read_store};

use crate::context::Context;
use crate::failure::Failure;
use crate::location;
use crate::output::words;

/// Whose roots are taken; those of more than one may be.
#[derive(Debug, clap::Args)]
pub(crate) struct RootArgs {
    /// Take the roots that this system trusts; SSL_CERT_FILE and SSL_CERT_DIR are read instead if they are set
    #[arg(long, help_heading = "Public roots")]
    from_system: bool,
    /// Take the roots that Mozilla trusts for servers, as of this program's release
    #[arg(long, help_heading = "Public roots")]
    from_mozilla: bool,
    /// Take the roots of a JDK, with their aliases [default: that of JAVA_HOME, else of the java in PATH]
    #[arg(long, value_name = "JAVA_HOME", num_args = 0..=1, help_heading = "Public roots")]
    from_jdk: Option<Option<PathBuf>>,
}

impl RootArgs {
    pub(super) fn is_empty(&self) -> bool {
        !self.from_system && !self.from_mozilla && self.from_jdk.is_none()
    }
}

/// The roots, each once: a JDK's first, since they have aliases. `password` may open the JDK's.
pub(super) fn gather(
    args: &RootArgs,
    password: Option<&Password>,
    context: &mut Context,
) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    if let Some(home) = &args.from_jdk {
        found.push(of_jdk(home.as_deref(), password, context)?);
    }
    if args.from_system {
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if let Some(value) = std::env::var_os(variable) {
                let value = value.to_string_lossy();
                context.note(format_args!("the system's roots are those of {variable}: {value}"));
            }
        }
        found.push(system_roots(&context.limits)?);
    }
    if args.from_mozilla {
        found.push(mozilla_roots(&context.limits)?);
    }
    let mut seen: HashSet<Certificate> = HashSet::new();
    let mut repeated = 0;
    for source in &mut found {
        let before = source.certificates.len();
        source.certificates.retain(|root| seen.insert(root.certificate.clone()));
        repeated += before - source.certificates.len();
    }
    if repeated > 0 {
        let roots = words::count(repeated, "root is", "roots are");
        context.note(format_args!("{roots} in more than one of the sources; each is taken once"));
    }
    Ok(found)
}

/// The roots of a JDK. Java asks nobody for a password before it trusts them, so that none is required here.
fn of_jdk(home: Option<&Path>, password: Option<&Password>, context: &mut Context) -> Result<Found, Failure> {
    let jdk = match home {
        Some(home) => Jdk::at(home)?,
        None => location::active_jdk()?,
    };
    let path = jdk.cacerts();
    let name = path.display().to_string();
    context.note(format_args!("the JDK's roots are those of {name}"));
    let bytes = read_file(&path, &context.limits)?;
    let mut found = read_store(&name, bytes.clone(), Unlock::Defaults, &context.limits);
    let is_open = found.as_ref().is_ok_and(|found| found.integrity != Some(Integrity::Unchecked));
    if let Some(password) = password.filter(|_| !is_open) {
        found = read_store(&name, bytes, Unlock::WithUnverified(password), &context.limits);
    }
    let found = found.map_err(|error| match error.is_wrong_password() {
        true => Failure::Hinted(
            error,
            "give the password of cacerts with --source-password-file FILE or --source-password-env VAR",
        ),
        false => error.into(),
    })?;
    if found.integrity == Some(Integrity::Unchecked) {
        context.warn(format_args!(
            "{name}: its password is not Java's default, so its integrity was not checked; Java does not check it \
             either"
        ));
    }
    Ok(found)
}
