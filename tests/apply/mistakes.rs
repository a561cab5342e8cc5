//! What is wrong with a manifest is said with its place, what was found and what is expected; nothing is made.

use crate::sandbox::{Answer, Sandbox, sha256};
use crate::schema::manifest_faults;

/// A manifest, and what its error must say.
const MISTAKES: &[(&str, &str)] = &[
    ("", "trust.toml: line 1, column 1: expected [[store]], found no store"),
    ("stores = 1", "line 1, column 1: unknown key `stores` in the manifest: did you mean `store`?"),
    ("[[store]]\nx = 1\nformt = 2", "line 2, column 1: unknown key `x` in [[store]]: expected one of `name`"),
    (
        "[[store]]\nformt = 'jks'",
        "line 2, column 1: unknown key `formt` in [[store]]: did you mean `format`?",
    ),
    (
        "[store]\npath = 'a'",
        "line 1, column 1: `store`: expected tables, each under [[store]], found a table",
    ),
    ("store = [1]", "line 1, column 10: `store`: expected a table [[store]], found an integer"),
    ("version = 2\n[[store]]", "line 1, column 11: expected `version` 1, found 2"),
    ("version = '1'\n[[store]]", "`version`: expected an integer, found a text"),
    ("[[store]]\npath = 1.5", "line 2, column 8: `path`: expected a text in quotes, found a number"),
    ("[[store]]\npath = ''", "line 2, column 8: `path` is empty"),
    ("[[store]]\nname = 2020-01-01", "`name`: expected a text in quotes, found a date"),
    ("[[store]]\nno-password = 'yes'", "`no-password`: expected true or false, found a text"),
    (
        "[[store]]\nformat = 'p12'",
        "line 2, column 10: `format`: expected \"pkcs12\", \"jks\" or \"jceks\", found \"p12\"",
    ),
    (
        "[[store]]\nformat = 'jks'\nno-password = true",
        "`no-password` is for PKCS#12; a JKS store needs a password",
    ),
    (
        "[[store]]\npassword-file = 'a'\npassword-env = 'B'",
        "line 3, column 16: expected one of `password-file`",
    ),
    ("[[store]]\npath = 'a'\npath = 'b'", "line 3, column 1: duplicate key"),
    ("[[store]]\npath = 'ä' ö", "line 2, column 12: "),
    (
        "[[store]]\npath = 'a'\n[[store]]\npath = './a'",
        "line 3, column 1: the store a is declared a second time; the first time is in line 1",
    ),
    ("[[store]]\n[[store]]", "line 2, column 1: a store without `path` is declared a second time"),
    (
        "[[store]]\nname='n'\n[[store]]\nname='n'\npath='p'",
        "line 3, column 1: the store name \"n\" is declared a second time",
    ),
    (
        "[[store]]\n[[store.certificate]]",
        "line 2, column 1: expected `alias` in [[store.certificate]], found none",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'",
        "line 2, column 1: expected `file` or `pem` in [[store.certificate]], or `absent = true`",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'\nfile='f'\npem='p'",
        "line 5, column 5: expected `file` or `pem`, found both",
    ),
    ("[[store]]\n[[store.certificate]]\nabsent=true", "line 2, column 1: expected `alias` or `sha256`"),
    (
        "[[store]]\n[[store.certificate]]\nabsent=true\nfile='f'",
        "line 4, column 6: a certificate that is `absent`",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'\nsha256='ab'\nfile='f'",
        "line 4, column 8: `sha256`: a SHA-256 fingerprint has 64",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'\nfile='f'\n[[store.certificate]]\nalias='A'\nabsent=true",
        "line 5, column 1: the alias \"a\" is declared a second time; the first time is in line 2",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'\npem='none'",
        "line 2, column 1: `pem`: expected certificates",
    ),
    (
        "[[store]]\n[[store.bundle]]\nalias-prefix='a'",
        "line 2, column 1: expected `file` in [[store.bundle]]",
    ),
    (
        "[[store]]\n[[store.bundle]]\nfiles='a'",
        "unknown key `files` in [[store.bundle]]: did you mean `file`?",
    ),
    (
        "[[store]]\n[[store.certificate]]\nalias='a'\nfile='bundle.pem'",
        "line 2, column 1: expected one certificate for \"a\", found 5: `sha256` picks one",
    ),
];

#[test]
fn every_mistake_is_told_with_its_place_and_makes_nothing() {
    for (manifest, says) in MISTAKES {
        let sandbox = Sandbox::with(manifest);
        let answer = sandbox.expect(2, "apply trust.toml");
        let first = answer.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(
            first.starts_with("error: trust.toml: ") && first.contains(says),
            "{manifest}\n{first}\n{says}"
        );
        assert!(answer.stdout.is_empty() && sandbox.files().is_empty(), "{manifest}: {:?}", sandbox.files());
        let json = sandbox.expect(2, "apply trust.toml --format json").stderr;
        let json: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
        assert_eq!(json["error"]["code"], "manifest-invalid", "{manifest}");
    }
}

