use std::fs;

use proptest::prelude::*;

use super::*;
use crate::ber::{self, der};
use crate::cert::sample::Sample;
use crate::format::Unlock;
use crate::password::Password;
use crate::store::{Format, TrustStore};

fn root(name: &str) -> Certificate {
    Sample::root(name).build()
}

fn pem(label: &str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der).unwrap()
}

fn read(bytes: impl Into<Bytes>) -> Result<Found> {
    read_bytes("in", bytes.into(), &Limits::default())
}

fn names(found: &Found) -> Vec<Certificate> {
    found.certificates.iter().map(|found| found.certificate.clone()).collect()
}

/// ContentInfo with SignedData around these certificates.
fn signed_data(certificates: &[Certificate], indefinite: bool) -> Vec<u8> {
    let wrap = |tag: u8, content: &[u8]| {
        if indefinite { [&[tag, 0x80], content, &[0, 0]].concat() } else { der(tag, &[content]) }
    };
    let data = der(ber::OID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]]);
    let set: Vec<u8> = certificates.iter().flat_map(|certificate| certificate.der().to_vec()).collect();
    let fields = [vec![2, 1, 1, 0x31, 0], wrap(0x30, &data), wrap(0xa0, &set), vec![0x31, 0]].concat();
    let kind = der(ber::OID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]]);
    wrap(0x30, &[kind, wrap(0xa0, &wrap(0x30, &fields))].concat())
}

fn utf16(text: &str, mark: bool, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark: &[u16] = if mark { &[0xfeff] } else { &[] };
    mark.iter().copied().chain(text.encode_utf16()).flat_map(unit).collect()
}

#[test]
fn every_form_of_the_same_certificates_is_read() {
    let (a, b) = (root("A"), root("B"));
    let both = [a.clone(), b.clone()];
    let one = |certificate: &Certificate| pem("CERTIFICATE", certificate.der());
    let two = one(&a) + &one(&b);
    let bare = |der: &[u8]| {
        let text = pem("CERTIFICATE", der);
        text.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n")
    };
    let p7 = signed_data(&both, false);
    let p7_ber = signed_data(&both, true);
    for (what, input) in [
        ("pem", two.clone().into_bytes()),
        ("text around", format!("Subject: A\n-- \n{two}\nbye\n").into_bytes()),
        ("crlf", two.replace('\n', "\r\n").into_bytes()),
        ("cr", two.replace('\n', "\r").into_bytes()),
        ("bom", format!("\u{feff}{two}").into_bytes()),
        ("bom inside", format!("{}\u{feff}{}", one(&a), one(&b)).into_bytes()),
        ("latin-1 around", [&b"# Z\xfcrich\n"[..], two.as_bytes()].concat()),
        ("utf-16le", utf16(&two, true, u16::to_le_bytes)),
        ("utf-16be", utf16(&two, true, u16::to_be_bytes)),
        ("utf-16le without bom", utf16(&two, false, u16::to_le_bytes)),
        ("utf-16be without bom", utf16(&two, false, u16::to_be_bytes)),
        ("no line end between", format!("{}{}", one(&a).trim_end(), one(&b).trim_end()).into_bytes()),
        ("one line", two.replace("-\nM", "-M").replace('\n', " ").replace("- -", "-\n-").into_bytes()),
        ("indented", two.replace('\n', "\n    ").into_bytes()),
        ("blanks at line ends", two.replace('\n', " \t\n").into_bytes()),
        ("double spaced", two.replace('\n', "\n\n").into_bytes()),
        ("headers", two.replace("E-----\nM", "E-----\nX-Id: 7\n more\n\nM").into_bytes()),
        ("no padding", two.replace('=', "").into_bytes()),
        ("x509", two.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes()),
        ("der", [a.der(), b.der()].concat()),
        ("bare", bare(&[a.der(), b.der()].concat()).into_bytes()),
        ("bare, one after the other", format!("\r\n{}\r\n\r\n{}", bare(a.der()), bare(b.der())).into_bytes()),
        ("bare p7", bare(&p7).into_bytes()),
        ("p7", p7.clone()),
        ("p7 in ber", p7_ber.clone()),
        ("p7 in pem", pem("PKCS7", &p7).into_bytes()),
        ("cms in pem", pem("CMS", &p7_ber).into_bytes()),
        ("p7 as certificate", pem("CERTIFICATE", &p7).into_bytes()),
    ] {
        let found = read(input).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(found.errors.is_empty(), "{what}: {:?}", found.errors);
        assert_eq!(names(&found), both, "{what}");
    }
}

