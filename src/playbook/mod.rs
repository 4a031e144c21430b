//! The playbook: a rule in, its page out, the same for the terminal and for the book; and the way from a
//! pasted message to that page.
//!
//! Must not lay out text; `render` does that.

mod diagnosis_page;
mod find_by_message;
mod recorded_cures;
mod wording;

pub use diagnosis_page::{Block, DiagnosisPage, Section, page};
pub use find_by_message::{Claim, find_by_message};
pub use recorded_cures::{Cure, cures};
pub use wording::wordings;