/// What a schema cannot know, since it needs other tables, the content of files, or the types of TOML.
const BEYOND_A_SCHEMA: [&str; 4] = [
    "declared a second time",
    "found a date",
    "`pem`: expected certificates",
    "expected one certificate for",
];

#[test]
fn the_schema_refuses_every_mistake_that_it_can_know() {
    let mut refused = 0;
    for (manifest, says) in MISTAKES {
        // What is no TOML is no JSON either.
        let Some(faults) = manifest_faults(manifest) else { continue };
        let beyond = BEYOND_A_SCHEMA.iter().any(|words| says.contains(words));
        assert_eq!(faults.is_empty(), beyond, "{manifest}\n{faults:#?}");
        refused += usize::from(!beyond);
    }
    assert!(refused > 20, "refused only {refused}");
}

/// A schema that refused what is right would be of no use: the ways to write a fingerprint.
#[test]
fn the_schema_takes_a_fingerprint_as_the_command_does() {
    let digits = sha256("root-a");
    let plain = digits.replace(':', "");
    let spellings = [
        digits.to_lowercase(),
        plain.clone(),
        format!("SHA-256: {digits}"),
        format!("sha256 Fingerprint={digits}"),
        format!(" {} ", digits.replace(':', " ")),
        format!("\u{200e}{plain}"),
        plain[1..].to_owned(),
        format!("{plain}0"),
        format!("md5 {plain}"),
        "x".repeat(64),
    ];
    for (n, spelling) in spellings.iter().enumerate() {
        let manifest = format!("[[store]]\n[[store.certificate]]\nabsent=true\nsha256=\"{spelling}\"\n");
        let known = spelling.parse::<truststore::Fingerprint>().is_ok();
        assert_eq!(known, n < 6, "{spelling:?}");
        assert_eq!(manifest_faults(&manifest).unwrap().is_empty(), known, "{spelling:?}");
    }
}

#[test]
fn a_file_that_is_not_there_or_not_the_pinned_one_stops_all_stores() {
    let good = "[[store]]\npath = 'first'\n[[store.certificate]]\nalias='a'\nfile='root-a.pem'\n";
    let cases = [
        ("[[store.certificate]]\nalias='b'\nfile='gone.pem'".to_owned(), "gone.pem: cannot read", "line 8"),
        ("[[store.bundle]]\nfile='gone'".to_owned(), "gone: cannot read", "line 8"),
        (
            format!("[[store.certificate]]\nalias='b'\nfile='root-b.pem'\nsha256='{}'", sha256("root-a")),
            "expected SHA-256 C8:",
            "line 8",
        ),
    ];
    for (bad, says, place) in cases {
        let sandbox = Sandbox::with(&format!("{good}[[store]]\npath = 'second'\n{bad}"));
        let answer = sandbox.expect(2, "apply trust.toml");
        assert!(answer.stderr.contains(says) && answer.stderr.contains(place), "{}", answer.stderr);
        assert!(sandbox.files().is_empty());
    }
}

#[test]
fn a_manifest_in_another_encoding_is_told_as_such() {
    let sandbox = Sandbox::with("");
    let text = "[[store]]\npath = 's'\n";
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    sandbox.write("trust.toml", utf16);
    let answer = sandbox.expect(2, "apply trust.toml");
    assert!(answer.stderr.contains("expected a manifest in UTF-8, found UTF-16"), "{}", answer.stderr);
    // With the byte order mark that Notepad writes.
    sandbox.write("trust.toml", format!("\u{feff}{text}"));
    sandbox.expect(0, "apply trust.toml");
    assert_eq!(sandbox.files(), ["s"]);
}

#[test]
fn what_the_command_line_asks_for_and_the_manifest_has_not_is_refused() {
    let sandbox = Sandbox::with("[[store]]\nname = 'mail'\npath = 'conf'\n");
    let said = |line: &str| sandbox.expect(2, line).stderr;
    assert!(said("apply trust.toml --store mial").contains("no such store; it has \"mail\""));
    assert!(said("apply trust.toml -k other").contains("--keystore is for a store"));
    assert!(said("apply gone.toml").contains("check the path of the manifest"));
    assert!(said("apply trust.toml --allow-empty").contains("--prune"));
    let line = "apply - --password-stdin";
    let answer = Answer::of(2, line, &mut sandbox.command(line));
    assert!(answer.stderr.contains("cannot be both"), "{}", answer.stderr);
    assert!(sandbox.files().is_empty());
}
