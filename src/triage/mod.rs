//! Triage: files, folders and archives of text in, a report on each container that they speak of out, in the
//! order of the inputs. Must not print, nor ask an engine.

mod beside_files;
mod counted_reader;
mod input;
mod inputs;
mod parallel;
mod plain_file;
#[cfg(test)]
mod tests;
mod unreadable;

pub use beside_files::beside;
pub use input::{Outcome, Triage};
pub use inputs::{Input, Inputs, size};
pub use unreadable::Unreadable;
