//! `truststore show`.
