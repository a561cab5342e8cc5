//! What both print of every certificate at hand, octet for octet.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, read_path};

use crate::common::java::java;
use crate::common::testdata;
use crate::{Keytool, text};

/// Not compared: a name with control characters, which we write as `\u{1b}`.
const NOT_COMPARED: &[&str] = &["hostile-subject.pem"];

#[test]
fn listings_of_all_certificates_are_the_same() {
    if java().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [("all.jks", Format::Jks), ("all.p12", Format::Pkcs12)] {
        let mut store = TrustStore::new(format, Password::new("changeit"));
        for (number, certificate) in certificates().into_iter().enumerate() {
            store.insert(&format!("entry {number:03}"), certificate, 1_700_000_000_000).unwrap();
        }
        store.save(folder.path().join(name), &mut SystemRandom).unwrap();
        for more in [&[][..], &["-v"], &["-rfc"], &["-v", "-alias", "ENTRY 001"]] {
            let mut arguments = vec!["-list", "-keystore", name, "-storepass", "changeit"];
            arguments.extend(more);
            same(folder.path(), &arguments);
        }
    }
}

#[test]
fn printed_certificates_are_the_same() {
    if java().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bundle = String::new();
    for certificate in certificates() {
        bundle.push_str(&truststore::to_pem([&certificate]).unwrap());
    }
    fs::write(folder.path().join("all.pem"), bundle).unwrap();
    for more in [&[][..], &["-rfc"], &["-v"], &["-trustcacerts"]] {
        let mut arguments = vec!["-printcert", "-file", "all.pem"];
        arguments.extend(more);
        same(folder.path(), &arguments);
    }
}

#[test]
fn every_input_is_taken_or_refused_alike() {
    if java().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for input in fs::read_dir(testdata("inputs")).unwrap() {
        let path = input.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() || NOT_COMPARED.contains(&name) {
            continue;
        }
        same(folder.path(), &["-printcert", "-file", path.to_str().unwrap()]);
    }
}

/// The certificates of the system, of the inputs, and those with every extension.
fn certificates() -> Vec<Certificate> {
    let mut sources = vec![testdata("keytool/extensions.pem")];
    let system = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if system.is_file() {
        sources.push(system.to_owned());
    } else {
        eprintln!("note: {}: no such file: its certificates are not compared", system.display());
    }
    let mut inputs: Vec<_> =
        fs::read_dir(testdata("inputs")).unwrap().map(|input| input.unwrap().path()).collect();
    inputs.sort();
    sources.extend(inputs.into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.is_file() && !NOT_COMPARED.contains(&name)
    }));
    let mut certificates = Vec::new();
    for source in sources {
        let Ok(found) = read_path(&source, &Limits::default()) else { continue };
        certificates.extend(found.certificates.into_iter().map(|found| found.certificate));
    }
    assert!(certificates.len() > 90, "{}", certificates.len());
    certificates
}

/// Both answer alike: exit code, stdout and stderr.
fn same(folder: &Path, arguments: &[&str]) {
    let [jdk, ours] = [Keytool::Jdk, Keytool::Ours].map(|keytool| keytool.run(folder, arguments));
    assert_eq!(ours.status.code(), jdk.status.code(), "{arguments:?}: {}", text(&ours.stdout));
    for (stream, jdk, ours) in [("stdout", &jdk.stdout, &ours.stdout), ("stderr", &jdk.stderr, &ours.stderr)]
    {
        assert!(jdk == ours, "{arguments:?}: {stream}\n{}", difference(&text(jdk), &text(ours)));
    }
}

/// The first lines that differ.
fn difference(jdk: &str, ours: &str) -> String {
    let mut told = String::new();
    let mut lines = jdk.lines().zip(ours.lines()).enumerate().filter(|(_, (jdk, ours))| jdk != ours);
    for (number, (jdk, ours)) in lines.by_ref().take(5) {
        writeln!(told, "line {}\n  JDK  {jdk}\n  ours {ours}", number + 1).unwrap();
    }
    let counts = (jdk.lines().count(), ours.lines().count());
    writeln!(told, "{} lines of the JDK, {} of ours", counts.0, counts.1).unwrap();
    told
}
