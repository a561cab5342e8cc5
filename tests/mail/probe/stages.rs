//! Conversations that end before TLS, or that go on after it; what the server was told.

use serde_json::Value;

use super::{OpenSsl, Sandbox, decisive, failure, text};
use crate::pki;
use crate::script::{Server, Step, honest, say};

/// The rest of a conversation after TLS began.
fn goodbye() -> Vec<Step> {
    [honest::ehlo("AUTH PLAIN"), vec![Step::Expect("QUIT\r\n"), say("221 bye\n"), Step::Silence]].concat()
}

fn starttls() -> Vec<Step> {
    [honest::banner(), honest::ehlo("STARTTLS"), honest::starttls(), goodbye()].concat()
}

fn over_tls() -> Vec<Step> {
    [honest::tls(), honest::banner(), goodbye()].concat()
}

/// A sandbox whose store has the root of the scripted servers.
fn trusting() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("root.der"), &pki::get().root).unwrap();
    sandbox.expect(0, &["import", "--file", "root.der", "--alias", "root", "-k", "s"]);
    sandbox
}

fn stages(server: &Value) -> Vec<String> {
    let timings = decisive(server)["timings"].as_array().unwrap();
    timings.iter().map(|timing| text(&timing["stage"]).to_owned()).collect()
}

