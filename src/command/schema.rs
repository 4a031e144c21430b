//! `schema`: lists, prints or writes the schemas, or compares them with those in a folder.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use schemars::Schema;

use super::CommandError;
use super::generated_files::{differing, put};
use crate::cli::{SchemaArgs, SchemaName};
use crate::config::{self, name_of};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::{json, output, schemas};
use crate::{rule, snapshot};

/// Runs the command.
///
/// # Errors
/// Returns [`CommandError::Book`] if the folder cannot be read or written, or an error of printing.
pub fn run(args: &SchemaArgs, options: &Options) -> Result<Exit, CommandError> {
    match (&args.output, &args.check, args.name) {
        (Some(folder), _, name) => write(&files(name)?, folder, options.remarks),
        (None, Some(folder), name) => check(&files(name)?, folder),
        (None, None, Some(name)) => said(&text(name)?),
        (None, None, None) => said(&schemas::list(&rows(), &options.context)),
    }
}

fn said(text: &str) -> Result<Exit, CommandError> {
    output::print(text.as_bytes())?;
    Ok(Exit::Success)
}

/// Returns the names, each with its purpose.
fn rows() -> Vec<(String, String)> {
    let values = SchemaName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values
        .map(|value| {
            let about = value.get_help().map(ToString::to_string).unwrap_or_default();
            (value.get_name().to_owned(), about)
        })
        .collect()
}

fn of(name: SchemaName) -> Schema {
    match name {
        SchemaName::Report => json::schema(),
        SchemaName::Snapshot => snapshot::schema::snapshot(),
        SchemaName::Rule => rule::schema::rule(),
        SchemaName::Remedies => rule::schema::remedies(),
        SchemaName::Harmless => rule::schema::harmless(),
        SchemaName::Config => config::schema(),
    }
}

fn text(name: SchemaName) -> Result<String, CommandError> {
    Ok(schemas::text(&of(name))?)
}

/// Returns the file names and texts of one schema or of all.
fn files(name: Option<SchemaName>) -> Result<BTreeMap<String, String>, CommandError> {
    let names = name.map_or_else(|| SchemaName::value_variants().to_vec(), |name| vec![name]);
    names.into_iter().map(|name| Ok((format!("{}.json", name_of(&name)), text(name)?))).collect()
}

fn write(files: &BTreeMap<String, String>, folder: &Path, remarks: bool) -> Result<Exit, CommandError> {
    put(files, folder)?;
    if remarks {
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        output::tell(&format!("wrote {} to {}", names.join(", "), folder.display()));
    }
    Ok(Exit::Success)
}

fn check(files: &BTreeMap<String, String>, folder: &Path) -> Result<Exit, CommandError> {
    let odd = differing(files, folder)?;
    output::print(odd.concat().as_bytes())?;
    if odd.is_empty() {
        return Ok(Exit::Success);
    }
    output::tell(&format!(
        "the schemas are not those of this program\n  next: sysdock schema -o {}",
        folder.display()
    ));
    Ok(Exit::Findings)
}
