//! Who issued whom among the certificates of one input.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::cert::{Certificate, View};
use crate::parallel::{in_order, in_pieces};
use crate::text::printable;

/// What the certificates of one input are to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ChainHint {
    /// One for each certificate that another issued and that is not a CA's, in the order of the input.
    pub leaves: Vec<LeafChain>,
}

/// A certificate that is not a CA's, and its issuers as far as the input has them; `Display` is a
/// sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LeafChain {
    /// Its position in the input, from 0.
    pub leaf: usize,
    /// Its common name, or its whole subject.
    pub leaf_name: String,
    /// The positions of its issuer, that one's issuer and so on, from 0.
    pub issuers: Vec<usize>,
    /// The position of the self-issued CA at the end of its chain, from 0.
    pub root: Option<usize>,
    /// The subject of that root.
    pub root_name: Option<String>,
    /// The issuer that the input does not have, where the chain is open.
    pub missing: Option<String>,
}

/// No real chain is longer.
const MAX_LENGTH: usize = 16;
/// So many signatures are checked for all chains together: after that names and key identifiers decide.
const MAX_SIGNATURES: usize = 1_000;
/// So many certificates of the same subject are tried as issuer: a hostile input has thousands.
const MAX_CANDIDATES: usize = 8;

/// For each certificate that is not a CA's: which of the others issued it, and which one is the root.
///
/// Names and key identifiers decide, and with feature `signatures` the signatures as well.
#[must_use]
pub fn roots_of(certificates: &[Certificate]) -> ChainHint {
    // As in nearly every bulk: then nobody needs to know who might have issued what, and no view is kept.
    let is_leaf_at = |certificate: &Certificate| certificate.view().is_ok_and(|view| is_leaf(&view));
    if !in_pieces(certificates, &|_| {}, |piece| piece.iter().any(is_leaf_at)).contains(&true) {
        return ChainHint::default();
    }
    let views: Vec<Option<View<'_>>> = in_order(certificates, &|_| {}, |certificate| certificate.view().ok());
    let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, view) in views.iter().enumerate() {
        if let Some(view) = view.as_ref().filter(|view| view.may_issue()) {
            let same = by_subject.entry(view.subject.raw()).or_default();
            if same.len() < MAX_CANDIDATES {
                same.push(at);
            }
        }
    }
    let mut leaves = Vec::new();
    let mut seen = HashSet::new();
    let mut signatures = Signatures::default();
    for (at, view) in views.iter().enumerate() {
        let Some(view) = view.as_ref().filter(|view| is_leaf(view)) else { continue };
        if seen.insert(certificates.get(at)) {
            leaves.push(follow(at, view, &views, &by_subject, &mut signatures));
        }
    }
    ChainHint { leaves }
}

/// Neither a CA, even one that may not sign, nor a certificate that stands for itself alone.
fn is_leaf(view: &View<'_>) -> bool {
    view.basic_constraints_ca() != Some(true) && !view.is_self_issued()
}

fn follow(
    leaf: usize,
    view: &View<'_>,
    views: &[Option<View<'_>>],
    by_subject: &HashMap<&[u8], Vec<usize>>,
    signatures: &mut Signatures,
) -> LeafChain {
    let leaf_name = view.subject.common_name().unwrap_or_else(|| view.subject.to_string());
    let mut chain =
        LeafChain { leaf, leaf_name, issuers: Vec::new(), root: None, root_name: None, missing: None };
    let (mut child_at, mut child) = (leaf, view);
    while !child.is_self_issued() {
        let candidates = by_subject.get(child.issuer.raw()).map_or(&[][..], Vec::as_slice);
        let issuer = candidates.iter().copied().find_map(|at| {
            let issuer = views.get(at)?.as_ref()?;
            let is_new = !chain.issuers.contains(&at);
            (is_new && signatures.issued((at, issuer), (child_at, child))).then_some((at, issuer))
        });
        let Some((at, issuer)) = issuer.filter(|_| chain.issuers.len() < MAX_LENGTH) else {
            chain.missing = Some(child.issuer.to_string());
            return chain;
        };
        chain.issuers.push(at);
        (child_at, child) = (at, issuer);
    }
    if let Some(&root) = chain.issuers.last() {
        chain.root = Some(root);
        chain.root_name = Some(child.subject.to_string());
    }
    chain
}

/// The signatures that were checked, by the positions of issuer and certificate.
#[derive(Default)]
struct Signatures(HashMap<(usize, usize), bool>);

impl Signatures {
    /// Whether the first may be the second's issuer, the names being equal.
    fn issued(&mut self, issuer: (usize, &View<'_>), child: (usize, &View<'_>)) -> bool {
        if let (Some(named), Some(own)) = (child.1.authority_key_id(), issuer.1.subject_key_id())
            && named != own
        {
            return false;
        }
        let full = self.0.len() >= MAX_SIGNATURES;
        match self.0.entry((issuer.0, child.0)) {
            Entry::Occupied(checked) => *checked.get(),
            Entry::Vacant(_) if full => true,
            Entry::Vacant(vacant) => *vacant.insert(signature_fits(issuer.1, child.1)),
        }
    }
}

#[cfg(feature = "signatures")]
fn signature_fits(issuer: &View<'_>, child: &View<'_>) -> bool {
    child.verify_signed_by(issuer) != crate::cert::SignatureCheck::Invalid
}

#[cfg(not(feature = "signatures"))]
fn signature_fits(_: &View<'_>, _: &View<'_>) -> bool {
    true
}

impl fmt::Display for LeafChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is a server's certificate, not a CA's; ", printable(&self.leaf_name))?;
        match (self.root, &self.root_name, &self.missing) {
            (Some(root), Some(name), _) => {
                write!(f, "the root in this file is number {}: {}", root + 1, printable(name))
            }
            (_, _, Some(issuer)) => {
                write!(f, "its chain ends at an issuer that is not in this file: {}", printable(issuer))
            }
            _ => f.write_str("nothing is known of its issuer"),
        }
    }
}
