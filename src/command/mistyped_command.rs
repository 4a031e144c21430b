//! Reports mistyped commands, options and values, with a suggestion of the nearest word.
//!
//! The suggestion is clap's (its feature `suggestions`). IDs, facts and system calls have their own
//! suggestions where they are looked up.

use crate::exit_code::Exit;

/// Prints clap's message and returns the exit code; `--help` and `--version` are not errors. Ignores a closed
/// pipe.
pub fn answer(refusal: &clap::Error) -> Exit {
    let _ = refusal.print();
    if refusal.use_stderr() { Exit::Usage } else { Exit::Success }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;

    #[test]
    fn a_slip_gets_the_nearest_word() {
        for (words, nearest) in [
            (&["sysdock", "docter", "web"][..], "'doctor'"),
            (&["sysdock", "doctor", "--folow", "web"], "'--follow'"),
            (&["sysdock", "doctor", "--format", "jsn", "web"], "'json'"),
        ] {
            let refusal = Cli::try_parse_from(words).err().unwrap();
            assert!(refusal.to_string().contains(nearest), "{refusal}");
        }
        let help = Cli::try_parse_from(["sysdock", "--help"]).err().unwrap();
        assert!(!help.use_stderr());
    }
}
