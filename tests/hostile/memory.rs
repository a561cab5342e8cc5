//! Bombs through the command, in a process that may have 64 MiB of data (`RLIMIT_DATA`): it ends with an answer
//! or an error of its own, not for lack of memory.

use std::process::{Command, Stdio};

use crate::build::{self, seq};

/// 1.2.840.113549.1.12.10.1.6 safeContentsBag, a bag of bags.
const SAFE_CONTENTS_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 6];
const MIB: usize = 1 << 20;
const MILLION: usize = 1_000_000;

/// What a file is given to, and what its error must say; empty if it is read.
struct Bomb {
    name: &'static str,
    content: Vec<u8>,
    says: &'static str,
}

fn bomb(name: &'static str, content: Vec<u8>, says: &'static str) -> Bomb {
    Bomb { name, content, says }
}

/// Where the length of the certificate stands in the record below.
const JKS_DER: usize = 18;

/// A certificate with a million names in its subject, 12 MB.
fn million_rdns() -> Vec<u8> {
    build::certificate(1, &build::common_name("a").repeat(MILLION), b"")
}

fn stores() -> Vec<Bomb> {
    let gigabyte = 0x4000_0000u32.to_be_bytes();
    let empty = build::plain_block(&[]);
    let safe = [&[0x30, 0x80][..], &build::oid(build::OID_DATA), &[0xa0, 0x80]].concat();
    let bag = [&[0x30, 0x80][..], &build::oid(SAFE_CONTENTS_BAG), &[0xa0, 0x80, 0x30, 0x80]].concat();
    let bags = [&[0x30, 0x80][..], &bag.repeat(MILLION)].concat();
    let block = build::encrypted_block(&build::pbes2(1 << 31), &[0; 32]);
    let jks = [&[0, 0, 0, 2, 0, 1, b'a'][..], &[0; 8], &[0, 1, b'X'], &gigabyte, &[0; 60]].concat();
    let names = million_rdns();
    let record = [&jks[..JKS_DER], &(names.len() as u32).to_be_bytes(), &names].concat();
    let bag = build::certificate_bag(&names, &[&build::friendly_name("a"), &build::trusted()]);
    let p12 = build::pfx(&[&build::plain_block(&[&bag])], build::no_mac);
    vec![
        bomb("mac", build::pfx(&[&empty], |_| build::some_mac(1 << 31)), "--max-iterations"),
        bomb("pbes2", build::pfx(&[&block], build::no_mac), "--max-iterations"),
        bomb("count", build::records(build::JKS, u32::MAX, &[]), "claims 4294967295 entries"),
        bomb("length", build::records(build::JKS, 1, &jks), "expected 1073741824 bytes"),
        bomb("ber", [&[0x30, 0x80, 2, 1, 3][..], &[0x30, 0x80].repeat(MILLION)].concat(), "--max-depth"),
        bomb(
            "segments",
            [&[0x30, 0x80, 2, 1, 3][..], &safe, &[0x24, 0x80].repeat(MILLION)].concat(),
            "--max-depth",
        ),
        bomb("bags", build::pfx(&[&build::data(&bags)], build::no_mac), "--max-depth"),
        bomb("alias", build::aliased(&"a".repeat(10 * MIB)), "--max-alias"),
        bomb("certificate in PKCS#12", p12, "--max-certificate"),
        bomb("certificate in JKS", build::records(build::JKS, 1, &record), "--max-certificate"),
    ]
}

