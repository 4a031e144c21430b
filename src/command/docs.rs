//! `rules docs`: writes the playbook's pages to a folder, or compares them with one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CommandError;
use super::generated_files::{differing, put};
use crate::cli::{DocsArgs, help_of_all};
use crate::exit_code::Exit;
use crate::render::book::{self, MARK};
use crate::render::output;
use crate::rule::RuleSet;

/// Runs the command.
///
/// # Errors
/// Returns [`CommandError::Book`] if the folder cannot be read or written, or an error of printing.
pub fn run(args: &DocsArgs, rules: &RuleSet) -> Result<Exit, CommandError> {
    let files = book::files(rules, &help_of_all());
    match (&args.output, &args.check) {
        (Some(folder), _) => write(&files, folder),
        (None, Some(folder)) => check(&files, folder),
        (None, None) => {
            let names = files.keys().fold(String::new(), |list, name| list + name + "\n");
            output::print(names.as_bytes())?;
            output::tell(&format!("{} files; `-o DIR` writes them, `--check DIR` compares", files.len()));
            Ok(Exit::Success)
        }
    }
}

fn write(files: &BTreeMap<String, String>, folder: &Path) -> Result<Exit, CommandError> {
    let at = |path: PathBuf| move |source: io::Error| CommandError::Book { path, source };
    for name in stale(files, folder)? {
        fs::remove_file(folder.join(&name)).map_err(at(folder.join(&name)))?;
    }
    put(files, folder)?;
    output::tell(&format!(
        "wrote {} files; `mdbook build {}` renders the book",
        files.len(),
        folder.display()
    ));
    Ok(Exit::Success)
}

fn check(files: &BTreeMap<String, String>, folder: &Path) -> Result<Exit, CommandError> {
    let mut odd: Vec<String> = stale(files, folder)?
        .into_iter()
        .map(|name| format!("{name}: its rule no longer exists\n"))
        .collect();
    odd.extend(differing(files, folder)?);
    output::print(odd.concat().as_bytes())?;
    if odd.is_empty() {
        return Ok(Exit::Success);
    }
    output::tell(&format!("the book is out of date\n  next: sysdock rules docs -o {}", folder.display()));
    Ok(Exit::Findings)
}

/// Finds pages of rules that no longer exist.
fn stale(files: &BTreeMap<String, String>, folder: &Path) -> Result<Vec<String>, CommandError> {
    let mut found = Vec::new();
    for below in ["src", "src/ids"] {
        let path = folder.join(below);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(CommandError::Book { path, source }),
        };
        let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
        let names = names
            .filter(|name| Path::new(name).extension().is_some_and(|ext| ext == "md"))
            .map(|name| format!("{below}/{name}"));
        let ours =
            |name: &String| fs::read(folder.join(name)).is_ok_and(|text| text.starts_with(MARK.as_bytes()));
        found.extend(names.filter(|name| !files.contains_key(name)).filter(ours));
    }
    found.sort();
    Ok(found)
}