#[test]
fn both_ways_to_tls_are_gone_to_their_end_and_nobody_logs_in() {
    let sandbox = trusting();
    let server = Server::start(starttls());
    let answer = sandbox.probe(0, &[&format!("127.0.0.1:{}", server.port), "--starttls", "smtp"]);
    assert_eq!(stages(&answer), ["tcp", "banner", "ehlo", "starttls", "tls", "ehlo"]);
    assert_eq!(decisive(&answer)["capabilities"]["auth"][0], "PLAIN");
    let told = server.told();
    assert!(told.plain().starts_with("EHLO [127.0.0.1]\r\nSTARTTLS\r\n"), "{}", told.plain());
    assert_eq!(told.protected(), "EHLO [127.0.0.1]\r\nQUIT\r\n");

    let server = Server::start(over_tls());
    let answer = sandbox.probe(0, &[&format!("smtps://127.0.0.1:{}", server.port)]);
    assert_eq!(stages(&answer), ["tcp", "tls", "banner", "ehlo"]);
    assert_eq!(server.told().protected(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
}

#[test]
fn the_line_for_a_starttls_server_works_as_it_is_printed() {
    let sandbox = Sandbox::new();
    let port = Server::for_all(starttls());
    let url = format!("smtp://127.0.0.1:{port}");
    let answer = sandbox.probe(1, &[&url]);
    // The script's server sends no CA: the line for a file comes first, and nothing else is to be had.
    assert_eq!(answer["code"], "missing-root");
    assert_eq!(answer["import"].as_array().unwrap().len(), 1);
    let leaf = &decisive(&answer)["decision"]["chain"][0]["sha256"];
    let server = format!("127.0.0.1:{port}");
    let line = format!(
        "truststore import --from-server {server} --starttls smtp --leaf --sha256 {} -k s",
        text(leaf)
    );
    let import = sandbox.shell(&line);
    assert_eq!(import.code, 0, "{}", import.stderr);
    assert_eq!(decisive(&sandbox.probe(0, &[&url]))["decision"]["anchor"]["role"], "pin");
}

#[test]
fn starttls_that_is_absent_or_poisoned_is_a_no() {
    let sandbox = trusting();
    let refused = say("454 no certificate here\n");
    for (script, expected) in [
        ([honest::banner(), honest::ehlo("SIZE 1000")].concat(), "starttls/tls-not-offered"),
        (
            [honest::banner(), honest::ehlo("STARTTLS"), vec![Step::Expect("STARTTLS"), refused]].concat(),
            "starttls/starttls-refused",
        ),
        (
            [
                honest::banner(),
                honest::ehlo("STARTTLS"),
                vec![Step::Expect("STARTTLS"), say("220 go\n250 injected\n"), Step::Silence],
            ]
            .concat(),
            "starttls/starttls-injection",
        ),
        (vec![say("554 go away\n")], "banner/banner-refused"),
        (vec![say("SSH-2.0-OpenSSH_9.6\n")], "banner/not-smtp"),
    ] {
        let server = Server::start([script, vec![Step::Silence]].concat());
        let answer = sandbox.probe(1, &[&format!("127.0.0.1:{}", server.port), "--starttls"]);
        assert_eq!(failure(&answer), expected);
        assert_eq!(answer["verdict"], "refused");
    }
}

#[test]
fn a_server_that_falls_silent_is_left_and_the_stage_is_named() {
    let sandbox = trusting();
    for (url, script, places) in [
        ("smtp", starttls(), ["banner", "ehlo", "starttls", "tls", "ehlo"].as_slice()),
        ("smtps", over_tls(), ["tls", "banner", "ehlo"].as_slice()),
    ] {
        let speaks = |step: &Step| matches!(step, Step::Say(_) | Step::Tls(_));
        let silent_from = (0..script.len()).filter(|&at| speaks(&script[at]));
        for (at, stage) in silent_from.zip(places) {
            let mut script = script.clone();
            script.splice(at.., [Step::Silence]);
            let server = Server::start(script);
            let url = format!("{url}://127.0.0.1:{}", server.port);
            let args = ["probe", "-k", "s", "--timeout", "300ms", "--format", "json", url.as_str()];
            let answer = sandbox.expect(2, &args);
            let json: Value = serde_json::from_str(&answer.stdout).unwrap();
            assert_eq!(failure(&json["servers"][0]), format!("{stage}/timeout"), "{url}");
            let error: Value = serde_json::from_str(answer.stderr.lines().last().unwrap()).unwrap();
            assert_eq!(error["error"]["code"], "timeout");
        }
    }
}

#[test]
fn the_wrong_way_to_tls_is_found_out() {
    let sandbox = trusting();
    // Plain text where TLS is expected.
    let server = Server::start([honest::banner(), vec![Step::Silence]].concat());
    let answer = sandbox.probe(1, &[&format!("smtps://127.0.0.1:{}", server.port)]);
    assert_eq!(failure(&answer), "tls/tls-not-spoken");
    let said = &decisive(&answer)["failure"];
    assert!(text(&said["message"]).contains("220 mail.example.com ESMTP"), "{said}");
    assert!(text(&said["remedy"]).contains("STARTTLS"), "{said}");
    // TLS where plain text is expected: both wait for the other.
    let server = OpenSsl::start("server", &[], "");
    let url = format!("127.0.0.1:{}", server.port);
    let answer = sandbox.expect(2, &["probe", &url, "--starttls", "-k", "s", "--timeout", "300ms"]);
    assert!(answer.stdout.contains("[timeout] at the greeting"), "{}", answer.stdout);
    assert!(answer.stdout.contains("TLS from the first octet on"), "{}", answer.stdout);
}

#[test]
fn a_server_that_is_not_there_could_not_be_asked() {
    let sandbox = trusting();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let answer = sandbox.probe(2, &[&format!("smtps://127.0.0.1:{free}")]);
    assert_eq!((text(&answer["verdict"]), text(&answer["code"])), ("unreachable", "connect-refused"));
    let answer = sandbox.probe(2, &["smtps://a..b"]);
    assert_eq!((text(&answer["code"]), text(&answer["failure"]["stage"])), ("host-invalid", "dns"));
    // Hangs up without a word.
    let server = Server::start(vec![Step::Close]);
    let answer = sandbox.probe(2, &[&format!("127.0.0.1:{}", server.port), "--starttls"]);
    assert_eq!(failure(&answer), "banner/connection-closed");
}

#[test]
fn the_backup_server_of_the_settings_is_asked_too() {
    let sandbox = trusting();
    let main = Server::for_all(starttls());
    let settings = |encryption: &str, port: u16, more: &str| {
        let text =
            format!("mailserver=127.0.0.1\nmailSmtpEncryption={encryption}\nmailSmtpPort={port}\n{more}\n");
        std::fs::write(sandbox.path("spoc.conf"), text).unwrap();
    };
    settings("STARTTLS", main, "mailserverbackup=localhost\nmailuser=u\nmailpass=Sesame-4711");
    let answer = sandbox.expect(0, &["probe", "--settings", "spoc.conf", "-k", "s", "--format", "json"]);
    let json: Value = serde_json::from_str(&answer.stdout).unwrap();
    let roles: Vec<&str> = json["servers"].as_array().unwrap().iter().map(|s| text(&s["role"])).collect();
    assert_eq!(roles, ["main", "backup"]);
    assert!(!answer.stdout.contains("Sesame") && !answer.stderr.contains("Sesame"));

    settings("NONE", main, "");
    let answer = sandbox.probe(1, &["--settings", "spoc.conf"]);
    assert_eq!(answer["code"], "tls-not-used");
}
