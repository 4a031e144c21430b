//! Text: raw bytes of a log in, clean lines and the signatures that they match out.
//!
//! Streaming and bounded: whatever the length of the input, only an excerpt is kept. What lies between the beginning and the end of a
//! long log is sifted at the speed of memory: a gate finds the few lines that may match, and only those are read. Must not judge.

mod block;
mod crew;
mod excerpt;
mod gate;
mod lines;
mod matcher;
mod memo;
mod parts;
mod probe;
mod rest;
mod sift;
mod stream;
pub mod threads;
mod view;
mod wide;

pub use excerpt::{Excerpter, Kept, Part, Place};
pub use gate::Gate;
pub use lines::{LINE_LIMIT, LineSplitter, clean};
pub use matcher::{Hit, Matcher, SignatureId};
pub use memo::Memo;
pub use parts::Parts;
pub use stream::{LogStream, Seen, Whole};
