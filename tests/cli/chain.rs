//! `verify --chain`: would a sender with this store trust that server?

#[cfg(unix)]
use crate::Answer;
use crate::mirrors::Chain;
#[cfg(unix)]
use crate::pki::{EXPIRED, LOCAL, Pki, VALID};
use crate::{Sandbox, input};

/// A sandbox with a store that has a root, and the chains of servers.
#[cfg(unix)]
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let pki = Pki::new(&sandbox.path(""));
    let root = pki.root("Corp Root");
    let issuing = pki.intermediate("Corp Issuing CA", &root);
    pki.server("mail", LOCAL, VALID, &issuing);
    pki.server("old", LOCAL, EXPIRED, &root);
    let root = root.certificate.to_str().unwrap().to_owned();
    sandbox.expect(0, &["import", "--file", &root, "--alias", "corp-ca", "-k", "s"]);
    sandbox
}

fn chain(sandbox: &Sandbox, code: i32, args: &[&str]) -> Chain {
    let mut all = vec!["verify", "-k", "s", "--format", "json", "--chain"];
    all.extend(args);
    let answer = sandbox.expect(code, &all);
    serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", answer.stdout))
}

#[cfg(unix)]
#[test]
fn a_trusted_chain_names_its_anchor() {
    let sandbox = sandbox();
    let json =
        chain(&sandbox, 0, &["mail.chain.pem", "--host", "localhost", "--at", "2030-01-01T00:00:00+01:00"]);
    assert!(json.trusted && json.refusal.is_none() && json.java.is_none());
    assert_eq!((json.schema, json.command.as_str(), json.store.entries), (1, "verify", 1));
    assert_eq!((json.host.as_deref(), json.at.as_str()), (Some("localhost"), "2029-12-31T23:00:00Z"));
    let anchor = json.anchor.unwrap();
    assert_eq!((anchor.alias.as_str(), anchor.role.as_str()), ("corp-ca", "ca"));
    assert_eq!(anchor.subject, "CN=Corp Root");
    assert_eq!(anchor.sha256.len(), 95);
    assert!(json.warnings.is_empty());
    let [leaf, issuing] = json.chain.as_slice() else { panic!("{:?}", json.chain) };
    assert_eq!((leaf.subject.as_str(), leaf.issuer.as_str()), ("CN=mail", "CN=Corp Issuing CA"));
    assert_eq!(leaf.names, ["localhost", "127.0.0.1", "::1"]);
    assert!(!leaf.ca && issuing.ca && !issuing.self_issued && leaf.not_before < leaf.not_after);
    assert_eq!(issuing.sha256.len(), 95);

    let answer = sandbox.expect(0, &["verify", "-k", "s", "--chain", "mail.chain.pem", "--host", "::1"]);
    assert!(
        answer.stdout.starts_with("trusted: anchored by \"corp-ca\" as CA  CN=Corp Root\n"),
        "{}",
        answer.stdout
    );
    let stdin =
        sandbox.run_with_stdin(&["verify", "-k", "s", "--chain", "-"], &sandbox.read("mail.chain.pem"));
    assert_eq!(stdin.code, 0, "{}", stdin.stderr);
    assert!(stdin.stderr.contains("no --host was given"), "{}", stdin.stderr);
}

/// The refusal that has a remedy of its own: a key that stands twice in an object is lost by most readers.
#[cfg(unix)]
#[test]
fn an_issuer_that_may_not_issue_has_one_remedy() {
    let sandbox = Sandbox::new();
    let pki = Pki::new(&sandbox.path(""));
    let pinned = pki.self_signed("pinned", LOCAL);
    pki.server("forged", LOCAL, VALID, &pinned);
    sandbox.expect(0, &["import", "--file", "pinned.pem", "--alias", "pin", "-k", "s", "-q"]);
    let args = ["verify", "-k", "s", "--format", "json", "--chain", "forged.pem", "--host", "localhost"];
    let answer = sandbox.expect(1, &args);
    let json: Chain = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(json.refusal.unwrap()["code"], "unusable-issuer");
    assert_eq!(answer.stdout.matches("\"remedy\"").count(), 1, "{}", answer.stdout);
}

