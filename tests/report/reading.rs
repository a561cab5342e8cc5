//! Names that are markup, script or invisible: the page shows them, and does nothing they say.

use serde_json::json;

use crate::browser::Browser;
use crate::common::pki::{P256, Pki, ROOT, Recipe, VALID};
use crate::{Sandbox, common};

const SCRIPT: &str = "<script>document.title='owned'</script>";
const IMAGE: &str = "\"><img src=x onerror=\"document.title='owned'\">";
const COMMENT: &str = "--></title></style></script></table><h1>owned";
const HIDDEN: &str = "a\u{202e}b\u{200b}c\u{1b}[31md\u{7}";

#[test]
fn hostile_names_stay_text() {
    let sandbox = Sandbox::new();
    let pki = Pki::new(sandbox.path("").as_path());
    let subject = format!("/CN={}/O={}", SCRIPT.replace('/', "\\/"), COMMENT.replace('/', "\\/"));
    let recipe = Recipe {
        subject: &subject,
        extensions: ROOT,
        validity: VALID,
        key: P256,
        digest: "sha256",
        issuer: None,
    };
    let scripted = truststore::Certificate::from_der(pki.make("scripted", &recipe).der());
    // A file may have any name that has no slash.
    let name = "<img src=x onerror=document.title='owned'>.jks";
    let entries = [
        (SCRIPT, scripted),
        (IMAGE, common::certificate("hostile-subject")),
        (COMMENT, common::certificate("expired")),
        (HIDDEN, common::certificate("weak-rsa1024")),
    ];
    sandbox.store(name, entries);
    sandbox.copy("stores/keytool/one.p12", "{{ policy }}.p12");
    sandbox.expect(1, &["report", "--html", "r.html", name, "{{ policy }}.p12"]);
    let page = sandbox.read("r.html");
    for c in ['\u{202e}', '\u{200b}', '\u{1b}', '\u{7}'] {
        assert!(!page.contains(c), "{c:?}");
    }

    let Some(browser) = Browser::start() else { return };
    browser.open(&sandbox.path("r.html"));
    assert_eq!(browser.ask("return document.title"), "Trust report: 2 trust stores, 5 certificates");
    let counts = "return ['script', 'style', 'img', 'h1', 'b', 'title:not(svg *)'].map(s => document.querySelectorAll(s).length)";
    assert_eq!(browser.ask(counts), json!([1, 1, 0, 1, 0, 1]));
    let text = browser.ask(
        "document.querySelectorAll('details').forEach(d => d.open = true); return document.body.textContent",
    );
    let text = text.as_str().unwrap();
    for expected in
        [SCRIPT, IMAGE, COMMENT, name, "a\\u{202e}b\\u{200b}c\\u{1b}[31md\\u{7}", "\\<b onclick=x\\>"]
    {
        assert!(text.contains(expected), "{expected}");
    }
    assert_eq!(browser.console(), Vec::<serde_json::Value>::new(), "nothing was tried and refused either");
}

#[test]
fn a_script_that_got_in_would_not_run() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/one.p12", "s.p12");
    sandbox.expect(0, &["report", "--html", "r.html", "s.p12"]);
    let page = sandbox.read("r.html");
    let spoiled = page.replace("<main", "<script>document.title='owned'</script><b onclick=\"document.title='owned'\" style=\"color:red\">b</b><main");
    assert_ne!(page, spoiled);
    std::fs::write(sandbox.path("r.html"), spoiled).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&sandbox.path("r.html"));
    browser.click("b");
    let title = browser.ask("return document.title");
    assert!(title.as_str().unwrap().starts_with("Trust report"), "{title}");
    let refused = browser.console().len();
    assert!(refused >= 2, "the policy speaks up: {refused}");
    // Our own goes on.
    assert_eq!(browser.ask("return document.documentElement.className"), "js");
}
