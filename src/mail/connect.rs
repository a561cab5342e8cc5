//! From a host name to a TCP connection.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::failure::{Failure, FailureCode, Stage};
use super::trouble;

/// The host without the brackets around an IPv6 address, as in `[::1]`, and without a final dot.
pub(crate) fn bare(host: &str) -> &str {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or_else(|| host.strip_suffix('.').unwrap_or(host))
}

/// All addresses of a host, IPv4 and IPv6, in the order of the system's resolver.
pub(crate) async fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = bare(host).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let shown = crate::text::printable(host).into_owned();
    let failed = |reason: &str| {
        let message = format!("cannot resolve {shown}: {reason}");
        Failure::new(Stage::Dns, FailureCode::DnsFailed, message)
            .with_remedy("check the spelling of the host name, and this machine's DNS")
    };
    // The system's resolver cannot be interrupted. A thread of its own, which nobody waits for, keeps
    // neither the runtime nor the process from ending; tokio's pool would.
    let (sender, receiver) = oneshot::channel();
    let name = (bare(host).to_owned(), port);
    let spawned = std::thread::Builder::new().name("resolve".to_owned()).spawn(move || {
        // Nobody listens any more after the timeout.
        let _ = sender.send(name.to_socket_addrs().map(Vec::from_iter));
    });
    spawned.map_err(|error| trouble::io(Stage::Dns, &error))?;
    let answer = timeout(limit, receiver).await.map_err(|_| {
        let seconds = limit.as_secs_f64();
        Failure::new(
            Stage::Dns,
            FailureCode::Timeout,
            format!("no answer for the name {shown} within {seconds} s"),
        )
        .with_remedy("check this machine's DNS")
    })?;
    match answer {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(failed("it has no address")),
        Ok(Ok(mut addresses)) => {
            let mut seen = Vec::new();
            addresses.retain(|address| {
                !seen.contains(address) && {
                    seen.push(*address);
                    true
                }
            });
            Ok(addresses)
        }
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(_) => Err(failed("the resolver ended without an answer")),
    }
}

/// A TCP connection to the first address that accepts one; each has the whole time.
pub(crate) async fn dial(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    for &address in addresses {
        match dial_one(address, limit).await {
            Ok(stream) => return Ok(stream),
            Err(failure) => failures.push(failure),
        }
    }
    let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    let message = messages.join("; ");
    match failures.pop() {
        Some(last) => Err(Failure { message, ..last }),
        None => Err(Failure::new(Stage::Dns, FailureCode::DnsFailed, "the host has no address")),
    }
}

/// A TCP connection to this address.
pub(crate) async fn dial_one(address: SocketAddr, limit: Duration) -> Result<TcpStream, Failure> {
    let failed = |code, reason: &str, remedy: &str| {
        Failure::new(Stage::Tcp, code, format!("cannot connect to {address}: {reason}")).with_remedy(remedy)
    };
    let no_answer = || {
        let reason = format!("no answer within {} s", limit.as_secs_f64());
        failed(
            FailureCode::ConnectTimeout,
            &reason,
            "check host and port; a firewall may drop the connection",
        )
    };
    let Ok(connected) = timeout(limit, TcpStream::connect(address)).await else { return Err(no_answer()) };
    match connected {
        Ok(stream) => {
            // Short lines to and fro: waiting for more to send only delays. Where it cannot be set, it works.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Err(error) => Err(match error.kind() {
            io::ErrorKind::ConnectionRefused => failed(
                FailureCode::ConnectRefused,
                "connection refused",
                "check host and port; nothing listens there, or a firewall refuses",
            ),
            io::ErrorKind::TimedOut => no_answer(),
            _ => failed(
                FailureCode::ConnectFailed,
                &error.to_string(),
                "check host and port, and this machine's network",
            ),
        }),
    }
}
