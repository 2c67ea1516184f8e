use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, ArgMatches};

use crate::env_variables::environment_name;
use crate::function::{Command, Function};
use crate::settings::HOST_VARIABLES;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// To serve.
    Serve,
    /// To do one of the function's commands with these operands.
    Do(&'static Command, Vec<String>),
}

/// Reads the command line.
///
/// # Errors
///
/// clap's answer, which is `--help`, `--version` or what is wrong.
pub(crate) fn read(
    function: &Function,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Asked, clap::Error> {
    let matches = parser(function).try_get_matches_from(arguments)?;
    let command = function.commands.iter().find_map(|command| {
        let operands = command.words.iter().try_fold(&matches, |matches, word| {
            matches.subcommand().filter(|(name, _)| name == word).map(|(_, inner)| inner)
        })?;
        Some(Asked::Do(command, values(command, operands)))
    });
    Ok(command.unwrap_or(Asked::Serve))
}

fn values(command: &Command, matches: &ArgMatches) -> Vec<String> {
    command.operands.iter().filter_map(|name| matches.get_one::<String>(name).cloned()).collect()
}

fn parser(function: &Function) -> clap::Command {
    let mut root = clap::Command::new(function.name)
        .version(function.version)
        .about(function.about)
        .after_help(environment(function));
    for command in function.commands {
        if let Some((first, rest)) = command.words.split_first() {
            root = with(root, first, rest, command);
        }
    }
    root
}

/// Puts the command under `parent`, beside what is there under its first word already.
fn with(
    parent: clap::Command,
    first: &'static str,
    rest: &'static [&'static str],
    command: &'static Command,
) -> clap::Command {
    let grow = |node: clap::Command| match rest.split_first() {
        Some((next, rest)) => {
            with(node.subcommand_required(true).arg_required_else_help(true), next, rest, command)
        }
        None => node
            .about(command.about)
            .args(command.operands.iter().map(|name| Arg::new(*name).required(true))),
    };
    if parent.find_subcommand(first).is_some() {
        parent.mut_subcommand(first, grow)
    } else {
        parent.subcommand(grow(clap::Command::new(first)))
    }
}

fn environment(function: &Function) -> String {
    let mut text =
        "Without a command it serves: as an AWS Lambda function when AWS_LAMBDA_RUNTIME_API \
                    is set, and over HTTP otherwise.\n\nEnvironment:\n"
            .to_owned();
    let own = function
        .variables
        .iter()
        .map(|variable| (environment_name(variable.name), variable.default, variable.about));
    let host = HOST_VARIABLES
        .iter()
        .map(|variable| (variable.name.to_owned(), variable.default, variable.about));
    for (name, default, about) in own.chain(host) {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name}");
        let _ = write!(text, "      {about}");
        let _ = match default {
            Some(default) => writeln!(text, " [default: {default}]"),
            None => writeln!(text),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::*;
    use crate::Variable;

    const FUNCTION: Function = Function {
        name: "hello",
        version: "1.2.3",
        about: "Says hello.",
        variables: &[Variable { name: "greeting", default: Some("hello"), about: "What to say." }],
        computes_beside: false,
        commands: &[
            Command {
                words: &["policy", "check"],
                operands: &["FILE"],
                about: "Explains a policy.",
                run: |_, _| ExitCode::SUCCESS,
            },
            Command {
                words: &["policy", "list"],
                operands: &[],
                about: "Lists policies.",
                run: |_, _| ExitCode::SUCCESS,
            },
        ],
    };

    fn asked(arguments: &[&str]) -> Result<Asked, clap::Error> {
        read(
            &FUNCTION,
            std::iter::once("hello").chain(arguments.iter().copied()).map(OsString::from),
        )
    }

    #[test]
    fn no_argument_asks_to_serve() {
        assert!(matches!(asked(&[]), Ok(Asked::Serve)));
    }

    #[test]
    fn a_command_of_several_words_gets_its_operands() {
        let Ok(Asked::Do(command, operands)) = asked(&["policy", "check", "a.xml"]) else {
            panic!("the command was not found");
        };
        assert_eq!((command.words, operands), (&["policy", "check"][..], vec!["a.xml".to_owned()]));
        let Ok(Asked::Do(command, _)) = asked(&["policy", "list"]) else {
            panic!("the second command of the same first word was not found");
        };
        assert_eq!(command.words, ["policy", "list"]);
    }

    #[test]
    fn help_shows_every_variable_with_its_default() {
        let help = asked(&["--help"]).unwrap_err().to_string();
        for text in
            ["HEADGATE_GREETING", "What to say. [default: hello]", "HEADGATE_LISTEN", "policy"]
        {
            assert!(help.contains(text), "{text} is missing in\n{help}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for arguments in [&["serve"][..], &["policy"], &["policy", "check"], &["--port", "1"]] {
            assert!(asked(arguments).is_err(), "{arguments:?}");
        }
    }
}
