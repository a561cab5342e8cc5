//! Edits repeated, reordered and in each other's way.

use super::*;
use crate::cert::Certificate;
use crate::crypto::SystemRandom;
use crate::error::ErrorKind;
use crate::password::Password;
use crate::store::{Entry, Format, TrustStore};

fn certificate(number: u8) -> Certificate {
    Certificate::from_der(vec![0x30, 1, number])
}

fn candidate(number: u8, alias: Option<&str>) -> Candidate {
    let alias = alias.map(str::to_owned);
    Candidate { certificate: certificate(number), alias, created: None, source: "test".to_owned() }
}

fn candidates(numbers: &[u8]) -> Vec<Candidate> {
    numbers.iter().map(|&number| candidate(number, None)).collect()
}

fn under(alias: &str) -> ImportOptions {
    ImportOptions { alias: Some(alias.to_owned()), ..ImportOptions::default() }
}

fn store() -> TrustStore {
    TrustStore::new(Format::Jks, Password::new("changeit"))
}

fn names(store: &TrustStore) -> Vec<&str> {
    store.entries().iter().map(Entry::name).collect()
}

#[test]
fn a_bundle_in_another_order_changes_nothing() {
    for options in [under("corp"), ImportOptions::default()] {
        let mut store = store();
        assert_eq!(import(&mut store, &candidates(&[1, 2, 3]), &options).unwrap().added.len(), 3);
        for order in [[3, 1, 2], [2, 3, 1], [1, 2, 3]] {
            let report = import(&mut store, &candidates(&order), &options).unwrap();
            assert!(!report.changed, "{report:?}");
            assert_eq!(report.unchanged.len(), 3);
        }
        let report = import(&mut store, &candidates(&[4, 3, 2, 1]), &options).unwrap();
        assert_eq!((report.added.len(), report.unchanged.len()), (1, 3));
    }
}

#[test]
fn a_bundle_with_a_certificate_twice_adds_it_once() {
    for options in [under("corp"), ImportOptions::default()] {
        let mut store = store();
        let report = import(&mut store, &candidates(&[1, 2, 1, 1]), &options).unwrap();
        assert_eq!((report.added.len(), report.unchanged.len()), (2, 2), "{report:?}");
        assert!(!import(&mut store, &candidates(&[1, 2, 1, 1]), &options).unwrap().changed);
        assert_eq!(store.entries().len(), 2);
    }
}

#[test]
fn many_certificates_that_end_alike_are_told_apart_and_found_again() {
    let alike = |number: u8| {
        let certificate = Certificate::from_der([&[0x30, 17, number][..], &[7; 16]].concat());
        Candidate { certificate, ..candidate(number, None) }
    };
    let mut many: Vec<Candidate> = (0..=255).map(alike).collect();
    let mut store = store();
    let report = import(&mut store, &many, &under("corp")).unwrap();
    assert_eq!(report.added.len(), 256);
    for (number, (item, candidate)) in report.added.iter().zip(&many).enumerate() {
        let alias = if number == 0 { "corp".to_owned() } else { format!("corp-{}", number + 1) };
        assert_eq!((&item.alias, item.sha256), (&alias, Some(candidate.certificate.sha256())));
        assert_eq!(store.get(&alias).unwrap().certificate(), Some(&candidate.certificate));
    }
    many.reverse();
    let again = import(&mut store, &many, &under("corp")).unwrap();
    assert!(!again.changed && again.unchanged.len() == 256, "{again:?}");
}

#[test]
fn an_alias_in_another_case_is_the_same_alias() {
    let mut store = store();
    import(&mut store, &candidates(&[1, 2]), &under("Corp-CA")).unwrap();
    assert_eq!(names(&store), ["corp-ca", "corp-ca-2"]);
    assert!(!import(&mut store, &candidates(&[2, 1]), &under("CORP-ca")).unwrap().changed);
    let error = import(&mut store, &candidates(&[3]), &under("CORP-CA")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AliasTaken);
}

