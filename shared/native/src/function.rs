use std::io::Write;
use std::process::ExitCode;

/// What a function tells the native host about itself.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The function's name, as `token-validation`.
    pub name: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Its variables, for `--help`.
    pub variables: &'static [Variable],
    /// Whether it computes on threads of its own beside those that serve: then one core of several is left to that.
    pub computes_beside: bool,
    /// What its command line can do besides serving.
    pub commands: &'static [Command],
}

/// A variable of a function, as `--help` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The name as the function asks for it, as `jwks_uri`; the environment's is `HEADGATE_JWKS_URI`.
    pub name: &'static str,
    /// The value when it is not set; `None`: it has none.
    pub default: Option<&'static str>,
    /// What it means.
    pub about: &'static str,
}

/// A function's variables as `--help` shows them.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it for each function")]
pub const fn help<const N: usize>(variables: &[headgate_core::Variable; N]) -> [Variable; N] {
    let mut help = [Variable { name: "", default: None, about: "" }; N];
    let mut at = 0;
    while at < N {
        help[at] =
            Variable { name: variables[at].name, default: None, about: variables[at].meaning };
        at += 1;
    }
    help
}

/// Something that the command line does at once, without serving: `policy check FILE`.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its words, as `["policy", "check"]`; at least one, and none that begins another command.
    pub words: &'static [&'static str],
    /// The operands' names, as `["FILE"]`: all of them are required.
    pub operands: &'static [&'static str],
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Does it: takes the operands and standard output, gives the process's exit code.
    pub run: fn(&[String], &mut dyn Write) -> ExitCode,
}
