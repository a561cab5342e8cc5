//! Public roots: of the system, of Mozilla, of a JDK, with and without one's own; and `--keystore jdk:`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use truststore::Limits;
use truststore::sources::mozilla_roots;

use crate::{Answer, Sandbox, input, testdata, tool};

/// A folder like a JDK's, whose roots are this store of the test data.
pub(crate) fn jdk(sandbox: &Sandbox, name: &str, security: &str, store: &str) -> PathBuf {
    let home = sandbox.path(name);
    fs::create_dir_all(home.join(security)).unwrap();
    fs::copy(testdata(store), home.join(security).join("cacerts")).unwrap();
    fs::create_dir_all(home.join("bin")).unwrap();
    fs::write(home.join("bin").join(format!("java{}", std::env::consts::EXE_SUFFIX)), "").unwrap();
    home
}

/// Runs a command with these variables and without JDKs of the machine.
fn with(sandbox: &Sandbox, variables: &[(&str, &OsStr)], args: &[&str]) -> Answer {
    let mut command = sandbox.command();
    for variable in ["JAVA_HOME", "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(variable);
    }
    Answer::of(command.envs(variables.iter().copied()).args(args).output().unwrap())
}

fn expect(code: i32, sandbox: &Sandbox, variables: &[(&str, &OsStr)], args: &[&str]) -> Answer {
    let answer = with(sandbox, variables, args);
    assert_eq!(answer.code, code, "{args:?}\n{}{}", answer.stdout, answer.stderr);
    answer
}

#[test]
fn mozilla_s_roots_are_all_there_under_names_of_their_subjects() {
    let sandbox = Sandbox::new();
    let roots = mozilla_roots(&Limits::default()).unwrap().certificates;
    let first = sandbox.json(&["import", "--from-mozilla"]);
    assert_eq!(first["added"].as_array().unwrap().len(), roots.len());
    let list = sandbox.json(&["list"]);
    let entries = list["entries"].as_array().unwrap();
    let stored: BTreeSet<&str> = entries.iter().map(|e| e["sha256"].as_str().unwrap()).collect();
    let expected: BTreeSet<String> = roots.iter().map(|root| root.certificate.sha256().to_string()).collect();
    assert_eq!(stored, expected.iter().map(String::as_str).collect());
    let aliases = sandbox.aliases("ssl-truststore");
    assert!(aliases.contains(&"isrg-root-x1".to_owned()) && aliases.contains(&"globalsign-2".to_owned()));
    let bytes = sandbox.read("ssl-truststore");
    let again = sandbox.json(&["import", "--from-mozilla"]);
    assert_eq!(again["changed"], false);
    assert_eq!(sandbox.read("ssl-truststore"), bytes);
}

#[test]
fn the_system_s_roots_are_those_that_the_variables_name_and_errors_are_told() {
    let sandbox = Sandbox::new();
    let bundle = testdata("inputs/bundle.pem");
    let file = [("SSL_CERT_FILE", bundle.as_os_str())];
    let answer = expect(0, &sandbox, &file, &["import", "--from-system"]);
    assert!(answer.stderr.contains("SSL_CERT_FILE"), "{}", answer.stderr);
    let own = Sandbox::new();
    own.expect(0, &["import", "--file", &input("bundle.pem")]);
    let count = |sandbox: &Sandbox| sandbox.aliases("ssl-truststore").len();
    assert_eq!(count(&sandbox), count(&own));

    let broken = Sandbox::new();
    broken.copy("inputs/bundle.pem", "good.pem");
    let bad = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let bad = broken.write("bad.pem", bad);
    fs::create_dir(broken.path("certs")).unwrap();
    fs::rename(bad, broken.path("certs/bad.pem")).unwrap();
    fs::rename(broken.path("good.pem"), broken.path("certs/good.pem")).unwrap();
    let certs = broken.path("certs");
    let folder = [("SSL_CERT_DIR", certs.as_os_str())];
    let refused = expect(2, &broken, &folder, &["import", "--from-system"]);
    assert!(refused.stderr.contains("the system's roots") && refused.stderr.contains("--keep-going"));
    assert!(!broken.path("ssl-truststore").exists());
    let rest = expect(2, &broken, &folder, &["import", "--from-system", "--keep-going"]);
    assert!(rest.stdout.contains("failed:"), "{}", rest.stdout);
    assert_eq!(count(&broken), count(&own));

    let empty = Sandbox::new();
    fs::create_dir(empty.path("none")).unwrap();
    let none = empty.path("none");
    let answer = expect(2, &empty, &[("SSL_CERT_DIR", none.as_os_str())], &["import", "--from-system"]);
    assert!(answer.stderr.contains("no roots were found"), "{}", answer.stderr);
    assert_eq!(empty.files(), ["none"]);
}