fn inputs() -> Vec<Bomb> {
    let extension = seq(&[&build::oid(&[0x2a]), &build::octets(b"")]);
    let extensions = |count| build::certificate_with(&build::tlv(0xa3, &[&seq(&[&extension.repeat(count)])]));
    let names = |count| {
        let names = seq(&[&build::tlv(0x82, &[b"a"]).repeat(count)]);
        let san = seq(&[&build::oid(&[0x55, 0x1d, 0x11]), &build::octets(&names)]);
        build::certificate_with(&build::tlv(0xa3, &[&seq(&[&san])]))
    };
    let rdns = build::certificate(1, &build::common_name("a").repeat(80_000), b"");
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let block = format!("{begin}MAA=\n-----END CERTIFICATE-----\n");
    let claims = |label: &str| {
        format!("-----BEGIN {label}-----\nMIRAAAAA{}\n-----END {label}-----\n", "A".repeat(20 * MIB)).into()
    };
    let bare = format!("MIRAAAAA{}\n", "A".repeat(20 * MIB)).into();
    let deep = [&[0x30, 0x80][..], &build::oid(build::OID_SIGNED), &[0xa0, 0x80]].concat();
    vec![
        bomb("empty certificates", build::pkcs7(&[0x30, 0].repeat(3 * MILLION)), "--max-entries"),
        bomb("no certificates", build::pkcs7(&[0xa1, 0].repeat(3 * MILLION)), "--max-entries"),
        bomb("deep", [&deep[..], &[0x30, 0x80].repeat(MILLION)].concat(), "--max-depth"),
        bomb("extensions", extensions(MILLION), "--max-certificate"),
        bomb("fewer extensions", extensions(140_000), ""),
        bomb("names", names(MILLION), "--max-certificate"),
        bomb("fewer names", names(340_000), ""),
        bomb("RDNs", million_rdns(), "--max-certificate"),
        bomb("fewer RDNs", rdns, ""),
        bomb("blocks", block.repeat(800_000).into(), "--max-entries"),
        bomb("beginnings", begin.repeat(MILLION).into(), "--max-entries"),
        bomb("claims", claims("CERTIFICATE"), "--max-certificate"),
        bomb("a PKCS#7 that claims", claims("PKCS7"), "claims 1073741824 bytes"),
        bomb("Base64 that claims", bare, "claims 1073741824 bytes"),
    ]
}

/// The exit code and stderr of a command under the limit.
fn run(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new("sh")
        .args(["-c", "ulimit -d 65536 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_truststore")])
        .args(arguments)
        .args(["--no-input", "-q"])
        .current_dir(folder)
        .env_remove("TRUSTSTORE_PASSWORD")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn assert_ends(bomb: &Bomb, commands: &[&[&str]]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bomb"), &bomb.content).unwrap();
    let root = crate::common::testdata("inputs/corp-root.pem");
    std::fs::copy(root, folder.path().join("root.pem")).unwrap();
    for command in commands {
        let (code, stderr) = run(folder.path(), command);
        let expected = if bomb.says.is_empty() { 0..=1 } else { 2..=2 };
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{}: {command:?}: {code:?} {stderr}",
            bomb.name
        );
        assert!(stderr.contains(bomb.says), "{}: {command:?}: {stderr}", bomb.name);
    }
}

#[test]
fn a_bomb_of_a_store_ends_within_64_mib() {
    for bomb in stores() {
        let commands: [&[&str]; 4] = [
            &["list", "-k", "bomb"],
            &["info", "-k", "bomb"],
            &["verify", "-k", "bomb"],
            &["import", "--file", "root.pem", "-k", "bomb"],
        ];
        assert_ends(&bomb, &commands);
        assert_ends(&bomb, &[&["import", "--file", "bomb", "-k", "new", "--dry-run"]]);
    }
}

#[test]
fn a_bomb_of_an_input_ends_within_64_mib() {
    for bomb in inputs() {
        assert_ends(&bomb, &[&["import", "--file", "bomb", "-k", "new"]]);
        assert_ends(&bomb, &[&["import", "--file", "bomb", "-k", "new", "--keep-going", "--dry-run"]]);
    }
}

#[test]
fn the_limit_is_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large"), vec![b'\n'; 80 * MIB]).unwrap();
    let (code, stderr) = run(folder.path(), &["import", "--file", "large", "-k", "new"]);
    assert!(code != Some(0) && !stderr.contains("expected certificates"), "{code:?}: {stderr}");
}
