//! `convert` with private keys: their passwords, the file that holds them, and that it repeats.

use truststore::{Entry, EntryKind, Limits, Password, TrustStore, Unlock};

use crate::Sandbox;

/// The password that keytool gave the key of `keypass.jks` and `keypass.jceks`.
const OWN: &str = "keypass-other";

fn sandbox(store: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.copy(&format!("stores/keytool/{store}"), "store");
    sandbox.write("own", OWN);
    sandbox.write("new", "brand-new\n");
    sandbox
}

/// Whether this password opens the one private key of a store.
fn opens(sandbox: &Sandbox, name: &str, store_password: &str, password: &str) -> bool {
    let store_password = Password::new(store_password);
    let unlock = Unlock::WithUnverified(&store_password);
    let store = TrustStore::from_bytes(sandbox.read(name), unlock, &Limits::default()).unwrap();
    let mut keys = store.entries().iter().filter(|entry| matches!(entry.kind(), EntryKind::PrivateKey(_)));
    let id = keys.next().map(Entry::id).unwrap();
    assert!(keys.next().is_none(), "{name}");
    match store.private_key(id, &Password::new(password)) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is_wrong_password(), "{error}");
            false
        }
    }
}

#[test]
fn a_key_is_opened_with_its_own_password_and_gets_the_new_stores() {
    for (store, to) in [("keypass.jks", "pkcs12"), ("keypass.jceks", "jks"), ("keypass.jks", "jceks")] {
        let sandbox = sandbox(store);
        let args = ["convert", "-k", "store", "--to", to, "--out", "out"];
        let wrong = sandbox.expect(2, &args);
        assert!(
            wrong.stderr.contains("entry \"server\": the password does not open the key"),
            "{}",
            wrong.stderr
        );
        assert!(
            wrong.stderr.contains("hint: ") && wrong.stderr.contains("--key-password-file"),
            "{}",
            wrong.stderr
        );
        assert!(!sandbox.path("out").exists());

        let own = [&args[..], &["--key-password-file", "own"]].concat();
        let done = sandbox.expect(0, &own);
        assert!(done.stdout.contains("wrote 2 entries"), "{}", done.stdout);
        assert!(opens(&sandbox, "out", "changeit", "changeit") && !opens(&sandbox, "out", "changeit", OWN));
        let before = sandbox.read("out");
        assert!(sandbox.expect(0, &own).stdout.contains("unchanged"));
        assert_eq!(sandbox.read("out"), before);

        // The same certificates, but the key under another password: not the same store.
        let other = [&own[..], &["--new-key-password-file", "new"]].concat();
        assert!(sandbox.expect(2, &other).stderr.contains("--force"));
        let forced = sandbox.expect(0, &[&other[..], &["--force"]].concat());
        assert!(opens(&sandbox, "out", "changeit", "brand-new"));
        assert_eq!(forced.stderr.contains("keytool opens"), to == "pkcs12", "{}", forced.stderr);
        assert!(sandbox.expect(0, &other).stdout.contains("unchanged"));

        let both = [&own[..], &["--force", "--new-password-file", "new"]].concat();
        sandbox.expect(0, &both);
        assert!(opens(&sandbox, "out", "brand-new", "brand-new"));
    }
}

#[test]
fn passwords_of_keys_come_from_variables_too() {
    let sandbox = sandbox("keypass.jks");
    let args = ["convert", "-k", "store", "--to", "jceks", "--out", "out", "--key-password-env", "OWN"];
    let mut command = sandbox.command();
    command.env("OWN", OWN).env("NEW", "brand-new").args(args).args(["--new-key-password-env", "NEW"]);
    assert!(command.output().unwrap().status.success());
    assert!(opens(&sandbox, "out", "changeit", "brand-new"));
    assert_eq!(sandbox.expect(2, &args).code, 2, "the variable is not set");
    sandbox.expect(2, &[&args[..], &["--key-password-file", "own"]].concat());
}

#[test]
fn a_key_needs_a_password_in_a_store_without() {
    let sandbox = sandbox("mixed.p12");
    let args = ["convert", "-k", "store", "--to", "pkcs12", "--out", "out", "--no-password"];
    let refused = sandbox.expect(2, &args);
    assert!(refused.stderr.contains("--new-key-password-file"), "{}", refused.stderr);
    assert!(!sandbox.path("out").exists());
    sandbox.expect(0, &[&args[..], &["--new-key-password-file", "new"]].concat());
    assert!(opens(&sandbox, "out", "", "brand-new"));
}

#[test]
fn jceks_cannot_protect_a_key_with_every_password() {
    let sandbox = sandbox("mixed.p12");
    sandbox.write("umlauts", "pässwörd");
    let args = ["convert", "-k", "store", "--to", "jceks", "--out", "out", "--new-password-file", "umlauts"];
    let refused = sandbox.expect(2, &args);
    assert!(
        refused.stderr.contains("\"server\"") && refused.stderr.contains("beyond ASCII"),
        "{}",
        refused.stderr
    );
    assert!(!sandbox.path("out").exists());
    sandbox.expect(0, &[&args[..], &["--new-key-password-file", "new"]].concat());
    assert!(opens(&sandbox, "out", "pässwörd", "brand-new"));
}

#[cfg(unix)]
#[test]
fn a_file_with_keys_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox("mixed.jks");
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    sandbox.expect(0, &["convert", "-k", "store", "--to", "pkcs12", "--out", "keys"]);
    assert_eq!(mode("keys"), 0o600);
    sandbox.expect(0, &["convert", "-k", "store", "--to", "pkcs12", "--out", "roots", "--trusted-only"]);
    assert_ne!(mode("roots"), 0o600);
}