#[test]
fn certificates_that_change_places_are_both_kept() {
    let mut store = store();
    import(&mut store, &[candidate(1, Some("a")), candidate(2, Some("b"))], &ImportOptions::default())
        .unwrap();
    let options = ImportOptions { replace: true, skip_duplicates: true, ..ImportOptions::default() };
    let swapped = [candidate(2, Some("a")), candidate(1, Some("c"))];
    let report = import(&mut store, &swapped, &options).unwrap();
    assert_eq!((report.replaced.len(), report.added.len()), (1, 1), "{report:?}");
    assert_eq!(store.get("c").unwrap().certificate(), Some(&certificate(1)));
}

#[test]
fn what_replaces_an_untrusted_certificate_is_trusted() {
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    store.push_untrusted("seen", certificate(1));
    assert_eq!(store.get("seen").unwrap().java_alias(), None);
    let options = ImportOptions { replace: true, ..under("seen") };
    import(&mut store, &candidates(&[2]), &options).unwrap();
    assert_eq!(store.get("seen").unwrap().java_alias().as_deref(), Some("seen"));
}

#[test]
fn the_same_certificate_without_the_trust_attribute_is_trusted_by_an_import() {
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    store.push_untrusted("seen", certificate(1));
    let report = import(&mut store, &candidates(&[1]), &under("seen")).unwrap();
    assert!(report.changed && report.trusted.len() == 1 && report.unchanged.is_empty(), "{report:?}");
    assert_eq!(store.get("seen").unwrap().java_alias().as_deref(), Some("seen"));
    let again = import(&mut store, &candidates(&[1]), &under("seen")).unwrap();
    assert!(!again.changed && again.unchanged.len() == 1, "{again:?}");
}

#[test]
fn removing_an_alias_that_hid_another_entry_says_so() {
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    store.push_untrusted("twin", certificate(1));
    store.push_untrusted("unrelated", certificate(2));
    let names: Vec<String> = store.entries().iter().map(|entry| entry.name().to_owned()).collect();
    trust(&mut store, &names, true).unwrap();
    store.push_trusted("twin", certificate(3));
    let hidden = store.entries().iter().find(|e| e.certificate() == Some(&certificate(1))).unwrap();
    let hidden = hidden.name().to_owned();
    assert!(hidden.starts_with("twin#"), "{hidden}");
    let options = RemoveOptions { names: vec!["twin".to_owned()], ..RemoveOptions::default() };
    let report = remove(&mut store, &options).unwrap();
    assert_eq!(store.get(&hidden).unwrap().certificate(), Some(&certificate(1)), "the name stays good");
    assert!(report.removed[0].note.as_deref().unwrap_or_default().contains("Java sees"), "{report:?}");
    assert_eq!(store.get("twin").unwrap().certificate(), Some(&certificate(1)));
}

#[test]
fn a_conversion_names_what_it_cannot_take_over() {
    let mut store = store();
    store.insert("strasse", certificate(1), 0).unwrap();
    store.insert("straße", certificate(2), 0).unwrap();
    let password = || Some(Password::new("changeit"));
    let converted =
        convert(&store, Format::Pkcs12, password(), &ConvertOptions::default(), &mut SystemRandom).unwrap();
    assert_eq!(names(&converted.store), ["strasse", "straße"]);

    let mut long = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    long.insert(&"ä".repeat(40_000), certificate(1), 0).unwrap();
    long.insert("short", certificate(2), 0).unwrap();
    let error =
        convert(&long, Format::Jks, password(), &ConvertOptions::default(), &mut SystemRandom).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotKeep);
    let options = ConvertOptions { trusted_only: true, ..ConvertOptions::default() };
    let converted = convert(&long, Format::Jks, password(), &options, &mut SystemRandom).unwrap();
    assert_eq!((names(&converted.store), converted.left_out.len()), (vec!["short"], 1));
}
