//! What Java silently reads otherwise than it was meant: each lint, and files without any.

use truststore::mail::{LintCode, SettingsFile};

use super::{NEEDED, file, refused, settings};

/// The codes and lines of a file's lints.
fn lints(text: &str) -> Vec<(&'static str, usize)> {
    file(text).lints().iter().map(|lint| (lint.code.as_str(), lint.line)).collect()
}

#[test]
fn each_slip_has_its_lint_with_the_line() {
    for (text, expected) in [
        ("mailuser=CORP\\svc", &[("backslash-lost", 1)][..]),
        ("\n\nmailuser=C:\\new", &[("backslash-control", 3)]),
        ("mailpass=a\\tb\\c", &[("backslash-lost", 1), ("backslash-control", 1)]),
        ("mailpass=secret ", &[("trailing-space", 1)]),
        ("mailpass=secret\t\r\n", &[("trailing-space", 1)]),
        ("mailserver=h.example # the first", &[("comment-in-value", 1)]),
        ("mailuser=a\n# no\nmailuser=b", &[("duplicate-key", 3)]),
        ("mailuser=m\u{fc}ller", &[("encoding-dependent", 1)]),
        ("\u{feff}mailserver=h.example", &[("byte-order-mark", 1)]),
        ("mailServer=h.example", &[("misspelt-key", 1)]),
        ("mailSmtpTimout=1", &[("misspelt-key", 1)]),
        ("mailserver\\ =h.example", &[("misspelt-key", 1)]),
        ("mailserver\u{a0}=h.example", &[("misspelt-key", 1)]),
        ("mail server = h.example", &[("split-key", 1)]),
        ("Mail SMTP Port = 25", &[("split-key", 1)]),
        ("reports=C:\\reports\\\nmailserver=h.example", &[("line-swallowed", 1)]),
        ("mailuser=svc\\\n\n  mailpass=x", &[]),
        ("mailuser=svc\\\n  mailpass=x", &[("line-swallowed", 1)]),
    ] {
        assert_eq!(lints(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_read_as_meant_has_none() {
    assert_eq!(
        lints(
            "# C:\\users is a comment, mailserver too\n! mailpass = x\nmailserver = h.example\r\n\
             mailuser: CORP\\\\svc\nmailpass=a\\ b\\#c\\:\\=\\!\\u0020\\ \n\
             cryptographicProtocolsForOutboundCommunication=TLSv1.3,\\\n   TLSv1.2\n\
             reportdir=C:\\temp\\new \nserver=x\nmailbox=/var/mail\nmailserver.retries=3\n\u{fc}=\u{fc}\n"
        ),
        []
    );
}

#[test]
fn a_swallowed_line_is_no_value() {
    let error = refused(
        settings(
            "mailserver=h.example\nmailSmtpEncryption=NONE\nmailuser=u\nmailpass=abc\\\nmailSmtpPort=25\n",
        ),
        &["line 4: mailpass: found a backslash at the end of the line", "mailSmtpPort", "write it as \\\\"],
    );
    assert!(!error.to_string().contains("abc"));
    // Another key's value took it, so it is missing; the error leads there.
    refused(
        settings("reports=C:\\reports\\\nmailserver=h.example\nmailSmtpEncryption=NONE"),
        &["mailserver is not set", "the end of line 1 makes line 2"],
    );
}

#[test]
fn resolved_settings_have_the_lints_of_both_files() {
    let central = SettingsFile::parse("central.conf".as_ref(), b"mailuser=A\\b\nmailpass=x\n").unwrap();
    let local = file(&format!("{NEEDED}mailform=a@example.com\n"));
    let settings = truststore::mail::Settings::resolve(&local, Some(&central)).unwrap();
    let found: Vec<_> = settings.lints.iter().map(|lint| (lint.code, lint.path.to_str().unwrap())).collect();
    assert_eq!(found, [(LintCode::MisspeltKey, "spoc.conf"), (LintCode::BackslashLost, "central.conf")]);
    assert!(settings.lints.iter().all(|lint| !lint.message.is_empty() && !lint.remedy.is_empty()));
}

#[test]
fn a_file_full_of_slips_has_a_thousand_lints() {
    let text = "mailServer=x\n".repeat(50_000);
    let file = SettingsFile::parse("spoc.conf".as_ref(), text.as_bytes()).unwrap();
    assert_eq!(file.lints().len(), 1_000);
}
