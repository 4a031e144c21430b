//! Sinks: where the reports and the metrics of a watch go besides stdout. A webhook over HTTP, HTTPS or a
//! Unix socket, the journal of systemd, a page of metrics.
//!
//! A sink that is slow or gone must not hold up its sender. Must not judge.

mod journald;
mod metrics;
mod tls;
mod webhook;
mod webhook_address;

pub use journald::{Journal, MESSAGE_ID};
pub use metrics::serve;
pub use tls::TlsError;
pub use webhook::{PostCounts, Posts, Webhook};
pub use webhook_address::{Server, WebhookAddress};
