//! Mutations of JKS and JCEKS files that keep every length and count right.

use crate::chance::{Chance, NAMES};
use crate::der::Mutate;

/// An entry: its tag, the alias, and what follows it.
#[derive(Clone)]
struct Record {
    tag: u32,
    alias: Vec<u8>,
    date: [u8; 8],
    /// Lengths of two or four octets, and what they are the length of.
    fields: Vec<Field>,
}

#[derive(Clone)]
enum Field {
    Short(Vec<u8>),
    Long(Vec<u8>),
    Number([u8; 4]),
    /// A serialized object, whose end the next entry is taken for: only the last one is found.
    Rest(Vec<u8>),
}

/// Changes a file without its digest: magic, version, count, entries.
pub fn mutate(file: &mut Vec<u8>, chance: &mut Chance, bytes: Mutate<'_>) {
    let Some((head, mut records)) = parse(file).filter(|(_, records)| !records.is_empty()) else {
        bytes(file, 4_096);
        return;
    };
    let at = chance.below(records.len());
    let other = chance.below(records.len());
    match chance.below(10) {
        0 => drop(records.remove(at)),
        1 => {
            let copy = records[at].clone();
            records.insert(other, copy);
        }
        2 => records.swap(at, other),
        3 => records[at].alias = chance.pick(NAMES).as_bytes().to_vec(),
        4 => bytes(&mut records[at].alias, 64),
        5 => records[at].tag = chance.below(5) as u32,
        6 => bytes_of(&mut records[at].date, bytes),
        _ => {
            let fields = &mut records[at].fields;
            let field = chance.below(fields.len());
            match fields.get_mut(field) {
                Some(Field::Short(content) | Field::Long(content) | Field::Rest(content)) => {
                    bytes(content, 1_024);
                }
                Some(Field::Number(number)) => bytes_of(number, bytes),
                None => {}
            }
        }
    }
    *file = encode(&head, &records);
}

fn bytes_of<const N: usize>(number: &mut [u8; N], bytes: Mutate<'_>) {
    let mut content = number.to_vec();
    bytes(&mut content, N);
    content.resize(N, 0);
    number.copy_from_slice(&content);
}

fn parse(file: &[u8]) -> Option<([u8; 8], Vec<Record>)> {
    let mut rest = file;
    let head = take(&mut rest)?;
    let count = u32::from_be_bytes(take(&mut rest)?);
    let mut records = Vec::new();
    for _ in 0..count.min(100) {
        let tag = u32::from_be_bytes(take(&mut rest)?);
        let alias = short(&mut rest)?;
        let date = take(&mut rest)?;
        let mut fields = Vec::new();
        match tag {
            1 => {
                fields.push(Field::Long(long(&mut rest)?));
                let chain: [u8; 4] = take(&mut rest)?;
                fields.push(Field::Number(chain));
                for _ in 0..u32::from_be_bytes(chain).min(100) {
                    fields.push(Field::Short(short(&mut rest)?));
                    fields.push(Field::Long(long(&mut rest)?));
                }
            }
            2 => {
                fields.push(Field::Short(short(&mut rest)?));
                fields.push(Field::Long(long(&mut rest)?));
            }
            _ => fields.push(Field::Rest(std::mem::take(&mut rest).to_vec())),
        }
        records.push(Record { tag, alias, date, fields });
        if rest.is_empty() {
            break;
        }
    }
    Some((head, records))
}

fn encode(head: &[u8; 8], records: &[Record]) -> Vec<u8> {
    let mut out = head.to_vec();
    out.extend((records.len() as u32).to_be_bytes());
    for record in records {
        out.extend(record.tag.to_be_bytes());
        push_short(&mut out, &record.alias);
        out.extend(record.date);
        for field in &record.fields {
            match field {
                Field::Short(content) => push_short(&mut out, content),
                Field::Long(content) => {
                    out.extend((content.len() as u32).to_be_bytes());
                    out.extend(content);
                }
                Field::Number(number) => out.extend(number),
                Field::Rest(content) => out.extend(content),
            }
        }
    }
    out
}

fn push_short(out: &mut Vec<u8>, content: &[u8]) {
    let content = &content[..content.len().min(0xffff)];
    out.extend((content.len() as u16).to_be_bytes());
    out.extend(content);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn short(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let len = u16::from_be_bytes(take(rest)?);
    content(rest, len.into())
}

fn long(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let len = u32::from_be_bytes(take(rest)?);
    content(rest, usize::try_from(len).ok()?)
}

fn content(rest: &mut &[u8], len: usize) -> Option<Vec<u8>> {
    let (taken, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(taken.to_vec())
}
