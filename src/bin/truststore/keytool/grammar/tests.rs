use super::*;

fn line(arguments: &[&str]) -> Result<Line, Trouble> {
    parse(arguments.iter().map(OsString::from).collect())
}

fn options(arguments: &[&str]) -> (Command, Options) {
    match line(arguments) {
        Ok(Line::Do(command, options)) => (command, options),
        other => panic!("{arguments:?}: {other:?}"),
    }
}

fn usage(arguments: &[&str]) -> (String, Option<Command>) {
    match line(arguments) {
        Err(Trouble::Usage { message, command }) => (message, command),
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[test]
fn options_stand_in_any_order_and_any_case() {
    for arguments in [
        ["-list", "-keystore", "a.p12", "-v"],
        ["-v", "-KEYSTORE", "a.p12", "-LIST"],
        ["-keystore:x", "a.p12", "-v:y", "-list:z"],
    ] {
        let (command, options) = options(&arguments);
        assert_eq!(command, Command::List);
        assert_eq!(options.path(Opt::Keystore), Some(Path::new("a.p12")));
        assert!(options.has(Opt::Verbose));
    }
}

#[test]
fn old_names_are_commands_and_abbreviations_are_not() {
    assert_eq!(options(&["-import"]).0, Command::ImportCert);
    assert_eq!(options(&["-EXPORT"]).0, Command::ExportCert);
    for wrong in ["-lis", "list", "-l", "-imp", "-keystor"] {
        assert_eq!(usage(&[wrong]).0, format!("Illegal option:  {wrong}"));
    }
}

#[test]
fn a_value_may_look_like_an_option() {
    let (_, options) = options(&["-list", "-alias", "-v", "-storepass", "@secret"]);
    assert_eq!(options.text(Opt::Alias).as_deref(), Some("-v"));
    assert_eq!(options.password(Opt::StorePass).map(Password::as_str), Some("@secret"));
    assert!(!options.has(Opt::Verbose));
}

#[test]
fn a_usage_error_names_the_command_that_came_before() {
    for (arguments, message, command) in [
        (&["-list", "-bogus"][..], "Illegal option:  -bogus", Some(Command::List)),
        (&["-bogus", "-list"], "Illegal option:  -bogus", None),
        (&["-import", "-keystore"], "Command option -keystore needs an argument.", Some(Command::ImportCert)),
        (&["-keystore", "x"], "Usage error: no command provided", None),
        (&["-list", "-providerarg", "x"], "Illegal option:  -providerarg", Some(Command::List)),
        (
            &["-list", "-storepass:env", "NO_SUCH_VARIABLE_X"],
            "Cannot find environment variable: NO_SUCH_VARIABLE_X",
            Some(Command::List),
        ),
        (&["-list", "-storepass:what", "x"], "Unknown password type: what", Some(Command::List)),
        (
            &["-list", "-v", "-rfc"],
            "Must not specify both -v and -rfc with 'list' command",
            Some(Command::List),
        ),
    ] {
        assert_eq!(usage(arguments), (message.to_owned(), command), "{arguments:?}");
    }
}

#[test]
fn two_commands_are_refused_and_those_of_a_jdk_by_name() {
    for (arguments, expected) in [
        (&["-list", "-delete"][..], "Only one command is allowed: both -list and -delete were specified."),
        (&["-genkey", "-alias", "x"], "-genkeypair is not a command of this keytool"),
        (&["-certreq"], "-certreq is not a command of this keytool"),
    ] {
        match line(arguments) {
            Err(Trouble::Exception { message, .. }) => assert!(message.starts_with(expected), "{message}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn help_is_asked_for_in_many_ways() {
    for arguments in [&[][..], &["-help"], &["-h"], &["-?"], &["--help"], &["-HELP"]] {
        assert!(matches!(line(arguments), Ok(Line::Help(None))), "{arguments:?}");
    }
    for arguments in [&["-list", "-help"][..], &["--help", "-list"]] {
        assert!(matches!(line(arguments), Ok(Line::Help(Some(Command::List)))), "{arguments:?}");
    }
}

#[test]
fn the_last_of_a_repeated_option_counts_and_is_reported() {
    let (_, options) = options(&[
        "-list",
        "-alias",
        "a",
        "-alias",
        "b",
        "-v",
        "-v",
        "-storepass",
        "x",
        "-storepass",
        "y",
        "-provider",
        "p",
        "-providerarg",
        "1",
        "-provider",
        "q",
        "-ext",
        "a",
        "-ext",
        "b",
        "-alias",
        "c",
    ]);
    assert_eq!(options.text(Opt::Alias).as_deref(), Some("c"));
    assert_eq!(options.password(Opt::StorePass).map(Password::as_str), Some("y"));
    assert_eq!(options.repeated, ["-alias", "-v", "-storepass"]);
}

#[test]
fn what_has_no_effect_is_remembered_and_takes_its_place() {
    let (_, options) = options(&["-J-Xmx64m", "-list", "-keystore", "-J-Da=b", "k", "-providername", "SUN"]);
    assert_eq!(options.path(Opt::Keystore), Some(Path::new("k")));
    assert_eq!(options.without_effect, ["-J-Xmx64m", "-J-Da=b", "-providername"]);
}

#[test]
fn a_password_in_sight_is_told_from_one_that_is_named() -> std::io::Result<()> {
    assert!(options(&["-list", "-storepass", "x"]).1.password_in_sight);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("password");
    std::fs::write(&file, "first\r\nsecond\n")?;
    let (_, options) = options(&["-list", "-STOREPASS:FILE", &file.to_string_lossy()]);
    assert!(!options.password_in_sight);
    assert_eq!(options.password(Opt::StorePass).map(Password::as_str), Some("first"));
    Ok(())
}

#[test]
fn an_argument_file_stands_for_its_arguments() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("args");
    std::fs::write(&file, "-list -keystore 'a b.p12' # and so on\n")?;
    let (command, options) = options(&[&format!("@{}", file.display()), "-v"]);
    assert_eq!(command, Command::List);
    assert_eq!(options.path(Opt::Keystore), Some(Path::new("a b.p12")));
    assert_eq!(usage(&["@nowhere"]).0, "Illegal option:  @nowhere");
    Ok(())
}
