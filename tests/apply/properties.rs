//! Whatever a store was: once it is what a manifest declares, the same manifest changes nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use truststore::apply::{ActionKind, Desired, Manifest, Plan, PlanOptions, plan};
use truststore::{Certificate, Error, ErrorKind, Format, Limits, TrustStore, Unlock, to_pem};

use crate::common::manifest::{Expect, rows};
use crate::common::{bytes_of, certificate, changeit, read};

const NAMES: [&str; 7] = ["corp-root", "corp-root-2", "root-a", "root-b", "root-rsa", "p521-root", "issuing"];
const ALIASES: [&str; 8] =
    ["a", "B", "corp-root-ca", "corp-root-ca-2", "x-corp-root-ca", "example-root-a", "one", "same"];

/// What a manifest says: aliases with certificates, absent aliases and certificates, a bundle.
#[derive(Debug, Clone)]
struct Said {
    present: Vec<(&'static str, &'static str)>,
    absent: Vec<&'static str>,
    banned: Vec<&'static str>,
    bundle: Vec<&'static str>,
    prefix: bool,
}

fn said() -> impl Strategy<Value = Said> {
    let names = || proptest::sample::subsequence(NAMES.to_vec(), 0..4);
    let aliases = Just(ALIASES.to_vec()).prop_shuffle();
    let certificates = proptest::collection::vec(select(NAMES.to_vec()), 0..4);
    (aliases, certificates, 0..2usize, names(), names(), any::<bool>()).prop_map(
        |(aliases, certificates, absent, banned, bundle, prefix)| {
            let banned: Vec<_> =
                banned.into_iter().filter(|name| !certificates.contains(name)).take(1).collect();
            let count = certificates.len();
            let present = aliases.iter().copied().zip(certificates).collect();
            Said { present, absent: aliases[count..count + absent].to_vec(), banned, bundle, prefix }
        },
    )
}

impl Said {
    fn desired(&self) -> Desired {
        let pem = |name: &str| to_pem([&certificate(name)]).unwrap();
        let mut toml = "[[store]]\n".to_owned();
        for (alias, name) in &self.present {
            toml += &format!("[[store.certificate]]\nalias='{alias}'\npem='''{}'''\n", pem(name));
        }
        for alias in &self.absent {
            toml += &format!("[[store.certificate]]\nalias='{alias}'\nabsent=true\n");
        }
        for name in &self.banned {
            toml += &format!("[[store.certificate]]\nsha256='{}'\nabsent=true\n", certificate(name).sha256());
        }
        let folder = tempfile::tempdir().unwrap();
        if !self.bundle.is_empty() {
            let bundle: String = self.bundle.iter().map(|name| pem(name)).collect();
            std::fs::write(folder.path().join("bundle.pem"), bundle).unwrap();
            let prefix = if self.prefix { "alias-prefix='x-'\n" } else { "" };
            toml += &format!("[[store.bundle]]\nfile='bundle.pem'\n{prefix}");
        }
        let limits = Limits::default();
        let manifest = Manifest::from_toml(&toml, "m.toml", &limits).unwrap();
        let none = |_: &_| Err(Error::new(ErrorKind::Refused, "no passwords"));
        Desired::gather(&manifest, &manifest.stores[0], folder.path(), &limits, none).unwrap()
    }

    /// Makes the store what is said, and checks all that must be so then.
    fn check(&self, mut store: TrustStore, prune: bool, what: &str, unlock: Unlock<'_>) {
        let desired = self.desired();
        let options = PlanOptions { prune, allow_empty: true, now: 1_700_000_000_000 };
        let others = |store: &TrustStore| -> Vec<String> {
            let others = store.entries().iter().filter(|entry| !entry.is_certificate());
            others.map(|entry| format!("{:?}", entry.kind().code())).collect()
        };
        let (keys, modified) = (others(&store), store.is_modified());
        let first = match plan(&mut store, &desired, &options) {
            Ok(first) => first,
            // A key has the alias.
            Err(error) if matches!(error.kind(), ErrorKind::CannotKeep | ErrorKind::Refused) => return,
            Err(error) => panic!("{what}: {error}"),
        };
        assert_eq!(first.changed, !first.actions.is_empty());
        assert_eq!(store.is_modified(), modified || first.changed, "{what}: {first:?}");
        assert_eq!(others(&store), keys, "{what}: keys stay");
        self.holds(&store, prune, what);
        nothing(&plan(&mut store, &desired, &options).unwrap(), what);
        // And so it is for who reads the file.
        let mut again = TrustStore::from_bytes(bytes_of(&store), unlock, &Limits::default()).unwrap();
        nothing(&plan(&mut again, &desired, &options).unwrap(), what);
        assert!(!again.is_modified(), "{what}");
        self.holds(&again, prune, what);
    }