#[test]
fn a_jdk_s_roots_keep_their_aliases_and_dates() {
    let sandbox = Sandbox::new();
    let home = jdk(&sandbox, "jdk8", "jre/lib/security", "stores/keytool/three.jks");
    let home = home.to_str().unwrap();
    let answer = expect(0, &sandbox, &[], &["import", "--from-jdk", home, "-k", "s", "--type", "jks"]);
    assert!(answer.stderr.contains("the JDK's roots are those of"), "{}", answer.stderr);
    let list = |store: &str| sandbox.json(&["list", "-k", store])["entries"].clone();
    assert_eq!(list("s"), list(&format!("{home}/jre/lib/security/cacerts")));
    // JAVA_HOME, and the java in PATH.
    let bin = Path::new(home).join("bin");
    for (number, variables) in [("JAVA_HOME", Path::new(home)), ("PATH", &bin)].iter().enumerate() {
        let (name, value) = *variables;
        if name == "PATH" {
            // `java` of version 8 stands in the JRE too.
            jdk(&sandbox, "jdk8", "lib/security", "stores/keytool/three.jks");
        }
        let store = format!("s{number}");
        let args = ["import", "-k", &store, "--from-jdk", "--type", "jks"];
        expect(0, &sandbox, &[(name, value.as_os_str())], &args);
        assert_eq!(list(&store), list("s"));
    }
    let none = expect(2, &sandbox, &[], &["import", "-k", "x", "--from-jdk"]);
    assert!(
        none.stderr.contains("no java") && none.stderr.contains("hint: set JAVA_HOME"),
        "{}",
        none.stderr
    );
    let wrong = expect(2, &sandbox, &[], &["import", "-k", "x", "--from-jdk", "."]);
    assert!(wrong.stderr.contains("no lib/security/cacerts in it"), "{}", wrong.stderr);
    assert!(!sandbox.path("x").exists());
}

#[test]
fn a_jdk_s_roots_need_no_password_as_for_java() {
    let sandbox = Sandbox::new();
    // JDK 18 and later have them in a PKCS#12 store without any protection.
    let plain = jdk(&sandbox, "jdk21", "lib/security", "stores/keytool/passwordless.p12");
    expect(0, &sandbox, &[], &["import", "-k", "a", "--from-jdk", plain.to_str().unwrap()]);
    assert_eq!(sandbox.aliases("a"), ["corp-root", "root-a"]);
    // An administrator has changed the password.
    let changed = jdk(&sandbox, "jdk17", "lib/security", "stores/keytool/three.jks");
    sandbox.write("new.txt", "another one");
    let cacerts = changed.join("lib/security/cacerts");
    sandbox.expect(0, &["passwd", "-k", cacerts.to_str().unwrap(), "--new-password-file", "new.txt"]);
    let args = ["import", "-k", "b", "--from-jdk", changed.to_str().unwrap()];
    let warned = expect(0, &sandbox, &[], &args);
    assert!(warned.stderr.contains("integrity was not checked"), "{}", warned.stderr);
    fs::remove_file(sandbox.path("b")).unwrap();
    let known = expect(0, &sandbox, &[], &[&args[..], &["--source-password-file", "new.txt"]].concat());
    assert!(!known.stderr.contains("integrity"), "{}", known.stderr);
    assert_eq!(sandbox.aliases("b").len(), 3);
}

