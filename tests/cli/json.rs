//! JSON: one document on stdout, with exactly these fields. A field that comes or goes fails a test.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::mirrors::{Convert, Edit, ErrorAnswer, Export, Info, List, Restore, Show, Verify};
use crate::{Sandbox, input};

/// The document that a command writes, which must be all of stdout.
fn answer<T: DeserializeOwned>(sandbox: &Sandbox, code: i32, args: &[&str]) -> T {
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    let answer = sandbox.expect(code, &all);
    serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{args:?} {e}: {}", answer.stdout))
}

#[test]
fn every_edit_answers_with_the_same_fields() {
    let sandbox = Sandbox::new();
    let (one, two) = (input("corp-root.pem"), input("corp-root-2.pem"));
    sandbox.write("new.txt", "another one");
    let edit = |args: &[&str]| -> Edit { answer(&sandbox, 0, args) };
    let created = edit(&["create", "-k", "s"]);
    assert!(created.created && created.changed && !created.dry_run && created.added.is_empty());
    assert_eq!((created.schema, created.command.as_str(), created.store.entries), (1, "create", 0));
    let added = edit(&["import", "-k", "s", "--file", &one, "--alias", "a", "--backup"]);
    assert!(!added.created && added.changed && added.backup.is_some());
    assert_eq!(added.added[0].source.as_deref().map(|s| s.ends_with("corp-root.pem (line 1)")), Some(true));
    assert_eq!(
        added.read_back.map(|read_back| (read_back.result, read_back.reason)),
        Some(("agrees".into(), None))
    );
    let unchanged = edit(&["import", "-k", "s", "--file", &one, "--alias", "a"]);
    assert!(!unchanged.changed && unchanged.unchanged.len() == 1 && unchanged.added.is_empty());
    let skipped = edit(&["import", "-k", "s", "--file", &one, "--alias", "b", "--skip-duplicates"]);
    assert!(!skipped.changed && skipped.skipped[0].note.is_some());
    let replaced = edit(&["import", "-k", "s", "--file", &two, "--alias", "a", "--replace"]);
    let previous = replaced.replaced[0].previous.as_ref().unwrap();
    assert!(
        previous.alias == "a" && previous.sha256.is_some() && previous.sha256 != replaced.replaced[0].sha256
    );
    let renamed = edit(&["rename", "a", "b", "-k", "s"]);
    assert_eq!(renamed.renamed[0].previous.as_ref().unwrap().alias, "a");
    let dry = edit(&["remove", "b", "-k", "s", "--dry-run"]);
    assert!(dry.changed && dry.dry_run && dry.removed[0].alias == "b" && dry.removed[0].subject.is_some());
    assert!(edit(&["passwd", "-k", "s", "--new-password-file", "new.txt"]).changed);
    let trusted = edit(&["trust", "b", "-k", "s", "--password-file", "new.txt"]);
    assert!(!trusted.changed && trusted.trusted.is_empty() && trusted.unchanged.len() == 1);
    let gone = edit(&["remove", "c", "-k", "s", "--if-present", "--password-file", "new.txt"]);
    assert!(!gone.changed && gone.removed.is_empty());
    let partial: Edit =
        answer(&sandbox, 2, &["import", "--keep-going", "--file", &input("one-bad.pem"), "-k", "t"]);
    assert!(partial.created && partial.renamed.is_empty());
    assert_eq!(partial.failed[0].code, "damaged");
    assert!(partial.failed[0].message.contains("one-bad.pem"));
    let warned = edit(&["import", "-k", "t", "--file", &input("expired.pem")]);
    assert!(warned.warnings[0].contains("expired"), "{:?}", warned.warnings);
}

