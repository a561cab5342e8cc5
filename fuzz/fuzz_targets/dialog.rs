//! Reads replies of a mail server: however they are cut into pieces, they are the same replies.
#![no_main]

use truststore::mail::Reply;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    loop {
        let whole = Reply::parse(rest);
        // As the octets come in, nothing is decided that later ones change.
        for end in 0..rest.len().min(300) {
            match Reply::parse(&rest[..end]) {
                Ok(None) => {}
                Ok(Some((reply, used))) => {
                    assert_eq!(whole.as_ref(), Ok(&Some((reply, used))));
                    break;
                }
                Err(_) => {
                    assert!(whole.is_err());
                    break;
                }
            }
        }
        let Ok(Some((reply, used))) = whole else { return };
        assert!((200..600).contains(&reply.code) && !reply.lines.is_empty() && used <= rest.len());
        let shown = reply.to_string();
        assert!(shown.len() < 8_000 && !shown.chars().any(char::is_control));
        rest = &rest[used..];
    }
});
