//! What the page does in a browser: search, sorting, the keyboard, a phone, the dark, paper, no script.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::{Sandbox, common, made_up};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
/// Rows that a reader has before him.
const ROWS: &str = "Array.from(document.querySelectorAll('#certificates-table tbody tr:not([hidden])'), row => row.cells[0].dataset.value)";

/// Two stores that differ, one that is like the first, and one that cannot be read.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let certificate = common::certificate;
    let of = |names: &'static [&'static str]| names.iter().map(move |&name| (name, certificate(name)));
    sandbox.store("one.jks", of(&["corp-root", "expired", "root-a", "md5-root", "unicode-subject"]));
    sandbox.store("two.jks", of(&["root-b", "corp-root"]));
    sandbox.store("three.jks", of(&["corp-root", "expired", "root-a", "md5-root", "unicode-subject"]));
    std::fs::write(sandbox.path("broken.p12"), "no store").unwrap();
    sandbox.expect(2, &["report", "--html", "r.html", "one.jks", "two.jks", "three.jks", "broken.p12"]);
    sandbox
}

fn open(sandbox: &Sandbox) -> Option<Browser> {
    let browser = Browser::start()?;
    browser.open(&sandbox.path("r.html"));
    Some(browser)
}

/// Types into the empty field, and waits until these certificates are left.
fn search(browser: &Browser, text: &str, expected: &[&str]) {
    clear(browser);
    browser.press(text);
    browser.wait(&format!("return JSON.stringify({ROWS}) === {:?}", json!(expected).to_string()));
}

fn clear(browser: &Browser) {
    browser.ask(
        "const e = document.getElementById('search'); e.focus(); e.value = ''; e.dispatchEvent(new Event('input'))",
    );
    browser.wait("return document.getElementById('found').textContent === ''");
}

#[test]
fn the_page_asks_for_nothing_and_the_console_is_empty() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    assert_eq!(browser.console(), Vec::<Value>::new());
    let requests = browser.requests();
    let foreign = |url: &&String| url.starts_with("http") || url.starts_with("ws") || url.starts_with("file");
    let foreign: Vec<&String> = requests.iter().filter(foreign).collect();
    assert_eq!(foreign.len(), 1, "{requests:?}");
    assert!(foreign[0].ends_with("/r.html"), "{requests:?}");
    assert_eq!(browser.ask("return performance.getEntriesByType('resource').length"), 0);
    let external = "[src], link, iframe, object, embed, form, a[href]:not([href^='#'])";
    assert_eq!(browser.ask(&format!("return document.querySelectorAll(\"{external}\").length")), 0);
}

#[test]
fn search_shows_what_has_all_words() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    let corp = "CN=Corp Root CA, O=Example Corp, C=CH";
    search(&browser, "corp ROOT ca cn=corp", &[corp]);
    assert_eq!(
        browser.ask("return document.getElementById('found').textContent"),
        "0 findings, 1 certificate"
    );
    let sha = common::certificate("expired").sha256();
    search(&browser, &sha.to_hex(), &["CN=Expired Root CA, O=Example Corp, C=CH"]);
    search(&browser, &sha.to_string()[..30], &["CN=Expired Root CA, O=Example Corp, C=CH"]);
    search(&browser, "root-b", &["CN=Example Root B, O=Example Corp, C=CH"]);
    search(&browser, "nowhere", &[]);
    // The matrix and the findings follow.
    search(&browser, "weak-digest", &[]);
    let hidden = "return ['findings-table', 'places-table'].map(id => \
                  document.querySelectorAll(`#${id} tbody tr:not([hidden])`).length)";
    assert_eq!(browser.ask(hidden), json!([2, 0]));
    browser.click("input[value=soon]");
    assert_eq!(browser.ask(hidden), json!([0, 0]), "warnings are left out");
}

