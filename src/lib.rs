//! sysdock: the doctor for systemd in Docker and Podman containers.
//!
//! Facts before judgement: [`collect`] turns a live container into a [`snapshot::Snapshot`]; [`diagnose`] judges it by the
//! rules of [`rule`] without touching anything; [`render`] prints the report; [`command`] puts them together.

pub mod cli;
pub mod collect;
pub mod command;
pub mod config;
pub mod diagnose;
pub mod docker;
pub mod exit;
pub(crate) mod facts;
pub mod intake;
pub mod options;
pub mod pattern;
pub mod playbook;
pub mod prescribe;
pub(crate) mod quote;
pub mod render;
pub mod rule;
pub mod scan;
pub mod seccomp;
pub mod snapshot;
pub mod treat;
pub(crate) mod visible;
pub mod watch;
