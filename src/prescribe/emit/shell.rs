//! Steps → one shell script, or one command line. Pure.

use crate::prescribe::recipe::Recipe;
use crate::prescribe::types::{Prescription, Reach, Step};
use crate::quote::{self, Unquotable};
use crate::snapshot::EngineKind;

/// What goes before the steps: they run in a folder of their own, which is kept only when one of them fails.
const START: &str = "set -eu
work=$(mktemp -d)
trap 'if [ $? -eq 0 ]; then rm -rf \"$work\"; else echo \"a step failed; its files are kept in $work\" >&2; fi' EXIT
cd \"$work\"
";

/// The steps as a script for `sh`; `None` where no step can be run.
///
/// # Errors
/// [`Unquotable`] for a word that no shell can be given.
pub fn script(prescription: &Prescription) -> Result<Option<String>, Unquotable> {
    if !prescription.steps.iter().any(|step| !step.argv.is_empty()) {
        return Ok(None);
    }
    let mut text = "#!/bin/sh\n".to_owned();
    comment(&mut text, &prescription.summary);
    comment(&mut text, &format!("Privileges: {}. Note: {}.", prescription.privilege, prescription.cost));
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

/// A text as comment lines; nothing of it can become a command.
fn comment(text: &mut String, words: &str) {
    for line in super::lines(words) {
        text.push_str(&format!("# {line}"));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

/// The command lines that start a container of that engine, and join it to its networks.
///
/// # Errors
/// [`Unquotable`] for a word that no shell can be given.
pub fn start(recipe: &Recipe, kind: EngineKind) -> Result<String, Unquotable> {
    let reach = Reach::by_itself(kind);
    let mut text = quote::line(&recipe.run(&reach))? + "\n";
    for network in &recipe.networks {
        text.push_str(&quote::line(&network.connect(&recipe.name, &reach))?);
        text.push('\n');
    }
    Ok(text)
}
