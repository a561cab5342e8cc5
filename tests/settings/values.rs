//! Inheritance, defaults, and values that cannot be.

use std::fs;
use std::time::Duration;

use truststore::mail::{Encryption, Key, Settings, SettingsFile, Value};
use truststore::{ErrorKind, Limits};

use super::{NEEDED, file, refused, settings, with};

#[test]
fn the_defaults_are_the_products() {
    for (encryption, expected, port) in [
        ("NONE", Encryption::None, 25),
        ("SSL_TLS", Encryption::SslTls, 465),
        ("STARTTLS", Encryption::StartTls, 587),
    ] {
        let text = format!("mailserver=mail.example.com\nmailSmtpEncryption={encryption}\n");
        let settings = settings(&text).unwrap();
        assert_eq!((settings.main.encryption, settings.main.port), (expected, port));
        assert_eq!(settings.main.connect_timeout, Duration::from_secs(10));
        assert_eq!(settings.main.timeout, Duration::from_secs(10));
        assert!(settings.backup.is_none() && settings.credentials.is_none() && settings.lints.is_empty());
        assert!(settings.position(Key::Port).is_none());
        refused(settings.sender().map(|_| unreachable!()), &["spoc.conf: mailfrom is not set"]);
    }
}

#[test]
fn every_value_arrives() {
    let settings = settings(
        "mailserver=mail.example.com\nmailserverbackup=192.0.2.7\nmailfrom=spooler@example.com\n\
         mailuser=CORP\\\\svc\nmailpass=p\\=w \\u00e4\nmailSmtpEncryption=SSL_TLS\nmailSmtpPort=2465\n\
         mailSmtpConnectionTimeout=1500\nmailSmtpTimeout=2500\nunrelated=C:\\x\n",
    )
    .unwrap();
    let backup = settings.backup.as_ref().unwrap();
    assert_eq!((settings.main.host.as_str(), settings.main.port), ("mail.example.com", 2465));
    assert_eq!((backup.host.as_str(), backup.port), ("192.0.2.7", 2465));
    assert_eq!(backup.connect_timeout, Duration::from_millis(1500));
    assert_eq!(backup.timeout, Duration::from_millis(2500));
    assert_eq!(settings.sender().unwrap(), "spooler@example.com");
    let credentials = settings.credentials.as_ref().unwrap();
    assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("CORP\\svc", "p=w ä"));
    assert_eq!(settings.position(Key::Timeout).unwrap().line, 9);
    assert!(settings.lints.is_empty(), "{:?}", settings.lints);
}

#[test]
fn what_is_absent_or_empty_is_inherited_and_empty_is_empty() {
    let local = SettingsFile::parse(
        "local.conf".as_ref(),
        b"mailserver=\nmailserverbackup=[EMPTY]\nmailuser=[EMPTY]\nmailSmtpPort=[EMPTY]\nmailfrom=a@example.com\n",
    )
    .unwrap();
    let central = SettingsFile::parse(
        "central.conf".as_ref(),
        b"\nmailserver=central.example.com\nmailserverbackup=backup.example.com\nmailuser=u\nmailpass=p\n\
          mailSmtpEncryption=NONE\nmailSmtpPort=2525\nmailfrom=c@example.com\n",
    )
    .unwrap();
    assert_eq!(local.get(Key::Server), Value::Inherit);
    assert_eq!(local.get(Key::Encryption), Value::Inherit);
    assert_eq!(local.get(Key::ServerBackup), Value::Empty);
    let settings = Settings::resolve(&local, Some(&central)).unwrap();
    assert_eq!(settings.main.host, "central.example.com");
    assert!(settings.backup.is_none(), "the backup is really empty");
    assert!(settings.credentials.is_none(), "no user: no authentication, whatever the password");
    assert_eq!(settings.main.port, 25, "an empty port is the default one");
    assert_eq!(settings.sender().unwrap(), "a@example.com");
    let position = settings.position(Key::Server).unwrap();
    assert_eq!((position.path.to_str().unwrap(), position.line), ("central.conf", 2));
    assert!(settings.position(Key::ServerBackup).is_none());
}

#[test]
fn what_is_missing_is_named_with_the_file_and_what_to_do() {
    refused(
        settings("mailSmtpEncryption=NONE"),
        &["spoc.conf: ", "mailserver is not set", "host name", "add a line mailserver="],
    );
    refused(
        settings("mailserver=h.example"),
        &["mailSmtpEncryption is not set", "NONE, SSL_TLS and STARTTLS"],
    );
    refused(
        settings("mailServer=h.example\nmailSmtpEncryption=NONE"),
        &["line 1", "mailServer", "almost mailserver"],
    );
    let central = SettingsFile::parse("central.conf".as_ref(), b"mailserver=[EMPTY]\n").unwrap();
    let local = file("mailSmtpEncryption=NONE");
    refused(Settings::resolve(&local, Some(&central)), &["neither here nor in central.conf"]);
    refused(with("mailpass=x"), &["mailuser is not set", "[EMPTY]"]);
    refused(with("mailuser=x"), &["mailpass is not set", "[EMPTY]"]);
    let empty = with("mailuser=x\nmailpass=[EMPTY]").unwrap();
    assert!(empty.credentials.unwrap().password.is_empty());
}

