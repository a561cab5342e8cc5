//! A private public key infrastructure, made by `openssl` in a test's own folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names of a server on this machine.
pub(crate) const LOCAL: &str = "DNS:localhost,IP:127.0.0.1,IP:::1";
/// The name of another machine.
pub(crate) const ELSEWHERE: &str = "DNS:mail.example.test";

const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                    subjectKeyIdentifier=hash";
const ISSUING: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
                       subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
/// What the configuration that comes with OpenSSL gives to everybody who types `openssl req -x509`.
const REQ_X509: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
                        basicConstraints=critical,CA:TRUE";
const SELF_SIGNED_SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                                  extendedKeyUsage=serverAuth";

/// From when until when a certificate is valid, as `openssl ca` writes it.
#[derive(Clone, Copy)]
pub(crate) struct Validity(&'static str, &'static str);

pub(crate) const VALID: Validity = Validity("20240101000000Z", "20640101000000Z");
pub(crate) const EXPIRED: Validity = Validity("20190101000000Z", "20200101000000Z");

/// A certificate and its key, in files that a mail server under another user may read.
pub(crate) struct Identity {
    /// The certificate, PEM.
    pub(crate) certificate: PathBuf,
    /// What a server sends: the certificate and the intermediates above it, without the root, PEM.
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    self_signed: bool,
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

    fn sign(&self, name: &str, extensions: &str, validity: Validity, issuer: Option<&Identity>) -> Identity {
        let file = |end: &str| self.folder.join(format!("{name}.{end}"));
        let identity = Identity {
            certificate: file("pem"),
            chain: file("chain.pem"),
            key: file("key.pem"),
            self_signed: issuer.is_none(),
        };
        let configuration = file("cnf");
        let folder = self.folder.display();
        fs::write(
            &configuration,
            format!(
                "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n[ca]\ndefault_ca=tests\n\
                 [tests]\ndatabase={folder}/{name}.index\nrand_serial=yes\nnew_certs_dir={folder}\n\
                 policy=any\ndefault_md=sha256\nunique_subject=no\n[any]\ncommonName=optional\n\
                 [ext]\n{extensions}\n"
            ),
        )
        .unwrap();
        fs::write(file("index"), "").unwrap();
        let key = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"];
        run(openssl().args(key).arg(&identity.key));
        fs::set_permissions(&identity.key, fs::Permissions::from_mode(0o644)).unwrap();
        run(openssl()
            .args(["req", "-new", "-subj", &format!("/CN={name}"), "-config"])
            .arg(&configuration)
            .arg("-key")
            .arg(&identity.key)
            .arg("-out")
            .arg(file("csr")));
        let mut ca = openssl();
        ca.args(["ca", "-batch", "-notext", "-extensions", "ext", "-config"]).arg(&configuration);
        ca.args(["-startdate", validity.0, "-enddate", validity.1, "-in"]).arg(file("csr"));
        ca.arg("-out").arg(&identity.certificate);
        match issuer {
            Some(issuer) => ca.arg("-cert").arg(&issuer.certificate).arg("-keyfile").arg(&issuer.key),
            None => ca.arg("-selfsign").arg("-keyfile").arg(&identity.key),
        };
        run(&mut ca);
        let mut chain = fs::read_to_string(&identity.certificate).unwrap();
        if let Some(issuer) = issuer.filter(|issuer| !issuer.self_signed) {
            chain.push_str(&fs::read_to_string(&issuer.chain).unwrap());
        }
        fs::write(&identity.chain, chain).unwrap();
        identity
    }
}

/// `openssl` without the settings of the machine.
pub(crate) fn openssl() -> Command {
    let mut command = Command::new("openssl");
    command.env_remove("OPENSSL_CONF").env("LC_ALL", "C.UTF-8");
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("openssl");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
}
