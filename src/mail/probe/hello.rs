//! A ClientHello made by hand, and the first words of the answer: what a server speaks that rustls does not.
//!
//! RFC 2246, 4346, 5246 and 8446, section 4.1.2 (ClientHello) and 4.1.3 (ServerHello) of the latter. No
//! handshake is ever completed with it, so that neither old versions nor old cipher suites protect anything.

/// A protocol version as it stands on the wire: 0x0301 is TLS 1.0, 0x0304 is TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u16);

impl Version {
    pub(super) const TLS1_0: Self = Self(0x0301);
    pub(super) const TLS1_1: Self = Self(0x0302);
    pub(super) const TLS1_2: Self = Self(0x0303);
    pub(super) const TLS1_3: Self = Self(0x0304);

    /// The name in Java's spelling.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TLS1_3 => "TLSv1.3",
            Self::TLS1_2 => "TLSv1.2",
            Self::TLS1_1 => "TLSv1.1",
            Self::TLS1_0 => "TLSv1",
            Self(0x0300) => "SSLv3",
            _ => "an unknown version",
        }
    }
}

/// What a server answers to a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A ServerHello, or a HelloRetryRequest, which says as much: what the server chose.
    Hello(Version, u16),
    /// An alert (RFC 8446, section 6): its description.
    Alert(u8),
    /// Octets that are no TLS.
    NotTls,
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const SUPPORTED_VERSIONS: u16 = 43;

/// The ClientHello of a client that knows every version up to `newest`, and every usual cipher suite.
///
/// It names the host (RFC 6066, section 3) if `host` is given. A server of TLS 1.3 finds no key share and
/// answers with a HelloRetryRequest, which is all that is wanted of it.
pub(super) fn client_hello(newest: Version, host: Option<&str>, random: &[u8; 32]) -> Vec<u8> {
    let mut hello = newest.min(Version::TLS1_2).0.to_be_bytes().to_vec();
    hello.extend(random);
    // No session identifier.
    hello.push(0);
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    with_length(&mut hello, 2, &suites);
    // Only the null compression.
    hello.extend([1, 0]);
    with_length(&mut hello, 2, &extensions(newest, host));

    let mut message = vec![CLIENT_HELLO];
    with_length(&mut message, 3, &hello);
    let mut record = vec![HANDSHAKE];
    record.extend(Version::TLS1_0.0.to_be_bytes());
    with_length(&mut record, 2, &message);
    record
}

fn extensions(newest: Version, host: Option<&str>) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(host) = host {
        let mut name = vec![0];
        with_length(&mut name, 2, host.as_bytes());
        let mut names = Vec::new();
        with_length(&mut names, 2, &name);
        extension(&mut extensions, 0, &names);
    }
    // supported_groups: x25519, P-256, P-384, P-521, ffdhe2048.
    extension(&mut extensions, 10, &[0, 10, 0, 29, 0, 23, 0, 24, 0, 25, 1, 0]);
    // ec_point_formats: uncompressed.
    extension(&mut extensions, 11, &[1, 0]);
    if newest >= Version::TLS1_2 {
        let schemes: Vec<u8> = SIGNATURE_SCHEMES.iter().flat_map(|scheme| scheme.to_be_bytes()).collect();
        let mut list = Vec::new();
        with_length(&mut list, 2, &schemes);
        extension(&mut extensions, 13, &list);
    }
    if newest >= Version::TLS1_3 {
        extension(&mut extensions, SUPPORTED_VERSIONS, &[8, 3, 4, 3, 3, 3, 2, 3, 1]);
        // key_share: none.
        extension(&mut extensions, 51, &[0, 0]);
    }
    extensions
}

fn extension(to: &mut Vec<u8>, id: u16, value: &[u8]) {
    to.extend(id.to_be_bytes());
    with_length(to, 2, value);
}

/// Appends `value` behind its length in `octets` octets.
fn with_length(to: &mut Vec<u8>, octets: usize, value: &[u8]) {
    let length = value.len().to_be_bytes();
    to.extend(length.iter().skip(length.len().saturating_sub(octets)));
    to.extend(value);
}

/// Reads what a server answered so far; `None` if more is needed.
pub(super) fn answer(received: &[u8]) -> Option<Answer> {
    let (&kind, rest) = received.split_first()?;
    let Some((&major, rest)) = rest.split_first() else {
        return (!matches!(kind, HANDSHAKE | ALERT)).then_some(Answer::NotTls);
    };
    if !matches!(kind, HANDSHAKE | ALERT) || major != 3 {
        return Some(Answer::NotTls);
    }
    let mut record = Octets(rest);
    record.take(1)?;
    let length = record.number(2)?;
    // A ServerHello in several records is legal, and made by nobody: what has come is read, not all awaited.
    let mut content = Octets(record.0.get(..length).unwrap_or(record.0));
    if kind == ALERT {
        let description = content.take(2)?.last().copied()?;
        return Some(Answer::Alert(description));
    }
    if content.number(1)? != usize::from(SERVER_HELLO) {
        return Some(Answer::NotTls);
    }
    let length = content.number(3)?;
    let whole = record.0.len() >= length;
    match server_hello(Octets(content.take(length)?)) {
        Some((version, suite)) => Some(Answer::Hello(version, suite)),
        None => whole.then_some(Answer::NotTls),
    }
}