#[test]
fn what_cannot_be_is_refused_with_line_key_found_expected_and_next() {
    for (line, parts) in [
        ("mailSmtpPort=99999", &["a port from 1 to 65535"][..]),
        ("mailSmtpPort=0", &["a port from 1 to 65535"]),
        ("mailSmtpPort=25 ", &["\"25 \""]),
        ("mailSmtpTimeout=10s", &["\"10s\"", "milliseconds", "without a unit"]),
        ("mailSmtpTimeout=-1", &["\"-1\"", "from 1"]),
        ("mailSmtpTimeout=0", &["from 1"]),
        ("mailSmtpConnectionTimeout=2147483648", &["2147483647"]),
        ("mailserverbackup=mail.example.com:587", &["put the port into mailSmtpPort"]),
        ("mailserverbackup=smtp://mail.example.com", &["leave the scheme out", "mailSmtpEncryption"]),
        ("mailserverbackup=a.example b.example", &["one host"]),
        ("mailserverbackup=a.example ", &["\"a.example \""]),
        ("mailserverbackup=-", &["a host name or an IP address"]),
        ("mailserverbackup=m\\u00fcll.example", &["xn--"]),
        ("mailfrom=spooler", &["one address"]),
        ("mailfrom=a@example.com>\\r\\nRCPT TO:<b@example.com", &["one address", "\\u{d}"]),
        ("allowCustomCipherSuitesForOutboundCommunication=yes", &["true or false"]),
        ("mailuser=a\\nb\nmailpass=x", &["without control characters"]),
        ("mailSmtpPort=x\\u202ey", &["x\\u{202e}y"]),
    ] {
        let error = refused(with(line), parts).to_string();
        let key = line.split('=').next().unwrap();
        assert!(error.starts_with(&format!("spoc.conf: line 3: {key}: found ")), "{error}");
        assert!(error.contains(", expected ") && error.contains("; "), "{error}");
    }
    refused(
        settings("mailserver=h.example\nmailSmtpEncryption=SSLTLS"),
        &["line 2: mailSmtpEncryption: found \"SSLTLS\"", "one of NONE, SSL_TLS and STARTTLS"],
    );
    for host in ["::1", "[2001:db8::1]", "192.0.2.1", "mail_1.example.com", "localhost"] {
        assert!(with(&format!("mailserverbackup={host}")).is_ok(), "{host}");
    }
}

/// Slips that put the password somewhere else: no text of ours has it.
#[test]
fn a_password_is_shown_nowhere() {
    for text in [
        "mailuser=u\nmailpass=s3cr\\et \n",
        "mailuser=u\\\nmailpass=s3cret\n",
        "mailpass=s3cret # no\nmailpass=s3cret\\\nmailuser=u\n",
        "mailSmtpPort=25 mailpass=s3cret\n",
        "mailpass\\=s3cret\nmail pass=s3cret\nMailPass=s3cret\nmailpas=s3cret\nmailpass\\=s\n",
        "mailpass=s3cret\\u12\n",
        "mailpass=s3cret\\ud800\n",
        "mailpass=s3cret\n",
    ] {
        let shown = match SettingsFile::parse("spoc.conf".as_ref(), format!("{NEEDED}{text}").as_bytes()) {
            Ok(file) => {
                let resolved = Settings::resolve(&file, None);
                format!("{file:?} {:?} {resolved:?} {:?}", file.lints(), resolved.as_ref().err())
            }
            Err(e) => format!("{e} {e:?}"),
        };
        assert!(!shown.contains("s3cr"), "{text}: {shown}");
    }
    let lints = file("mailpass\\=s\n").lints().to_vec();
    assert_eq!(lints.len(), 1);
    assert!(!lints[0].message.contains("=s"), "{lints:?}");
}

#[cfg(feature = "serde")]
#[test]
fn json_has_everything_but_the_password() {
    let settings = with("mailuser=u\nmailpass=s3cret\nmailserverbackup=b.example\nmailPass=x").unwrap();
    let json = serde_json::to_value(&settings).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "servers": [{"host": "mail.example.com", "port": 587}, {"host": "b.example", "port": 587}],
            "encryption": "start-tls",
            "connection_timeout_ms": 10000,
            "timeout_ms": 10000,
            "from": null,
            "user": "u",
            "password_set": true,
            "protocols": ["TLSv1.2"],
            "cipher_suites": [],
            "positions": {
                "mailserver": {"path": "spoc.conf", "line": 1},
                "mailSmtpEncryption": {"path": "spoc.conf", "line": 2},
                "mailuser": {"path": "spoc.conf", "line": 3},
                "mailpass": {"path": "spoc.conf", "line": 4},
                "mailserverbackup": {"path": "spoc.conf", "line": 5},
            },
            "lints": [{
                "code": "misspelt-key",
                "path": "spoc.conf",
                "line": 6,
                "key": "mailpass",
                "message": "a key that does nothing, and is almost mailpass",
                "remedy": "if it is meant, write mailpass, in exactly these letters",
            }],
        })
    );
}

#[test]
fn files_are_read_from_disk_within_their_limit() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("spoc.conf");
    let central = folder.path().join("central.conf");
    fs::write(&local, "mailserver=h.example\n").unwrap();
    fs::write(&central, "mailSmtpEncryption=SSL_TLS\n").unwrap();
    let settings = Settings::read(&local, Some(&central), &Limits::default()).unwrap();
    assert_eq!(settings.main.port, 465);
    assert_eq!(settings.position(Key::Encryption).unwrap().path, central);

    let absent = Settings::read(&folder.path().join("none"), None, &Limits::default()).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    fs::write(&local, vec![b'#'; 1 << 20]).unwrap();
    assert!(SettingsFile::read(&local, &Limits::default()).is_ok());
    fs::write(&local, vec![b'#'; (1 << 20) + 1]).unwrap();
    let large = SettingsFile::read(&local, &Limits::default()).unwrap_err();
    assert_eq!(large.kind(), ErrorKind::LimitExceeded);
    assert!(large.to_string().contains("1048576 bytes"), "{large}");
}
