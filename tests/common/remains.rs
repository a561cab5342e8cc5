//! What is left in a process's memory when it ends: `strace` holds it at its exit, and its memory is read.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Nothing shorter is looked for: what is found of a password must not be there by chance. A freed piece of
/// memory loses its beginning to the allocator, so that the whole password is not to be expected.
const PIECE: usize = 8;

const PAGE: usize = 4096;
const EMPTY: [u8; PAGE] = [0; PAGE];

/// The memory of a process that was about to end, and what it said.
pub(crate) struct Remains {
    memory: Vec<Vec<u8>>,
    pub(crate) output: Output,
}

/// Runs a command with this on its standard input, and keeps what it could write to when it was about to end.
///
/// # Panics
/// Without `strace`.
pub(crate) fn at_exit(command: &Command, stdin: &Path) -> Remains {
    let mut traced = Command::new("strace");
    // Longer than anybody waits: it goes on when strace is gone.
    traced.args(["-f", "-qqq", "-e", "trace=exit_group", "-e", "inject=exit_group:delay_enter=600000000"]);
    traced.args(["-o", "/dev/null", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    traced.stdin(File::open(stdin).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut strace = traced.spawn().expect("strace");
    let memory = loop {
        assert!(strace.try_wait().unwrap().is_none(), "the command was not held at its exit");
        if let Some(process) = child_at_exit(strace.id()) {
            break memory_of(process);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    strace.kill().unwrap();
    Remains { memory, output: strace.wait_with_output().unwrap() }
}

/// The one child of a process, if it is in `exit_group`.
fn child_at_exit(parent: u32) -> Option<u32> {
    let exit_group = if cfg!(target_arch = "x86_64") { "231 " } else { "94 " };
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let child = children.split_whitespace().next()?.parse().ok()?;
    // strace has children of its own first, with which it finds out what the kernel can do.
    let program = |process: u32| fs::read_link(format!("/proc/{process}/exe")).ok();
    if program(child)? == program(parent)? {
        return None;
    }
    let call = fs::read_to_string(format!("/proc/{child}/syscall")).ok()?;
    call.starts_with(exit_group).then_some(child)
}

/// Everything that the process can write to, without the pages that are empty.
fn memory_of(process: u32) -> Vec<Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut file = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut memory = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut region = vec![0; usize::try_from(to - from).unwrap()];
        file.seek(SeekFrom::Start(from)).unwrap();
        file.read_exact(&mut region).unwrap_or_else(|e| panic!("{line}: {e}"));
        // A piece may stand on two pages.
        let mut used: Vec<u8> = Vec::new();
        for page in region.chunks(PAGE) {
            match page == &EMPTY[..page.len()] {
                true => memory.push(std::mem::take(&mut used)),
                false => used.extend_from_slice(page),
            }
        }
        memory.push(used);
    }
    memory
}

impl Remains {
    /// Which forms of `secret` are left, in whole or in part.
    pub(crate) fn of(&self, secret: &str) -> Vec<&'static str> {
        let units: Vec<u16> = secret.encode_utf16().collect();
        let forms = [
            ("UTF-8", secret.as_bytes().to_vec(), PIECE),
            ("UTF-16BE", units.iter().flat_map(|unit| unit.to_be_bytes()).collect(), 2 * PIECE),
            ("UTF-16LE", units.iter().flat_map(|unit| unit.to_le_bytes()).collect(), 2 * PIECE),
        ];
        let left = |form: &[u8], len| self.memory.iter().any(|region| has_piece(region, form, len));
        forms.into_iter().filter(|(_, form, len)| left(form, *len)).map(|(name, ..)| name).collect()
    }
}

/// Whether `len` octets of `secret`, one after the other, are in `region`.
fn has_piece(region: &[u8], secret: &[u8], len: usize) -> bool {
    let pieces: Vec<&[u8]> = secret.windows(len).collect();
    assert!(!pieces.is_empty(), "the secret is too short");
    let mut begins = vec![false; 1 << 16];
    pieces.iter().for_each(|piece| begins[usize::from(u16::from_be_bytes([piece[0], piece[1]]))] = true);
    (0..region.len().saturating_sub(len)).any(|at| {
        let beginning = u16::from_be_bytes([region[at], region[at + 1]]);
        begins[usize::from(beginning)] && pieces.contains(&&region[at..at + len])
    })
}
