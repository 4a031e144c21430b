//! Watching: the engine's events and lists in, a report on each container that dies, restarts or becomes
//! unhealthy out, until stopped.
//!
//! `event_feed` receives from the engine, `ledger` decides what is news and when it is examined, `examiner`
//! examines, `delivery` passes the reports to stdout and the sinks, and `watcher` runs them in one loop.
//! After a restart the watch continues from the `resume_point`, which is saved in the `state_file`. Must not
//! judge, nor read arguments.

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
