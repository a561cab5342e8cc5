//! A private public key infrastructure, made by `openssl` in a test's own folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names of a server on this machine.
pub(crate) const LOCAL: &str = "DNS:localhost,IP:127.0.0.1,IP:::1";
/// The name of another machine.
pub(crate) const ELSEWHERE: &str = "DNS:mail.example.test";

pub(crate) const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                               subjectKeyIdentifier=hash";
const ISSUING: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
                       subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
pub(crate) const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                                 extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\n\
                                 authorityKeyIdentifier=keyid";
/// What the configuration that comes with OpenSSL gives to everybody who types `openssl req -x509`.
const REQ_X509: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
                        basicConstraints=critical,CA:TRUE";
const SELF_SIGNED_SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                                  extendedKeyUsage=serverAuth";

/// From when until when a certificate is valid, as `openssl ca` writes it.
#[derive(Clone, Copy)]
pub(crate) struct Validity(pub(crate) &'static str, pub(crate) &'static str);

pub(crate) const VALID: Validity = Validity("20240101000000Z", "20640101000000Z");
pub(crate) const EXPIRED: Validity = Validity("20190101000000Z", "20200101000000Z");

/// A certificate and its key, in files that a mail server under another user may read.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The certificate, PEM.
    pub(crate) certificate: PathBuf,
    /// What a server sends: the certificate and the intermediates above it, without the root, PEM.
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) self_signed: bool,
}

impl Identity {
    /// The certificate's SHA-256 fingerprint, as OpenSSL writes it: `AB:CD:…`.
    pub(crate) fn sha256(&self) -> String {
        let output = openssl()
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(&self.certificate)
            .output()
            .expect("openssl");
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim().rsplit('=').next().expect("name=value").to_owned()
    }
}

pub(crate) struct Pki {
    folder: PathBuf,
}

/// How a certificate is made, beyond its name.
pub(crate) struct Recipe<'a> {
    /// The distinguished name, as `openssl req -subj` takes it.
    pub(crate) subject: &'a str,
    /// Lines of an extension section; without any the certificate is of version 1.
    pub(crate) extensions: &'a str,
    pub(crate) validity: Validity,
    /// Arguments of `openssl genpkey`.
    pub(crate) key: &'a [&'a str],
    pub(crate) digest: &'a str,
    pub(crate) issuer: Option<&'a Identity>,
}

pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

impl Pki {
    /// Uses the existing `folder` for its files.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(crate) fn root(&self, name: &str) -> Identity {
        self.sign(name, ROOT, VALID, None)
    }

    pub(crate) fn intermediate(&self, name: &str, issuer: &Identity) -> Identity {
        self.sign(name, ISSUING, VALID, Some(issuer))
    }

    /// A server's certificate for the names `san`.
    pub(crate) fn server(&self, name: &str, san: &str, validity: Validity, issuer: &Identity) -> Identity {
        self.sign(name, &format!("{SERVER}\nsubjectAltName={san}"), validity, Some(issuer))
    }

    /// What `openssl req -x509 -addext subjectAltName=…` makes: a server that is also a CA.
    pub(crate) fn self_signed_ca(&self, name: &str, san: &str) -> Identity {
        self.sign(name, &format!("{REQ_X509}\nsubjectAltName={san}"), VALID, None)
    }

    /// A self-signed server that may not issue certificates.
    pub(crate) fn self_signed(&self, name: &str, san: &str) -> Identity {
        self.sign(name, &format!("{SELF_SIGNED_SERVER}\nsubjectAltName={san}"), VALID, None)
    }

    /// A certificate for the subject `CN=name`.
    pub(crate) fn sign(
        &self,
        name: &str,
        extensions: &str,
        validity: Validity,
        issuer: Option<&Identity>,
    ) -> Identity {
        let subject = format!("/CN={name}");
        let digest = "sha256";
        self.make(name, &Recipe { subject: &subject, extensions, validity, key: P256, digest, issuer })
    }

    /// A certificate in files that begin with `name`; an existing key of that name is used again.
    pub(crate) fn make(&self, name: &str, recipe: &Recipe<'_>) -> Identity {
        let file = |end: &str| self.folder.join(format!("{name}.{end}"));
        let identity = Identity {
            certificate: file("pem"),
            chain: file("chain.pem"),
            key: file("key.pem"),
            self_signed: recipe.issuer.is_none(),
        };
        let configuration = file("cnf");
        let folder = self.folder.display();
        let extensions = match recipe.extensions {
            "" => String::new(),
            lines => format!("x509_extensions=ext\n[ext]\n{lines}\n"),
        };
        fs::write(
            &configuration,
            format!(
                "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n[any]\ncommonName=optional\n\
                 organizationName=optional\n[ca]\ndefault_ca=tests\n[tests]\ndatabase={folder}/{name}.index\n\
                 rand_serial=yes\nnew_certs_dir={folder}\npolicy=any\nunique_subject=no\n{extensions}"
            ),
        )
        .unwrap();
        fs::write(file("index"), "").unwrap();
        if !identity.key.exists() {
            run(openssl().arg("genpkey").args(recipe.key).arg("-out").arg(&identity.key));
            readable_by_all(&identity.key);
        }
        run(openssl()
            .args(["req", "-new", "-subj", recipe.subject, "-config"])
            .arg(&configuration)
            .arg("-key")
            .arg(&identity.key)
            .arg("-out")
            .arg(file("csr")));
        let mut ca = openssl();
        ca.args(["ca", "-batch", "-notext", "-preserveDN", "-md", recipe.digest, "-config"])
            .arg(&configuration);
        ca.args(["-startdate", recipe.validity.0, "-enddate", recipe.validity.1, "-in"]).arg(file("csr"));
        ca.arg("-out").arg(&identity.certificate);
        match recipe.issuer {
            Some(issuer) => ca.arg("-cert").arg(&issuer.certificate).arg("-keyfile").arg(&issuer.key),
            None => ca.arg("-selfsign").arg("-keyfile").arg(&identity.key),
        };
        run(&mut ca);
        let mut chain = fs::read_to_string(&identity.certificate).unwrap();
        if let Some(issuer) = recipe.issuer.filter(|issuer| !issuer.self_signed) {
            chain.push_str(&fs::read_to_string(&issuer.chain).unwrap());
        }
        fs::write(&identity.chain, chain).unwrap();
        identity
    }
}

impl Identity {
    /// The certificate's DER.
    pub(crate) fn der(&self) -> Vec<u8> {
        let pem = fs::read(&self.certificate).unwrap();
        pem_rfc7468::decode_vec(&pem).unwrap().1
    }

    /// The key's PKCS#8 DER.
    pub(crate) fn key_der(&self) -> Vec<u8> {
        pem_rfc7468::decode_vec(&fs::read(&self.key).unwrap()).unwrap().1
    }
}

#[cfg(unix)]
fn readable_by_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

#[cfg(not(unix))]
fn readable_by_all(_: &Path) {}

/// `openssl` without the settings of the machine.
pub(crate) fn openssl() -> Command {
    let mut command = Command::new("openssl");
    command.env_remove("OPENSSL_CONF").env("LC_ALL", "C.UTF-8");
    command
}

pub(crate) fn run(command: &mut Command) {
    let output = command.output().expect("openssl");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
}
