//! Intake: text in (a paste, a log, a CI job's output), snapshots out, one for each container that the text speaks of.
//!
//! Recognised command lines and documents are put into the form of an engine's inspect document, so that the facts of text
//! and of live containers are read by the same code. What the text does not say stays unknown. Must not judge.

pub mod archive;
mod assemble;
mod cluster;
mod describe;
mod dockerfile;
mod documents;
mod info;
mod listing;
mod observe;
mod options;
mod page;
mod peel;
mod run;
mod services;
mod shell;
mod spec;
mod volume;
mod yaml;

use std::io::{self, Read};

use crate::scan::Matcher;
use crate::snapshot::Snapshot;

/// What was given beside the text.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// A command line.
    pub run: Option<String>,
    /// The text of `docker inspect`.
    pub inspect: Option<String>,
    /// The text of `docker info` or `docker version`.
    pub info: Option<String>,
}

/// Reads a text to its end and makes snapshots of it, at least one.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn snapshots(name: &str, from: impl Read, beside: &Beside, matcher: &Matcher<'_>) -> io::Result<Vec<Snapshot>> {
    let page = page::read(from, matcher)?;
    Ok(assemble::snapshots(name, &page, beside))
}
