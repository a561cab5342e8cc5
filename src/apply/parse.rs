//! TOML to a manifest: every key known, every value of its type, nothing declared twice.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use toml::de::DeTable;
use toml_parser::Source;

use super::manifest::{
    Absent, CertificateSource, DeclaredBundle, DeclaredCertificate, DeclaredStore, Manifest, PasswordSource,
};
use super::place::{Lines, Place};
use super::table::{Table, Value, invalid};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::Format;

/// The only version there is.
const VERSION: &str = "1";

impl Manifest {
    /// Reads a manifest (TOML 1.0); `name` is what it is called in messages.
    ///
    /// ```
    /// use truststore::apply::Manifest;
    /// use truststore::{ErrorKind, Limits};
    ///
    /// let text = "[[store]]\npath = \"ssl-truststore\"\nformt = \"jks\"\n";
    /// let error = Manifest::from_toml(text, "trust.toml", &Limits::default()).expect_err("a mistyped key");
    /// assert_eq!(error.kind(), ErrorKind::ManifestInvalid);
    /// assert_eq!(
    ///     error.to_string(),
    ///     "trust.toml: line 3, column 1: unknown key `formt` in [[store]]: did you mean `format`?"
    /// );
    /// ```
    ///
    /// # Errors
    /// `ManifestInvalid` with the line and column for what is no TOML, an unknown key, a value of another
    /// type, and what is declared twice; `LimitExceeded`.
    pub fn from_toml(text: &str, name: &str, limits: &Limits) -> Result<Self> {
        read(text, name, limits).map_err(|e| e.at_path(name.as_ref()))
    }
}

fn read(text: &str, name: &str, limits: &Limits) -> Result<Manifest> {
    limits.check_size(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    // Counted as they are found, before there is a list of them.
    limits.check_tokens(u64::try_from(Source::new(text).lex().count()).unwrap_or(u64::MAX))?;
    let lines = Lines::of(text);
    let document = DeTable::parse(text).map_err(|error| {
        let place = lines.place(error.span().map_or(0, |span| span.start));
        invalid(place, error.message())
    })?;
    let root = Table::root(document.get_ref(), &lines);
    root.require_keys(&["version", "store"])?;
    if let Some(version) = root.integer("version")?.filter(|version| version.value != VERSION) {
        let message = format!("expected `version` {VERSION}, found {}", version.value);
        return Err(invalid(version.place, message));
    }
    let tables = root.tables("store", "[[store]]")?;
    if tables.is_empty() {
        return Err(invalid(root.place, "expected [[store]], found no store in the manifest"));
    }
    let stores = tables.iter().map(store).collect::<Result<Vec<_>>>()?;
    let names = stores.iter().filter_map(|store| Some((store.name.clone()?, store.place)));
    once(names, |name| format!("the store name \"{name}\""))?;
    let paths = stores.iter().map(|store| (store.path.as_deref().map(spelled_alike), store.place));
    once(paths, |path| match path {
        Some(path) => format!("the store {}", path.display()),
        None => "a store without `path`".to_owned(),
    })?;
    Ok(Manifest { name: name.to_owned(), stores })
}

fn store(table: &Table<'_>) -> Result<DeclaredStore> {
    table.require_keys(&[
        "name",
        "path",
        "format",
        "password-file",
        "password-env",
        "no-password",
        "certificate",
        "bundle",
    ])?;
    let format = table.text("format")?.map(format).transpose()?;
    let (password, _) = password(table, &["password-file", "password-env", "no-password"])?;
    if let (Some(PasswordSource::NoPassword), Some(found @ (Format::Jks | Format::Jceks))) =
        (&password, format)
    {
        let message = format!("`no-password` is for PKCS#12; a {found} store needs a password");
        return Err(invalid(table.place, message));
    }
    let mut certificates = Vec::new();
    let mut absent = Vec::new();
    for table in table.tables("certificate", "[[store.certificate]]")? {
        match certificate(&table)? {
            Declared::Present(present) => certificates.push(present),
            Declared::Absent(gone) => absent.push(gone),
        }
    }
    require_no_double(&certificates, &absent)?;
    Ok(DeclaredStore {
        name: table.text("name")?.map(|name| name.value),
        path: table.text("path")?.map(|path| PathBuf::from(path.value)),
        format,
        password,
        certificates,
        absent,
        bundles: table.tables("bundle", "[[store.bundle]]")?.iter().map(bundle).collect::<Result<_>>()?,
        place: table.place,
    })
}

fn format(text: Value<String>) -> Result<Format> {
    match text.value.as_str() {
        "pkcs12" => Ok(Format::Pkcs12),
        "jks" => Ok(Format::Jks),
        "jceks" => Ok(Format::Jceks),
        other => {
            let other: String = other.chars().take(100).collect();
            let message = format!("`format`: expected \"pkcs12\", \"jks\" or \"jceks\", found \"{other}\"");
            Err(invalid(text.place, message))
        }
    }
}

/// The one source of a password that is given, by these keys.
fn password(table: &Table<'_>, keys: &[&str]) -> Result<(Option<PasswordSource>, Option<Place>)> {
    let mut found = Vec::new();
    for key in keys {
        let source = match *key {
            "no-password" => {
                let flag = table.flag(key)?.filter(|flag| flag.value);
                flag.map(|flag| (PasswordSource::NoPassword, flag.place))
            }
            "password-env" => table.text(key)?.map(|text| (PasswordSource::Env(text.value), text.place)),
            _ => table.text(key)?.map(|text| (PasswordSource::File(text.value.into()), text.place)),
        };
        found.extend(source);
    }
    found.sort_by_key(|(_, place)| *place);
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (_, Some((_, place))) => {
            Err(invalid(place, format!("expected one of `{}`, found two", keys.join("`, `"))))
        }
        (Some((source, place)), None) => Ok((Some(source), Some(place))),
        (None, None) => Ok((None, None)),
    }
}