#[test]
fn every_question_answers_with_its_fields() {
    let sandbox = Sandbox::new();
    for store in ["mixed.p12", "mixed.jks", "secrets.p12", "secrets.jceks", "legacy.p12", "passwordless.p12"]
    {
        sandbox.copy(&format!("stores/keytool/{store}"), store);
    }
    for store in
        ["no-name.p12", "crl-bag.p12", "unparsable-cert.p12", "nested-safe-contents.p12", "same-name.p12"]
    {
        sandbox.copy(&format!("stores/odd/{store}"), store);
    }
    sandbox.copy("stores/java/nonascii-password.jks", "unchecked.jks");
    for store in sandbox.files() {
        let list: List = answer(&sandbox, 0, &["list", "-k", &store]);
        assert_eq!((list.schema, list.command.as_str(), list.shown), (1, "list", list.entries.len()));
        assert_eq!((list.store.path, list.store.entries), (store.clone(), list.shown));
        assert_eq!(list.store.integrity == "unchecked", store == "unchecked.jks");
        assert_eq!(
            list.warnings.iter().any(|w| w.contains("integrity not checked")),
            store == "unchecked.jks"
        );
        for entry in list.entries {
            let certificate = entry.sha256.is_some();
            assert_eq!(entry.certificates > 0, certificate, "{store} {entry:?}");
            assert!(entry.hidden.is_some() || entry.java_alias.is_some(), "{store} {entry:?}");
            assert!(certificate || (entry.subject.is_none() && entry.issuer.is_none() && entry.ca.is_none()));
            assert_eq!(entry.not_before.is_some(), entry.not_after.is_some());
            assert_eq!(entry.not_after.is_some(), entry.expires_in_days.is_some());
            let show: Show = answer(&sandbox, 0, &["show", &entry.alias, "-k", &store]);
            assert_eq!((show.schema, show.command.as_str(), &show.store.path), (1, "show", &store));
            assert_eq!((show.entry.kind, show.entry.created), (entry.kind, entry.created));
            assert_eq!(show.entry.stored_alias, entry.stored_alias);
            assert_eq!(show.entry.detail, entry.detail);
            assert_eq!(show.details.len(), entry.certificates);
            assert_eq!(
                show.warnings,
                list.warnings.iter().filter(|w| w.contains("integrity")).cloned().collect::<Vec<_>>()
            );
            for details in show.details.into_iter().flatten() {
                assert!(details.version >= 1 && !details.serial.is_empty() && details.public_key.is_object());
                assert!(
                    details.not_before < details.not_after
                        && details.not_before_unix < details.not_after_unix
                );
                assert!(details.sha256.len() == 95 && details.sha1_for_comparison_only.len() == 59);
                assert_eq!(details.public_key_sha256.len(), 95);
                assert!(!details.signature_algorithm.is_empty() && details.signature_hash.is_some());
                assert_eq!(details.self_issued, details.subject == details.issuer);
                assert!(
                    details.extensions_error.is_none() && details.extensions.iter().all(Value::is_object)
                );
                let _ = (details.may_issue, details.strict_parse_error);
            }
        }
        let info: Info = answer(&sandbox, 0, &["info", "-k", &store]);
        assert_eq!((info.schema, info.command.as_str()), (1, "info"));
        assert_eq!(info.size, u64::try_from(sandbox.read(&store).len()).unwrap());
        assert_eq!(info.kinds.values().sum::<usize>(), info.container.entries);
        assert_eq!(
            (&info.container.format, &info.container.integrity),
            (&info.store.format, &info.store.integrity)
        );
        assert_eq!(info.container.digest.is_some(), info.container.version.is_some());
        assert!(info.container.mac.is_none_or(|mac| mac.iterations > 0
            && mac.salt_len > 0
            && !mac.algorithm.is_empty()
            && (mac.legacy == (store == "legacy.p12"))));
        for block in info.container.blocks {
            assert_eq!(block.protection == "plain", block.algorithm.is_none());
            assert_eq!(block.iterations.is_some(), block.salt_len.is_some());
            let _ = (block.legacy, block.bags);
        }
        assert_eq!(info.container.trailing_bytes, 0);
        let _ = (info.container.certificates, info.warnings);
        let verify: Verify = answer(&sandbox, 0, &["verify", "-k", &store, "--allow", "unparsable"]);
        assert_eq!((verify.schema, verify.command.as_str(), verify.errors), (1, "verify", 0));
        assert!(verify.ok && verify.store.path == store);
        let warnings = verify.findings.iter().filter(|finding| finding.severity == "warning").count();
        assert_eq!(verify.warning_findings, warnings);
        for finding in verify.findings {
            assert!(!finding.code.is_empty() && !finding.message.is_empty() && !finding.remedy.is_empty());
            assert!(finding.entry.is_none_or(|entry| !entry.is_empty()));
        }
        let _ = verify.warnings;
    }
}

