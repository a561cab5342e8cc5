//! Servers' certificates among those to be imported.

use truststore::{Certificate, FoundCertificate, roots_of};

use crate::context::Context;

/// A server's certificate given with its chain is hardly what should be trusted: says which one is the root.
pub(super) fn tell(found: &[&FoundCertificate], context: &Context) {
    // Of a single certificate the other checks say enough.
    if found.len() < 2 {
        return;
    }
    let certificates: Vec<Certificate> = found.iter().map(|found| found.certificate.clone()).collect();
    for leaf in roots_of(&certificates).leaves {
        let root = leaf.root.and_then(|root| found.get(root)).zip(leaf.root_name.as_ref());
        match (root, &leaf.missing) {
            (Some((root, name)), _) => context.note(format_args!(
                "{} is a server's certificate, not a CA's; the root of its chain is {}: {name}",
                leaf.leaf_name, root.origin
            )),
            (None, Some(_)) if leaf.issuers.is_empty() => {}
            _ => context.note(leaf),
        }
    }
}