fn server_hello(mut hello: Octets<'_>) -> Option<(Version, u16)> {
    let mut version = Version(hello.short()?);
    hello.take(32)?;
    let session = hello.number(1)?;
    hello.take(session)?;
    let suite = hello.short()?;
    hello.take(1)?;
    // Servers of old have no extensions.
    let length = hello.number(2).unwrap_or(0);
    let mut extensions = Octets(hello.take(length).unwrap_or_default());
    while let Some(id) = extensions.short() {
        let length = extensions.number(2)?;
        let mut value = Octets(extensions.take(length)?);
        if id == SUPPORTED_VERSIONS {
            version = Version(value.short()?);
        }
    }
    Some((version, suite))
}

/// Octets that are taken from the front.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of at most three octets.
    fn number(&mut self, octets: usize) -> Option<usize> {
        Some(self.take(octets)?.iter().fold(0, |number, &octet| number << 8 | usize::from(octet)))
    }

    fn short(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }
}

/// Everything that mail servers of the last twenty-five years use, but for suites without authentication
/// or encryption; renegotiation is signalled as secure (RFC 5746), since some servers want that.
const SUITES: [u16; 56] = [
    0x1301, 0x1302, 0x1303, // TLS 1.3: AES-GCM, ChaCha20
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xccaa, // ECDHE and DHE: AES-GCM, ChaCha20
    0x009e, 0x009f, 0x00a2, 0x00a3, 0xc09e, 0xc09f, 0xc0ac, 0xc0ad, // DHE: AES-GCM, AES-CCM
    0xc023, 0xc024, 0xc027, 0xc028, 0xc009, 0xc00a, 0xc013, 0xc014, // ECDHE: AES-CBC
    0x0067, 0x006b, 0x0033, 0x0039, 0x0032, 0x0038, 0x0045, 0x0088, // DHE: AES-CBC, Camellia
    0x009c, 0x009d, 0xc09c, 0xc09d, 0x003c, 0x003d, 0x002f, 0x0035, 0x0041, 0x0084, // RSA
    0x0096, 0x009a, 0x0007, // SEED, IDEA
    0xc008, 0xc012, 0x0016, 0x000a, // triple DES
    0xc007, 0xc011, 0x0005, 0x0004, // RC4
    0x00ff,
];

/// RSA-PSS, ECDSA and RSA with SHA-2, EdDSA, then with SHA-1, and DSA.
const SIGNATURE_SCHEMES: [u16; 16] = [
    0x0804, 0x0805, 0x0806, 0x0403, 0x0503, 0x0603, 0x0401, 0x0501, 0x0601, 0x0807, 0x0808, 0x0301, 0x0203,
    0x0201, 0x0402, 0x0202,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ServerHello record with these extensions.
    fn server_hello(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut hello = version.to_be_bytes().to_vec();
        hello.extend([7; 32]);
        hello.extend([2, 1, 1]);
        hello.extend(suite.to_be_bytes());
        hello.push(0);
        if !extensions.is_empty() {
            with_length(&mut hello, 2, extensions);
        }
        let mut message = vec![SERVER_HELLO];
        with_length(&mut message, 3, &hello);
        let mut record = vec![HANDSHAKE, 3, 1];
        with_length(&mut record, 2, &message);
        record
    }

    #[test]
    fn the_version_chosen_is_that_of_the_extension_if_there_is_one() {
        let old = server_hello(0x0301, 0x002f, &[]);
        assert_eq!(answer(&old), Some(Answer::Hello(Version::TLS1_0, 0x002f)));
        let new = server_hello(0x0303, 0x1301, &[0, 51, 0, 2, 0, 23, 0, 43, 0, 2, 3, 4]);
        assert_eq!(answer(&new), Some(Answer::Hello(Version::TLS1_3, 0x1301)));
    }

    #[test]
    fn half_an_answer_is_awaited_and_what_is_no_tls_is_seen_at_once() {
        let whole = server_hello(0x0302, 0x0035, &[0xff, 1, 0, 1, 0]);
        for end in 0..whole.len() {
            assert_eq!(answer(&whole[..end]), None, "{end}");
        }
        assert_eq!(answer(&[21, 3, 1, 0, 2, 2, 70]), Some(Answer::Alert(70)));
        assert_eq!(answer(b"220 mail.example.com ESMTP\r\n"), Some(Answer::NotTls));
        assert_eq!(answer(b"2"), Some(Answer::NotTls));
        assert_eq!(answer(&[22, 3, 3, 0, 4, 11, 0, 0, 0]), Some(Answer::NotTls));
    }

    #[test]
    fn every_length_of_the_client_hello_fits() {
        for newest in [Version::TLS1_0, Version::TLS1_1, Version::TLS1_2, Version::TLS1_3] {
            let record = client_hello(newest, Some("mail.example.com"), &[1; 32]);
            let mut octets = Octets(&record);
            assert_eq!(octets.take(3).unwrap(), [22, 3, 1]);
            let length = octets.number(2).unwrap();
            assert_eq!(octets.0.len(), length);
            assert_eq!(octets.number(1), Some(1));
            let length = octets.number(3).unwrap();
            assert_eq!(octets.0.len(), length);
            assert_eq!(octets.short(), Some(newest.0.min(0x0303)));
            octets.take(33).unwrap();
            let suites = octets.number(2).unwrap();
            octets.take(suites + 2).unwrap();
            let extensions = octets.number(2).unwrap();
            assert_eq!(octets.0.len(), extensions);
        }
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..200), tls in any::<bool>()) {
            let mut received = if tls { vec![22, 3, 3, 0, 100, 2, 0, 0, 80] } else { Vec::new() };
            received.extend(octets);
            answer(&received);
        }
    }
}
