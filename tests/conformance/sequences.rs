//! Generated sequences of commands: both give the same answers, and stores with the same entries.

use std::fs;
use std::path::Path;
use std::process::Output;

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
    let half = |first: u64| (first..number).step_by(2).filter_map(|seed| difference(seed).err());
    let differences: Vec<String> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|first| scope.spawn(move || half(first).collect::<Vec<_>>()));
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let count = differences.len();
    assert!(differences.is_empty(), "{count} of {number} sequences differ:\n{}", differences.join("\n"));
}

/// Runs one sequence with both; an error says where they part.
fn difference(seed: u64) -> Result<(), String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let folders = [Keytool::Jdk, Keytool::Ours].map(|keytool| (keytool, prepared()));
    let mut told = format!("sequence {seed}\n");
    for command in sequence(&mut random) {
        told.push_str(&format!("  keytool {}\n", command.join(" ")));
        let [jdk, ours] = folders.each_ref().map(|(keytool, folder)| keytool.run(folder.path(), &command));
        let answer = |output: &Output| {
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            format!("exit code {:?}\n{}{}", output.status.code(), without_trace(&out), in_any_order(&err))
        };
        let [jdk, ours] = [answer(&jdk), answer(&ours)];
        if jdk != ours {
            return Err(format!("{told}JDK: {jdk}\nours: {ours}"));
        }
        for store in STORES {
            let [jdk, ours] = folders.each_ref().map(|(_, folder)| entries(&folder.path().join(store)));
            if jdk != ours {
                return Err(format!("{told}{store}\nJDK: {jdk:#?}\nours: {ours:#?}"));
            }
        }
    }
    Ok(())
}

/// With `-v` the JDK says where in its sources an error was thrown.
fn without_trace(out: &str) -> String {
    let is_trace =
        |line: &&str| ["\tat ", "\t... ", "Caused by: ", "java."].iter().any(|start| line.starts_with(start));
    out.lines().filter(|line| !is_trace(line)).map(|line| format!("{line}\n")).collect()
}

/// Java goes through a store in the order of its hash table.
fn in_any_order(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

const STORES: [&str; 4] = ["a.ks", "b.ks", "c.ks", "keys.ks"];
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
            words.extend(["-noprompt", "-deststoretype", type_of(store, random)]);
            if random.below(2) == 0 {
                words.extend(["-srcalias", alias, "-destalias", random.of(&ALIASES)]);
            }
            return words.into_iter().map(str::to_owned).collect();
        }
    };
    words.extend(["-keystore", store, "-storepass", password]);
    if words[0] == "-importcert" {
        words.extend(["-storetype", type_of(store, random)]);
    }
    if random.below(8) == 0 {
        words.push("-v");
    }
    words.into_iter().map(str::to_owned).collect()
}

/// The JDK writes a JKS store that is called JCEKS as JCEKS, where we keep it as it is.
fn type_of(store: &str, random: &mut Random) -> &'static str {
    if store == "c.ks" { "JCEKS" } else { random.of(&["PKCS12", "jks"]) }
}

/// xorshift64: the same sequence at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        let at = self.below(u64::try_from(choices.len()).unwrap());
        choices[usize::try_from(at).unwrap()]
    }
}
