//! The help of all commands, as printed in the book. Must not know the book's layout.

use super::Cli;
use crate::render::book::Help;

/// Returns all commands with their help, at a fixed width.
#[must_use]
pub fn help_of_all() -> Vec<Help> {
    let mut root = Cli::whole().term_width(100);
    root.build();
    let mut found = Vec::new();
    gather(&root, "", &mut found);
    found
}

fn gather(command: &clap::Command, before: &str, found: &mut Vec<Help>) {
    let name = format!("{before}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let text = command
        .clone()
        .term_width(100)
        .mut_args(|argument| argument.hide_env_values(true))
        .render_long_help()
        .to_string();
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    found.push(Help { name: name.clone(), about, text });
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
    {
        gather(inner, &format!("{name} "), found);
    }
}
