//! Measures one serialized Java object, without interpreting it.
//!
//! A JCEKS secret key entry is a raw object stream with no length in front, so its end is found by the
//! grammar (Java Object Serialization Specification, section 6.4).

use std::rc::Rc;

use crate::error::{Error, Result};

/// Nesting of objects; the JDK's own entries need about six.
const MAX_DEPTH: u8 = 32;
/// Ancestors of a class; those of the JDK's own entries have two. The bound keeps a file of many classes
/// from costing an object each time the whole line, and the stack when the line is dropped.
const MAX_ANCESTORS: u8 = 32;
const STREAM_HEADER: &[u8] = &[0xac, 0xed, 0x00, 0x05];
const END_BLOCK_DATA: u8 = 0x78;

/// The length in octets of the object stream that `input` begins with.
///
/// # Errors
/// `Damaged` if it is none, or has no end.
pub(super) fn measure(input: &[u8]) -> Result<usize> {
    let rest =
        input.strip_prefix(STREAM_HEADER).ok_or_else(|| fault("a serialized Java object", "other bytes"))?;
    let mut stream = Stream { rest, handles: Vec::new() };
    stream.content(MAX_DEPTH)?;
    Ok(input.len() - stream.rest.len())
}

struct Stream<'a> {
    rest: &'a [u8],
    /// What the stream may refer back to; only class descriptions are of interest.
    handles: Vec<Option<Rc<Class>>>,
}

struct Class {
    flags: u8,
    /// The type codes of the fields.
    fields: Vec<u8>,
    /// What an array of this class holds.
    component: u8,
    parent: Option<Rc<Self>>,
    ancestors: u8,
}

