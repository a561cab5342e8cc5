//! Manifests that ask for too much: an answer, and soon; and names that command a terminal.

use truststore::apply::Manifest;
use truststore::{ErrorKind, Limits};

use crate::sandbox::Sandbox;

const MILLION: usize = 1_000_000;

fn bombs() -> Vec<(&'static str, String)> {
    let many: String = (0..MILLION).map(|n| format!("k{n}=1\n")).collect();
    vec![
        ("keys", many),
        ("stores", "[[store]]\n".repeat(MILLION)),
        ("dots", format!("{}=1", vec!["a"; MILLION].join("."))),
        ("header", format!("[{}]", vec!["a"; MILLION].join("."))),
        ("arrays", format!("store={}", "[".repeat(MILLION))),
        ("tables", format!("store={}", "{a=".repeat(MILLION))),
        ("numbers", format!("store=[{}]", "1,".repeat(MILLION))),
        ("lines", "\n".repeat(30 * MILLION)),
        ("quotes", "\"".repeat(MILLION)),
        ("nothing", "\0".repeat(MILLION)),
    ]
}

#[test]
fn a_bomb_is_refused_before_a_tree_is_made_of_it() {
    for (name, text) in bombs() {
        let error = Manifest::from_toml(&text, "bomb", &Limits::default()).expect_err(name);
        let expected = [ErrorKind::LimitExceeded, ErrorKind::ManifestInvalid];
        assert!(expected.contains(&error.kind()), "{name}: {error}");
        assert!(error.to_string().len() < 600, "{name}: {error}");
    }
}

/// As deep as there may be tokens for, so that nothing but the parser's own bound is in the way.
#[test]
fn depth_is_bounded_too() {
    let deep = 60_000;
    for text in [
        format!("{}=1", vec!["a"; deep].join(".")),
        format!("[{}]", vec!["a"; deep].join(".")),
        format!("[[{}]]", vec!["a"; deep].join(".")),
        format!("store={}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("store={}1{}", "{a=".repeat(deep / 2), "}".repeat(deep / 2)),
        vec!["[a.a.a.a.a.a.a.a]"; 1_000].join("\n"),
    ] {
        let error = Manifest::from_toml(&text, "deep", &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ManifestInvalid);
    }
}

#[test]
fn the_largest_manifest_that_is_read_is_read_soon() {
    let entry = |n: usize| format!("[[store.certificate]]\nalias='alias {n}'\nabsent=true\n");
    let text: String = std::iter::once("[[store]]\n".to_owned()).chain((0..9_000).map(entry)).collect();
    let manifest = Manifest::from_toml(&text, "large", &Limits::default()).unwrap();
    assert_eq!(manifest.stores[0].absent.len(), 9_000);
    let limits = Limits { max_entries: 1_000, ..Limits::default() };
    let error = Manifest::from_toml(&text, "large", &limits).unwrap_err();
    assert!(error.is_limit_exceeded() && error.to_string().contains("--max-entries"), "{error}");
    let limits = Limits { max_file_size: 1_000, ..Limits::default() };
    assert!(Manifest::from_toml(&text, "large", &limits).unwrap_err().is_limit_exceeded());
}

/// 64 MiB of data are enough for every bomb.
#[cfg(target_os = "linux")]
#[test]
fn a_bomb_ends_within_64_mib() {
    let sandbox = Sandbox::with("");
    for (name, text) in bombs() {
        sandbox.write("trust.toml", text);
        let output = std::process::Command::new("sh")
            .args(["-c", "ulimit -d 65536 && exec \"$0\" apply trust.toml", env!("CARGO_BIN_EXE_truststore")])
            .current_dir(sandbox.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.starts_with("error: trust.toml: ") && !said.contains("panicked"), "{name}: {said}");
    }
}

#[test]
fn no_name_in_a_manifest_commands_a_terminal() {
    let evil = "\\u001b]0;title\\u0007\\u202e\\n";
    let manifests = [
        format!("\"{evil}\" = 1"),
        format!("[[store]]\nname = \"{evil}\"\npath = \"{evil}\"\n[[store]]\nname = \"{evil}\""),
        format!("[[store]]\nformat = \"{evil}\""),
        format!("[[store]]\npassword-env = \"{evil}\""),
        format!("[[store]]\n[[store.certificate]]\nalias = \"{evil}\"\nfile = \"{evil}\""),
        format!("[[store]]\npath = \"s\"\n[[store.certificate]]\nalias = \"{evil}\"\nfile = \"root-a.pem\""),
        format!(
            "[[store]]\npath = \"s\"\n[[store.bundle]]\nalias-prefix = \"{evil}\"\nfile = \"root-b.pem\""
        ),
        format!("[[store]]\npath = \"s\"\n[[store.certificate]]\nalias = \"{evil}\"\nabsent = true"),
    ];
    for manifest in manifests {
        let sandbox = Sandbox::with(&manifest);
        sandbox.expect(0, "import -k s --file p521-root.pem");
        for line in [
            "apply trust.toml --prune --dry-run",
            "apply trust.toml",
            "apply trust.toml --store x",
            "diff s trust.toml",
            "export --manifest -k s",
        ] {
            let output = sandbox.command(line).output().unwrap();
            let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(!text.contains("panicked") && !text.is_empty(), "{line}: {text}");
            let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(harmful), "{manifest}\n{line}: {text:?}");
        }
    }
}
