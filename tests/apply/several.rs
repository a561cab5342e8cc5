//! Several stores: all are planned before one is written, and each is changed as a whole.

use crate::sandbox::Sandbox;

fn three(certificate: &str) -> String {
    ["one", "two", "three"]
        .map(|name| {
            format!(
                "[[store]]\nname='{name}'\npath='{name}.p12'\n\
                 [[store.certificate]]\nalias='a'\nfile='{certificate}.pem'\n"
            )
        })
        .concat()
}

fn states(answer: &serde_json::Value) -> Vec<&str> {
    answer["stores"].as_array().unwrap().iter().map(|store| store["state"].as_str().unwrap()).collect()
}

#[test]
fn a_store_that_cannot_be_planned_stops_all() {
    let sandbox = Sandbox::with(&three("root-a"));
    sandbox.write("three.p12", "no store");
    let answer = sandbox.expect(2, "apply trust.toml");
    assert!(answer.stderr.contains("three.p12: expected a PKCS#12, JKS or JCEKS store"), "{}", answer.stderr);
    assert_eq!(sandbox.files(), ["three.p12"]);
    // Nor is one locked by somebody else passed over.
    std::fs::remove_file(sandbox.path("three.p12")).unwrap();
    std::fs::create_dir(sandbox.path("three.p12")).unwrap();
    sandbox.expect(2, "apply trust.toml");
    assert_eq!(sandbox.files(), ["three.p12"]);
}

#[test]
fn when_the_second_fails_at_the_last_moment_the_answer_says_which_were_done() {
    let sandbox = Sandbox::with(&three("root-a"));
    sandbox.expect(0, "apply trust.toml");
    sandbox.write("trust.toml", three("root-b"));
    let before = ["one.p12", "two.p12", "three.p12"].map(|store| sandbox.state(store));
    // Where its backup would go there is a folder.
    std::fs::create_dir(sandbox.path("two.p12.bak")).unwrap();
    let line = "apply trust.toml --backup";
    let answer = sandbox.expect(2, &format!("{line} --format json"));
    let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(states(&json), ["done", "failed", "not-done"]);
    assert_eq!(json["changed"], true);
    let changed: Vec<_> = (0..3).map(|n| json["stores"][n]["changed"].as_bool().unwrap()).collect();
    assert_eq!(changed, [true, false, false]);
    assert!(json["stores"][1]["error"]["message"].as_str().unwrap().contains("two.p12"));
    let error: serde_json::Value = serde_json::from_str(answer.stderr.lines().last().unwrap()).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("; changed before: one.p12; left as they were: three.p12"), "{message}");
    assert_ne!(sandbox.state("one.p12"), before[0]);
    assert_eq!([sandbox.state("two.p12"), sandbox.state("three.p12")], before[1..]);
    // Put right, the same command does the rest.
    std::fs::remove_dir(sandbox.path("two.p12.bak")).unwrap();
    assert_eq!(states(&sandbox.json(0, line)), ["unchanged", "done", "done"]);
    assert_eq!(states(&sandbox.json(0, line)), ["unchanged"; 3]);
}

#[test]
fn some_stores_are_chosen_by_name_or_path() {
    let sandbox = Sandbox::with(&three("root-a"));
    assert_eq!(states(&sandbox.json(0, "apply trust.toml --store two --store one.p12")), ["done"; 2]);
    assert_eq!(sandbox.files(), ["one.p12", "two.p12"]);
}

#[cfg(unix)]
#[test]
fn two_paths_of_one_file_are_a_mistake() {
    let sandbox = Sandbox::with(&three("root-a"));
    sandbox.expect(0, "apply trust.toml --store one");
    std::os::unix::fs::symlink("one.p12", sandbox.path("two.p12")).unwrap();
    let before = sandbox.state("one.p12");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("two.p12: the stores in line 1 and line 7 of the manifest are one file"), "{said}");
    assert_eq!(sandbox.state("one.p12"), before);
}

#[test]
fn two_at_once_both_have_their_way() {
    let stores = ["one", "two"].map(|name| format!("[[store]]\npath='{name}'\n"));
    let sandbox = Sandbox::with("");
    let with = |alias: &str, order: [usize; 2]| {
        let certificate = format!("[[store.certificate]]\nalias='{alias}'\nfile='root-{alias}.pem'\n");
        order.map(|n| format!("{}{certificate}", stores[n])).concat()
    };
    sandbox.write("a.toml", with("a", [0, 1]));
    sandbox.write("b.toml", with("b", [1, 0]));
    let spawn = |line| sandbox.command(line).spawn().unwrap();
    for child in [spawn("apply a.toml --lock-timeout 60 -q"), spawn("apply b.toml --lock-timeout 60 -q")] {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    for store in ["one", "two"] {
        let mut aliases = sandbox.aliases(store);
        aliases.sort();
        assert_eq!(aliases, ["a", "b"], "{store}");
    }
}