#[test]
fn trust_settings_of_openssl_are_dropped() {
    let a = root("A");
    let found = read(pem("TRUSTED CERTIFICATE", &[a.der(), &[0x30, 0]].concat())).unwrap();
    assert_eq!(names(&found), [a]);
    assert_eq!(found.notes.first().unwrap().code(), "trust-settings-ignored");
    assert!(found.errors.is_empty());
}

#[test]
fn keys_and_other_blocks_are_noted_and_not_read() {
    let input = pem("PRIVATE KEY", b"secret")
        + "-----BEGIN ENCRYPTED PRIVATE KEY-----\n!! not even Base64 !!\n-----END ENCRYPTED PRIVATE KEY-----\n"
        + &pem("OPENSSH PRIVATE KEY", b"x")
        + &pem("DH PARAMETERS", b"x")
        + &pem("CERTIFICATE", root("A").der());
    let found = read(input).unwrap();
    assert_eq!(found.certificates.len(), 1);
    let codes: Vec<&str> = found.notes.iter().map(Note::code).collect();
    assert_eq!(
        codes,
        ["private-key-ignored", "private-key-ignored", "private-key-ignored", "other-pem-ignored"]
    );
    assert!(!format!("{:?}{}", found.notes, found.notes[0]).contains("c2Vj"));
}

#[test]
fn broken_blocks_are_items_with_their_line() {
    let good = pem("CERTIFICATE", root("A").der());
    let lines = good.lines().count();
    let body = "MIIB";
    for (broken, expected) in [
        ("-----BEGIN CERTIFICATE-----\nMII!\n-----END CERTIFICATE-----\n", "found '!' (line 25, column 4)"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n", "found the next \"-----BEGIN CERTIFICATE-----\""),
        ("-----BEGIN CERTIFICATE-----\nMIIBA\n-----END CERTIFICATE-----\n", "a character was lost"),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "empty block"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END PKCS7-----\n", "found \"-----END PKCS7-----\""),
        ("----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "the BEGIN line is damaged"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n----END CERTIFICATE-----\n", "the END line is damaged"),
        ("MIIB\n-----END CERTIFICATE-----\n", "before \"END CERTIFICATE\""),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "cut short"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "another ASN.1"),
    ] {
        let found = read(format!("{good}{broken}{good}")).unwrap();
        assert_eq!(found.certificates.len(), 2, "{broken}");
        let [error] = found.errors.as_slice() else { panic!("{broken}: {:?}", found.errors) };
        assert!(
            error.to_string().contains(expected.replace("25", &(lines + 2).to_string()).as_str()),
            "{error}"
        );
        let extra = usize::from(!broken.contains("BEGIN"));
        assert_eq!(error.origin.line, Some(lines + 1 + extra), "{body} {error}");
        assert_eq!((error.origin.number, error.origin.of), (2, 3));
    }
    let found = read(good.replace("-----END CERTIFICATE-----\n", "")).unwrap();
    assert!(found.errors[0].error.message().contains("cut short"), "{:?}", found.errors);
}

#[test]
fn what_follows_a_certificate_is_an_error() {
    let a = root("A");
    for rest in [&b"\0\0"[..], b"\r\n", b"\x30\x82\x01", b"junk"] {
        let found = read([a.der(), rest].concat()).unwrap();
        assert_eq!(names(&found), std::slice::from_ref(&a));
        assert!(found.errors[0].error.message().contains("after the certificate"), "{:?}", found.errors);
        let found = read(pem("CERTIFICATE", &[a.der(), rest].concat())).unwrap();
        assert_eq!(found.errors.len(), 1);
    }
}

