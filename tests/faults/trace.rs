//! The system calls of a command, recorded and tampered with by `strace`.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Output};

use crate::sandbox::{Sandbox, clean, is_there, program};

/// Memory and signals: no file is behind them, and how many there are depends on chance.
const NOISE: &[&str] = &[
    "brk",
    "futex",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_yield",
    "sigaltstack",
];

/// One system call of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The how manieth of this name, from 1.
    pub(crate) ordinal: usize,
    /// The paths in the sandbox that it names, or whose descriptor it is given.
    pub(crate) paths: Vec<String>,
    /// As `strace` writes it.
    pub(crate) text: String,
    pub(crate) injected: bool,
}

/// What is done to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends before the call has any effect, which is after the effect of the one before.
    Kill,
    /// The call does nothing but to fail with this error.
    Error(&'static str),
    /// The call does nothing and returns this value: a kernel that lies.
    Returns(u32),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kill => write!(f, "signal=KILL"),
            Self::Error(error) => write!(f, "error={error}"),
            Self::Returns(value) => write!(f, "retval={value}"),
        }
    }
}

impl Call {
    /// Whether it is the same call of another run, in which a temporary file has another name.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let paths = |call: &Self| call.paths.iter().map(|path| without_chance(path)).collect::<Vec<_>>();
        self.name == other.name && paths(self) == paths(other)
    }

    /// A write of the command's answer.
    pub(crate) fn is_output(&self) -> bool {
        self.text.starts_with("write(1<") || self.text.starts_with("write(2<")
    }
}

pub(crate) fn is_strace_there() -> bool {
    let mut trial = Command::new("strace");
    trial.args([
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "trace=close",
        "-e",
        "inject=close:error=EIO:when=999",
        "true",
    ]);
    is_there("strace", &mut trial)
}

/// Runs the command and returns every call from the first that touches the sandbox.
pub(crate) fn record(sandbox: &Sandbox, arguments: &[String]) -> (Output, Vec<Call>) {
    let (output, calls) = strace(sandbox, arguments, &["-e", "trace=all"]);
    let start = calls.iter().position(|call| !call.paths.is_empty()).expect("it touches the folder");
    let calls = calls[start..].iter().filter(|call| !NOISE.contains(&call.name.as_str())).cloned();
    (output, calls.collect())
}

/// Runs the command with a fault at this call; and says at which call the fault was.
pub(crate) fn inject(
    sandbox: &Sandbox,
    arguments: &[String],
    call: &Call,
    fault: Fault,
) -> (Output, Option<Call>) {
    let Call { name, ordinal, .. } = call;
    // The first is there for `strace`, which is to know the thread that was started.
    let trace = format!("trace=execve,{name}");
    let inject = format!("inject={name}:{fault}:when={ordinal}");
    let mut options = vec!["-e", &trace, "-e", &inject];
    // Faster, but there a signal has no effect.
    if fault != Fault::Kill {
        options.push("--seccomp-bpf");
    }
    let (output, calls) = strace(sandbox, arguments, &options);
    let mut calls = calls.into_iter().filter(|call| call.name == *name);
    let hit = match fault {
        Fault::Kill => calls.next_back(),
        _ => calls.find(|call| call.injected),
    };
    (output, hit)
}

/// What a thread does beside the first one: it begins, hashes and derives, and ends.
const LIFE_OF_A_THREAD: &[&str] = &[
    "exit",
    "getpid",
    "getrandom",
    "gettid",
    "prctl",
    "rseq",
    "sched_getaffinity",
    "sched_setaffinity",
    "set_robust_list",
];

/// Runs the command under `strace` with these options; returns the calls of its first thread. No other one may do
/// anything that has an effect outside, or the order of calls would be chance.
pub(crate) fn strace(sandbox: &Sandbox, arguments: &[String], options: &[&str]) -> (Output, Vec<Call>) {
    let folder = tempfile::tempdir().unwrap();
    let mut strace = clean(Command::new("strace"));
    strace.args(["-ff", "-y", "-o"]).arg(folder.path().join("log")).args(options).arg("--");
    let output = strace.arg(program()).args(arguments).output().unwrap();
    let logs = fs::read_dir(folder.path()).unwrap().map(|log| fs::read(log.unwrap().path()).unwrap());
    let threads = logs.map(|log| parse(&String::from_utf8_lossy(&log), sandbox));
    // Numbers of threads begin anew at some point, so that they do not tell which is the first.
    let is_effect = |call: &&Call| !NOISE.contains(&&*call.name) && !LIFE_OF_A_THREAD.contains(&&*call.name);
    let mut active: Vec<Vec<Call>> =
        threads.filter(|calls: &Vec<Call>| calls.iter().any(|call| is_effect(&call))).collect();
    let first = active.pop().unwrap_or_default();
    assert!(active.is_empty(), "two threads have effects: {first:?} and {active:?}");
    (output, first)
}

fn parse(log: &str, sandbox: &Sandbox) -> Vec<Call> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let text = line.trim_start();
        let Some((name, _)) = text.split_once('(').filter(|(name, _)| !name.contains(' ')) else { continue };
        // Of a thread that was killed with its process before `strace` knew what it asked for: nothing was done.
        if name == "???" {
            continue;
        }
        let ordinal = counts.entry(name.to_owned()).or_default();
        *ordinal += 1;
        let injected = text.ends_with("(INJECTED)");
        let paths = if name == "execve" { Vec::new() } else { paths(text, sandbox) };
        calls.push(Call { name: name.to_owned(), ordinal: *ordinal, paths, text: text.to_owned(), injected });
    }
    calls
}

fn without_chance(path: &str) -> String {
    match path.strip_suffix(".tmp").and_then(|path| path.rsplit_once('.')) {
        Some((stem, _)) => format!("{stem}.RANDOM.tmp"),
        None => path.to_owned(),
    }
}

/// What stands after the sandbox's folder in the arguments.
fn paths(text: &str, sandbox: &Sandbox) -> Vec<String> {
    let folder = sandbox.folder().to_str().unwrap();
    let (arguments, _) = text.rsplit_once(" = ").unwrap_or((text, ""));
    let after = arguments.split(folder).skip(1);
    after.map(|rest| rest.split(['"', '>']).next().unwrap().trim_start_matches('/').to_owned()).collect()
}
