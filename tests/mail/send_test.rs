//! `truststore send-test`, as its users see it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[cfg(target_os = "linux")]
use base64ct::{Base64, Encoding as _};
use serde_json::Value;
use truststore::{Certificate, Format, Password, SystemRandom, TrustStore};

#[cfg(target_os = "linux")]
use crate::remains;
use crate::script::{Server, Step, honest, say};
use crate::{ClosedPort, PASSWORD, pki, schema};

struct Sandbox {
    folder: tempfile::TempDir,
}

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.stdout, self.stderr))
    }
}

impl Sandbox {
    /// A folder with a store that trusts the root of these tests, or nothing.
    fn new(trusting: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = TrustStore::new(Format::Pkcs12, Password::new(Password::JAVA_DEFAULT));
        if trusting {
            store.insert("root", Certificate::from_der(pki::get().root.to_vec()), 0).unwrap();
        }
        let bytes = store.to_bytes(&mut SystemRandom).unwrap();
        std::fs::write(folder.path().join("store"), bytes.as_ref() as &[u8]).unwrap();
        Self { folder }
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    fn send_test(&self, arguments: &[&str]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_truststore"))
            .args(["send-test", "-k", "store", "--to", "a@example.org", "--to", "b@example.org"])
            .args(arguments)
            .current_dir(self.path())
            .env_remove("TRUSTSTORE_PASSWORD")
            .env("MAIL_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let answer = Answer {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(!said.contains(PASSWORD), "{said}");
        schema::judge(&answer.stdout, &answer.stderr);
        answer
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A field that comes or goes fails a test.
fn assert_fields(json: &Value, expected: &[&str]) {
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    let mut found: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

/// Options for a server of these tests.
fn options<'a>(server: &'a str, encryption: &'a str) -> Vec<&'a str> {
    vec!["--server", server, "--encryption", encryption, "--from", "ops@example.com", "--timeout", "30"]
}

#[test]
fn a_message_goes_out_and_says_what_it_proves() {
    let server = Server::start(honest::over_starttls());
    let name = format!("127.0.0.1:{}", server.port);
    let mut arguments = options(&name, "starttls");
    arguments.extend(["--user", "ops", "--mail-password-env", "MAIL_PASSWORD"]);
    let answer = Sandbox::new(true).send_test(&arguments);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let shown = answer.stdout.lines().collect::<Vec<_>>();
    assert_eq!(shown[0], "sent to a@example.org, b@example.org");
    assert_eq!(shown[1], format!("Server  {name} ({name})"));
    assert!(shown[2].starts_with("TLS     TLSv1.3, TLS_AES_"), "{}", shown[2]);
    assert_eq!(shown[3..], ["Login   ops, PLAIN", "Reply   250 2.0.0 queued as 4711"]);
    let told = server.told();
    assert_eq!((told.trouble.as_deref(), told.plain().contains("AUTH")), (None, false));
    let mail = told.protected();
    assert!(mail.contains("Subject: truststore test message from "), "{mail}");
    assert!(mail.contains("To: <a@example.org>") && mail.contains("From: <ops@example.com>"), "{mail}");
    assert!(mail.contains("proves"), "{mail}");
}

#[test]
fn json_has_the_delivery() {
    let server = Server::start(honest::over_tls());
    let name = format!("127.0.0.1:{}", server.port);
    let mut arguments = options(&name, "ssl-tls");
    arguments.extend(["--format", "json", "--subject", "Prüfung"]);
    let answer = Sandbox::new(true).send_test(&arguments);
    let json = answer.json();
    assert_fields(
        &json,
        &[
            "schema", "command", "store", "from", "to", "sent", "delivery", "failure", "attempts", "probe",
            "import", "warnings",
        ],
    );
    assert_fields(
        &json["delivery"],
        &[
            "host",
            "port",
            "encryption",
            "address",
            "tls",
            "capabilities",
            "timings",
            "authenticated",
            "reply",
            "warnings",
            "failed_attempts",
        ],
    );
    assert_eq!((answer.code, &json["command"], &json["sent"]), (0, &"send-test".into(), &true.into()));
    assert_eq!(json["delivery"]["reply"]["code"], 250);
    assert_eq!(json["delivery"]["tls"]["version"], "TLSv1.3");
    assert_eq!(json["delivery"]["port"], server.port);
    assert_eq!(json["delivery"]["authenticated"], Value::Null);
    assert!(json["delivery"]["timings"].as_array().unwrap().len() > 5);
    assert_eq!((&json["failure"], &json["attempts"]), (&Value::Null, &Value::Array(vec![])));
    assert!(server.told().protected().contains("Subject: =?utf-8?"));
}

#[test]
fn a_refusal_is_the_answer_no() {
    let untrusted = Server::start([honest::tls(), vec![Step::Silence]].concat());
    let stripped =
        Server::start([honest::banner(), honest::ehlo("AUTH PLAIN"), vec![Step::Silence]].concat());
    let refused =
        vec![Step::Expect("AUTH"), say("535 5.7.8 no\u{7}\n"), Step::Expect("QUIT"), say("221 x\n")];
    let refused =
        Server::start([honest::tls(), honest::banner(), honest::ehlo("AUTH PLAIN"), refused].concat());
    for (server, encryption, trusting, stage, code) in [
        (untrusted, "ssl-tls", false, "tls", "certificate-refused"),
        (stripped, "starttls", true, "starttls", "tls-not-offered"),
        (refused, "ssl-tls", true, "auth", "auth-refused"),
    ] {
        let name = format!("127.0.0.1:{}", server.port);
        let mut arguments = options(&name, encryption);
        arguments.extend(["--user", "ops", "--mail-password-env", "MAIL_PASSWORD"]);
        arguments.extend(["--format", "json"]);
        let answer = Sandbox::new(trusting).send_test(&arguments);
        let json = answer.json();
        assert_eq!((answer.code, &json["sent"]), (1, &false.into()), "{code}");
        assert_eq!((&json["failure"]["stage"], &json["failure"]["code"]), (&stage.into(), &code.into()));
        assert_eq!(json["attempts"][0]["failure"]["code"], code);
        assert_fields(
            &json["attempts"][0],
            &["host", "port", "address", "tls", "capabilities", "timings", "failure"],
        );
        assert!(!answer.stdout.contains('\u{7}'));
    }
}

#[test]
fn a_refused_certificate_is_explained_with_the_import_that_helps() {
    let port = Server::for_all([honest::tls(), vec![Step::Silence]].concat());
    let name = format!("127.0.0.1:{port}");
    let answer = Sandbox::new(false).send_test(&options(&name, "ssl-tls"));
    assert_eq!(answer.code, 1);
    let said = &answer.stdout;
    assert!(said.starts_with(&format!("not sent [certificate-refused]: {name}: ")), "{said}");
    assert!(
        said.contains("not trusted [missing-root]: the store lacks the issuing CA: CN=Test-Root"),
        "{said}"
    );
    assert!(said.contains("\n  truststore import --file CA.pem --sha256 FINGERPRINT"), "{said}");
    let mut arguments = options(&name, "ssl-tls");
    arguments.extend(["--format", "json"]);
    let json = Sandbox::new(false).send_test(&arguments).json();
    assert_eq!(json["probe"]["code"], "missing-root");
    assert!(json["import"][0].as_str().is_some_and(|line| line.starts_with("truststore import")), "{json}");
}

#[test]
fn a_server_that_cannot_be_asked_is_no_answer() {
    let closed = ClosedPort::new();
    let name = format!("127.0.0.1:{}", closed.port);
    let mut arguments = options(&name, "ssl-tls");
    let answer = Sandbox::new(true).send_test(&arguments);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("connection refused\nhint: check host and port"), "{}", answer.stderr);
    arguments.extend(["--format", "json"]);
    let answer = Sandbox::new(true).send_test(&arguments);
    assert_eq!((answer.code, &answer.json()["failure"]["stage"]), (2, &"tcp".into()));
    let error: Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(error["error"]["code"], "connect-refused");
}

#[test]
fn settings_say_it_all_and_options_replace_what_they_say() {
    let sandbox = Sandbox::new(true);
    let closed = ClosedPort::new();
    let server = Server::start(honest::over_starttls());
    // TLS 1.2 is the product's default.
    sandbox.write(
        "spoc.conf",
        &format!(
            "mailserver=127.0.0.1\nmailfrom=ops@example.com\nmailuser=ops\nmailpass={PASSWORD}\n\
             mailSmtpPort={}\n",
            server.port
        ),
    );
    sandbox.write("central.conf", "mailSmtpEncryption=STARTTLS\nmailSmtpTimeout=30000\n");
    let arguments = ["--settings", "spoc.conf", "--central-settings", "central.conf", "--format", "json"];
    let answer = sandbox.send_test(&arguments);
    let json = answer.json();
    assert_eq!(
        (answer.code, &json["delivery"]["tls"]["version"]),
        (0, &"TLSv1.2".into()),
        "{}",
        answer.stderr
    );
    assert_eq!(json["delivery"]["authenticated"]["user"], "ops");
    assert_eq!(server.told().trouble, None);

    let other = format!("127.0.0.1:{}", closed.port);
    let answer = sandbox.send_test(&[arguments.as_slice(), &["--server", &other]].concat());
    assert_eq!((answer.code, &answer.json()["attempts"][0]["port"]), (2, &closed.port.into()));
    // Another user without a password does not get the first one's.
    let answer = sandbox.send_test(&[arguments.as_slice(), &["--user", "other"]].concat());
    assert!(answer.code == 2 && answer.stderr.contains("--mail-password-file"), "{}", answer.stderr);
}

#[test]
fn a_backup_that_was_used_is_said() {
    let sandbox = Sandbox::new(true);
    let server = Server::start(honest::over_tls());
    // The port is that of both; nobody listens at the first address.
    sandbox.write(
        "spoc.conf",
        &format!(
            "mailserver=127.0.0.2\nmailserverbackup=127.0.0.1\nmailfrom=ops@example.com\n\
             mailSmtpEncryption=SSL_TLS\nmailSmtpPort={}\nmailSmtpConnectionTimeout=2000\n",
            server.port
        ),
    );
    let answer = sandbox.send_test(&["--settings", "spoc.conf"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stderr.contains("warning: 127.0.0.2:"), "{}", answer.stderr);
    assert!(answer.stderr.contains("the backup server was used"), "{}", answer.stderr);
}

#[test]
fn plain_text_takes_a_word_of_its_own_for_the_password_and_a_fall_back_is_warned_of() {
    let sandbox = Sandbox::new(true);
    let password = sandbox.write("pw", &format!("{PASSWORD}\n"));
    let user = ["--user", "ops", "--mail-password-file", password.to_str().unwrap()];
    let answer = sandbox.send_test(&[options("127.0.0.1:1", "none").as_slice(), &user].concat());
    assert!(answer.code == 2 && answer.stderr.contains("not sent in plain text"), "{}", answer.stderr);

    let server = Server::start(honest::in_clear("AUTH PLAIN"));
    let name = format!("127.0.0.1:{}", server.port);
    let arguments = [options(&name, "starttls").as_slice(), &user, &["--opportunistic"]].concat();
    let answer = sandbox.send_test(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.contains("TLS     none: the message went over in plain text"), "{}", answer.stdout);
    assert!(answer.stderr.contains("warning: the server does not offer STARTTLS"), "{}", answer.stderr);
    assert!(!server.told().plain().contains("AUTH"));

    let script = [honest::banner(), honest::ehlo("AUTH PLAIN"), honest::auth_plain(), honest::message()];
    let server = Server::start(script.concat());
    let name = format!("127.0.0.1:{}", server.port);
    let arguments = [options(&name, "none").as_slice(), &user, &["--allow-plaintext-credentials"]].concat();
    assert_eq!(sandbox.send_test(&arguments).code, 0);
    assert_eq!(server.told().trouble, None);
}

#[test]
fn what_could_become_a_command_or_a_header_is_a_wrong_command_line() {
    let sandbox = Sandbox::new(true);
    for extra in [
        ["--to", "x@example.org>\r\nRCPT TO:<y@example.org"],
        ["--subject", "hello\r\nBcc: y@example.org"],
        ["--to", "zoë@example.org"],
        ["--server", "smtp://mail.example.com"],
        ["--server", "mail.example.com:0"],
        ["--timeout", "0"],
    ] {
        let mut arguments = options("127.0.0.1:1", "ssl-tls");
        arguments.retain(|argument| extra[0] != "--server" || !argument.contains("127.0.0.1"));
        arguments.retain(|argument| !(extra[0] == "--server" && *argument == "--server"));
        arguments.retain(|argument| extra[0] != "--timeout" || !["--timeout", "30"].contains(argument));
        arguments.extend(extra);
        let answer = sandbox.send_test(&arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{extra:?}");
        assert!(answer.stderr.contains("invalid value"), "{}", answer.stderr);
    }
    let answer = sandbox.send_test(&["--from", "ops@example.com"]);
    assert!(answer.code == 2 && answer.stderr.contains("--settings"), "{}", answer.stderr);
}

/// Whoever has no settings yet names a server and nothing else.
#[test]
fn a_server_alone_gets_starttls_and_the_recipient_as_sender() {
    let mut message = honest::message();
    message[0] = Step::Expect("MAIL FROM:<a@example.org>");
    let script =
        [honest::banner(), honest::ehlo("STARTTLS"), honest::starttls(), honest::ehlo("8BITMIME"), message];
    let server = Server::start(script.concat());
    let answer = Sandbox::new(true).send_test(&["--server", &format!("127.0.0.1:{}", server.port)]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(server.told().trouble, None);
}

#[cfg(target_os = "linux")]
#[test]
fn no_password_is_left_in_memory() {
    let base64 = |text: &str| Base64::encode_string(text.as_bytes());
    let plain = base64(&format!("\0ops\0{PASSWORD}"));
    let login = base64(PASSWORD);
    let log_in = vec![
        Step::Expect("AUTH LOGIN\r\n"),
        say("334 VXNlcm5hbWU6\n"),
        Step::Expect("b3Bz\r\n"),
        say("334 UGFzc3dvcmQ6\n"),
        Step::Expect("U2VzYW1lLU9wZW4tNDcxMQ==\r\n"),
        say("235 2.7.0 welcome\n"),
    ];
    let in_login =
        [honest::tls(), honest::banner(), honest::ehlo("AUTH LOGIN"), log_in, honest::message()].concat();
    let sandbox = Sandbox::new(true);
    let password = sandbox.write("pw", &format!("{PASSWORD}\n"));
    let settings =
        format!("mailserver=127.0.0.1\nmailuser=ops\nmailpass={PASSWORD}\nmailSmtpEncryption=SSL_TLS\n");
    sandbox.write("spoc.conf", &settings);
    let given = ["--user", "ops", "--mail-password-file", "pw"];
    for (script, encryption, given) in [
        (honest::over_starttls(), "starttls", &given[..]),
        (in_login.clone(), "ssl-tls", &given),
        (in_login, "ssl-tls", &["--settings", "spoc.conf"]),
    ] {
        let server = Server::start(script);
        let name = format!("127.0.0.1:{}", server.port);
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        command.args(["send-test", "-k", "store", "--to", "a@example.org", "--to", "b@example.org"]);
        command.args(options(&name, encryption)).args(given);
        command.current_dir(sandbox.path()).env_remove("TRUSTSTORE_PASSWORD");
        let remains = remains::at_exit(&command, &password);
        let said = String::from_utf8_lossy(&remains.output.stdout).into_owned();
        assert!(said.starts_with("sent to"), "{said} {:?}", remains.output.stderr);
        assert_eq!(server.told().trouble, None);
        for secret in [PASSWORD, &plain, &login] {
            assert_eq!(remains.of(secret), [""; 0], "{secret}: {given:?}");
        }
        assert!(!remains.of("a@example.org").is_empty(), "what is not wiped is found");
    }
}
