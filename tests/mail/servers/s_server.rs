//! OpenSSL's test server: TLS without mail, of a protocol version that is chosen.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::common::pki::{Identity, openssl};

pub(crate) struct SServer {
    child: Child,
    pub(crate) port: u16,
}

impl SServer {
    /// With `options` such as `-tls1`.
    pub(crate) fn start(identity: &Identity, options: &[&str]) -> Self {
        let mut command = openssl();
        command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "100", "-cert"]);
        command.arg(&identity.certificate).arg("-cert_chain").arg(&identity.chain);
        command.arg("-key").arg(&identity.key).args(options);
        // It stops when its standard input ends, and so when this process does.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("openssl");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut lines = stdout.lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        // It writes about every connection: nobody reads it, but the pipe must not fill.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port: port.expect("openssl s_server says where it listens") }
    }
}

impl Drop for SServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
