//! `java.util.Properties` reads in a file what we read in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use truststore::mail::{Encoding, Key, SettingsFile, Value};

use super::common::java::java;

/// Mail's keys and their values as Java has them; `None` if it refuses the file.
type Read = Option<BTreeMap<String, Vec<u16>>>;

/// Files that were hard for somebody.
const HOSTILE: &[&[u8]] = &[
    b"",
    b"\\",
    b"mailuser",
    b"mailuser\\",
    b"mailuser=abc\\",
    b"mailuser=abc\\\\",
    b"mailuser=abc\\\\\\",
    b"mailuser=a\\\n\n  \tb",
    b"mailuser=a\\\n  \t\x0c b\\\r\nc\\\rd",
    b"mailuser=a\\\n#b",
    b"\\\n#mailuser=a",
    b"  \\\n  !mailuser=a\nmailfrom=b",
    b"\\\n\nmailuser=x",
    b"\\\n#a\\\nmailuser=x",
    b"# C:\\users\\u12 \\\nmailuser=x",
    b"#\\ud800\nmailuser=x",
    b"mailuser=a\\\n\xa0b",
    b"mailuser=a\\\n\x0bb",
    b"mailuser=a\\\n\xc2\xa0b",
    b"mailuser=a\\\n\xc2\x85b",
    b"mailuser\xc2\xa0=x",
    b"mailuser=\x80\x9f\xff",
    b"mailuser=\xc3\xa4\xf0\x9f\x98\x80",
    b"mailuser=\\ud83d\\ude00\\u00e4",
    b"mailuser=\\u+123",
    b"mailuser=\\u12",
    b"mailuser=\\u",
    b"other=\\uzzzz\nmailuser=a",
    b"mail\\u0075ser=a\\u000ab\\u005cn\\u003d",
    b"\xef\xbb\xbfmailuser=a\nmailfrom=b",
    b"x=1\n\xef\xbb\xbfmailuser=a",
    b"mailuser = = a",
    b"mailuser : a : b",
    b"mailuser a = b",
    b"mailuser\\ = a",
    b"mailuser\\=a\nmailuser=b\\=c\\:d",
    b"mailuser==a",
    b"mailuser\t\x0c:\t\x0ca \t",
    b"mailuser=C:\\new\\table\\report\\folder",
    b"mailuser=CORP\\svc\\b\\0",
    b"mailuser=a\rmailfrom=b\r\nmailpass=c\n\rmailserver=d",
    b"mailuser=a\nmailuser=b\nmailuser",
    b"mailuser=\\\n   \\\n  a",
    b"mailuser=\\\n\\\nmailfrom=b",
    b"mailuser=a\0b\\\0c",
    b"\\mailuser=a",
    b"mail\\\n   user=a",
    b"mailuser=a\\\n\\nb",
    b"=a\n:b\n mailuser=c",
    b"mailuser=a\x85mailfrom=b\xe2\x80\xa8mailpass=c",
];