#[test]
fn what_is_no_certificate_is_named() {
    let spki = Sample::root("x").key;
    for (input, expected) in [
        (Vec::new(), "an empty file"),
        (b" \r\n\t".to_vec(), "an empty file"),
        (b"<!DOCTYPE html>".to_vec(), "an HTML page"),
        (b"ssh-ed25519 AAAAC3Nz admin".to_vec(), "an SSH public key"),
        (b"{\"ca\": \"-----BEGIN CERTIFICATE-----\\nMIIB\"}".to_vec(), "middle of a line"),
        (b"hello".to_vec(), "other text"),
        (b"\x7fELF\0\0".to_vec(), "other binary data"),
        (pem("CERTIFICATE REQUEST", b"x").into_bytes(), "a certificate request"),
        (pem("X509 CRL", b"x").into_bytes(), "a revocation list"),
        (pem("PUBLIC KEY", b"x").into_bytes(), "a bare public key"),
        (pem("PRIVATE KEY", b"x").into_bytes(), "a private key"),
        (pem("OPENSSH PRIVATE KEY", b"x").into_bytes(), "a private key"),
    ] {
        let error = read(input).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoCertificate, "{error}");
        assert!(error.message().contains(expected), "{error}");
    }
    let store = read(vec![0x30, 6, 2, 1, 3, 0x30, 1, 0]).unwrap_err();
    assert_eq!(store.kind(), ErrorKind::Refused, "{store}");
    assert!(store.message().contains("a PKCS#12 store"), "{store}");
    for (input, expected) in [
        (spki, "a bare public key"),
        (vec![0x30, 8, 2, 1, 0, 0x30, 0, 4, 1, 0], "a private key"),
        (vec![0x30, 0x82, 0xff, 0xff, 1], "cut short"),
    ] {
        let found = read(input).unwrap();
        assert!(found.errors[0].error.message().contains(expected), "{:?}", found.errors);
    }
    // Damaged, but nothing else begins like this.
    let error = read(vec![0x30, 6, 2, 1, 3, 0x30, 1, 0]).unwrap_err();
    assert!(error.message().contains("found a PKCS#12 store"), "{error}");
}

#[test]
fn a_store_is_read_as_one() {
    let mut store = TrustStore::new(Format::Jks, Password::new("s3cret"));
    store.insert("first", root("A"), 1_700_000_000_000).unwrap();
    let bytes = store.to_bytes(&mut crate::SystemRandom).unwrap();
    assert_eq!(sniff(&bytes), InputKind::Store(Format::Jks));
    assert_eq!(read(bytes.clone()).unwrap_err().kind(), ErrorKind::Refused);

    let password = Password::new("s3cret");
    let limits = Limits::default();
    let found = read_store("old.jks", bytes.clone(), Unlock::With(&password), &limits).unwrap();
    assert_eq!(found.integrity, Some(Integrity::Verified));
    let first = &found.certificates[0];
    assert_eq!((first.alias.as_deref(), first.created), (Some("first"), Some(1_700_000_000_000)));
    let found = read_store("old.jks", bytes, Unlock::Defaults, &limits).unwrap();
    assert_eq!(found.integrity, Some(Integrity::Unchecked));
}

#[test]
fn a_folder_is_read_by_name_with_notes() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put("b.pem", pem("CERTIFICATE", root("B").der()).as_bytes());
    put("a.cer", root("A").der());
    let large = root(&"C".repeat(5_000));
    put("c.der", large.der());
    put("hash.0", root("A").der());
    put("readme.txt", b"these are ours");
    put("empty.crt", b"");
    put("key.pem", pem("PRIVATE KEY", b"x").as_bytes());
    put("old.jks", &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]);
    fs::create_dir(folder.path().join("sub.pem")).unwrap();
    let found = read_path(folder.path(), &Limits::default()).unwrap();
    assert_eq!(names(&found), [root("A"), root("B"), large]);
    assert_eq!(found.errors.len(), 1, "{:?}", found.errors);
    assert!(found.errors[0].to_string().contains("empty.crt"), "{:?}", found.errors);
    let codes: Vec<&str> = found.notes.iter().map(Note::code).collect();
    assert_eq!(codes, ["repeated", "private-key-ignored", "skipped", "skipped", "skipped"]);
    assert!(matches!(&found.notes[0], Note::Repeated { source, first }
        if source.ends_with("hash.0") && first.ends_with("a.cer")));
}

