//! Findings about a store and its certificates.
