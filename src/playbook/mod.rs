//! The playbook: turns a rule into its page, the same for the terminal and the book, and finds the page for a
//! pasted message.
//!
//! Must not lay out text; `render` does that.

mod find_by_message;
mod page_content;
mod recorded_cures;
mod wording;

pub use find_by_message::{Claim, find_by_message};
pub use page_content::{Block, DiagnosisPage, Section, page};
pub use recorded_cures::{Cure, cures};
pub use wording::wordings;
