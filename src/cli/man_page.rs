//! Generates manual pages from the command line, one page per command. Must not write files.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Cli;

/// The pages of all commands.
pub struct ManPages {
    top: Command,
}

impl Default for ManPages {
    /// Collects what clap knows about the command line.
    fn default() -> Self {
        Self { top: whole() }
    }
}

impl ManPages {
    /// Writes the page of the program itself.
    ///
    /// # Errors
    /// Returns an [`io::Error`], which does not happen when writing to memory.
    pub fn first(&self) -> io::Result<Vec<u8>> {
        page(&self.top)
    }

    /// Writes all pages, each with its file name.
    ///
    /// # Errors
    /// Returns the errors of [`Self::first`].
    pub fn all(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        family(&self.top)
            .into_iter()
            .map(|command| Ok((format!("{}.1", title(command)), page(command)?)))
            .collect()
    }
}

/// Returns the command line with everything that clap adds, except its `help` commands, which need no page.
fn whole() -> Command {
    fn without_help(command: Command) -> Command {
        command.disable_help_subcommand(true).mut_subcommands(without_help)
    }
    let mut top = without_help(Cli::whole());
    top.build();
    top
}

/// Returns a command and all its subcommands.
fn family(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|inner| !inner.is_hide_set()).flat_map(family);
    std::iter::once(command).chain(below).collect()
}

/// Returns the page title, such as `sysdock-seccomp-check`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// Writes the page of a command.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .source(concat!("sysdock ", env!("CARGO_PKG_VERSION")))
        .manual("Commands of sysdock");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(after) = command.get_after_help() {
        remarks(&after.to_string()).to_writer(&mut page)?;
    }
    if title(command) != "sysdock" {
        Roff::new().control("SH", ["SEE ALSO"]).text([roman("sysdock(1)")]).to_writer(&mut page)?;
    }
    Ok(page)
}

/// Sets what stands below the options in `--help`: a line that ends in a colon heads lines that are kept, the
/// is filled.
fn remarks(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut in_notes = false;
    for paragraph in text.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let heading = first.strip_suffix(':').filter(|_| rest.lines().all(|line| line.starts_with("  ")));
        in_notes = if let Some(heading) = heading {
            roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
            for line in rest.lines() {
                roff.text([roman(line.trim_start_matches("  "))]);
            }
            roff.control("fi", []);
            false
        } else {
            let begin = if in_notes { ("PP", vec![]) } else { ("SH", vec!["NOTES"]) };
            roff.control(begin.0, begin.1);
            for line in paragraph.lines() {
                roff.text([roman(line)]);
            }
            true
        };
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples_kept() {
        let top = whole();
        let titles: Vec<&str> = family(&top).into_iter().map(title).collect();
        assert!(
            ["sysdock", "sysdock-doctor", "sysdock-seccomp-check", "sysdock-rules-list"]
                .iter()
                .all(|name| titles.contains(name))
        );
        assert!(!titles.iter().any(|name| name.contains("help")), "{titles:?}");
        for command in family(&top) {
            let text = String::from_utf8(page(command).unwrap()).unwrap();
            assert!(text.contains(".SH NAME") && text.contains(".SH OPTIONS"), "{text}");
            assert_eq!(
                text.lines().filter(|line| *line == ".nf").count(),
                text.lines().filter(|line| *line == ".fi").count(),
                "{text}"
            );
        }
    }

    #[test]
    fn examples_keep_their_lines_and_prose_is_filled() {
        let text = remarks("Examples:\n  sysdock x   does x\n  .y\n\nOne\ntwo.\n\nThree.").to_roff();
        assert_eq!(
            text,
            ".SH EXAMPLES\n.nf\nsysdock x   does x\n\\&.y\n.fi\n.SH NOTES\nOne\ntwo.\n.PP\nThree.\n"
        );
    }
}
