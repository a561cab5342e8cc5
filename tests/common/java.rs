//! A JVM, asked through `keytool` and the programs of `testdata/java/`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Runs `StoreDump`, `KeyDump` or `keytool -list` for every line of its input, so that many stores cost one start
/// of a JVM.
const BATCH: &str = r#"
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

public class Batch {
    public static void main(String[] program) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println("== " + line);
            String[] arguments = line.split("\t");
            switch (program[0]) {
                case "KeyDump" -> KeyDump.main(arguments);
                case "Keytool" -> keytool("-list", "-keystore", arguments[0], "-storetype", arguments[1],
                    "-storepass", arguments[2]);
                default -> StoreDump.main(arguments);
            }
        }
    }

    /** What the command `keytool` starts; it ends the JVM where the command fails. */
    private static void keytool(String... arguments) throws Exception {
        Class.forName("sun.security.tools.keytool.Main").getMethod("main", String[].class)
            .invoke(null, (Object) arguments);
    }
}
"#;

/// The programs of `testdata/java/` that are asked.
const PROGRAMS: [&str; 5] = ["CipherSuites", "Handshake", "KeyDump", "PropertiesDump", "StoreDump"];

/// A JDK that is there, with the programs compiled.
pub struct Java {
    classes: PathBuf,
}

/// One entry as `StoreDump` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dumped {
    pub alias: String,
    pub kind: String,
    pub created: i64,
    /// SHA-256 of each certificate, end-entity first.
    pub fingerprints: Vec<String>,
    /// Whether the key opens with the key password; `None` for a certificate.
    pub usable: Option<bool>,
}

/// What `StoreDump` is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub file: PathBuf,
    pub java_type: &'static str,
    pub password: &'static str,
    pub key_password: &'static str,
}

/// The JDK; `None`, with a note, where there is none and the environment does not require it.
pub fn java() -> Option<&'static Java> {
    static JAVA: OnceLock<Option<Java>> = OnceLock::new();
    JAVA.get_or_init(Java::find).as_ref()
}

impl Java {
    fn find() -> Option<Self> {
        let missing = ["java", "javac", "keytool"].into_iter().find(|tool| {
            let help = command(tool).arg("-help").stdout(Stdio::null()).stderr(Stdio::null()).status();
            !help.is_ok_and(|status| status.success())
        });
        if let Some(tool) = missing {
            let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
            assert!(!required, "`{tool}` is missing: install openjdk-17-jdk-headless");
            eprintln!("note: `{tool}` is missing: what a JVM makes of our stores is not tested");
            return None;
        }
        // One folder for each test binary: two of them may run at once.
        let classes = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("java-", env!("CARGO_CRATE_NAME")));
        fs::create_dir_all(&classes).expect("a folder for classes");
        fs::write(classes.join("Batch.java"), BATCH).expect("Batch.java");
        let compiled = command("javac")
            .args(["-encoding", "UTF-8", "-d"])
            .arg(&classes)
            .arg(classes.join("Batch.java"))
            .args(PROGRAMS.map(|name| super::testdata(&format!("java/{name}.java"))))
            .output()
            .expect("javac");
        assert!(compiled.status.success(), "javac: {}", text(&compiled.stderr));
        Some(Self { classes })
    }

    /// What a JVM finds in each of these stores, in the order of its aliases.
    pub fn dump(&self, questions: &[Question]) -> Vec<Vec<Dumped>> {
        let lines = self.batch("StoreDump", questions);
        lines.iter().map(|lines| lines.iter().map(|line| Dumped::read(line)).collect()).collect()
    }

    /// What a JVM opens in each of these stores: the lines of `KeyDump`, in the order of its aliases.
    pub fn keys(&self, questions: &[Question]) -> Vec<Vec<String>> {
        self.batch("KeyDump", questions)
    }

    /// What `keytool -list` prints of each of these stores, in one JVM.
    pub fn keytool_lists(&self, questions: &[Question]) -> Vec<Vec<String>> {
        self.batch("Keytool", questions)
    }

    fn batch(&self, program: &str, questions: &[Question]) -> Vec<Vec<String>> {
        let mut child = command("java")
            .args(["--add-exports", "java.base/sun.security.tools.keytool=ALL-UNNAMED"])
            .args(["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(&self.classes)
            .args(["Batch", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("java");
        let mut input = String::new();
        for q in questions {
            let file = q.file.to_str().expect("UTF-8");
            input.push_str(&format!("{file}\t{}\t{}\t{}\n", q.java_type, q.password, q.key_password));
        }
        child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("java reads");
        let output = child.wait_with_output().expect("java");
        let stdout = text(&output.stdout);
        assert!(output.status.success(), "{stdout}\n{}", text(&output.stderr));
        let mut dumps: Vec<Vec<String>> = Vec::new();
        for line in stdout.lines() {
            if line.starts_with("== ") {
                dumps.push(Vec::new());
            } else {
                dumps.last_mut().expect("a heading").push(line.to_owned());
            }
        }
        assert_eq!(dumps.len(), questions.len(), "{stdout}");
        dumps
    }

    /// The standard output of a program of [`PROGRAMS`], which must succeed.
    pub fn program(&self, arguments: &[&str], input: &str) -> String {
        let mut child = command("java")
            .args(["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(&self.classes)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("java");
        child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("java reads");
        let output = child.wait_with_output().expect("java");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The real `keytool`, which must succeed; its standard output.
    pub fn keytool(&self, arguments: &[&str], store: &Path, java_type: &str) -> String {
        let output = command("keytool")
            .args(["-J-Dfile.encoding=UTF-8", "-J-XX:TieredStopAtLevel=1"])
            .args(arguments)
            .args(["-storetype", java_type, "-storepass", "changeit", "-keystore"])
            .arg(store)
            .output()
            .expect("keytool");
        let stdout = text(&output.stdout);
        assert!(output.status.success(), "keytool {arguments:?}: {stdout}\n{}", text(&output.stderr));
        stdout
    }

    /// One TLS handshake with a server whose certificate `corp-root` issued, by a JVM that trusts
    /// `trust_store`.
    pub fn handshake(&self, trust_store: &Path, java_type: &str) -> Output {
        command("java")
            .args(["-XX:TieredStopAtLevel=1", "-cp"])
            .arg(&self.classes)
            .arg(format!("-Djavax.net.ssl.trustStore={}", trust_store.display()))
            .arg(format!("-Djavax.net.ssl.trustStoreType={java_type}"))
            .arg("-Djavax.net.ssl.trustStorePassword=changeit")
            .arg("Handshake")
            .arg(super::testdata("stores/openssl/key-chain.p12"))
            .args(["changeit", "mail.example.com"])
            .output()
            .expect("java")
    }
}

impl Dumped {
    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields.len() >= 4, "{line}");
        Self {
            alias: fields[0].to_owned(),
            kind: fields[1].to_owned(),
            created: fields[2].parse().unwrap_or_else(|_| panic!("{line}")),
            fingerprints: fields[3].split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
            usable: match fields.get(4) {
                Some(&"key-usable") => Some(true),
                Some(&"key-unusable") => Some(false),
                Some(other) => panic!("{other}"),
                None => None,
            },
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A program whose output does not depend on what surrounds it.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command.env_remove("JAVA_TOOL_OPTIONS").env_remove("JDK_JAVA_OPTIONS");
    command
}
