//! What is typed in a hurry gets an answer that leads on.

use super::Sandbox;

#[test]
fn a_server_or_options_that_cannot_be_meant_lead_on() {
    let sandbox = Sandbox::new();
    for (args, expected) in [
        (&["probe", "mail.example.com"][..], "smtps://mail.example.com means port 465"),
        (&["probe", "https://mail.example.com"], "tls://mail.example.com:443"),
        (&["probe", "smtps://mail.example.com", "--starttls"], "leave out one of them"),
        (&["probe", "joe:secret@mail.example.com:587"], "no credentials are sent"),
        (&["probe", "mail.example.com:587", "--settings", "spoc.conf"], "cannot be used with"),
        (&["probe", "--settings", "absent.conf"], "absent.conf"),
        (&["probe", "mail.example.com:465", "--timeout", "soon"], "try 10s"),
        (&["import", "--from-server", "mail.example.com"], "has no port"),
        (&["import", "--from-server", "smtps://mail.example.com", "--file", "x.pem"], "cannot be used with"),
        (&["import", "--file", "x.pem", "--leaf"], "are for --from-server"),
        (&["import", "--from-server", "mail.example.com:587", "--starttls", "imap"], "possible values: smtp"),
    ] {
        let answer = sandbox.expect(2, args);
        assert!(answer.stderr.contains(expected), "{args:?}: {}", answer.stderr);
        assert!(!answer.stderr.contains("secret"), "{}", answer.stderr);
    }
}

#[test]
fn every_code_that_a_probe_can_answer_with_is_documented() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let docs = read("docs/probe.md");
    let after_login = [
        "address-invalid",
        "auth-not-offered",
        "auth-refused",
        "credentials-in-clear",
        "credentials-invalid",
        "message-refused",
        "recipient-refused",
        "sender-refused",
    ];
    let mut codes = 0;
    for (source, variant) in [("src/mail/failure.rs", "Self::"), ("src/tls/decision.rs", "Self::")] {
        for line in read(source).lines().filter(|line| line.trim_start().starts_with(variant)) {
            let Some(code) = line.split("=> \"").nth(1).and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let is_code =
                code.contains('-') || ["expired", "io", "malformed", "other", "timeout"].contains(&code);
            if is_code && !code.contains(' ') && !after_login.contains(&code) {
                codes += 1;
                assert!(docs.contains(&format!("`{code}`")), "{code} of {source} is not in docs/probe.md");
            }
        }
    }
    assert!(codes > 35, "found only {codes}");
}
