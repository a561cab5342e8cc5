//! Any bytes as the SafeContents of a PKCS#12 store without MAC and encryption, so that every mutation
//! reaches the bags: decodes, writes unchanged, edits every entry, writes and decodes again.
#![no_main]

mod common;

const OID_DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The content of the SEQUENCE: no mutation can damage its length.
    let block = element(0x30, &[OID_DATA, &element(0xa0, &[&element(0x04, &[&element(0x30, &[bytes])])])]);
    let safe = element(0x04, &[&element(0x30, &[&block])]);
    let outer = element(0x30, &[OID_DATA, &element(0xa0, &[&safe])]);
    let file = element(0x30, &[&[2, 1, 3], &outer]);
    common::check(truststore::Format::Pkcs12, &file);
    common::check_edits(&file);
});

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u32::try_from(content.len()).expect("a short input");
    [&[tag, 0x84][..], &len.to_be_bytes(), &content].concat()
}
