//! The playbook: a rule in, its page out, the same for the terminal and for the book; and the way from a
//! pasted message to that page.
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
