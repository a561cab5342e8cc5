//! `import --from-server`: nothing is trusted that nobody vouches for.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{OpenSsl, Sandbox, ca, decisive};

#[test]
fn unattended_it_refuses_with_the_line_to_run_after_comparing() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing", "root"], "");
    let import = ["import", "--from-server", &server.url(), "--alias", "corp ca", "-k", "s"];
    let answer = sandbox.expect(2, &import);
    assert!(answer.stderr.contains("CN=Probe Root CA"), "{}", answer.stderr);
    assert!(!sandbox.path("s").exists());
    let (_, line) = answer.stderr.split_once("then run: ").unwrap();
    assert!(line.contains(&ca().sha256("root")), "{line}");
    assert_eq!(sandbox.shell(line.trim()).code, 0);
    let answer = sandbox.probe(0, &[&server.url()]);
    assert_eq!(decisive(&answer)["decision"]["anchor"]["alias"], "corp ca");

    let json = sandbox.expect(2, &[&import[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(json["error"]["code"], "refused");
    assert!(json["error"]["hint"].as_str().unwrap().contains("over another channel"), "{json}");
}

#[test]
fn a_fingerprint_that_does_not_fit_changes_nothing() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing", "root"], "");
    let url = server.url();
    let with = |sha256: &str| sandbox.run(&["import", "--from-server", &url, "--sha256", sha256, "-k", "s"]);
    let answer = with(&"ab".repeat(32));
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains(&format!("found {}", ca().sha256("root"))), "{}", answer.stderr);
    let answer = with(&ca().sha256("server"));
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("hint: --leaf"), "{}", answer.stderr);
    assert!(!sandbox.path("s").exists());
}

#[test]
fn a_server_that_sends_only_itself_is_a_pin_and_that_is_said() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &[], "");
    let sha256 = ca().sha256("server");
    let answer =
        sandbox.expect(0, &["import", "--from-server", &server.url(), "--sha256", &sha256, "-k", "s"]);
    assert!(answer.stderr.contains("a pin, for this server only"), "{}", answer.stderr);
    assert_eq!(decisive(&sandbox.probe(0, &[&server.url()]))["decision"]["anchor"]["role"], "pin");
}

#[test]
fn a_dry_run_shows_what_would_be_imported_and_asks_nobody() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing"], "");
    let answer = sandbox.expect(0, &["import", "--from-server", &server.url(), "--dry-run", "-k", "s"]);
    assert!(answer.stdout.contains("would be added: probe-issuing-ca"), "{}", answer.stdout);
    assert!(answer.stdout.contains(&ca().sha256("issuing")), "{}", answer.stdout);
    assert!(answer.stderr.contains("did not send its root"), "{}", answer.stderr);
    assert!(!sandbox.path("s").exists());
}

#[test]
fn a_person_is_shown_the_certificate_and_asked() {
    let server = OpenSsl::start("server", &["issuing", "root"], "");
    for (typed, code) in [("yes", 0), ("no", 1), ("", 1)] {
        let sandbox = Sandbox::new();
        let binary = env!("CARGO_BIN_EXE_truststore");
        let mut child = Command::new("script")
            .args(["-qefc", &format!("'{binary}' import --from-server {} -k s", server.url()), "/dev/null"])
            .current_dir(sandbox.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, of the package bsdutils");
        writeln!(child.stdin.as_mut().unwrap(), "{typed}").unwrap();
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert!(
            shown.contains("Subject  CN=Probe Root CA") && shown.contains(&ca().sha256("root")),
            "{shown}"
        );
        assert!(shown.contains("over another channel"), "{shown}");
        assert_eq!(sandbox.path("s").exists(), code == 0);
    }
}

#[test]
fn a_server_that_cannot_be_asked_is_an_error_with_its_code() {
    let sandbox = Sandbox::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("tls://127.0.0.1:{free}");
    let answer = sandbox.expect(2, &["import", "--from-server", &url, "-k", "s", "--format", "json"]);
    let json: Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(json["error"]["code"], "connect-refused");
    let old = OpenSsl::start("server", &[], "-tls1 -cipher ALL:@SECLEVEL=0");
    let answer = sandbox.expect(2, &["import", "--from-server", &old.url(), "-k", "s"]);
    assert!(answer.stderr.contains("only TLS 1.0"), "{}", answer.stderr);
}
