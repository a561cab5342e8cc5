//! `truststore keytool` where it is not the JDK's: notes, refusals, what is kept, and its own name.

use std::path::Path;

use crate::{Answer, Sandbox, input};

const OPEN: [&str; 4] = ["-keystore", "ts.p12", "-storepass", "changeit"];
const NOTE: &str = "a password on the command line can be seen by other users";

fn keytool(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Answer {
    let mut all = vec!["keytool"];
    all.extend(arguments);
    sandbox.expect(code, &all)
}

fn import(sandbox: &Sandbox, alias: &str, file: &str) -> Answer {
    let file = input(file);
    let mut arguments = vec!["-importcert", "-noprompt", "-alias", alias, "-file", &file];
    arguments.extend(OPEN);
    keytool(sandbox, 0, &arguments)
}

#[test]
fn a_password_on_the_command_line_is_noted_once_and_quietly_not() {
    let sandbox = Sandbox::new();
    let answer = import(&sandbox, "a", "corp-root.pem");
    assert_eq!(answer.stderr.matches(NOTE).count(), 1, "{}", answer.stderr);
    assert!(answer.stderr.ends_with("Certificate was added to keystore\n"), "{}", answer.stderr);

    let two = ["-importkeystore", "-srckeystore", "ts.p12", "-srcstorepass", "changeit", "-destkeystore"];
    let answer = keytool(&sandbox, 0, &[&two[..], &["d.jks", "-deststorepass", "changeit"]].concat());
    assert_eq!(answer.stderr.matches(NOTE).count(), 1, "{}", answer.stderr);

    let list = ["keytool", "-list", "-keystore", "ts.p12"];
    let mut quiet = sandbox.command();
    quiet.env("TRUSTSTORE_KEYTOOL_QUIET", "1").args(list).args(["-storepass", "changeit"]);
    assert_eq!(Answer::of(quiet.output().unwrap()).stderr, "");

    let mut named = sandbox.command();
    named.env("PW", "changeit").args(list).args(["-storepass:env", "PW"]);
    let answer = Answer::of(named.output().unwrap());
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}", answer.stdout);
}

#[test]
fn the_first_of_several_certificates_is_imported_and_the_others_are_named() {
    let sandbox = Sandbox::new();
    let answer = import(&sandbox, "bundle", "bundle.pem");
    assert!(answer.stderr.contains("certificates, of which keytool imports the first"), "{}", answer.stderr);
    assert_eq!(sandbox.aliases("ts.p12"), ["bundle"]);
}

#[test]
fn what_keytool_does_not_see_is_kept_and_counted() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/openssl/nokeys.p12", "ts.p12");
    let before = sandbox.aliases("ts.p12");
    let list = keytool(&sandbox, 0, &[&["-list"][..], &OPEN].concat());
    assert!(list.stdout.contains("Your keystore contains 0 entries"), "{}", list.stdout);
    assert!(list.stderr.contains("of the entries are none to Java"), "{}", list.stderr);
    let answer = import(&sandbox, "new", "root-a.pem");
    assert!(answer.stderr.contains("here they are kept"), "{}", answer.stderr);
    assert_eq!(sandbox.aliases("ts.p12").len(), before.len() + 1);
}

#[test]
fn commands_that_make_keys_are_refused_by_name() {
    let sandbox = Sandbox::new();
    for (given, name) in
        [("-genkeypair", "-genkeypair"), ("-GENKEY", "-genkeypair"), ("-certreq", "-certreq")]
    {
        let answer = keytool(&sandbox, 1, &[given, "-keystore", "ts.p12"]);
        let expected = format!("keytool error: java.lang.Exception: {name} is not a command of this keytool");
        assert!(answer.stdout.starts_with(&expected), "{}", answer.stdout);
        assert!(answer.stdout.contains("use a JDK's keytool"), "{}", answer.stdout);
    }
    assert!(sandbox.files().is_empty());
}

#[test]
fn options_without_effect_are_accepted_and_noted() {
    let sandbox = Sandbox::new();
    import(&sandbox, "a", "corp-root.pem");
    let more =
        ["-J-Xmx64m", "-providername", "SUN", "-addprovider", "SunPKCS11", "-providerarg", "x", "-list"];
    let answer = keytool(&sandbox, 0, &[&more[..], &OPEN].concat());
    let expected = "without effect here: -J-Xmx64m, -providername, -addprovider, -providerarg";
    assert!(answer.stderr.contains(expected), "{}", answer.stderr);
}

