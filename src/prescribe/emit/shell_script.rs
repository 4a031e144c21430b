//! Writes the steps of a cure as one shell script.
//!
//! Must quote every word, and must leave nothing behind if every step succeeds.

use super::emitted::{EmitError, Emitted};
use super::remarks::comment_lines;
use crate::prescribe::prescription::Prescription;
use crate::prescribe::step::Step;
use crate::quote::{self, Unquotable};

/// The script's preamble: the steps run in their own folder, which is kept only if one of them fails.
const START: &str = "set -eu
work=$(mktemp -d)
trap 'if [ $? -eq 0 ]; then rm -rf \"$work\"; else echo \"a step failed; its files are kept in $work\" >&2; \
    fi' EXIT
cd \"$work\"
";

/// Writes a cure as a script for `sh`; returns `None` if it runs nothing, or if the container cannot be
/// carried over completely, since half of the steps is no cure.
///
/// # Errors
/// Returns [`EmitError::Word`] for a word that cannot be quoted for a shell.
pub fn write(prescription: &Prescription) -> Result<Option<Emitted>, EmitError> {
    if prescription.launch.as_ref().is_some_and(|launch| !launch.recipe.refused.is_empty()) {
        return Ok(None);
    }
    let text = script(prescription)?;
    Ok(text.map(|text| Emitted { text, left_out: Vec::new(), notes: Vec::new() }))
}

/// Writes the steps as a script; returns `None` if no step has a command.
///
/// # Errors
/// Returns [`Unquotable`] for a word that cannot be quoted for a shell.
fn script(prescription: &Prescription) -> Result<Option<String>, Unquotable> {
    if !prescription.steps.iter().any(|step| !step.argv.is_empty()) {
        return Ok(None);
    }
    let mut text = "#!/bin/sh\n".to_owned();
    comment(&mut text, &prescription.summary);
    comment(
        &mut text,
        &format!("Privileges: {}. Note: {}.", prescription.privilege.change(), prescription.cost),
    );
    text.push_str(START);
    for (number, step) in prescription.steps.iter().enumerate() {
        text.push('\n');
        comment(&mut text, &format!("{}. {}", number + 1, step.title));
        if let Some(needs) = &step.needs {
            comment(&mut text, &format!("needs: {needs}"));
        }
        one(&mut text, step)?;
    }
    Ok(Some(text))
}

/// Adds one step: its files, then its command.
fn one(text: &mut String, step: &Step) -> Result<(), Unquotable> {
    for (path, content) in &step.files {
        if let Some((folder, _)) = path.rsplit_once('/') {
            text.push_str(&format!("mkdir -p -- {}\n", quote::quoted(folder)?));
        }
        quote::file(path, content)?.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    if !step.argv.is_empty() {
        text.push_str(&quote::line(&step.argv)?);
        text.push('\n');
    }
    Ok(())
}

/// Adds a text as comment lines; no part of it can become a command.
fn comment(text: &mut String, words: &str) {
    for line in comment_lines(words) {
        text.push_str(&format!("# {line}"));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests;