#[test]
fn keytool_lists_the_roots_of_its_jdk_as_we_took_them() {
    let (Some(keytool), Some(_)) = (tool("keytool"), tool("java")) else { return };
    let sandbox = Sandbox::new();
    let mut import = sandbox.command();
    import.env_remove("JAVA_HOME").args(["import", "--from-jdk", "-k", "roots.p12"]);
    let answer = Answer::of(import.output().unwrap());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    // The same JDK as ours: its cacerts by path, since another keytool may come first.
    let cacerts =
        answer.stderr.lines().find_map(|line| line.strip_prefix("note: the JDK's roots are those of "));
    let list = |store: &str| -> BTreeSet<String> {
        let mut command = Command::new(&keytool);
        command.args(["-J-Duser.language=en", "-list", "-storepass", "changeit", "-keystore", store]);
        let output = command.current_dir(sandbox.path("")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let pairs = lines.windows(2).filter(|pair| pair[1].starts_with("Certificate fingerprint"));
        pairs.map(|pair| format!("{} {}", pair[0].split(", ").next().unwrap(), pair[1])).collect()
    };
    let (own, theirs) = (list("roots.p12"), list(cacerts.unwrap()));
    assert!(own.len() > 50, "{own:?}");
    assert_eq!(own, theirs);
}

#[test]
fn one_s_own_root_stands_beside_the_public_ones_under_its_alias() {
    let sandbox = Sandbox::new();
    let home = jdk(&sandbox, "jdk", "lib/security", "stores/keytool/three.jks");
    let own = input("root-rsa.pem");
    let home = home.to_str().unwrap();
    let args = ["create", "--from-jdk", home, "--file", &own, "--alias", "corp-ca", "-k", "s"];
    let created = expect(0, &sandbox, &[], &args);
    // Also a public root: it is there once, under the alias that was given.
    assert!(created.stdout.contains("skipped: root-rsa"), "{}", created.stdout);
    let aliases = sandbox.aliases("s");
    assert_eq!(aliases.len(), 3);
    assert!(aliases.contains(&"corp-ca".to_owned()) && !aliases.contains(&"root-rsa".to_owned()));

    let bytes = sandbox.read("s");
    let again = expect(0, &sandbox, &[], &args);
    assert!(again.stdout == "unchanged\n" && again.stderr.contains("left as it is"), "{}", again.stderr);
    let more = ["create", "--from-mozilla", "-k", "s"];
    assert!(expect(0, &sandbox, &[], &more).stdout.starts_with("unchanged"));
    assert_eq!(sandbox.read("s"), bytes);
    let import = [&["import"], &args[1..]].concat();
    expect(0, &sandbox, &[], &import);
    assert_eq!(sandbox.read("s"), bytes);
}

#[test]
fn roots_of_several_sources_are_taken_once_and_pins_are_for_files() {
    let sandbox = Sandbox::new();
    let home = jdk(&sandbox, "jdk", "lib/security", "stores/keytool/three.jks");
    let bundle = testdata("inputs/bundle.pem");
    let variables = [("SSL_CERT_FILE", bundle.as_os_str()), ("JAVA_HOME", home.as_os_str())];
    let answer = expect(0, &sandbox, &variables, &["import", "--from-system", "--from-jdk", "--alias", "x"]);
    assert!(answer.stderr.contains("in more than one of the sources"), "{}", answer.stderr);
    assert!(answer.stderr.contains("--alias is not used for public roots"), "{}", answer.stderr);
    let list = sandbox.json(&["list"]);
    let entries = list["entries"].as_array().unwrap();
    let distinct: BTreeSet<&str> = entries.iter().map(|e| e["sha256"].as_str().unwrap()).collect();
    assert_eq!(distinct.len(), entries.len());

    let pin =
        "FE:D6:AB:53:AD:08:FD:04:1C:2D:74:29:AA:3B:F9:12:FE:D9:2B:A1:67:EC:E4:A7:34:F4:A4:D9:D2:25:92:8D";
    let only = ["import", "--from-jdk", "--sha256", pin, "-k", "p"];
    assert!(expect(2, &sandbox, &variables, &only).stderr.contains("taken as they are"));
    let root = input("corp-root.pem");
    expect(0, &sandbox, &variables, &[&only[..], &["--file", &root, "--alias", "corp"]].concat());
    let other = input("root-b.pem");
    expect(2, &sandbox, &variables, &[&only[..], &["--file", &other, "--alias", "other"]].concat());
    assert_eq!(sandbox.aliases("p").len(), 3);
    let strict = expect(
        2,
        &sandbox,
        &[("SSL_CERT_FILE", testdata("inputs/expired.pem").as_os_str())],
        &["import", "--from-system", "--strict", "-k", "q"],
    );
    assert!(strict.stderr.contains("refused by --strict"), "{}", strict.stderr);
}

#[test]
fn a_source_must_be_named() {
    let sandbox = Sandbox::new();
    assert!(sandbox.expect(2, &["import"]).stderr.contains("--from-mozilla"));
    sandbox.expect(2, &["import", &input("corp-root.pem")]);
    sandbox.expect(2, &["create", &input("corp-root.pem")]);
    assert_eq!(sandbox.files(), Vec::<String>::new());
}

#[test]
fn jdk_stands_for_the_store_of_the_active_jdk() {
    let sandbox = Sandbox::new();
    let home = jdk(&sandbox, "jdk", "lib/security", "stores/keytool/three.jks");
    let variables = [("JAVA_HOME", home.as_os_str())];
    let cacerts: PathBuf = home.join("lib").join("security").join("cacerts");
    let shown = expect(0, &sandbox, &variables, &["info", "-k", "jdk:"]);
    assert!(shown.stdout.contains(cacerts.to_str().unwrap()), "{}", shown.stdout);
    let named = format!("jdk:{}", home.display());
    let list = expect(0, &sandbox, &[], &["list", "-k", &named]);
    assert!(list.stdout.contains("root-rsa"), "{}", list.stdout);
    let by_variable = [variables[0], ("TRUSTSTORE_PATH", OsStr::new("jdk:"))];
    let root = input("root-b.pem");
    expect(0, &sandbox, &by_variable, &["import", "--file", &root, "--alias", "new", "--backup"]);
    assert_eq!(sandbox.aliases(cacerts.to_str().unwrap()).len(), 4);
    fs::copy(&cacerts, home.join("lib/security/jssecacerts")).unwrap();
    let instead = expect(0, &sandbox, &variables, &["list", "-k", "jdk:"]);
    assert!(instead.stderr.contains("warning: Java reads") && instead.stderr.contains("jssecacerts"));
    let none = expect(2, &sandbox, &[], &["list", "-k", "jdk:"]);
    assert!(none.stderr.contains("hint: set JAVA_HOME"), "{}", none.stderr);
    let wrong = expect(2, &sandbox, &[("JAVA_HOME", OsStr::new("/nowhere"))], &["list", "-k", "jdk:"]);
    assert!(wrong.stderr.contains("/nowhere"), "{}", wrong.stderr);
    // What has no store to look at does not need one.
    expect(
        0,
        &sandbox,
        &[("TRUSTSTORE_PATH", OsStr::new("jdk:"))],
        &["find", "--only", home.to_str().unwrap()],
    );
}