#[cfg(unix)]
#[test]
fn a_refused_chain_says_why_and_what_to_do() {
    let sandbox = sandbox();
    let json = chain(&sandbox, 1, &["mail.pem", "--host", "localhost"]);
    assert!(!json.trusted && json.anchor.is_none());
    let refusal = json.refusal.unwrap();
    assert_eq!(refusal["code"], "missing-intermediate");
    assert_eq!(refusal["issuer"], "CN=Corp Issuing CA");
    assert!(refusal["key_id"].as_str().is_some_and(|id| id.len() == 59), "{refusal}");
    for field in ["message", "remedy"] {
        assert!(refusal[field].as_str().is_some_and(|text| !text.is_empty()), "{refusal}");
    }
    let expired = chain(&sandbox, 1, &["old.chain.pem", "--host", "localhost"]);
    assert_eq!(expired.refusal.unwrap()["code"], "expired");
    let before =
        chain(&sandbox, 0, &["old.chain.pem", "--host", "localhost", "--at", "2019-12-15T00:00:00Z"]);
    assert!(before.warnings[0].contains("expires in 17 days"), "{:?}", before.warnings);

    sandbox.expect(0, &["import", "--file", "old.pem", "-k", "s", "-q"]);
    let pinned = chain(&sandbox, 1, &["old.pem", "--host", "localhost"]).java.unwrap();
    assert!(pinned.trusted && pinned.reason.contains("no date"), "{}", pinned.reason);

    let Answer { stdout, stderr, .. } =
        sandbox.expect(1, &["verify", "-k", "s", "--chain", "mail.pem", "-q"]);
    assert!(stdout.starts_with("not trusted [missing-intermediate]: the server probably forgot"), "{stdout}");
    assert_eq!(stderr, "");
    // The root first, as some people put a chain together.
    let backwards = [sandbox.read("Corp Root.pem"), sandbox.read("mail.pem")].concat();
    sandbox.write("backwards.pem", backwards);
    let answer = sandbox.expect(1, &["verify", "-k", "s", "--chain", "backwards.pem", "--host", "localhost"]);
    assert!(answer.stderr.contains("the server's own has to come first"), "{}", answer.stderr);
}

#[cfg(unix)]
#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let sandbox = sandbox();
    let chain = |more: &[&str]| {
        let mut all = vec!["verify", "-k", "s", "--chain"];
        all.extend(more);
        sandbox.expect(2, &all).stderr
    };
    assert!(chain(&["mail.pem", "--host", "localhost:587"]).contains("without a port"));
    assert!(chain(&["mail.pem", "--at", "tomorrow"]).contains("2026-12-31T23:59:59Z"));
    assert!(chain(&["absent.pem"]).contains("check the path given with --chain"));
    assert!(chain(&["s"]).contains("a PKCS#12 store, not a chain"));
    assert!(chain(&["mail.key.pem"]).contains("found only a private key"));
    assert!(chain(&[&input("one-bad.pem")]).contains("one-bad.pem"));
    assert!(sandbox.expect(2, &["verify", "--host", "localhost"]).stderr.contains("--chain"));
}

/// Without `openssl`, so on Windows too.
#[test]
fn a_certificate_that_is_imported_is_trusted_as_itself() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    sandbox.expect(0, &["create", "-k", "s"]);
    let refused = chain(&sandbox, 1, &[&root]);
    assert_eq!(refused.refusal.unwrap()["code"], "self-signed");
    sandbox.expect(0, &["import", "-k", "s", "--file", &root, "--alias", "corp-ca"]);
    let trusted = chain(&sandbox, 0, &[&root]);
    assert_eq!(
        trusted.anchor.map(|anchor| (anchor.alias, anchor.role)),
        Some(("corp-ca".into(), "pin".into()))
    );
}
