//! `--reproducible` and SOURCE_DATE_EPOCH: the same inputs give the same bytes, which Java reads.

use std::process::Command;

use truststore::{Certificate, Format, Limits, Password, PrivateKey, Reproducible, TrustStore, Unlock};

use crate::{Answer, Sandbox, input, tool};

const FORMATS: [&str; 3] = ["pkcs12", "jks", "jceks"];
/// 2023-11-14T22:13:20Z.
const EPOCH: &str = "1700000000";

/// What surrounds a run and must not matter.
struct Machine {
    umask: &'static str,
    locale: &'static str,
    zone: &'static str,
}

const HERE: Machine = Machine { umask: "022", locale: "C.UTF-8", zone: "UTC" };
const THERE: Machine = Machine { umask: "077", locale: "de_CH.ISO-8859-1", zone: "Pacific/Chatham" };

/// Runs a command on a machine, with SOURCE_DATE_EPOCH if `epoch` is set.
fn on(machine: &Machine, sandbox: &Sandbox, epoch: Option<&str>, args: &[&str]) -> Answer {
    let plain = sandbox.command();
    let mut command = match cfg!(unix) {
        true => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("umask {}; exec \"$0\" \"$@\"", machine.umask)]);
            shell.arg(plain.get_program()).current_dir(plain.get_current_dir().unwrap());
            for variable in ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "SOURCE_DATE_EPOCH"] {
                shell.env_remove(variable);
            }
            shell
        }
        false => plain,
    };
    command.args(args).env("LC_ALL", machine.locale).env("TZ", machine.zone);
    if let Some(epoch) = epoch {
        command.env("SOURCE_DATE_EPOCH", epoch);
    }
    Answer::of(command.output().unwrap())
}

/// The bytes of a store after every command that writes one.
fn history(machine: &Machine, format: &str, epoch: Option<&str>, flag: &[&str]) -> Vec<(String, Vec<u8>)> {
    let sandbox = Sandbox::new();
    sandbox.write("new.txt", "another one");
    let extension = if format == "pkcs12" { "p12" } else { format };
    let source = sandbox.copy(&format!("stores/keytool/mixed.{extension}"), "mixed");
    let source = source.to_str().unwrap();
    let other = if format == "pkcs12" { "jks" } else { "pkcs12" };
    let (root, folder) = (input("corp-root.pem"), input("folder"));
    let steps: [&[&str]; 9] = [
        &["create", "-k", "s", "--type", format],
        &["import", "-k", "s", "--file", &root, "--alias", "corp-ca"],
        &["import", "-k", "s", "--file", &folder, "--skip-duplicates"],
        &["remove", "-k", "s", "example-root-b"],
        &["rename", "-k", "s", "corp-ca", "corp-root"],
        &["passwd", "-k", "s", "--new-password-file", "new.txt"],
        // With a private key.
        &["convert", "-k", source, "--to", format, "--out", "c", "--new-password-file", "new.txt"],
        &["convert", "-k", source, "--to", other, "--out", "o"],
        &["passwd", "-k", "mixed", "--new-password-file", "new.txt"],
    ];
    let written = ["s", "s", "s", "s", "s", "s", "c", "o", "mixed"];
    let mut history = Vec::new();
    for (step, file) in steps.iter().zip(written) {
        let answer = on(machine, &sandbox, epoch, &[step, flag].concat());
        assert_eq!(answer.code, 0, "{step:?}: {}", answer.stderr);
        history.push((step[0].to_owned(), sandbox.read(file)));
    }
    history
}

#[test]
fn the_same_inputs_give_the_same_bytes_on_two_machines() {
    for format in FORMATS {
        let flag = ["--reproducible"];
        let first = history(&HERE, format, None, &flag);
        assert_eq!(first, history(&THERE, format, None, &flag), "{format}");
        let dated = history(&HERE, format, Some(EPOCH), &[]);
        assert_eq!(dated, history(&THERE, format, Some(EPOCH), &flag), "{format}");
        assert_ne!(first, dated, "{format}");
        // What is compared is not the same anyway; another password of a JKS file changes its digest only.
        let random = history(&HERE, format, None, &[]);
        let same = first.iter().zip(&random).skip(1).filter(|(one, two)| one == two).count();
        assert!(same <= 1, "{format}: {same} of the steps are reproducible without being asked");
    }
}

#[test]
fn a_store_of_public_roots_is_reproducible() {
    let build = |machine| {
        let sandbox = Sandbox::new();
        let root = input("corp-root.pem");
        let args = ["create", "-k", "s", "--from-mozilla", "--file", &root, "--alias", "corp-ca"];
        assert_eq!(on(machine, &sandbox, None, &[&args[..], &["--reproducible"]].concat()).code, 0);
        sandbox.read("s")
    };
    assert_eq!(build(&HERE), build(&THERE));
}