#[test]
fn arguments_may_stand_in_a_file() {
    let sandbox = Sandbox::new();
    import(&sandbox, "a", "corp-root.pem");
    sandbox.write("args", "-list -alias 'A' # the first\n-storepass changeit\n");
    let answer = keytool(&sandbox, 0, &["@args", "-keystore", "ts.p12"]);
    assert!(answer.stdout.contains("trustedCertEntry"), "{}", answer.stdout);
}

#[cfg(unix)]
#[test]
fn a_link_called_keytool_is_keytool() {
    let sandbox = Sandbox::new();
    import(&sandbox, "a", "corp-root.pem");
    let link = sandbox.path("keytool");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_truststore"), &link).unwrap();
    let output = std::process::Command::new(link)
        .current_dir(sandbox.path(""))
        .args(["-list", "-keystore", "ts.p12", "-storepass", "changeit"])
        .output()
        .unwrap();
    let answer = Answer::of(output);
    assert!(answer.stdout.contains("Your keystore contains 1 entry\n"), "{}", answer.stdout);
}

#[test]
fn questions_are_answered_through_a_pipe() {
    let sandbox = Sandbox::new();
    let file = input("corp-root.pem");
    let arguments = ["keytool", "-importcert", "-alias", "a", "-file", &file, "-keystore", "ts.p12"];
    let refused = sandbox.run_with_stdin(&arguments, b"changeit\nchangeit\nno\n");
    assert_eq!(refused.code, 0);
    assert!(refused.stdout.starts_with("Owner: CN=Corp Root CA"), "{}", refused.stdout);
    assert_eq!(
        refused.stderr,
        "Enter keystore password:  Re-enter new password: Trust this certificate? [no]:  Certificate was not \
         added to keystore\n"
    );
    assert!(sandbox.files().is_empty(), "{:?}", sandbox.files());
    let accepted = sandbox.run_with_stdin(&arguments, b"changeit\nchangeit\nYes\n");
    assert!(accepted.stderr.ends_with("[no]:  Certificate was added to keystore\n"), "{}", accepted.stderr);
    assert_eq!(sandbox.aliases("ts.p12"), ["a"]);
}

#[test]
fn what_was_said_of_a_store_is_true_also_where_it_cannot_be_written() {
    let sandbox = Sandbox::new();
    let file = input("corp-root.pem");
    let arguments = ["-importcert", "-noprompt", "-file", &file, "-storepass", "changeit", "-keystore"];
    let answer = keytool(&sandbox, 1, &[&arguments[..], &["no/folder/ts.p12"]].concat());
    assert_eq!(
        answer.stdout,
        "keytool error: java.io.FileNotFoundException: no/folder/ts.p12 (No such file or directory)\n"
    );
    assert!(!answer.stderr.contains("was added"), "{}", answer.stderr);
}

#[test]
fn an_escape_sequence_in_a_name_does_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let answer = keytool(&sandbox, 0, &["-printcert", "-file", &input("hostile-subject.pem")]);
    assert!(answer.stdout.contains("\\u{1b}[31mred"), "{}", answer.stdout);
    assert!(!answer.stdout.contains('\u{1b}'));
}

#[test]
fn a_store_changed_in_place_keeps_its_former_self() {
    let sandbox = Sandbox::new();
    let old = std::fs::read(sandbox.copy("stores/keytool/mixed.jks", "ks")).unwrap();
    let arguments =
        ["-importkeystore", "-srckeystore", "ks", "-destkeystore", "ks", "-srcstorepass", "changeit"];
    let answer = keytool(&sandbox, 0, &arguments);
    let expected = "Migrated \"ks\" to PKCS12. The JKS keystore is backed up as \"ks.old\".";
    assert!(answer.stderr.contains(expected), "{}", answer.stderr);
    assert_eq!(sandbox.read("ks.old"), old);
    assert_eq!(sandbox.aliases("ks").len(), 3);
    assert_eq!(sandbox.json(&["info", "-k", "ks"])["store"]["format"], "pkcs12");
    assert!(Path::new(&sandbox.path("ks")).is_file());
}
