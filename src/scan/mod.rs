//! Text: raw bytes of a log in, clean lines and the signatures that they match out.
//!
//! Streaming and bounded: whatever the length of the input, only an excerpt is kept. Must not judge.

mod excerpt;
mod lines;
mod matcher;

pub use excerpt::{Excerpter, Kept, Place};
pub use lines::{LINE_LIMIT, LineSplitter, clean};
pub use matcher::{Hit, Matcher, SignatureId};
