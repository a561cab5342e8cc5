//! Every system call fails or is the last one.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cases::{Case, FORMATS};
use crate::common::java::{Question, java};
use crate::sandbox::{Sandbox, said};
use crate::trace::{Call, Fault, inject, is_strace_there, record};
use crate::verdict::{Known, Verdict};

const ERRORS: [&str; 4] = ["ENOSPC", "EIO", "EACCES", "EINTR"];
/// Of so many faults the sample has one; a prime, so that it meets all kinds.
const SAMPLE: usize = 151;

/// One command, one of its calls, one fault.
struct Job {
    swept: usize,
    call: Call,
    fault: Fault,
}

struct Swept {
    case: &'static Case,
    format: &'static str,
    known: Known,
}

/// The stores that were left, to be read by a JVM.
#[derive(Default)]
struct Pool {
    folder: Option<tempfile::TempDir>,
    seen: HashSet<Vec<u8>>,
    questions: Vec<Question>,
}

#[test]
fn a_sample_of_the_sweep() {
    if is_strace_there() {
        sweep(SAMPLE);
    }
}

#[test]
#[ignore = "takes long; the sample is a part of it"]
fn the_whole_sweep() {
    if is_strace_there() {
        sweep(1);
    }
}

fn sweep(one_of: usize) {
    let (swept, jobs) = plan(one_of);
    let pool = Mutex::new(Pool { folder: Some(tempfile::tempdir().unwrap()), ..Pool::default() });
    let results = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    // They wait for the disk, too.
    let workers = 2 * thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run(&swept[job.swept], job, &pool);
                    if let Err(error) = &result {
                        eprintln!("{}", told(&swept, job, error));
                    }
                    let mut results = results.lock().unwrap();
                    results.push((job, result));
                    if results.len() % 1000 == 0 {
                        eprintln!("{} of {} runs", results.len(), jobs.len());
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    report(&swept, &results);
    let faults: Vec<String> =
        results.iter().filter_map(|(job, result)| Some(told(&swept, job, result.as_ref().err()?))).collect();
    assert!(faults.is_empty(), "{} of {} went wrong:\n{}", faults.len(), results.len(), faults.join("\n"));
    ask_java(pool.into_inner().unwrap());
}

fn told(swept: &[Swept], job: &Job, error: &str) -> String {
    let Swept { case, format, .. } = &swept[job.swept];
    format!("{} ({format}), {} at {}: {error}", case.name, job.fault, job.call.text)
}

/// Runs every command once as it should be, and lists what can go wrong at each of its calls.
fn plan(one_of: usize) -> (Vec<Swept>, Vec<Job>) {
    let mut swept = Vec::new();
    let mut jobs = Vec::new();
    let mut number = 0;
    for (case, format) in Case::all() {
        let before = case.prepare(format);
        let after = Sandbox::copy_of(&before);
        let (output, calls) = record(&after, &case.arguments(format, &after));
        assert!(output.status.success(), "{}: {}", case.name, said(&output));
        require_durable(case, &calls);
        for call in calls {
            for fault in faults(&call) {
                number += 1;
                if number % one_of == 0 {
                    jobs.push(Job { swept: swept.len(), call: call.clone(), fault });
                }
            }
        }
        swept.push(Swept { case, format, known: Known::new(case, format, before, &after) });
    }
    (swept, jobs)
}

fn faults(call: &Call) -> Vec<Fault> {
    let mut faults = vec![Fault::Kill];
    if !call.paths.is_empty() || call.is_output() || call.name == "getrandom" {
        faults.extend(ERRORS.map(Fault::Error));
    }
    // Says that it wrote one byte and wrote none.
    if call.name == "write" && !call.is_output() {
        faults.push(Fault::Returns(1));
    }
    faults
}

/// The new file is on the disk before it has its name, and its name is before the command says so.
fn require_durable(case: &Case, calls: &[Call]) {
    let at = |what: &dyn Fn(&Call) -> bool| calls.iter().position(what);
    let renames = |call: &Call| {
        call.name.starts_with("rename") && call.paths.last().is_some_and(|path| path == case.watched)
    };
    let renamed = at(&renames).unwrap_or_else(|| panic!("{}: no rename", case.name));
    let temp = &calls[renamed].paths[calls[renamed].paths.len() - 2];
    let synced = at(&|call| call.name == "fsync" && call.paths.contains(temp)).expect("the file is synced");
    let written = calls.iter().rposition(|call| {
        ["write", "fchmod", "fchown", "fsetxattr"].contains(&call.name.as_str()) && call.paths.contains(temp)
    });
    assert!(written.unwrap() < synced && synced < renamed, "{}", case.name);
    let folder = calls.iter().rposition(|call| call.name == "fsync" && call.paths == [""]);
    let told = calls.iter().position(|call| call.text.starts_with("write(1<")).unwrap_or(usize::MAX);
    assert!(folder.is_some_and(|folder| renamed < folder && folder < told), "{}", case.name);
}

fn run(swept: &Swept, job: &Job, pool: &Mutex<Pool>) -> Result<Verdict, String> {
    let Swept { case, format, known } = swept;
    let sandbox = Sandbox::copy_of(&known.before);
    let (output, hit) = inject(&sandbox, &case.arguments(format, &sandbox), &job.call, job.fault);
    let hit = hit.ok_or_else(|| format!("the fault was not injected: {}", said(&output)))?;
    if !hit.is_like(&job.call) {
        return Err(format!("the fault was injected elsewhere: {}", hit.text));
    }
    let left = sandbox.read(case.watched);
    let verdict = known.judge(&sandbox, &job.call, job.fault, &output)?;
    if let Some(left) = left.filter(|_| !case.line.starts_with("export")) {
        let format = if verdict.changed || !case.line.starts_with("convert") {
            swept.written_format()
        } else {
            return Ok(verdict);
        };
        pool.lock().unwrap().add(left, format, case.password(verdict.changed));
    }
    Ok(verdict)
}

impl Swept {
    /// Of the file that the command writes.
    fn written_format(&self) -> &'static str {
        match (self.case.line.contains("OTHER"), self.format) {
            (true, "jks") => "pkcs12",
            (true, _) => "jks",
            (false, format) => format,
        }
    }
}

