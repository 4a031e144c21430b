//! The playbook: a rule in, its page out, the same for the terminal and for the book; and the way from a
//! pasted message to that page.
//!
//! Must not lay out text; `render` does that.

mod cure;
mod find;
mod page;
mod wording;

pub use cure::{Cure, cures};
pub use find::{Said, find};
pub use page::{Block, Page, Section, page};
pub use wording::wordings;
