//! The helper of `benches/compare`: makes stores, and times the library beside other crates.

mod generate;
mod library;

use std::process::ExitCode;

const USAGE: &str = "\
peers certificates TEMPLATE KEY COUNT SIGNED OUT.jks
peers pem STORE.jks FOLDER             every certificate of the store as a file of its own
peers take STORE.jks COUNT OUT.jks     the first entries of a store
peers library FOLDER ROUNDS            the library and other crates: name, median and least nanoseconds";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["certificates", template, key, count, signed, out] => {
            generate::certificates(template, key, number(count), *signed == "signed", out)
        }
        ["pem", store, folder] => generate::pem(store, folder),
        ["take", store, count, out] => generate::take(store, number(count), out),
        ["library", folder, rounds] => library::run(folder.as_ref(), number(rounds)),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(2)
        }
    }
}

/// What goes wrong here stops the measuring, and a person reads why.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a count"))
}
