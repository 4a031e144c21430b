//! Watching: the engine's events and lists in, a report on each container that dies, restarts or turns
//! unhealthy out, for as long as it is wanted.
//!
//! `feed` listens to the engine, `ledger` decides what is news and when it is examined, `examiner` looks,
//! `delivery` hands the reports to stdout and the sinks, and `watcher` lets them take turns. After a restart
//! the watch goes on from the `resume_point`, which stands in the `state_file`. Must not judge, nor read
//! arguments.

mod counts;
mod delivery;
mod error;
mod event_feed;
mod examination_job;
mod examiner;
mod ledger;
mod resume_point;
mod state_file;
mod watcher;

pub use counts::Counts;
pub use delivery::Delivery;
pub use error::WatchError;
pub use examination_job::{Job, Trigger};
pub use examiner::Examiner;
pub use state_file::StateFile;
pub use watcher::{Plan, watch};
