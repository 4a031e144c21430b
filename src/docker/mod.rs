//! The engine: all communication with Docker or Podman over the Engine API.
//!
//! Turns an [`Endpoint`] into typed calls. This is the only module that imports bollard, and only for models
//! of requests: facts are taken from the raw JSON of versioned GETs, because bollard's models drop fields
//! that they do not know, and its client buffers whole answers of any length. Everything that an engine sends
//! is read with a limit. Must not judge anything.

mod api_path;
mod api_version;
mod archive;
mod build;
mod chunk;
mod container;
mod context;
mod endpoint;
mod engine;
mod environment;
mod error;
mod events;
mod exec;
mod find_engine;
mod frames;
mod inspect;
mod lifecycle;
mod list;
mod logs;
mod own_containers;
mod transport;

pub use crate::snapshot::EngineKind;
pub use api_version::ApiVersion;
pub use archive::{PathStat, Tree, TreeEntry};
pub use build::{BuildEvent, BuildOrder, Builder};
pub use chunk::{LogChunk, StreamName};
pub use container::{fit_name, is_name};
pub use context::context_names;
pub use endpoint::{Endpoint, without_password};
pub use engine::Engine;
pub use environment::Environment;
pub use error::EngineError;
pub use events::{Action, Event, EventStream};
pub use exec::ExecOutput;
pub use find_engine::{EngineChoice, FoundBy, Located, locate};
pub use lifecycle::Life;
pub use list::ListedContainer;
pub use logs::{LogQuery, LogStream};
pub use own_containers::PassedOver;
pub use transport::Listener;