impl Pool {
    fn add(&mut self, bytes: Vec<u8>, format: &'static str, password: &'static str) {
        let file: PathBuf = self.folder.as_ref().unwrap().path().join(format!("{}", self.seen.len()));
        if self.seen.insert(bytes.clone()) {
            fs::write(&file, bytes).unwrap();
            let java_type = ["PKCS12", "JKS", "JCEKS"][FORMATS.iter().position(|f| *f == format).unwrap()];
            self.questions.push(Question { file, java_type, password, key_password: password });
        }
    }
}

/// A JVM and `keytool` read all of them, entry by entry: any they cannot read ends them with an error.
fn ask_java(pool: Pool) {
    let Some(java) = java() else { return };
    // Not more at once than a pipe takes before its other end is read.
    let answers: Vec<_> = pool.questions.chunks(400).flat_map(|some| java.dump(some)).collect();
    let entries: usize = answers.iter().map(Vec::len).sum();
    assert!(entries > answers.len(), "stores with entries");
    let lists = pool.questions.chunks(400).flat_map(|some| java.keytool_lists(some));
    for ((list, answer), question) in lists.zip(&answers).zip(&pool.questions) {
        let contains = match answer.len() {
            1 => "Your keystore contains 1 entry".to_owned(),
            entries => format!("Your keystore contains {entries} entries"),
        };
        assert!(list.contains(&contains), "{}: expected {contains}, found {list:?}", question.file.display());
    }
    eprintln!(
        "{} different stores were left, and a JVM and keytool read them all ({entries} entries)",
        answers.len()
    );
}

fn report(swept: &[Swept], results: &[(&Job, Result<Verdict, String>)]) {
    let mut by_fault: BTreeMap<String, [usize; 7]> = BTreeMap::new();
    let mut by_call: BTreeMap<&str, usize> = BTreeMap::new();
    let mut litter: BTreeMap<String, usize> = BTreeMap::new();
    for (job, result) in results {
        *by_call.entry(&job.call.name).or_default() += 1;
        let Ok(verdict) = result else { continue };
        let row = by_fault.entry(job.fault.to_string()).or_default();
        let facts = [
            true,
            !verdict.changed,
            verdict.changed,
            verdict.code == Some(0),
            verdict.code == Some(2),
            verdict.code == Some(2) && verdict.changed,
            !verdict.litter.is_empty(),
        ];
        for (count, fact) in row.iter_mut().zip(facts) {
            *count += usize::from(fact);
        }
        for name in &verdict.litter {
            let kind = if name.ends_with(".lock") { "a lock file" } else { "a temporary file" };
            let killed = if job.fault == Fault::Kill { "killed" } else { job.call.name.as_str() };
            *litter.entry(format!("{kind} ({killed})")).or_default() += 1;
        }
    }
    let commands: HashSet<&str> = swept.iter().map(|swept| swept.case.name).collect();
    eprintln!("{} runs of {} commands in {} settings", results.len(), commands.len(), swept.len());
    eprintln!("| fault | runs | old file | new file | exit code 0 | exit code 2 | of these new | litter |");
    for (fault, counts) in by_fault {
        eprintln!("| {fault} | {} |", counts.map(|count| count.to_string()).join(" | "));
    }
    eprintln!("calls: {by_call:?}\nlitter: {litter:?}");
}
