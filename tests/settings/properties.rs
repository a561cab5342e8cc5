//! What holds for every file: nothing panics, and what is written is read.

use java_properties::PropertiesWriter;
use proptest::prelude::*;
use truststore::mail::{Key, Settings, SettingsFile, Value};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(file) = SettingsFile::parse("spoc.conf".as_ref(), &bytes) {
            let _ = Settings::resolve(&file, Some(&file));
        }
    }

    #[test]
    fn any_text_behind_any_key_is_read_or_refused(key in 0..Key::ALL.len(), text in "\\PC{0,40}") {
        let content = format!("mailserver=h\nmailSmtpEncryption=NONE\n{}={text}", Key::ALL[key]);
        if let Ok(file) = SettingsFile::parse("spoc.conf".as_ref(), content.as_bytes()) {
            let _ = Settings::resolve(&file, None);
        }
    }

    /// The writer has no escapes for characters above U+FFFF, and one of too few digits for those below
    /// U+1000, and writes some punctuation (U+2018) as Windows-1252, so it is asked for the others.
    #[test]
    fn what_is_written_is_read(values in prop::collection::vec("[ -~\\t\\n\\r\u{a0}-\u{ff}\u{3000}-\u{d7ff}]{1,20}", 12)) {
        let mut bytes = Vec::new();
        let mut writer = PropertiesWriter::new(&mut bytes);
        for (key, value) in Key::ALL.into_iter().zip(&values) {
            writer.write(key.as_str(), value).unwrap();
        }
        writer.finish().unwrap();
        let file = SettingsFile::parse("spoc.conf".as_ref(), &bytes).unwrap();
        for (key, value) in Key::ALL.into_iter().zip(&values) {
            prop_assert_eq!(file.get(key), Value::Set(value.as_str()));
        }
    }
}

/// One mebibyte of what costs a careless reader most.
#[test]
fn the_largest_files_end() {
    let size = usize::try_from(SettingsFile::MAX_SIZE).unwrap();
    let filled = |head: &str, piece: &str| {
        let mut bytes = head.as_bytes().to_vec();
        bytes.extend(piece.bytes().cycle().take(size - head.len()));
        bytes
    };
    let list = "allowCustomCipherSuitesForOutboundCommunication=true\n\
                customCipherSuitesForOutboundCommunication=";
    for (head, piece) in [
        ("", "a\\\n"),
        ("", "a\n"),
        ("", "mailservex\n"),
        ("mailuser=", "\\\\"),
        ("mailuser=", "\u{1}"),
        (
            "mailserver=h\nmailSmtpEncryption=NONE\ncryptographicProtocolsForOutboundCommunication=TLSv1.2 ",
            "TLSv1 ",
        ),
        (&format!("mailserver=h\nmailSmtpEncryption=NONE\n{list}"), "TLS_AES_128_GCM_SHA256 "),
    ] {
        let file = SettingsFile::parse("spoc.conf".as_ref(), &filled(head, piece)).unwrap();
        let _ = Settings::resolve(&file, None);
    }
}
