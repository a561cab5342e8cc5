use super::Key;
use super::lines::{decode, logical_lines};

#[test]
fn lines_are_joined_and_keep_their_numbers() {
    let text = "# a comment \\\n\na=1\\\r\n  2\\\n\t3\n\\\n! another\n  b\\\\\n\\\n \\\n  c=\\";
    let lines = logical_lines(text);
    let found: Vec<_> =
        lines.iter().map(|line| (line.number, line.text.as_str(), line.joints.as_slice())).collect();
    assert_eq!(found, [(3, "a=123", &[(3, 4), (4, 5)][..]), (8, "b\\\\", &[]), (11, "c=", &[])]);
}

#[test]
fn latin_1_is_that_of_java() {
    assert_eq!(decode(b"\x80\xe4").0.as_str(), "\u{80}\u{e4}");
    assert_eq!(decode("€".as_bytes()).0.as_str(), "€");
}

#[test]
fn a_slip_is_a_letter_or_two_and_no_other_key() {
    for (name, meant) in [
        ("mailserve", Some(Key::Server)),
        ("MAILSMTPPORT", Some(Key::Port)),
        ("mail_smtp_port", Some(Key::Port)),
        ("mailsmtpenkryption", Some(Key::Encryption)),
        ("allowCustomCipherSuiteForOutboundCommunication", Some(Key::AllowCipherSuites)),
        ("mail", None),
        ("mailserver.retries", None),
        ("mailbox", None),
        ("", None),
    ] {
        assert_eq!(Key::meant_by(name), meant, "{name}");
    }
    assert_eq!(Key::ALL.map(Key::as_str).map(str::len).iter().max(), Some(&47));
    assert!(Key::ALL.into_iter().all(|key| Key::named(key.as_str()) == Some(key)));
}
