//! Finds the filter that the command line names: of a container, a file, stdin or an engine's built-in
//! profile.

use std::env::consts::ARCH;
use std::path::Path;
use std::time::Duration;

use crate::cli::FilterArgs;
use crate::collect::{self, CollectOptions};
use crate::command::usage_error::UsageError;
use crate::command::{CommandError, connect};
use crate::docker::LogQuery;
use crate::options::Options;
use crate::prescribe::CheckedFilter;
use crate::rule;
use crate::scan::Matcher;
use crate::seccomp::Engine;
use crate::treat::TreatError;

/// Finds the filter; also returns its name for messages.
pub fn named(args: &FilterArgs, options: &Options) -> Result<(String, CheckedFilter), CommandError> {
    let engine = args.engine.as_deref().map(engine_of).transpose()?;
    let (name, mut filter) = match (&args.default, args.subject.as_deref()) {
        (Some(name), _) => (name.clone(), CheckedFilter::of_built_in(engine_of(name)?, ARCH)),
        (None, Some(word)) if word == "-" || is_file(word) => {
            let text = if word == "-" {
                collect::read_bounded(std::io::stdin().lock(), "on stdin")
            } else {
                collect::read_profile(word)
            };
            (word.to_owned(), text.and_then(|text| CheckedFilter::of_profile(text, engine, ARCH)))
        }
        (None, word) => of_container(word.unwrap_or_default(), options)?,
    };
    if let (Some(version), Ok(filter)) = (args.systemd, &mut filter) {
        filter.versions = vec![version];
    }
    match filter {
        Ok(filter) => Ok((name, filter)),
        Err(reason) => Err(refused(&name, &reason).into()),
    }
}

fn of_container(
    name: &str,
    options: &Options,
) -> Result<(String, Result<CheckedFilter, String>), CommandError> {
    let rules = rule::load(&options.rules)?;
    let how = CollectOptions { exec: false, log: LogQuery::default(), patience: Duration::ZERO };
    let snapshot = connect::snapshot(name, &how, &Matcher::new(&rules), options)?;
    Ok(match CheckedFilter::of_container(&snapshot) {
        Ok(filter) => (snapshot.target.name, Ok(filter)),
        refused => (name.to_owned(), refused),
    })
}

/// Returns the error for a profile that cannot be used.
pub fn refused(name: &str, reason: &str) -> TreatError {
    TreatError::Profile { name: name.to_owned(), reason: reason.to_owned() }
}

fn engine_of(name: &str) -> Result<Engine, UsageError> {
    Engine::parse(name).ok_or_else(|| UsageError::NoBuiltIn(name.to_owned()))
}

/// Returns whether a word names a file rather than a container, whose name has no slash and rarely such an
/// extension.
fn is_file(word: &str) -> bool {
    let json = Path::new(word).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    word.contains('/') || json || Path::new(word).is_file()
}