#[test]
fn java_reads_the_same() {
    let Some(java) = java() else { return };
    let mut runner = TestRunner::deterministic();
    let generated: Vec<Vec<u8>> =
        (0..2500).map(|_| hostile().new_tree(&mut runner).unwrap().current()).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(PathBuf, Encoding, Result<SettingsFile, truststore::Error>)> = Vec::new();
    let mut input = String::new();
    for (number, bytes) in HOSTILE.iter().copied().chain(generated.iter().map(Vec::as_slice)).enumerate() {
        let path = folder.path().join(format!("{number}.conf"));
        fs::write(&path, bytes).unwrap();
        let ours = SettingsFile::parse(&path, bytes);
        let utf8 = std::str::from_utf8(bytes).is_ok();
        let encoding = if utf8 { Encoding::Utf8 } else { Encoding::Latin1 };
        input.push_str(&format!("{}\t{}\n", if utf8 { "utf8" } else { "latin1" }, path.display()));
        files.push((path, encoding, ours));
    }
    let answers = answers(&java.program(&["PropertiesDump"], &input));
    assert_eq!(answers.len(), files.len());
    let (mut refused, mut values) = (0, 0);
    for ((path, encoding, ours), theirs) in files.iter().zip(answers) {
        let shown = || format!("{:?}", String::from_utf8_lossy(&fs::read(path).unwrap()));
        let Some(theirs) = theirs else {
            refused += 1;
            assert!(ours.is_err(), "Java refuses {}", shown());
            continue;
        };
        let ours = match ours {
            Ok(ours) => ours,
            // Java takes half a character; nobody means one.
            Err(e) if e.to_string().contains("surrogate") => continue,
            Err(e) => panic!("Java reads {}: {e}", shown()),
        };
        assert_eq!(ours.encoding(), *encoding);
        for key in Key::ALL {
            let expected = theirs.get(key.as_str()).map(Vec::as_slice).unwrap_or_default();
            let found: Vec<u16> = match ours.get(key) {
                Value::Inherit => Vec::new(),
                Value::Set(text) => text.encode_utf16().collect(),
                _ => "[EMPTY]".encode_utf16().collect(),
            };
            values += usize::from(!found.is_empty());
            assert_eq!(found, expected, "{key} in {}", shown());
        }
    }
    assert!(refused > 100 && values > 1000, "{refused} files refused, {values} values compared");
}

/// Lines of keys, separators, and pieces that mean something to a reader of properties.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    const KEYS: &[&[u8]] =
        &[b"mailuser", b"mailpass", b"  mailfrom", b"mail\\u0075ser", b"\\mailuser", b"x", b"#", b""];
    const SEPARATORS: &[&[u8]] = &[b"=", b":", b" ", b" = ", b"\t:", b"\\=", b"\\\n =", b""];
    const PIECES: &[&[u8]] = &[
        b"=",
        b":",
        b" ",
        b"\t",
        b"\x0c",
        b"\n",
        b"\r",
        b"\r\n",
        b"\\",
        b"\\",
        b"\\\n",
        b"\\\r\n",
        b"\\\\",
        b"#",
        b"!",
        b"\\u0041",
        b"\\u003d",
        b"\\ud83d\\ude00",
        b"\\n",
        b"\\:",
        b"\\ ",
        b"a",
        b"b",
        b"u",
        b"n",
        b"mailpass",
        b"\xa0",
        b"\x80",
        b"\xc3\xa4",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\x0b",
        b"\0",
        b"[EMPTY]",
        b"\xef\xbb\xbf",
    ];
    const ENDS: &[&[u8]] = &[b"\n", b"\n", b"\r\n", b"\r", b"\\\n", b"\n\n", b"\\u12\n", b""];
    let select = prop::sample::select::<&[u8]>;
    let value = prop::collection::vec(select(PIECES), 0..6).prop_map(|pieces| pieces.concat());
    let line = (select(KEYS), select(SEPARATORS), value, select(ENDS))
        .prop_map(|(key, separator, value, end)| [key, separator, &value, end].concat());
    prop::collection::vec(line, 1..5).prop_map(|lines| lines.concat())
}

fn answers(dump: &str) -> Vec<Read> {
    let mut answers: Vec<Read> = Vec::new();
    for line in dump.lines() {
        if line.starts_with("== ") {
            answers.push(Some(BTreeMap::new()));
        } else if line.starts_with("! ") {
            *answers.last_mut().unwrap() = None;
        } else {
            let (key, value) = line.split_once('\t').unwrap();
            let key = String::from_utf16_lossy(&units(key));
            answers.last_mut().unwrap().as_mut().unwrap().insert(key, units(value));
        }
    }
    answers
}

fn units(hex: &str) -> Vec<u16> {
    let digits = |at: usize| u16::from_str_radix(&hex[at..at + 4], 16).unwrap();
    (0..hex.len()).step_by(4).map(digits).collect()
}
