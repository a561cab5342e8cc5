//! keytool's command line: single dashes, names in any case of letters, options in any order.

mod argfile;
pub(crate) mod command;
pub(crate) mod help;
pub(crate) mod options;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use truststore::Password;

use super::secrets;
use super::trouble::Trouble;
use command::{Command, Named};
use options::Opt;

/// A command line, understood.
#[derive(Debug)]
pub(crate) enum Line {
    /// Do this.
    Do(Command, Options),
    /// Show the help of this command, or of all.
    Help(Option<Command>),
}

/// The options that were given; of a repeated one the last.
#[derive(Debug, Default)]
pub(crate) struct Options {
    values: BTreeMap<Opt, OsString>,
    passwords: BTreeMap<Opt, Password>,
    /// Names of options that were given more than once.
    pub(crate) repeated: Vec<&'static str>,
    /// Options without an effect here, as they were given.
    pub(crate) without_effect: Vec<String>,
    /// A password stands on the command line, where every user of the machine can see it.
    pub(crate) password_in_sight: bool,
}

/// Reads a command line.
///
/// # Errors
/// A usage error with the usage of the command that was named before; and of a wrong combination.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Line, Trouble> {
    let mut state = State::default();
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if let Some(path) = text.strip_prefix('@').filter(|path| Path::new(path).is_file()) {
            let mut rest_of_file = argfile::read(Path::new(path))?.into_iter();
            while let Some(argument) = rest_of_file.next() {
                state.argument(argument, &mut rest_of_file)?;
            }
            continue;
        }
        state.argument(argument, &mut rest)?;
    }
    state.finish()
}

#[derive(Default)]
struct State {
    command: Option<Named>,
    help: bool,
    anything: bool,
    /// `-providerarg` may follow.
    after_provider: bool,
    /// The names of the options so far.
    seen: Vec<&'static str>,
    options: Options,
}

impl State {
    fn argument(
        &mut self,
        argument: OsString,
        rest: &mut dyn Iterator<Item = OsString>,
    ) -> Result<(), Trouble> {
        self.anything = true;
        let text = argument.to_string_lossy().into_owned();
        // What the launcher hands to the JVM.
        if text.starts_with("-J") {
            self.options.without_effect.push(text);
            return Ok(());
        }
        let (name, modifier) = match text.split_once(':') {
            Some((name, modifier)) if !name.is_empty() => (name, Some(modifier)),
            _ => (text.as_str(), None),
        };
        if is_help(name) {
            self.help = true;
            return Ok(());
        }
        if let Some(named) = command::find(name) {
            return self.command(named);
        }
        let Some(row) = options::find(name).filter(|row| self.is_in_place(row.opt)) else {
            return Err(self.usage(format!("Illegal option:  {text}")));
        };
        self.after_provider = row.opt.takes_provider_argument();
        if row.opt.has_no_effect() {
            self.options.without_effect.push(row.name.to_owned());
        }
        let value = match row.argument {
            // The launcher takes its own options away, wherever they stand.
            Some(_) => loop {
                match rest.next() {
                    Some(value) if value.to_string_lossy().starts_with("-J") => {
                        self.options.without_effect.push(value.to_string_lossy().into_owned());
                    }
                    Some(value) => break value,
                    None => {
                        return Err(self.usage(format!("Command option {text} needs an argument.")));
                    }
                }
            },
            None => OsString::new(),
        };
        self.take(row.opt, row.name, modifier, value)
    }

    fn is_in_place(&self, opt: Opt) -> bool {
        opt != Opt::ProviderArg || self.after_provider
    }

    fn command(&mut self, named: Named) -> Result<(), Trouble> {
        match self.command {
            None => {
                self.command = Some(named);
                Ok(())
            }
            Some(first) => Err(Trouble::exception(format!(
                "Only one command is allowed: both {} and {} were specified.",
                first.name(),
                named.name()
            ))),
        }
    }

    fn take(
        &mut self,
        opt: Opt,
        name: &'static str,
        modifier: Option<&str>,
        value: OsString,
    ) -> Result<(), Trouble> {
        if opt.is_password() {
            self.options.password_in_sight |= modifier.is_none();
            let password = secrets::given(modifier, &value).map_err(|message| self.usage(message))?;
            self.options.passwords.insert(opt, password);
        } else {
            self.options.values.insert(opt, value);
        }
        // Of these several make sense.
        if opt.has_no_effect() || matches!(name, "-ext" | "-id") {
            return Ok(());
        }
        if self.seen.contains(&name) && !self.options.repeated.contains(&name) {
            self.options.repeated.push(name);
        }
        self.seen.push(name);
        Ok(())
    }

    fn usage(&self, message: String) -> Trouble {
        let command = match self.command {
            Some(Named::Here(command)) => Some(command),
            _ => None,
        };
        Trouble::Usage { message, command }
    }

    fn finish(self) -> Result<Line, Trouble> {
        match self.command {
            Some(Named::Elsewhere(name)) => Err(Trouble::exception(format!(
                "{name} is not a command of this keytool, which is for trust stores: use a JDK's keytool"
            ))),
            Some(Named::Here(command)) if self.help => Ok(Line::Help(Some(command))),
            None if self.help || !self.anything => Ok(Line::Help(None)),
            None => Err(self.usage("Usage error: no command provided".to_owned())),
            Some(Named::Here(Command::List))
                if self.options.has(Opt::Verbose) && self.options.has(Opt::Rfc) =>
            {
                Err(self.usage("Must not specify both -v and -rfc with 'list' command".to_owned()))
            }
            Some(Named::Here(command)) => Ok(Line::Do(command, self.options)),
        }
    }
}

impl Options {
    pub(crate) fn has(&self, opt: Opt) -> bool {
        self.values.contains_key(&opt) || self.passwords.contains_key(&opt)
    }

    /// A path or a name of a file as it was given.
    pub(crate) fn path(&self, opt: Opt) -> Option<&Path> {
        self.values.get(&opt).map(Path::new)
    }

    /// A text; what is not UTF-8 is replaced.
    pub(crate) fn text(&self, opt: Opt) -> Option<String> {
        self.values.get(&opt).map(|value| value.to_string_lossy().into_owned())
    }

    pub(crate) fn password(&self, opt: Opt) -> Option<&Password> {
        self.passwords.get(&opt)
    }
}

/// The ways to ask for help.
fn is_help(name: &str) -> bool {
    ["-help", "-h", "-?", "--help"].iter().any(|help| OsStr::new(help).eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
