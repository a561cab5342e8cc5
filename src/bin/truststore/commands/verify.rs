//! `truststore verify`.
