//! Mutations of BER that keep every length right, so that they reach what is inside.

use crate::chance::{Chance, NAMES};

/// The libFuzzer mutation of plain bytes: what is there, and how long it may become.
pub type Mutate<'a> = &'a mut dyn FnMut(&mut Vec<u8>, usize);

/// An element, or bytes that are none.
#[derive(Clone)]
pub struct Node {
    pub tag: u8,
    pub indefinite: bool,
    pub content: Content,
}

#[derive(Clone)]
pub enum Content {
    Leaf(Vec<u8>),
    Nodes(Vec<Node>),
}

const MAX_DEPTH: usize = 24;

/// The elements that these bytes consist of; `None` if anything else is among them. Strings whose content
/// is elements again are opened, too: SafeContents and certificates are.
pub fn parse(bytes: &[u8]) -> Option<Vec<Node>> {
    let mut rest = bytes;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        nodes.push(element(&mut rest, MAX_DEPTH)?);
    }
    Some(nodes)
}

fn element(rest: &mut &[u8], depth: usize) -> Option<Node> {
    let depth = depth.checked_sub(1)?;
    let tag = byte(rest)?;
    // Neither the end of contents nor a tag of several octets.
    if tag == 0 || tag & 0x1f == 0x1f {
        return None;
    }
    let len = match byte(rest)? {
        0x80 if tag & 0x20 != 0 => {
            let mut nodes = Vec::new();
            while !rest.starts_with(&[0, 0]) {
                nodes.push(element(rest, depth)?);
            }
            *rest = &rest[2..];
            return Some(Node { tag, indefinite: true, content: Content::Nodes(nodes) });
        }
        len @ ..0x80 => usize::from(len),
        digits @ 0x81..=0x84 => {
            (0x80..digits).try_fold(0, |len, _| Some(len << 8 | usize::from(byte(rest)?)))?
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(len)?;
    *rest = after;
    let content = match inside(tag, content, depth) {
        Some(nodes) => Content::Nodes(nodes),
        None if tag & 0x20 == 0 => Content::Leaf(content.to_vec()),
        None => return None,
    };
    Some(Node { tag, indefinite: false, content })
}

fn inside(tag: u8, content: &[u8], depth: usize) -> Option<Vec<Node>> {
    // OCTET STRING, BIT STRING and implicit tags may hold elements; other primitives do not.
    if tag & 0x20 == 0 && !(matches!(tag, 3 | 4 | 0x80) && content.first() == Some(&0x30)) {
        return None;
    }
    let mut rest = content;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        nodes.push(element(&mut rest, depth)?);
    }
    Some(nodes)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (&first, after) = rest.split_first()?;
    *rest = after;
    Some(first)
}

/// The elements, one after the other.
pub fn encode(nodes: &[Node]) -> Vec<u8> {
    nodes.iter().flat_map(encode_one).collect()
}

fn encode_one(node: &Node) -> Vec<u8> {
    let content = match &node.content {
        Content::Leaf(bytes) => bytes.clone(),
        Content::Nodes(nodes) => encode(nodes),
    };
    if node.indefinite && node.tag & 0x20 != 0 {
        return [&[node.tag, 0x80][..], &content, &[0, 0]].concat();
    }
    element_of(node.tag, &[&content])
}

/// An element with the shortest length.
pub fn element_of(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let digits: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    let mut out = vec![tag];
    match content.len() {
        0..0x80 => out.push(digits.first().copied().unwrap_or(0)),
        _ => {
            out.push(0x80 | digits.len() as u8);
            out.extend(digits);
        }
    }
    out.extend(content);
    out
}

/// Changes one element somewhere, or moves, copies, wraps or cuts it; bytes that are none as such.
pub fn mutate(file: &mut Vec<u8>, chance: &mut Chance, bytes: Mutate<'_>) {
    let Some(mut nodes) = parse(file).filter(|nodes| !nodes.is_empty()) else {
        bytes(file, 4_096);
        return;
    };
    let all: usize = nodes.iter().map(count).sum();
    let donor = nth(&nodes, chance.below(all)).cloned();
    let mut at = chance.below(all);
    change(&mut nodes, &mut at, donor, chance, bytes);
    *file = encode(&nodes);
}

fn count(node: &Node) -> usize {
    match &node.content {
        Content::Leaf(_) => 1,
        Content::Nodes(nodes) => 1 + nodes.iter().map(count).sum::<usize>(),
    }
}

fn nth(nodes: &[Node], at: usize) -> Option<&Node> {
    let mut left = at;
    for node in nodes {
        if left == 0 {
            return Some(node);
        }
        let size = count(node);
        if left < size {
            let Content::Nodes(inner) = &node.content else { return None };
            return nth(inner, left - 1);
        }
        left -= size;
    }
    None
}

/// Walks to the element with this number, in the order of the file.
fn change(
    nodes: &mut Vec<Node>,
    at: &mut usize,
    donor: Option<Node>,
    chance: &mut Chance,
    bytes: Mutate<'_>,
) -> bool {
    for place in 0..nodes.len() {
        if *at == 0 {
            change_here(nodes, place, donor, chance, bytes);
            return true;
        }
        *at -= 1;
        if let Content::Nodes(inner) = &mut nodes[place].content
            && change(inner, at, donor.clone(), chance, &mut *bytes)
        {
            return true;
        }
    }
    false
}

fn change_here(
    nodes: &mut Vec<Node>,
    place: usize,
    donor: Option<Node>,
    chance: &mut Chance,
    bytes: Mutate<'_>,
) {
    let other = chance.below(nodes.len());
    let node = &mut nodes[place];
    match chance.below(14) {
        0 => drop(nodes.remove(place)),
        1 => {
            let copy = node.clone();
            nodes.insert(other, copy);
        }
        2 => nodes.swap(place, other),
        3 => node.tag = chance.below(256) as u8,
        4 => node.tag ^= 0x20,
        5 => node.indefinite = !node.indefinite,
        6 => in_segments(node, chance),
        7 => {
            let tag = *[0x30, 0x31, 0xa0, 0xa1, 0x24, 0x04, 0x80].get(chance.below(7)).unwrap_or(&0x30);
            let inner = node.clone();
            *node = Node { tag, indefinite: chance.below(2) == 0, content: Content::Nodes(vec![inner]) };
        }
        8 => nodes.extend(donor),
        9 => {
            if let Some(donor) = donor {
                *node = donor;
            }
        }
        10 => node.content = Content::Leaf(Vec::new()),
        11 => {
            let name = chance.pick(NAMES);
            node.content = Content::Leaf(match node.tag {
                0x1e => name.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                _ => name.as_bytes().to_vec(),
            });
        }
        // More often than the others: the bytes of one element.
        _ => {
            let mut content = match &node.content {
                Content::Leaf(content) => content.clone(),
                Content::Nodes(inner) => encode(inner),
            };
            bytes(&mut content, 512);
            node.content = Content::Leaf(content);
        }
    }
}

/// A string in two segments (X.690, section 8.7.3).
fn in_segments(node: &mut Node, chance: &mut Chance) {
    if node.tag & 0x20 != 0 {
        return;
    }
    let content = match &node.content {
        Content::Leaf(content) => content.clone(),
        Content::Nodes(inner) => encode(inner),
    };
    let tag = if node.tag & 0xc0 == 0 { node.tag } else { 4 };
    let (front, back) = content.split_at(chance.below(content.len() + 1));
    let segments =
        [front, back].map(|part| Node { tag, indefinite: false, content: Content::Leaf(part.to_vec()) });
    node.tag |= 0x20;
    node.indefinite = chance.below(2) == 0;
    node.content = Content::Nodes(segments.into());
}
