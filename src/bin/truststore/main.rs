//! The command `truststore`.
fn main() {}
