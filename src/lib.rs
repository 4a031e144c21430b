//! sysdock: the doctor for systemd in Docker and Podman containers.
//!
//! Facts before judgement: [`collect`] turns a live container into a [`snapshot::Snapshot`]; [`diagnose`] judges it by the
//! rules of [`rule`] without touching anything; [`render`] prints the report.

pub mod collect;
pub mod diagnose;
pub mod docker;
pub mod rule;
pub mod scan;
pub mod seccomp;
pub mod snapshot;