#[test]
fn a_manifest_gives_the_same_bytes_whatever_else_it_changes() {
    let store = |name: &str, file: &str| {
        let file = input(file).replace('\\', "/");
        format!("[[store]]\npath = \"{name}\"\n[[store.certificate]]\nalias = \"a\"\nfile = \"{file}\"\n")
    };
    let build = |machine, others: &str| {
        let sandbox = Sandbox::new();
        sandbox.write("trust.toml", format!("{others}{}", store("s", "corp-root.pem")));
        let answer = on(machine, &sandbox, None, &["apply", "trust.toml", "--reproducible"]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        sandbox.read("s")
    };
    let alone = build(&HERE, "");
    assert_eq!(alone, build(&THERE, &store("before", "root-a.pem")));
}

#[test]
fn java_reads_what_is_reproducible_with_its_dates_and_keys() {
    let Some(keytool) = tool("keytool") else { return };
    for format in FORMATS {
        let sandbox = Sandbox::new();
        sandbox.copy("stores/keytool/mixed.p12", "mixed");
        let epoch = |args: &[&str]| {
            let answer = on(&THERE, &sandbox, Some(EPOCH), args);
            assert_eq!(answer.code, 0, "{args:?}: {}", answer.stderr);
        };
        epoch(&["convert", "-k", "mixed", "--to", format, "--out", "s", "--reproducible"]);
        epoch(&["import", "-k", "s", "--file", &input("root-b.pem"), "--alias", "root-b"]);
        let keytool = |args: &[&str]| {
            let mut command = Command::new(&keytool);
            command.args(["-J-Duser.language=en", "-J-Duser.timezone=UTC"]).args(args);
            command.current_dir(sandbox.path("")).args(["-noprompt"]);
            Answer::of(command.output().unwrap())
        };
        let list = keytool(&["-list", "-keystore", "s", "-storepass", "changeit"]);
        assert!(list.stdout.contains("contains 4 entries"), "{format}: {}", list.stdout);
        if format != "pkcs12" {
            assert!(list.stdout.contains("root-b, Nov 14, 2023"), "{format}: {}", list.stdout);
        }
        // The private key opens.
        let moved = keytool(&[
            "-importkeystore",
            "-srckeystore",
            "s",
            "-srcstorepass",
            "changeit",
            "-destkeystore",
            "d.p12",
            "-deststorepass",
            "changeit",
            "-srcalias",
            "server",
        ]);
        assert_eq!(moved.code, 0, "{format}: {}{}", moved.stdout, moved.stderr);
        assert!(sandbox.path("d.p12").exists());
    }
}

#[test]
fn dates_are_of_the_variable_else_of_1980() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    let created = |name: &str, epoch: Option<&str>, flag: &[&str]| {
        let args = [&["import", "-k", name, "--type", "jks", "--file", &root, "--alias", "a"], flag].concat();
        let answer = on(&HERE, &sandbox, epoch, &args);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let list = sandbox.json(&["list", "-k", name]);
        (list["entries"][0]["created"].as_i64().unwrap(), answer.stderr)
    };
    assert_eq!(created("flag", None, &["--reproducible"]).0, 315_532_800_000);
    let (date, said) = created("both", Some(EPOCH), &["--reproducible"]);
    assert_eq!(date, 1_700_000_000_000);
    assert!(!said.contains("SOURCE_DATE_EPOCH"), "{said}");
    let (date, said) = created("variable", Some(EPOCH), &[]);
    assert_eq!(date, 1_700_000_000_000);
    assert!(said.contains("SOURCE_DATE_EPOCH is set"), "{said}");
    assert!(created("empty", Some(""), &[]).0 > 1_700_000_000_000);
}

#[test]
fn a_date_that_is_none_is_refused_where_something_is_written() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    sandbox.expect(0, &["import", "--file", &root, "--alias", "a"]);
    let before = sandbox.read("ssl-truststore");
    let wrong = Some("yesterday");
    let other = input("root-a.pem");
    let (import, passwd) = (["import", "--file", &other], ["remove", "a"]);
    let convert = ["convert", "--to", "jks", "--out", "x.jks"];
    for args in [&import[..], &passwd, &convert, &["create", "-k", "new"]] {
        let answer = on(&HERE, &sandbox, wrong, args);
        assert_eq!(answer.code, 2, "{args:?}");
        assert!(answer.stderr.contains("SOURCE_DATE_EPOCH") && answer.stderr.contains("yesterday"));
    }
    let keytool =
        ["keytool", "-delete", "-alias", "a", "-keystore", "ssl-truststore", "-storepass", "changeit"];
    let answer = on(&HERE, &sandbox, wrong, &keytool);
    assert!(answer.code == 1 && answer.stdout.contains("SOURCE_DATE_EPOCH"), "{}", answer.stdout);
    assert_eq!(on(&HERE, &sandbox, wrong, &["list"]).code, 0);
    assert_eq!(sandbox.read("ssl-truststore"), before);
    assert_eq!(sandbox.files(), ["ssl-truststore"]);
}

#[test]
fn what_is_not_changed_is_not_written() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    let args = ["import", "--file", &root, "--alias", "a"];
    sandbox.expect(0, &args);
    let random = sandbox.read("ssl-truststore");
    let again = sandbox.expect(0, &[&args[..], &["--reproducible"]].concat());
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert_eq!(sandbox.read("ssl-truststore"), random);
}

