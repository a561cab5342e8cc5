//! `find`: every store once, whatever its name and state.

use std::fs;

use crate::Sandbox;
use crate::mirrors::Find;

fn find(sandbox: &Sandbox, code: i32, args: &[&str]) -> Find {
    let args = [&["find", "--format", "json"], args].concat();
    let answer = sandbox.expect(code, &args);
    serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", answer.stdout))
}

#[test]
fn every_store_of_a_folder_is_shown_with_its_health() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("app/conf")).unwrap();
    sandbox.copy("stores/keytool/three.p12", "app/conf/ssl-truststore");
    sandbox.copy("stores/keytool/one.jceks", "app/by-any-name.txt");
    sandbox.copy("stores/java/empty-password.jks", "app/empty.jks");
    sandbox.copy("hostile/truncated.jks", "app/truncated.jks");
    sandbox.copy("inputs/bundle.pem", "app/bundle.pem");
    sandbox.copy("stores/keytool/three.jks", "app/locked.p12");
    sandbox.write("new.txt", "another one");
    let convert = ["convert", "-k", "app/locked.p12", "--to", "pkcs12", "--out", "app/locked.p12.new"];
    sandbox.expect(0, &[&convert[..], &["--new-password-file", "new.txt"]].concat());
    fs::rename(sandbox.path("app/locked.p12.new"), sandbox.path("app/locked.p12")).unwrap();

    let found = find(&sandbox, 0, &["--only", "app"]);
    assert_eq!((found.schema, found.command.as_str(), found.found), (1, "find", found.stores.len()));
    assert!(found.warnings.is_empty());
    let of = |name: &str| {
        let mut stores = found.stores.iter();
        stores.find(|store| store.path.ends_with(name)).unwrap_or_else(|| panic!("{name}: {found:?}"))
    };
    let healthy = of("ssl-truststore");
    assert!(healthy.ok && healthy.health == "sound" && healthy.entries == Some(3) && healthy.also.is_empty());
    assert_eq!((healthy.format.as_deref(), healthy.integrity.as_deref()), (Some("pkcs12"), Some("verified")));
    assert_eq!(of("by-any-name.txt").format.as_deref(), Some("jceks"));
    let truncated = of("truncated.jks");
    assert!(!truncated.ok && truncated.health.starts_with("not readable: ") && truncated.entries.is_none());
    assert_eq!(truncated.error.as_ref().unwrap().code, "damaged");
    assert!(truncated.error.as_ref().unwrap().message.contains("truncated.jks"));
    let locked = of("locked.p12");
    assert!(!locked.ok && locked.health.starts_with("locked"), "{locked:?}");
    assert_eq!(found.stores.len(), 5);
    // With its password it is open, and the others still are.
    let open = find(&sandbox, 0, &["--only", "app", "--password-file", "new.txt"]);
    assert!(open.stores.iter().all(|store| store.ok || store.path.ends_with("truncated.jks")), "{open:?}");
}

#[test]
fn health_counts_what_is_expired_and_what_soon_is() {
    let sandbox = Sandbox::new();
    for (store, file) in [("expired.p12", "expired.pem"), ("root.p12", "corp-root.pem")] {
        sandbox.expect(0, &["import", "-k", store, "--file", &crate::input(file)]);
    }
    let found = find(&sandbox, 0, &["--only", "."]);
    let expired = &found.stores[0];
    assert!(!expired.ok && expired.expired == 1 && expired.errors == 1, "{expired:?}");
    assert!(expired.health.starts_with("1 expired"), "{expired:?}");
    assert!(found.stores[1].ok && found.stores[1].expiring == 0);
    let soon = find(&sandbox, 0, &["--only", ".", "--warn-days", "20000"]);
    assert!(soon.stores[1].ok && soon.stores[1].expiring == 1 && soon.stores[1].warning_findings == 1);
    let answer = sandbox.expect(0, &["find", "--only", "."]);
    assert!(answer.stdout.contains("HEALTH") && answer.stdout.contains("sound"), "{}", answer.stdout);
    assert!(answer.stderr.contains("2 stores found, 1 with errors"), "{}", answer.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_with_several_names_is_shown_once_with_all_of_them() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("app")).unwrap();
    sandbox.copy("stores/keytool/one.jks", "app/b");
    symlink("b", sandbox.path("app/a")).unwrap();
    symlink("../app/a", sandbox.path("app/c")).unwrap();
    symlink(".", sandbox.path("app/circle")).unwrap();
    symlink("nowhere", sandbox.path("app/dangling")).unwrap();
    let found = find(&sandbox, 0, &["--only", "app", "app/b", "app"]);
    let [store] = &found.stores[..] else { panic!("{found:?}") };
    assert_eq!((store.path.as_str(), store.also.join(" ").as_str()), ("app/a", "app/b app/c"));
    let table = sandbox.expect(0, &["find", "--only", "app"]);
    assert!(table.stdout.lines().any(|line| line.ends_with("app/b, app/c")), "{}", table.stdout);
}

