//! `truststore probe` and `import --from-server` against servers of OpenSSL, and servers that follow a script.

mod careless;
mod hostile;
mod import;
mod mirror;
mod stages;
mod tls;
mod verdicts;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use truststore::Certificate;

use crate::schema;

/// A folder of its own, in which commands are run.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// One whose store `s` has this certificate of the test's CA.
    pub(crate) fn trusting(name: &str) -> Self {
        let sandbox = Self::new();
        let file = ca().file(name);
        sandbox.expect(0, &["import", "--file", file.to_str().unwrap(), "--alias", name, "-k", "s"]);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.within(Command::new(env!("CARGO_BIN_EXE_truststore")).args(args)))
    }

    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> Answer {
        let answer = self.run(args);
        assert_eq!(answer.code, code, "{args:?}\nstdout: {}\nstderr: {}", answer.stdout, answer.stderr);
        answer
    }

    /// Probes with the store `s`; the answer to one server, which must have this exit code.
    pub(crate) fn probe(&self, code: i32, args: &[&str]) -> Value {
        let common = ["probe", "-k", "s", "--timeout", "60", "--format", "json"];
        let answer = self.expect(code, &[&common[..], args].concat());
        let json: Value =
            serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", answer.stdout));
        serde_json::from_str::<mirror::Answer>(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {json}"));
        assert_eq!(json["ok"], code == 0, "{json}");
        json["servers"][0].clone()
    }

    /// Runs a line as it was printed for a shell.
    pub(crate) fn shell(&self, line: &str) -> Answer {
        let bin = Path::new(env!("CARGO_BIN_EXE_truststore")).parent().unwrap();
        let path = std::env::join_paths([bin, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        Answer::of(self.within(Command::new("sh").args(["-c", line]).env("PATH", path)))
    }

    fn within(&self, command: &mut Command) -> Output {
        for variable in ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap()
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        let answer = Self {
            code: output.status.code().expect("not killed"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        schema::judge(&answer.stdout, &answer.stderr);
        answer
    }
}

/// The address whose answer counts.
pub(crate) fn decisive(server: &Value) -> &Value {
    let at = server["decisive"].as_u64().unwrap_or_else(|| panic!("{server}"));
    &server["addresses"][usize::try_from(at).unwrap()]
}

/// What went wrong, as `stage/code`.
pub(crate) fn failure(server: &Value) -> String {
    let failure = &decisive(server)["failure"];
    format!("{}/{}", failure["stage"].as_str().unwrap_or("none"), failure["code"].as_str().unwrap_or("none"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

/// A CA with an intermediate, and certificates of servers for loopback, made once by `openssl`.
pub(crate) struct Ca {
    folder: TempDir,
}

pub(crate) fn ca() -> &'static Ca {
    static CA: OnceLock<Ca> = OnceLock::new();
    CA.get_or_init(Ca::make)
}

impl Ca {
    fn make() -> Self {
        let ca = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(ca.folder.path().join("cnf"), "[req]\ndistinguished_name = dn\n[dn]\n").unwrap();
        let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
        let server = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n\
                      authorityKeyIdentifier=keyid\n";
        let local = format!("{server}subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n");
        ca.issue("root", "/CN=Probe Root CA", None, "30", authority);
        ca.issue("issuing", "/CN=Probe Issuing CA", Some("root"), "30", authority);
        ca.issue("server", "/CN=localhost", Some("issuing"), "20", &local);
        let other = format!("{server}subjectAltName=DNS:mail.example.com\n");
        ca.issue("other", "/CN=mail.example.com", Some("root"), "20", &other);
        ca.issue("nameless", "/CN=localhost", None, "20", server);
        ca.issue(
            "selfsigned",
            "/CN=localhost",
            None,
            "20",
            &format!("{authority}subjectAltName=IP:127.0.0.1\n"),
        );
        ca
    }

    /// `NAME.pem` and `NAME.key`, issued by another of them or by itself.
    fn issue(&self, name: &str, subject: &str, issuer: Option<&str>, days: &str, extensions: &str) {
        std::fs::write(self.folder.path().join("ext"), extensions).unwrap();
        let (request, key, certificate) =
            (format!("{name}.csr"), format!("{name}.key"), format!("{name}.pem"));
        self.openssl(&[
            "req",
            "-new",
            "-config",
            "cnf",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-subj",
            subject,
            "-keyout",
            &key,
            "-out",
            &request,
        ]);
        let (issuer_file, issuer_key) =
            issuer.map_or((String::new(), key), |issuer| (format!("{issuer}.pem"), format!("{issuer}.key")));
        let signer = match issuer {
            Some(_) => ["-CA", &issuer_file, "-CAkey", &issuer_key],
            None => ["-signkey", &issuer_key, "-set_serial", "4711"],
        };
        let common =
            ["x509", "-req", "-in", &request, "-days", days, "-extfile", "ext", "-out", &certificate];
        self.openssl(&[&common[..], &signer].concat());
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let output =
            command.args(arguments).current_dir(self.folder.path()).env_remove("OPENSSL_CONF").output();
        let output = output.expect("openssl");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.pem"))
    }

    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        let pem = std::fs::read(self.file(name)).unwrap();
        let (_, der) = pem_rfc7468::decode_vec(&pem).unwrap();
        Certificate::from_der(der)
    }

    pub(crate) fn sha256(&self, name: &str) -> String {
        self.certificate(name).sha256().to_string()
    }

    /// What a server with this certificate sends above it, in one file.
    fn bundle(&self, names: &[&str]) -> PathBuf {
        let file = self.folder.path().join(format!("{}.bundle", names.join("-")));
        let pems: Vec<Vec<u8>> = names.iter().map(|name| std::fs::read(self.file(name)).unwrap()).collect();
        // Another test's server may be reading it right now: it is replaced, never emptied.
        let made = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        std::fs::write(made.path(), pems.concat()).unwrap();
        made.persist(&file).unwrap();
        file
    }
}

/// `openssl s_server`, until it is dropped.
pub(crate) struct OpenSsl {
    pub(crate) port: u16,
    child: Child,
    /// What it writes has to go somewhere.
    _stdout: BufReader<ChildStdout>,
}

impl OpenSsl {
    /// A server with a certificate of [`ca`], others that it sends above it, and more options.
    pub(crate) fn start(certificate: &str, above: &[&str], options: &str) -> Self {
        Self::start_at("127.0.0.1", certificate, above, options)
    }

    pub(crate) fn start_at(host: &str, certificate: &str, above: &[&str], options: &str) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", &format!("{host}:0")]);
        command.arg("-cert").arg(ca().file(certificate));
        command.arg("-key").arg(ca().file(certificate).with_extension("key"));
        if !above.is_empty() {
            command.arg("-cert_chain").arg(ca().bundle(above));
        }
        command.args(options.split_whitespace()).env_remove("OPENSSL_CONF");
        let complaints = tempfile::NamedTempFile::new().unwrap();
        // Standard input stays open: at its end the server ends too.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints.reopen().unwrap());
        let mut child = command.spawn().expect("openssl");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        // "ACCEPT 127.0.0.1:41237"
        let port = loop {
            said.clear();
            let read = stdout.read_line(&mut said).unwrap();
            let said_why = || std::fs::read_to_string(complaints.path()).unwrap();
            assert!(read > 0, "openssl s_server {options} ended: {}", said_why());
            if let Some(address) = said.trim().strip_prefix("ACCEPT ") {
                break address.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        Self { port, child, _stdout: stdout }
    }

    pub(crate) fn url(&self) -> String {
        format!("tls://127.0.0.1:{}", self.port)
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