#[test]
fn headings_sort_and_say_so() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    let order = || browser.ask(&format!("return {ROWS}"));
    let said = || {
        browser.ask(
            "return Array.from(document.querySelectorAll('#certificates-table thead th'), h => h.ariaSort)",
        )
    };
    assert_eq!(order()[0], "CN=Expired Root CA, O=Example Corp, C=CH", "the next to expire first");
    browser.click("#certificates-table thead th:nth-child(1) button");
    let up = order();
    assert_eq!(said()[0], "ascending");
    let mut sorted: Vec<String> = serde_json::from_value(up.clone()).unwrap();
    sorted.sort_by_key(|subject| subject.to_lowercase());
    assert_eq!(json!(sorted), up);
    browser.click("#certificates-table thead th:nth-child(1) button");
    assert_eq!(said()[0], "descending");
    sorted.reverse();
    assert_eq!(json!(sorted), order());
    browser.click("#certificates-table thead th:nth-child(5) button");
    let trusted = "return Array.from(document.querySelectorAll('#certificates-table tbody tr'), r => r.cells[4].textContent)";
    let counts: Vec<String> = serde_json::from_value(browser.ask(trusted)).unwrap();
    assert!(counts.is_sorted() && counts[5] == "3 of 3", "{counts:?}");
}

#[test]
fn the_matrix_says_where_stores_differ() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    let row = "return Array.from(document.querySelectorAll('#places-table tbody tr')).find(r => \
               r.textContent.includes('Example Root B')).innerText.replace(/\\s+/g, ' ')";
    let text = browser.ask(row);
    assert!(text.as_str().unwrap().contains("– absent ● trusted – absent"), "{text}");
    browser.click("[data-differs]");
    let rows = "return document.querySelectorAll('#places-table tbody tr:not([hidden])').length";
    assert_eq!(browser.ask(rows), 5, "all but the one that every store has");
    let cards = browser.ask("return Array.from(document.querySelectorAll('.card'), card => card.innerText)");
    let card = |at: usize| cards[at].as_str().unwrap().to_owned();
    assert!(card(1).contains("Lacks 4 certificates that another store trusts."), "{}", card(1));
    assert!(card(2).contains("Trusts the same as store 1."), "{}", card(2));
    assert!(card(3).contains("Could not be read: expected a PKCS#12, JKS or JCEKS store"), "{}", card(3));
}

#[test]
fn the_keyboard_reaches_and_works_everything() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    let at = "const e = document.activeElement; return e.id || e.className || e.textContent";
    browser.press(&TAB.to_string());
    assert_eq!(browser.ask(at), "skip");
    assert_eq!(browser.ask("return document.activeElement.getBoundingClientRect().top >= 0"), true, "seen");
    browser.press(&ENTER.to_string());
    assert_eq!(browser.ask(at), "main");
    // What Tab reaches, and whether one sees where it is.
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press(&TAB.to_string());
        let now = browser.ask(
            "const e = document.activeElement; const s = getComputedStyle(e); \
             return [e.tagName, e.textContent.trim().slice(0, 20), s.outlineStyle !== 'none' && s.outlineWidth !== '0px']",
        );
        assert!(now[0] == "BODY" || now[2] == true, "no outline: {now}");
        if now[1] == "Certificate" {
            browser.press(&ENTER.to_string());
        }
        if now[0] == "SUMMARY" && !reached.iter().any(|r: &Value| r[0] == "SUMMARY" && r[1] == now[1]) {
            browser.press(" ");
        }
        reached.push(now);
    }
    let names: Vec<&str> = reached.iter().filter_map(|now| now[1].as_str()).collect();
    for name in ["Severity", "Finding", "Certificate", "Alias", "Expires", "Worst finding"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let sorted = "return document.querySelector('#certificates-table thead th').ariaSort";
    assert_ne!(browser.ask(sorted), Value::Null);
    assert_ne!(browser.ask("return document.querySelectorAll('tbody details[open]').length"), 0);
}

