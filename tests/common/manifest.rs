//! The rows of `testdata/MANIFEST.tsv`.

use truststore::{Format, Password};

/// One store and what is expected of it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) format: Format,
    /// `None`: the store is opened without one.
    pub(crate) password: Option<Password>,
    pub(crate) expect: Expect,
    pub(crate) entries_java: usize,
    pub(crate) trusted: usize,
    pub(crate) keys: usize,
    pub(crate) secrets: usize,
    pub(crate) untrusted: usize,
    /// As a JVM shows them, sorted.
    pub(crate) aliases: Vec<String>,
    /// `alias=SHA-256` of the trusted certificates, sorted.
    pub(crate) fingerprints: Vec<String>,
    pub(crate) note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Ok,
    Damaged,
    Refused,
}

pub(crate) fn rows() -> Vec<Row> {
    let text = String::from_utf8(super::read("MANIFEST.tsv")).expect("UTF-8");
    let mut lines = text.lines();
    let header = "path\tformat\tpassword\texpect\tentries_java\ttrusted\tkeys\tsecrets\tuntrusted\taliases\t\
                  fingerprints\ttool\tnote";
    assert_eq!(lines.next(), Some(header));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    assert_eq!(fields.len(), 13, "{line}");
    let number = |at: usize| fields[at].parse().unwrap_or_else(|_| panic!("{line}"));
    let entries_java: usize = number(4);
    Row {
        path: fields[0].to_owned(),
        format: match fields[1] {
            "JKS" => Format::Jks,
            "JCEKS" => Format::Jceks,
            "PKCS12" => Format::Pkcs12,
            other => panic!("{other}"),
        },
        password: match fields[2] {
            "<none>" => None,
            "<empty>" => Some(Password::new("")),
            text => Some(Password::new(text)),
        },
        expect: match fields[3] {
            "ok" => Expect::Ok,
            "damaged" => Expect::Damaged,
            "refused" => Expect::Refused,
            other => panic!("{other}"),
        },
        entries_java,
        trusted: number(5),
        keys: number(6),
        secrets: number(7),
        untrusted: number(8),
        aliases: list(fields[9], entries_java),
        fingerprints: list(fields[10], number(5)),
        note: fields[12].to_owned(),
    }
}

/// A list joined by `;`: an empty text is a list of one empty alias, or of none.
fn list(field: &str, len: usize) -> Vec<String> {
    if len == 0 {
        assert_eq!(field, "");
        return Vec::new();
    }
    let mut list: Vec<String> = field.split(';').map(str::to_owned).collect();
    list.sort_unstable();
    assert_eq!(list.len(), len, "{field}");
    list
}
