//! What to do next, for each kind of error.

use truststore::ErrorKind;

use crate::failure::Failure;

/// One sentence that helps out of the trouble, where there is one.
pub(crate) fn hint(failure: &Failure) -> Option<&str> {
    let error = match failure {
        Failure::Hinted(_, hint) => return Some(hint),
        Failure::Other { hint, .. } => return hint.as_deref(),
        Failure::Library(error) => error,
        _ => return None,
    };
    Some(match error.kind() {
        ErrorKind::WrongPassword => {
            "give the store's password with --password-file FILE, --password-env VAR, --password-stdin, \
             or in TRUSTSTORE_PASSWORD"
        }
        ErrorKind::ReadOnly => {
            "give the store's password with --password-file FILE, --password-env VAR or --password-stdin"
        }
        ErrorKind::MacMissing => {
            "leave the password out if the store has none, or accept it with --allow-unverified"
        }
        ErrorKind::AliasUnknown => "`truststore list` shows the aliases",
        ErrorKind::AliasTaken => {
            "--replace puts the new certificate in its place, --alias gives another name"
        }
        ErrorKind::ChangedOnDisk => "another program wrote the file; look at it, then run the command again",
        ErrorKind::Damaged => {
            "get the file again; if it is the store, `truststore restore` puts back what --backup kept"
        }
        ErrorKind::Disagreement => "nothing was changed; this is a fault of truststore: please report it",
        ErrorKind::Exists => "--force overwrites it, --out gives another name",
        ErrorKind::FingerprintMismatch => {
            "compare the fingerprint with the one your certificate authority publishes; \
             `truststore import --dry-run` shows what the input holds"
        }
        ErrorKind::Locked => "wait for the other program, or give it more time with --lock-timeout SECONDS",
        ErrorKind::Unsupported => {
            "write the file anew in a form named above, with the program that made it or with keytool \
             -importkeystore"
        }
        ErrorKind::ManifestInvalid => "`truststore apply --help` shows a manifest",
        ErrorKind::NotAStore => "name another file with --keystore PATH",
        ErrorKind::NoCertificate => {
            "give a certificate file: PEM, DER or PKCS#7 (.p7b), a folder of these, or another store"
        }
        _ => return None,
    })
}
