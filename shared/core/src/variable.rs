/// A variable of a function, documented once: beside the constant that names it.
///
/// It is the Spin variable `name`, and the environment variable `HEADGATE_NAME`. `--help` and the README's table show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name: lower-case letters, digits and underscores.
    pub name: &'static str,
    /// What it means, what is meant when it is unset, and what a blank value means where that differs.
    pub meaning: &'static str,
}