#[test]
fn a_conversion_is_these_very_bytes_or_none() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/three.jks", "store");
    let convert = ["convert", "-k", "store", "--to", "pkcs12", "--out", "out.p12"];
    let exact = [&convert[..], &["--reproducible"]].concat();
    sandbox.expect(0, &convert);
    let random = sandbox.read("out.p12");
    // The same entries under other salts are left alone, but not where the bytes are asked for.
    assert!(sandbox.expect(0, &convert).stdout.starts_with("unchanged"));
    assert!(sandbox.expect(2, &exact).stderr.contains("--force"));
    assert_eq!(sandbox.read("out.p12"), random);
    sandbox.expect(0, &[&exact[..], &["--force"]].concat());
    let bytes = sandbox.read("out.p12");
    assert_ne!(bytes, random);
    assert!(sandbox.expect(0, &exact).stdout.starts_with("unchanged"));
    assert_eq!(sandbox.read("out.p12"), bytes);
}

#[test]
fn keytool_s_command_line_heeds_the_variable() {
    let run = |machine| {
        let sandbox = Sandbox::new();
        let root = input("corp-root.pem");
        for store in ["-importcert", "-storepasswd"] {
            let more: &[&str] = match store {
                "-importcert" => &["-noprompt", "-alias", "a", "-file", &root],
                _ => &["-new", "another"],
            };
            let args = [
                &["keytool", store, "-keystore", "s.jks", "-storetype", "jks", "-storepass", "changeit"],
                more,
            ];
            let answer = on(machine, &sandbox, Some(EPOCH), &args.concat());
            assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
        }
        let from = ["keytool", "-importkeystore", "-srckeystore", "s.jks", "-srcstorepass", "another"];
        let to = ["-destkeystore", "d.p12", "-deststorepass", "changeit"];
        assert_eq!(on(machine, &sandbox, Some(EPOCH), &[&from[..], &to].concat()).code, 0);
        (sandbox.read("s.jks"), sandbox.read("d.p12"))
    };
    assert_eq!(run(&HERE), run(&THERE));
}

/// An Ed25519 key of these octets (RFC 8410).
fn key(octet: u8) -> PrivateKey {
    let mut der = vec![0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
    der.extend([octet; 32]);
    PrivateKey::from_pkcs8(der).unwrap()
}

fn store_of(format: Format, password: &str, keys: &[u8]) -> TrustStore {
    let password = Password::new(password);
    let mut store = TrustStore::new(format, password.duplicate());
    let chain = [Certificate::from_der(vec![0x30, 0x00])];
    for (number, octet) in keys.iter().enumerate() {
        let alias = format!("key{number}");
        store.insert_private_key(&alias, &key(*octet), &chain, &password, 0, &mut Reproducible).unwrap();
    }
    store
}

/// The salts of the private keys' protections: what stands in front of 10,000 or 200,000 iterations, or at the
/// beginning of what Sun's protector makes.
fn salts(format: Format, bytes: &[u8]) -> Vec<Vec<u8>> {
    let behind = |pattern: &[u8], skip: usize, len: usize| -> Vec<Vec<u8>> {
        let found = bytes.windows(pattern.len()).enumerate().filter(|(_, window)| *window == pattern);
        found.map(|(at, _)| bytes[at + pattern.len() + skip..][..len].to_vec()).collect()
    };
    match format {
        // PBES2's PBKDF2 (1.2.840.113549.1.5.12), parameters, salt.
        Format::Pkcs12 => behind(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12], 4, 20),
        // 1.3.6.1.4.1.42.2.19.1, parameters, salt.
        Format::Jceks => behind(&[0x2b, 6, 1, 4, 1, 0x2a, 2, 0x13, 1], 4, 8),
        // 1.3.6.1.4.1.42.2.17.1.1, NULL, OCTET STRING.
        _ => behind(&[0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1], 4, 20),
    }
}

#[test]
fn no_salt_is_used_for_two_keys_or_under_two_passwords() {
    for format in Format::ALL {
        let bytes = store_of(format, "changeit", &[1, 2]).to_bytes(&mut Reproducible).unwrap();
        let two = salts(format, &bytes);
        assert!(two.len() >= 2 && two[0] != two[1], "{format}: {two:?}");
        let other = store_of(format, "changeme", &[1]).to_bytes(&mut Reproducible).unwrap();
        assert!(!two.contains(&salts(format, &other)[0]), "{format}");
        let again = store_of(format, "changeit", &[1]).to_bytes(&mut Reproducible).unwrap();
        assert!(salts(format, &again).iter().any(|salt| *salt == two[0]), "{format}");
        let read = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
        let id = read.get("key1").unwrap().id();
        let opened = read.private_key(id, &Password::new("changeit")).unwrap();
        assert_eq!(opened.pkcs8(), key(2).pkcs8(), "{format}");
    }
}
