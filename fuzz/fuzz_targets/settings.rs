//! Reads the settings of a mail sender from any bytes: nothing panics, and no text of ours has a password.
#![no_main]

use truststore::mail::{Key, Settings, SettingsFile, Value};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = match SettingsFile::parse("spoc.conf".as_ref(), bytes) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let needed = b"mailserver=mail.example.com\nmailSmtpEncryption=STARTTLS\n";
    let central = SettingsFile::parse("central.conf".as_ref(), needed).expect("correct");
    let resolved = Settings::resolve(&file, Some(&central));
    let password = match file.get(Key::Password) {
        // Digits and letters are in line numbers and in our own words.
        Value::Set(password) if password.chars().filter(|c| !c.is_ascii()).count() > 2 => password,
        _ => return,
    };
    let lints = file.lints().iter().map(|lint| format!("{}{}", lint.message, lint.remedy));
    let shown: String = lints.chain([format!("{file:?} {resolved:?}")]).collect();
    let elsewhere = Key::ALL.into_iter().filter(|key| *key != Key::Password);
    let mut others = elsewhere.filter_map(|key| match file.get(key) {
        Value::Set(text) => Some(text),
        _ => None,
    });
    if !others.any(|text| text.contains(password)) {
        assert!(!shown.contains(password), "the password is shown");
    }
});