#[test]
fn nothing_is_wider_than_a_phone() {
    let sandbox = sandbox();
    let long = format!("{}{}", "a".repeat(200), "-with-a-name");
    sandbox.store("long.jks", [(long.as_str(), common::certificate("p521-root"))]);
    sandbox.expect(1, &["report", "--html", "r.html", "--force", "one.jks", "two.jks", "long.jks"]);
    let Some(browser) = open(&sandbox) else { return };
    browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)");
    for width in [360, 320, 768, 1280] {
        browser.screen(width, 740);
        browser.wait(&format!("return matchMedia('(width: {width}px)').matches"));
        let wide = browser.ask("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]");
        assert!(wide[0].as_u64() <= wide[1].as_u64(), "at {width}: {wide}");
    }
}

#[test]
fn light_and_dark_can_be_read() {
    let sandbox = sandbox();
    let Some(browser) = open(&sandbox) else { return };
    browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)");
    let paper = "return getComputedStyle(document.body).backgroundColor";
    let light = browser.ask(paper);
    assert_eq!(faint(&browser), Vec::<Value>::new(), "light");
    browser.scheme("dark");
    let dark = browser.ask(paper);
    assert_ne!(light, dark);
    assert_eq!(faint(&browser), Vec::<Value>::new(), "dark");
    browser.wait("return document.getElementById('theme').ariaPressed === 'true'");
    browser.click("#theme");
    assert_eq!(browser.ask(paper), light, "the reader's choice goes before the system's");
}

/// Texts whose contrast with what is behind them is under 4.5 (WCAG 2.2, success criterion 1.4.3).
fn faint(browser: &Browser) -> Vec<Value> {
    let script = r"
        const numbers = (color) => color.match(/[\d.]+/g).map(Number);
        const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
        const ground = (e) => {
            for (; e; e = e.parentElement) {
                const color = numbers(getComputedStyle(e).backgroundColor);
                if (color.length === 3 || color[3] > 0) return color;
            }
            return [255, 255, 255];
        };
        const found = [];
        for (const e of document.querySelectorAll('body *:not(svg *):not(option)')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
            const [a, b] = [light(numbers(getComputedStyle(e).color)), light(ground(e))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.push([e.textContent.slice(0, 40), e.className, ratio]);
        }
        return found";
    browser.ask(script).as_array().unwrap().clone()
}

#[test]
fn a_long_table_comes_in_parts_and_goes_to_paper_whole() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..600).map(|number| format!("Auth {number}")).collect();
    sandbox.store("s.jks", names.iter().map(|name| (name.as_str(), made_up(name, 40))));
    sandbox.expect(0, &["report", "--html", "r.html", "--allow", "self-signature-invalid", "s.jks"]);
    let Some(browser) = open(&sandbox) else { return };
    let shown = || browser.ask(&format!("return {ROWS}.length"));
    assert_eq!(shown(), 250);
    browser.ask("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(shown(), 600);
    browser.ask("dispatchEvent(new Event('afterprint'))");
    assert_eq!(shown(), 250);
    // Also what was not shown is found.
    search(&browser, "auth 599_", &["CN=Auth 599____, O=Example Corp, C=CH"]);
    clear(&browser);
    browser.click(".more:not([hidden])");
    assert_eq!(shown(), 600);
    assert_eq!(browser.console(), Vec::<Value>::new());
}

#[test]
fn without_scripts_everything_is_there() {
    let sandbox = sandbox();
    let Some(browser) = Browser::start() else { return };
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&sandbox.path("r.html"));
    let of =
        |selector: &str| browser.ask(&format!("return document.querySelectorAll(\"{selector}\").length"));
    assert_eq!(of("#certificates-table tbody tr"), 6);
    assert_eq!(of("thead button"), 0, "the script did not run");
    let seen = "return Array.from(document.querySelectorAll('.scripted, tbody tr'), e => [e.className, e.checkVisibility()])";
    for element in browser.ask(seen).as_array().unwrap() {
        let scripted = element[0].as_str().unwrap().contains("scripted");
        assert_eq!(element[1], !scripted, "{element}");
    }
}
