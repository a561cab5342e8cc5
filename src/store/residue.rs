//! What a store must keep besides its entries to be written as it was read.

use bytes::Bytes;

use super::pkcs12::Pfx;

/// What a store must keep besides its entries to be written as it was read.
#[derive(Clone, Debug)]
pub(crate) enum Residue {
    /// JKS and JCEKS.
    Records {
        /// 1 or 2 for JKS, 2 for JCEKS; kept when the store is edited.
        version: u32,
        /// What stands behind the digest; no reader looks at it.
        trailing: Bytes,
        /// The file as it was read, from which what stays as it was is written.
        source: Bytes,
    },
    Pkcs12(Box<Pfx>),
}
