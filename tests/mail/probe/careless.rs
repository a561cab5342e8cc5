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
