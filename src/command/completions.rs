//! `completions`: prints a script that makes a shell ask the program for completions.

use clap_complete::env::Shells;

use super::CommandError;
use crate::cli::CompletionsArgs;
use crate::completion;
use crate::exit_code::Exit;
use crate::render::output;

/// zsh loads the script at the first use, as the body of the completing function; this line makes it answer
/// that use as well.
const ZSH_FIRST_USE: &str =
    "if [ \"$funcstack[1]\" = \"_sysdock\" ]; then _clap_dynamic_completer_sysdock \"$@\"; fi\n";

/// Runs the command.
///
/// # Errors
/// Returns [`CommandError::Output`] if stdout cannot be written.
pub fn run(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    output::print(&script(&args.shell.to_string())?)?;
    Ok(Exit::Success)
}

/// Returns the script for a shell.
fn script(shell: &str) -> Result<Vec<u8>, CommandError> {
    let mut script = Vec::new();
    if shell == "bash" {
        script.extend(include_bytes!("completion.bash"));
    } else if let Some(writer) = Shells::builtins().completer(shell) {
        writer.write_registration(completion::VARIABLE, "sysdock", "sysdock", "sysdock", &mut script)?;
    }
    if shell == "zsh" {
        script.extend(ZSH_FIRST_USE.bytes());
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_asks_the_program() {
        for shell in clap_complete::Shell::value_variants() {
            let script = String::from_utf8(script(&shell.to_string()).unwrap()).unwrap();
            assert!(script.contains(completion::VARIABLE) && script.contains("sysdock"), "{shell}: {script}");
        }
    }
}
