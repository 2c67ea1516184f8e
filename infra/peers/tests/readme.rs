//! The README says what the code has.

use headgate_peers::issuer::{
    DEFAULT_API_CLIENT_ID, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, DEFAULT_LISTEN, DEFAULT_STATE_DIR,
    DEFAULT_TENANT, DEFAULT_TENANT_DOMAIN,
};

const README: &str = include_str!("../README.md");

#[test]
fn every_default_is_in_the_readmes_table() {
    for (name, value) in [
        ("DEFAULT_TENANT", DEFAULT_TENANT),
        ("DEFAULT_TENANT_DOMAIN", DEFAULT_TENANT_DOMAIN),
        ("DEFAULT_CLIENT_ID", DEFAULT_CLIENT_ID),
        ("DEFAULT_AUDIENCE", DEFAULT_AUDIENCE),
        ("DEFAULT_API_CLIENT_ID", DEFAULT_API_CLIENT_ID),
        ("DEFAULT_LISTEN", DEFAULT_LISTEN),
        ("DEFAULT_STATE_DIR", DEFAULT_STATE_DIR),
    ] {
        let row = format!("| `{name}` | `{value}` |");
        assert!(README.contains(&row), "{row}");
    }
}

#[test]
fn every_option_of_the_program_is_in_the_readme() {
    for command in ["serve", "token"] {
        let help = std::process::Command::new(env!("CARGO_BIN_EXE_headgate-issuer"))
            .args([command, "--help"])
            .output()
            .unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let options = help.split_whitespace().filter(|word| word.starts_with("--"));
        for option in options.filter(|option| *option != "--help") {
            assert!(README.contains(&format!("`{option}")), "{command} {option}");
        }
    }
}
