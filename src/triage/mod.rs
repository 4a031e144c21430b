//! Triage: files, folders and archives of text in, a report on each container in them out, in the order of
//! the inputs. Must not print, nor ask an engine.

mod counted_reader;
mod input;
mod input_list;
mod parallel;
mod plain_file;
mod supplied_files;
#[cfg(test)]
mod tests;
mod unreadable;

pub use input::{Outcome, Triage};
pub use input_list::{Input, Inputs, size};
pub use supplied_files::beside;
pub use unreadable::Unreadable;
