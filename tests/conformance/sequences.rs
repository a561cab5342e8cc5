//! Generated sequences of commands: both give the same answers, and stores with the same entries.

use std::fs;
use std::path::Path;

use truststore::{Limits, Password, TrustStore, Unlock};

use crate::common::java::java;
use crate::common::testdata;
use crate::{Keytool, text};

/// How many by default: a call of the JDK's keytool costs a third of a second. Another number stands in
/// `TRUSTSTORE_KEYTOOL_SEQUENCES`.
const SEQUENCES: u64 = 60;

#[test]
fn generated_sequences_of_commands_have_the_same_end() {
    if java().is_none() {
        return;
    }
    let number = std::env::var("TRUSTSTORE_KEYTOOL_SEQUENCES").ok().map_or(SEQUENCES, |n| n.parse().unwrap());
    let halves = [0, 1].map(|half| {
        std::thread::spawn(move || {
            for seed in (half..number).step_by(2) {
                compare(seed);
            }
        })
    });
    for half in halves {
        half.join().unwrap();
    }
}

fn compare(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let commands = sequence(&mut random);
    let folders = [Keytool::Jdk, Keytool::Ours].map(|keytool| (keytool, prepared()));
    let mut told = format!("sequence {seed}\n");
    for command in &commands {
        told.push_str(&format!("  keytool {}\n", command.join(" ")));
        let [jdk, ours] = folders.each_ref().map(|(keytool, folder)| keytool.run(folder.path(), command));
        let [out, err] = [text(&ours.stdout), text(&ours.stderr)];
        assert_eq!(ours.status.code(), jdk.status.code(), "{told}{out}{err}");
        assert_eq!(out, text(&jdk.stdout), "{told}");
        assert_eq!(in_any_order(&err), in_any_order(&text(&jdk.stderr)), "{told}");
        for store in STORES {
            let [jdk, ours] = folders.each_ref().map(|(_, folder)| entries(&folder.path().join(store)));
            assert_eq!(ours, jdk, "{told}{store}");
        }
    }
}

/// Java goes through a store in the order of its hash table.
fn in_any_order(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

const STORES: [&str; 3] = ["a.ks", "b.ks", "keys.ks"];
const PASSWORDS: [&str; 3] = ["changeit", "changeit", "another"];
const ALIASES: [&str; 6] = ["one", "One", "two", "TWO", "drei vier", "server"];
const INPUTS: [&str; 7] = [
    "corp-root.pem",
    "root-a.pem",
    "bundle.pem",
    "weak-rsa1024.pem",
    "corp-root.der",
    "truncated.der",
    "no-such-file.pem",
];

/// A folder with the inputs and a store with a key in it.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for input in INPUTS {
        let from = testdata("inputs").join(input);
        if from.is_file() {
            fs::copy(from, folder.path().join(input)).unwrap();
        }
    }
    fs::copy(testdata("stores/keytool/mixed.jks"), folder.path().join("keys.ks")).unwrap();
    folder
}

/// What a sequence has done to a store: alias, kind and certificates of each entry as a JVM sees it.
fn entries(path: &Path) -> Vec<String> {
    let opened = PASSWORDS.iter().find_map(|password| {
        TrustStore::open(path, Unlock::With(&Password::new(*password)), &Limits::default()).ok()
    });
    let Some(store) = opened else { return vec![format!("no store: {}", path.exists())] };
    let mut entries: Vec<String> = store
        .entries()
        .iter()
        .filter_map(|entry| {
            let certificates: Vec<String> =
                entry.certificates().iter().map(|certificate| certificate.sha256().to_hex()).collect();
            Some(format!("{} {} {}", entry.java_alias()?, entry.kind().code(), certificates.join(",")))
        })
        .collect();
    entries.push(format!("a {} store", store.format()));
    entries.sort();
    entries
}

fn sequence(random: &mut Random) -> Vec<Vec<String>> {
    (0..4 + random.below(3)).map(|_| command(random)).collect()
}

fn command(random: &mut Random) -> Vec<String> {
    let store = random.of(&STORES);
    let password = random.of(&PASSWORDS);
    let alias = random.of(&ALIASES);
    let mut words = match random.below(12) {
        0..4 => {
            // A certificate under a key's alias would be a reply, which is not done here.
            let alias = random.of(&ALIASES[..5]);
            vec!["-importcert", "-noprompt", "-alias", alias, "-file", random.of(&INPUTS)]
        }
        4 => vec!["-import", "-alias", random.of(&ALIASES[..5]), "-file", random.of(&INPUTS)],
        5 => vec!["-delete", "-alias", alias],
        6 => vec!["-changealias", "-alias", alias, "-destalias", random.of(&ALIASES), "-keypass", "changeit"],
        7 => vec!["-storepasswd", "-new", random.of(&PASSWORDS)],
        8 => vec!["-exportcert", "-rfc", "-alias", alias],
        9 => vec!["-list", random.of(&["-v", "-rfc", "-noprompt"])],
        _ => {
            let mut words = vec!["-importkeystore", "-srckeystore", random.of(&STORES), "-srcstorepass"];
            words.extend([random.of(&PASSWORDS), "-destkeystore", store, "-deststorepass", password]);
            words.extend(["-noprompt", "-deststoretype", random.of(&TYPES)]);
            if random.below(2) == 0 {
                words.extend(["-srcalias", alias, "-destalias", random.of(&ALIASES)]);
            }
            return words.into_iter().map(str::to_owned).collect();
        }
    };
    words.extend(["-keystore", store, "-storepass", password]);
    if words[0] == "-importcert" {
        words.extend(["-storetype", random.of(&TYPES)]);
    }
    if random.below(8) == 0 {
        words.push("-v");
    }
    words.into_iter().map(str::to_owned).collect()
}

const TYPES: [&str; 3] = ["PKCS12", "jks", "JCEKS"];

/// xorshift64: the same sequence at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let at = self.below(u64::try_from(choices.len()).unwrap());
        choices[usize::try_from(at).unwrap()]
    }
}