    fn holds(&self, store: &TrustStore, prune: bool, what: &str) {
        for (alias, name) in &self.present {
            let entry = store.get(alias).unwrap_or_else(|| panic!("{what}: no {alias}"));
            assert!(entry.is_trusted() && entry.certificate() == Some(&certificate(name)), "{what}: {alias}");
        }
        for alias in &self.absent {
            assert!(store.get(alias).is_none(), "{what}: {alias}");
        }
        let seen: Vec<Certificate> = store
            .entries()
            .iter()
            .filter(|entry| entry.is_certificate() && entry.java_alias().is_some())
            .filter_map(|entry| entry.certificate().cloned())
            .collect();
        for name in &self.bundle {
            assert_eq!(seen.contains(&certificate(name)), !self.banned.contains(name), "{what}: {name}");
        }
        if prune {
            let declared: Vec<Certificate> = self
                .present
                .iter()
                .map(|(_, name)| *name)
                .chain(self.bundle.iter().copied())
                .map(certificate)
                .collect();
            let entries = store.entries().iter().filter(|entry| entry.is_certificate());
            for entry in entries {
                assert!(declared.contains(entry.certificate().unwrap()), "{what}: {}", entry.name());
            }
        }
    }
}

fn nothing(plan: &Plan, what: &str) {
    assert!(!plan.changed && plan.actions.is_empty(), "{what}: the second time changes {:?}", plan.actions);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_second_time_changes_nothing_whatever_the_store_was(
        said in said(),
        there in proptest::collection::vec((select(ALIASES.to_vec()), select(NAMES.to_vec())), 0..6),
        format in select(vec![Format::Pkcs12, Format::Jks, Format::Jceks]),
        prune: bool,
    ) {
        let mut store = TrustStore::new(format, changeit());
        for (alias, name) in there {
            let _ = store.insert(alias, certificate(name), 1);
        }
        said.check(store, prune, "generated", Unlock::Defaults);
    }

    #[test]
    fn nor_if_it_was_one_of_the_odd_ones(said in said(), at: Index, prune: bool) {
        let rows: Vec<_> = rows().into_iter().filter(|row| matches!(row.expect, Expect::Ok)).collect();
        let row = at.get(&rows);
        // Without a MAC any password is as good as none.
        let unlock = row.password.as_ref().map_or(Unlock::Defaults, Unlock::WithUnverified);
        let opened = TrustStore::from_bytes(read(&row.path), unlock, &Limits::default());
        let Ok(store) = opened else { return Ok(()) };
        if store.integrity() != truststore::Integrity::Unchecked {
            said.check(store, prune, &row.path, unlock);
        }
    }
}

#[test]
fn an_action_is_one_of_four() {
    let mut store = TrustStore::new(Format::Jks, changeit());
    store.insert("a", certificate("root-a"), 1).unwrap();
    store.insert("b", certificate("root-b"), 1).unwrap();
    let said = Said {
        present: vec![("a", "corp-root"), ("new", "root-rsa")],
        absent: vec!["b"],
        banned: vec![],
        bundle: vec![],
        prefix: false,
    };
    let plan = plan(&mut store, &said.desired(), &PlanOptions::default()).unwrap();
    let kinds: Vec<ActionKind> = plan.actions.iter().map(|action| action.action).collect();
    assert_eq!(kinds, [ActionKind::Remove, ActionKind::Add, ActionKind::Replace]);
    let replaced = &plan.actions[2];
    assert_eq!(replaced.previous.as_ref().unwrap().sha256, Some(certificate("root-a").sha256()));
    assert_eq!(replaced.certificate.sha256, Some(certificate("corp-root").sha256()));
}
