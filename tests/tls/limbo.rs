//! The cases of x509-limbo through `truststore verify --chain`.
//!
//! They are read from the folder that `TRUSTSTORE_LIMBO` names and are no part of this project.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_peer_name: Option<PeerName>,
    expected_result: String,
    tier: String,
    observed: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct PeerName {
    value: String,
}

/// The tiers that must give their result, and how many cases they have.
const TIERS: [(&str, usize); 2] = [("A", 100), ("B", 28)];

/// Cases of these tiers that are decided otherwise, with the reason.
const DEVIATIONS: [(&str, &str); 1] = [(
    "rfc5280::serial::negative",
    "the server's certificate, self-signed and CA:TRUE, is itself in the store: a pin, which is trusted as \
     Java does; the serial number is of no account",
)];

/// The answer of the command: whether it is trusted, and what it says that Java would do.
fn answer(case: &Case) -> (bool, Option<bool>) {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, certificates: &[&String]| {
        let pem: Vec<&str> = certificates.iter().map(|pem| pem.as_str()).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, pem.join("\n")).unwrap();
        path
    };
    let roots = write("roots.pem", &case.trusted_certs.iter().collect::<Vec<_>>());
    let sent: Vec<_> = std::iter::once(&case.peer_certificate).chain(&case.untrusted_intermediates).collect();
    let chain = write("chain.pem", &sent);
    let store = folder.path().join("store");
    let truststore = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        command.args(["--format", "json", "-q", "-k"]).arg(&store);
        command
    };
    let import = truststore().args(["import", "--type", "jks", "--file"]).arg(roots).output().unwrap();
    assert!(import.status.success(), "{}: {}", case.id, String::from_utf8_lossy(&import.stderr));
    let mut verify = truststore();
    verify.args(["verify", "--chain"]).arg(chain);
    if let Some(name) = &case.expected_peer_name {
        verify.args(["--host", &name.value]);
    }
    if let Some(time) = &case.validation_time {
        verify.args(["--at", time]);
    }
    let output = verify.output().unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{}: {}", case.id, String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["trusted"], code == Some(0));
    (code == Some(0), json["java"]["trusted"].as_bool())
}

#[test]
fn limbo_gives_its_results_but_for_the_listed_deviations() {
    let Some(folder) = std::env::var_os("TRUSTSTORE_LIMBO") else {
        eprintln!("TRUSTSTORE_LIMBO is not set: the cases of x509-limbo are not tested");
        return;
    };
    let text = std::fs::read(Path::new(&folder).join("limbo.json")).unwrap();
    let limbo: Limbo = serde_json::from_slice(&text).unwrap();
    let mut wrong = Vec::new();
    let mut deviating = Vec::new();
    for case in &limbo.testcases {
        let (trusted, java) = answer(case);
        let is_of_tier = TIERS.iter().any(|(tier, _)| *tier == case.tier);
        if is_of_tier && trusted != (case.expected_result == "SUCCESS") {
            deviating.push(case.id.as_str());
        }
        let jsse = case.observed.iter().find(|(who, _)| who.starts_with("jsse")).unwrap().1;
        if java.is_some_and(|java| java != (jsse == "SUCCESS")) {
            wrong.push(format!("{}: we say that Java {java:?}, which said {jsse}", case.id));
        }
    }
    let listed: Vec<_> = DEVIATIONS.iter().map(|(id, _)| *id).collect();
    assert_eq!(deviating, listed, "deviations");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (tier, count) in TIERS {
        assert_eq!(limbo.testcases.iter().filter(|case| case.tier == tier).count(), count, "tier {tier}");
    }
}
