//! Steps → one shell script, or one command line. Pure.

use crate::prescribe::recipe::Recipe;
use crate::prescribe::types::{Prescription, Reach, Step};
use crate::snapshot::EngineKind;

/// What goes before the steps: they run in a folder of their own, which is kept only when one of them fails.
const START: &str = "\
set -eu
work=$(mktemp -d)
trap 'if [ $? -eq 0 ]; then rm -rf \"$work\"; else echo \"a step failed; the files of the steps are kept in $work\" >&2; fi' EXIT
cd \"$work\"
";

/// The steps as a script for `sh`; `None` where no step can be run.
pub fn script(prescription: &Prescription) -> Option<String> {
    if !prescription.steps.iter().any(|step| !step.argv.is_empty()) {
        return None;
    }
    let mut text = "#!/bin/sh\n".to_owned();
    comment(&mut text, &prescription.summary);
    comment(&mut text, &format!("Rights: {}. Cost: {}.", prescription.privilege, prescription.cost));
    text.push_str(START);
    for (number, step) in prescription.steps.iter().enumerate() {
        text.push('\n');
        comment(&mut text, &format!("{}. {}", number + 1, step.title));
        if let Some(needs) = &step.needs {
            comment(&mut text, &format!("needs: {needs}"));
        }
        one(&mut text, step);
    }
    Some(text)
}

fn one(text: &mut String, step: &Step) {
    for (path, content) in &step.files {
        if let Some((folder, _)) = path.rsplit_once('/') {
            text.push_str(&format!("mkdir -p -- {}\n", quoted(folder)));
        }
        file(text, path, content);
    }
    if !step.argv.is_empty() {
        text.push_str(&line(&step.argv));
        text.push('\n');
    }
}

/// A file as a here document; one that does not end with a line break goes through a substitution, which takes it off.
fn file(text: &mut String, path: &str, content: &str) {
    let end = delimiter(content);
    let path = quoted(path);
    text.push_str(&if content.ends_with('\n') {
        format!("cat > {path} <<'{end}'\n{content}{end}\n")
    } else {
        format!("printf '%s' \"$(cat <<'{end}'\n{content}\n{end}\n)\" > {path}\n")
    });
}

/// A word that is no line of the text.
fn delimiter(content: &str) -> String {
    let mut end = "END".to_owned();
    while content.lines().any(|line| line == end) {
        end.push('_');
    }
    end
}

/// A text as comment lines; nothing of it can become a command.
fn comment(text: &mut String, words: &str) {
    for line in super::lines(words) {
        text.push_str(&format!("# {line}"));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

/// One command line.
pub fn line(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word for a shell; no word of a process can hold the NUL that cannot be quoted.
fn quoted(word: &str) -> String {
    shlex::try_quote(&word.replace('\0', "")).map_or_else(|_| "''".to_owned(), std::borrow::Cow::into_owned)
}

/// The command lines that start a container of that engine, and join it to its networks.
pub fn start(recipe: &Recipe, kind: EngineKind) -> String {
    let reach = Reach::by_itself(kind);
    let mut text = line(&recipe.run(&reach)) + "\n";
    for network in &recipe.networks {
        text.push_str(&line(&network.connect(&recipe.name, &reach)));
        text.push('\n');
    }
    text
}