enum Declared {
    Present(DeclaredCertificate),
    Absent(Absent),
}

fn certificate(table: &Table<'_>) -> Result<Declared> {
    table.require_keys(&["alias", "file", "pem", "sha256", "absent"])?;
    let place = table.place;
    let (file, pem) = (table.text("file")?, table.text("pem")?);
    let sha256 = table.fingerprint("sha256")?;
    if table.flag("absent")?.is_some_and(|absent| absent.value) {
        if let Some(extra) = file.or(pem) {
            let message =
                "a certificate that is `absent` is named by `alias` or `sha256`, not by its content";
            return Err(invalid(extra.place, message));
        }
        let alias = table.text("alias")?.map(|alias| alias.value);
        if alias.is_none() && sha256.is_none() {
            return Err(invalid(place, "expected `alias` or `sha256` of what is `absent`, found neither"));
        }
        return Ok(Declared::Absent(Absent { alias, sha256, place }));
    }
    let alias = table.required_text("alias")?.value;
    let source = match (file, pem) {
        (Some(file), None) => CertificateSource::File(file.value.into()),
        (None, Some(pem)) => CertificateSource::Pem(pem.value),
        (Some(_), Some(pem)) => return Err(invalid(pem.place, "expected `file` or `pem`, found both")),
        (None, None) => {
            let message = "expected `file` or `pem` in [[store.certificate]], or `absent = true`; found none";
            return Err(invalid(place, message));
        }
    };
    Ok(Declared::Present(DeclaredCertificate { alias, source, sha256, place }))
}

fn bundle(table: &Table<'_>) -> Result<DeclaredBundle> {
    table.require_keys(&["file", "alias-prefix", "password-file", "password-env"])?;
    let (password, _) = password(table, &["password-file", "password-env"])?;
    Ok(DeclaredBundle {
        file: table.required_text("file")?.value.into(),
        alias_prefix: table.text("alias-prefix")?.map(|prefix| prefix.value),
        password,
        place: table.place,
    })
}

/// No alias is declared twice, be it to be there or not.
fn require_no_double(certificates: &[DeclaredCertificate], absent: &[Absent]) -> Result<()> {
    let present = certificates.iter().map(|declared| (declared.alias.to_lowercase(), declared.place));
    let gone = absent.iter().filter_map(|absent| Some((absent.alias.as_ref()?.to_lowercase(), absent.place)));
    once(present.chain(gone), |alias| format!("the alias \"{alias}\""))?;
    let contents = absent.iter().filter(|absent| absent.alias.is_none());
    once(contents.map(|absent| (absent.sha256, absent.place)), |_| "the same `absent` fingerprint".to_owned())
}

fn once<T: std::hash::Hash + Eq>(
    items: impl Iterator<Item = (T, Place)>,
    what: impl Fn(&T) -> String,
) -> Result<()> {
    let mut first: HashMap<T, Place> = HashMap::new();
    let mut items: Vec<(T, Place)> = items.collect();
    items.sort_by_key(|(_, place)| *place);
    for (item, place) in items {
        if let Some(earlier) = first.get(&item) {
            return Err(twice(place, &what(&item), *earlier));
        }
        first.insert(item, place);
    }
    Ok(())
}

fn twice(place: Place, what: &str, first: Place) -> Error {
    invalid(place, format!("{what} is declared a second time; the first time is in line {}", first.line))
}

/// `a/./b` as `a/b`; links and capitals are for who opens the file.
fn spelled_alike(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}