#[cfg(unix)]
#[test]
fn the_jdks_of_the_machine_are_found_where_they_usually_are() {
    use crate::Answer;
    use crate::roots::jdk;
    let sandbox = Sandbox::new();
    let active = jdk(&sandbox, "active", "lib/security", "stores/keytool/three.jks");
    let other = jdk(&sandbox, "home/.jdks/temurin-8", "jre/lib/security", "stores/keytool/one.jks");
    fs::write(other.join("jre/lib/security/jssecacerts"), "nothing").unwrap();
    std::os::unix::fs::symlink("nowhere", active.join("lib/security/jssecacerts")).unwrap();
    fs::create_dir_all(sandbox.path("home/.jdks/dangling/lib/security")).unwrap();
    std::os::unix::fs::symlink("nowhere", sandbox.path("home/.jdks/dangling/lib/security/cacerts")).unwrap();
    sandbox.expect(0, &["create"]);
    let mut command = sandbox.command();
    command.env("JAVA_HOME", &active).env("HOME", sandbox.path("home")).args(["find", "--format", "json"]);
    let answer = Answer::of(command.output().unwrap());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let found: Find = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(found.stores[0].path, "ssl-truststore");
    assert!(found.stores[1].path.ends_with("active/lib/security/cacerts") && found.stores[1].ok);
    let of = |name: &str| found.stores.iter().find(|store| store.path.ends_with(name)).unwrap();
    assert_eq!(of("temurin-8/jre/lib/security/cacerts").entries, Some(1));
    assert_eq!(of("temurin-8/jre/lib/security/jssecacerts").error.as_ref().unwrap().code, "not-a-store");
    assert_eq!(of("dangling/lib/security/cacerts").error.as_ref().unwrap().code, "not-found");
}

#[test]
fn nothing_found_is_a_no_and_nowhere_to_look_an_error() {
    let sandbox = Sandbox::new();
    sandbox.copy("inputs/bundle.pem", "bundle.pem");
    let none = find(&sandbox, 1, &["--only", "."]);
    assert!(none.found == 0 && none.stores.is_empty());
    assert!(sandbox.expect(1, &["find", "--only", "."]).stderr.contains("no store was found"));
    assert!(sandbox.expect(2, &["find", "--only", "absent"]).stderr.contains("absent"));
    sandbox.expect(2, &["find", "--only"]);
    // A file that is named is looked at whatever it is.
    let named = find(&sandbox, 0, &["--only", "bundle.pem"]);
    assert_eq!(named.stores[0].error.as_ref().unwrap().code, "not-a-store");
}

#[test]
fn the_work_of_all_stores_together_is_bounded_and_the_listing_goes_on() {
    let sandbox = Sandbox::new();
    for name in ["a.p12", "b.p12", "c.p12"] {
        sandbox.copy("stores/keytool/three.p12", name);
    }
    let few = find(&sandbox, 0, &["--only", ".", "--max-iterations", "25000"]);
    let exceeded = |store: &&crate::mirrors::FoundStore| {
        store.error.as_ref().is_some_and(|error| error.code == "limit-exceeded")
    };
    assert_eq!(few.stores.len(), 3);
    assert!(few.stores[0].ok && few.stores.iter().filter(exceeded).count() >= 1, "{few:?}");
}