impl Stream<'_> {
    /// One content element: an object, or block data.
    fn content(&mut self, depth: u8) -> Result<()> {
        let tag = self.u8()?;
        self.tagged(tag, depth)
    }

    fn tagged(&mut self, tag: u8, depth: u8) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| fault("an object", "one nested too deep"))?;
        match tag {
            0x70 => Ok(()),
            0x71 => self.skip(4),
            0x72 | 0x7d => self.class(tag, depth).map(drop),
            0x73 => self.object(depth),
            0x74 => {
                self.handles.push(None);
                let len = self.u16()?;
                self.skip(len)
            }
            0x75 => self.array(depth),
            0x76 => {
                self.class_or_reference(depth)?;
                self.handles.push(None);
                Ok(())
            }
            0x77 => {
                let len = self.u8()?;
                self.skip(len.into())
            }
            0x79 => {
                self.handles.clear();
                self.content(depth)
            }
            0x7a => {
                let len = self.u32()?;
                self.skip(len)
            }
            0x7c => {
                self.handles.push(None);
                self.skip(4)?;
                let len = self.u32()?;
                self.skip(len)
            }
            0x7e => {
                self.class_or_reference(depth)?;
                self.handles.push(None);
                self.content(depth)
            }
            other => Err(fault("an element of a serialized Java object", &format!("tag 0x{other:02x}"))),
        }
    }

    fn object(&mut self, depth: u8) -> Result<()> {
        let class = self.class_or_reference(depth)?;
        self.handles.push(None);
        // Data stands from the topmost ancestor down.
        let mut lineage = Vec::new();
        let mut next = class;
        while let Some(class) = next {
            next = class.parent.clone();
            lineage.push(class);
        }
        for class in lineage.iter().rev() {
            match class.flags & 0x0f {
                // SC_SERIALIZABLE, and with SC_WRITE_METHOD an annotation.
                0x02 => self.values(&class.fields, depth)?,
                0x03 => {
                    self.values(&class.fields, depth)?;
                    self.annotation(depth)?;
                }
                // SC_EXTERNALIZABLE with SC_BLOCK_DATA.
                0x0c => self.annotation(depth)?,
                _ => return Err(fault("a serializable class", "one whose data cannot be measured")),
            }
        }
        Ok(())
    }

    fn array(&mut self, depth: u8) -> Result<()> {
        let class = self.class_or_reference(depth)?.ok_or_else(|| fault("an array's class", "none"))?;
        self.handles.push(None);
        let count = self.u32()?;
        match width(class.component) {
            Some(width) => {
                self.skip(count.checked_mul(width).ok_or_else(|| fault("an array", "an endless one"))?)
            }
            None => (0..count).try_for_each(|_| self.content(depth)),
        }
    }

    fn values(&mut self, fields: &[u8], depth: u8) -> Result<()> {
        fields.iter().try_for_each(|&code| match width(code) {
            Some(width) => self.skip(width),
            None => self.content(depth),
        })
    }

    fn annotation(&mut self, depth: u8) -> Result<()> {
        loop {
            match self.u8()? {
                END_BLOCK_DATA => return Ok(()),
                tag => self.tagged(tag, depth)?,
            }
        }
    }

    fn class_or_reference(&mut self, depth: u8) -> Result<Option<Rc<Class>>> {
        match self.u8()? {
            0x70 => Ok(None),
            0x71 => {
                let handle = self.u32()?;
                let class =
                    handle.checked_sub(0x7e_0000).and_then(|at| self.handles.get(at)).cloned().flatten();
                class.map(Some).ok_or_else(|| fault("a reference to a class", "one to something else"))
            }
            tag @ (0x72 | 0x7d) => self.class(tag, depth).map(Some),
            other => Err(fault("a class", &format!("tag 0x{other:02x}"))),
        }
    }

    fn class(&mut self, tag: u8, depth: u8) -> Result<Rc<Class>> {
        let depth = depth.checked_sub(1).ok_or_else(|| fault("a class", "one nested too deep"))?;
        let at = self.handles.len();
        let (flags, component, fields) = if tag == 0x7d {
            self.handles.push(None);
            for _ in 0..self.u32()? {
                let len = self.u16()?;
                self.skip(len)?;
            }
            (0x02, 0, Vec::new())
        } else {
            let len = self.u16()?;
            let name = self.take(len)?;
            let component = name.strip_prefix(b"[").and_then(|rest| rest.first()).copied().unwrap_or(0);
            self.skip(8)?;
            self.handles.push(None);
            (self.u8()?, component, self.fields(depth)?)
        };
        self.annotation(depth)?;
        let parent = self.class_or_reference(depth)?;
        let ancestors = parent.as_ref().map_or(0, |parent| parent.ancestors + 1);
        if ancestors > MAX_ANCESTORS {
            return Err(fault("a class", "one with too many ancestors"));
        }
        let class = Rc::new(Class { flags, fields, component, parent, ancestors });
        if let Some(handle) = self.handles.get_mut(at) {
            *handle = Some(Rc::clone(&class));
        }
        Ok(class)
    }

    fn fields(&mut self, depth: u8) -> Result<Vec<u8>> {
        let count = self.u16()?;
        let mut codes = Vec::new();
        for _ in 0..count {
            let code = self.u8()?;
            let len = self.u16()?;
            self.skip(len)?;
            if matches!(code, b'[' | b'L') {
                // The name of the field's class, a string object.
                self.content(depth)?;
            }
            codes.push(code);
        }
        Ok(codes)
    }

    fn take(&mut self, len: usize) -> Result<&[u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| fault("a serialized Java object", "the end of the file"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip(&mut self, len: usize) -> Result<()> {
        self.take(len).map(drop)
    }

    fn number(&mut self, octets: usize) -> Result<usize> {
        Ok(self.take(octets)?.iter().fold(0, |value, &b| value << 8 | usize::from(b)))
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn u16(&mut self) -> Result<usize> {
        self.number(2)
    }

    fn u32(&mut self) -> Result<usize> {
        self.number(4)
    }
}

/// Octets of a primitive value; `None` for a reference.
fn width(code: u8) -> Option<usize> {
    match code {
        b'B' | b'Z' => Some(1),
        b'C' | b'S' => Some(2),
        b'F' | b'I' => Some(4),
        b'D' | b'J' => Some(8),
        _ => None,
    }
}

fn fault(expected: &str, found: &str) -> Error {
    Error::damaged(format!("a secret key entry: expected {expected}, found {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A class without fields, whose parent is the class of the handle before.
    fn class_with_parent(parent: Option<u32>) -> Vec<u8> {
        let mut class = vec![0x72, 0, 1, b'A', 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, END_BLOCK_DATA];
        match parent {
            Some(handle) => {
                class.push(0x71);
                class.extend_from_slice(&(0x7e_0000 + handle).to_be_bytes());
            }
            None => class.push(0x70),
        }
        class
    }

    /// An array of objects: `count` classes, each the parent of the next.
    fn lineage(count: u32) -> Vec<u8> {
        let mut stream = STREAM_HEADER.to_vec();
        stream.extend_from_slice(&[0x75, 0x72, 0, 2, b'[', b'L', 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0]);
        stream.extend_from_slice(&[END_BLOCK_DATA, 0x70]);
        stream.extend_from_slice(&(count + 1).to_be_bytes());
        for number in 0..count {
            // Handle 0 is the array's class, 1 the array.
            stream.extend(class_with_parent((number > 0).then_some(number + 1)));
        }
        // An object of the last class.
        stream.extend_from_slice(&[0x73, 0x71]);
        stream.extend_from_slice(&(0x7e_0000 + count + 1).to_be_bytes());
        stream
    }

    #[test]
    fn an_object_is_measured_up_to_its_last_octet() {
        let mut stream = lineage(3);
        let len = stream.len();
        stream.extend_from_slice(b"what follows");
        assert_eq!(measure(&stream).unwrap(), len);
    }

    #[test]
    fn every_primitive_has_its_width() {
        for (code, width) in
            [(b'B', 1), (b'C', 2), (b'D', 8), (b'F', 4), (b'I', 4), (b'J', 8), (b'S', 2), (b'Z', 1)]
        {
            let mut stream = [STREAM_HEADER, &[0x73, 0x72, 0, 1, b'A', 0, 0, 0, 0, 0, 0, 0, 0]].concat();
            stream.extend_from_slice(&[0x02, 0, 1, code, 0, 1, b'f', END_BLOCK_DATA, 0x70]);
            stream.extend(vec![0; width]);
            assert_eq!(measure(&stream).unwrap(), stream.len(), "{}", char::from(code));
            assert!(measure(&stream[..stream.len() - 1]).is_err(), "{}", char::from(code));
        }
    }

    #[test]
    fn the_flags_of_a_class_say_what_stands_behind_its_fields() {
        let annotation = &[0x77, 2, 0xaa, 0xbb, END_BLOCK_DATA][..];
        for (flags, behind) in
            [(0x02, Some(&[][..])), (0x03, Some(annotation)), (0x0c, Some(annotation)), (0x04, None)]
        {
            let mut stream = [STREAM_HEADER, &[0x73, 0x72, 0, 1, b'A', 0, 0, 0, 0, 0, 0, 0, 0]].concat();
            stream.extend_from_slice(&[flags, 0, 0, END_BLOCK_DATA, 0x70]);
            stream.extend_from_slice(behind.unwrap_or_default());
            let len = stream.len();
            stream.extend_from_slice(b"what follows");
            assert_eq!(measure(&stream).ok(), behind.map(|_| len), "{flags}");
        }
    }

    #[test]
    fn ancestors_without_end_cost_neither_stack_nor_time() {
        let last = u32::from(MAX_ANCESTORS) + 1;
        assert!(measure(&lineage(last)).is_ok());
        assert!(measure(&lineage(last + 1)).is_err());
        let error = measure(&lineage(400_000)).unwrap_err();
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains("ancestors"), "{error}");
    }
}