#[test]
fn export_convert_and_restore_answer_with_their_fields() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/mixed.p12", "store");
    let pem: Export = answer(&sandbox, 0, &["export", "corp-root", "-k", "store"]);
    assert!(pem.out.is_none() && pem.pem.unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let file: Export = answer(&sandbox, 0, &["export", "-k", "store", "--out", "all.p7b", "--as", "p7b"]);
    assert_eq!((file.schema, file.command.as_str(), file.out.as_deref()), (1, "export", Some("all.p7b")));
    assert!(file.changed && file.pem.is_none() && file.entries.len() == 2 && file.warnings.is_empty());
    let convert = ["convert", "-k", "store", "--to", "jks", "--out", "new.jks", "--trusted-only"];
    let first: Convert = answer(&sandbox, 0, &convert);
    assert_eq!((first.schema, first.command.as_str(), first.format.as_str()), (1, "convert", "jks"));
    assert!(first.changed && first.created && !first.dry_run && first.out == "new.jks");
    assert_eq!((first.added.len(), first.skipped.len(), first.unchanged.len()), (2, 1, 0));
    assert_eq!((first.losses[0].code.as_str(), first.losses[0].entries.len()), ("dates-made", 2));
    assert!(first.warnings[0].contains(&first.losses[0].message));
    let again: Convert = answer(&sandbox, 0, &convert);
    assert!(!again.changed && !again.created && again.unchanged.len() == 2);
    assert!(again.replaced.is_empty() && again.removed.is_empty());
    sandbox.expect(0, &["remove", "root-a", "-k", "store", "--backup"]);
    let restored: Restore = answer(&sandbox, 0, &["restore", "-k", "store"]);
    assert_eq!((restored.schema, restored.command.as_str(), restored.path.as_str()), (1, "restore", "store"));
    assert!(restored.changed && !restored.created && !restored.dry_run && restored.backup == "store.bak");
    assert!(restored.warnings.is_empty() && restored.skipped.is_empty());
    assert_eq!((restored.added.len(), restored.unchanged.len()), (1, 2));
    assert_eq!(restored.added[0].alias, "root-a");
    assert!(restored.replaced.is_empty() && restored.removed.is_empty());
    std::fs::remove_file(sandbox.path("store")).unwrap();
    let again: Restore = answer(&sandbox, 0, &["restore", "-k", "store"]);
    assert!(again.created && again.added.len() == 3 && again.warnings.is_empty());
    sandbox.write("new.txt", "another one");
    sandbox.expect(0, &["passwd", "-k", "store", "--new-password-file", "new.txt", "--backup"]);
    let blind: Restore = answer(&sandbox, 0, &["restore", "-k", "store"]);
    assert!(blind.changed && blind.added.is_empty() && blind.warnings[0].contains("not compared"));
}

#[test]
fn every_error_is_one_document_on_stderr_and_stdout_is_empty() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/mixed.p12", "store");
    sandbox.copy("stores/openssl/nonascii-password.p12", "locked");
    sandbox.copy("stores/keytool/secrets.p12", "secrets");
    for (code, expected, args) in [
        (1, "alias-unknown", &["show", "corp-rot", "-k", "store"][..]),
        (1, "alias-unknown", &["remove", "corp-rot", "-k", "store"]),
        (2, "alias-taken", &["rename", "root-a", "corp-root", "-k", "store"]),
        (2, "not-found", &["list", "-k", "nope"]),
        (2, "wrong-password", &["list", "-k", "locked"]),
        (2, "cannot-keep", &["convert", "-k", "secrets", "--to", "jks", "--out", "x"]),
        (2, "exists", &["export", "-k", "store", "--out", "locked"]),
        (2, "usage", &["passwd", "-k", "store"]),
        (2, "usage", &["list", "--no-such-option"]),
    ] {
        let mut all = args.to_vec();
        all.extend(["--format", "json"]);
        let run = sandbox.expect(code, &all);
        assert!(run.stdout.is_empty(), "{args:?} {}", run.stdout);
        let error: ErrorAnswer =
            serde_json::from_str(&run.stderr).unwrap_or_else(|e| panic!("{args:?} {e}: {}", run.stderr));
        assert_eq!((error.schema, error.error.code.as_str()), (1, expected), "{args:?}");
        assert!(!error.error.message.is_empty() && error.warnings.is_empty());
        assert_eq!(error.error.path.is_some(), expected != "usage", "{args:?}");
        assert_eq!(error.error.entry.is_some(), expected.starts_with("alias"), "{args:?}");
        assert_eq!(error.error.hint.is_some(), expected != "usage", "{args:?}");
    }
}