#[test]
fn a_path_that_is_not_there_is_not_found() {
    let error = read_path("/nonexistent/ca.pem".as_ref(), &Limits::default()).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[test]
fn hostile_text_takes_linear_time_and_bounded_memory() {
    for unit in
        ["-----BEGIN CERTIFICATE-----\n", "-----BEGIN X-----", "-----END CERTIFICATE-----", "-", "a -"]
    {
        let input = unit.repeat(4_000_000 / unit.len());
        let limits = Limits { max_entries: 1_000_000, ..Limits::default() };
        let start = std::time::Instant::now();
        let _ = read_bytes("in", input.into(), &limits);
        assert!(start.elapsed().as_secs() < 10, "{unit:?}: {:?}", start.elapsed());
    }
    let limits = Limits { max_entries: 10, ..Limits::default() };
    let error = read_bytes("in", "-----BEGIN CERTIFICATE-----\n".repeat(20).into(), &limits).unwrap_err();
    assert!(error.is_limit_exceeded(), "{error}");
    let limits = Limits { max_file_size: 10, ..Limits::default() };
    assert!(read_bytes("in", vec![b'x'; 11].into(), &limits).unwrap_err().is_limit_exceeded());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes);
    }

    #[test]
    fn damaged_files_never_panic(
        at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000, form in 0usize..4,
    ) {
        let a = root("A");
        let mut bytes = match form {
            0 => a.der().to_vec(),
            1 => pem("CERTIFICATE", a.der()).into_bytes(),
            2 => signed_data(&[a], true),
            _ => utf16(&pem("PKCS7", &signed_data(&[a], false)), true, u16::to_le_bytes),
        };
        let len = bytes.len();
        bytes[at % len] = byte;
        bytes.truncate(len - cut % 50);
        let _ = read(bytes);
    }

    #[test]
    fn arbitrary_pem_like_text_never_panics(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("-----BEGIN CERTIFICATE-----"), Just("-----END CERTIFICATE-----"), Just("-----"),
                Just("BEGIN "), Just("END "), Just("\n"), Just("\r\n"), Just("MIIB"), Just("="), Just("A: b"),
                Just("-----BEGIN PRIVATE KEY-----"), Just("\u{feff}"), Just(" "), Just("-"),
            ],
            0..40,
        ),
    ) {
        let _ = read(parts.concat());
    }
}

#[test]
fn a_folder_of_thousands_is_read_in_the_order_of_names_and_shares_one_limit() {
    let folder = tempfile::tempdir().unwrap();
    // The bytes up to the end of each file.
    let mut ends = Vec::new();
    for number in 0..4_200 {
        let der = Sample::root(&format!("Root {number:04}")).build().der().to_vec();
        ends.push(ends.last().unwrap_or(&0) + u64::try_from(der.len()).unwrap());
        fs::write(folder.path().join(format!("{number:04}.der")), der).unwrap();
    }
    let heard = std::sync::Mutex::new(Vec::new());
    let limits = Limits { max_file_size: ends[4_199], ..Limits::default() };
    let found =
        read_path_watched(folder.path(), &limits, &|progress| heard.lock().unwrap().push(progress)).unwrap();
    let names: Vec<String> = found
        .certificates
        .iter()
        .map(|found| found.certificate.view().unwrap().subject.common_name().unwrap())
        .collect();
    assert_eq!(names, (0..4_200).map(|number| format!("Root {number:04}")).collect::<Vec<_>>());
    let heard = heard.into_inner().unwrap();
    assert_eq!(heard.iter().map(|progress| progress.done).max(), Some(4_200));
    assert!(heard.iter().all(|progress| progress.total == 4_200));

    for last in [0, 1, 2_050, 4_199] {
        let limits = Limits { max_file_size: ends[last] - 1, ..limits.clone() };
        let error = read_path(folder.path(), &limits).unwrap_err();
        assert!(error.is_limit_exceeded(), "{error}");
        assert!(error.path().unwrap().ends_with(format!("{last:04}.der")), "{last}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_folder_leads_to_is_read_and_a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("root");
    fs::write(&file, root("A").der()).unwrap();
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    };
    link(&file, "a.der");
    link(elsewhere.path(), "b.pem");
    link(&elsewhere.path().join("gone"), "c.pem");
    let pipe = folder.path().join("d.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let found = read_path(folder.path(), &Limits::default()).unwrap();
    assert_eq!(names(&found), [root("A")]);
    assert_eq!(found.errors.len(), 1, "{:?}", found.errors);
    assert!(found.errors[0].to_string().contains("c.pem"), "{:?}", found.errors);
    let notes: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
    assert!(notes[0].contains("a folder inside the folder"), "{notes:?}");
    assert!(notes[1].contains("neither a file nor a folder"), "{notes:?}");
}
