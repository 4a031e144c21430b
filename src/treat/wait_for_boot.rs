//! The wait for a container that is still starting, and its length.

use std::time::Duration;

use super::{Examination, Session, TreatError};

/// Longest wait for a boot; systemd comes up within some seconds, or not at all.
pub const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl Session<'_> {
    /// Examines a container once its boot is over, one way or the other, or after the longest wait.
    ///
    /// # Errors
    /// As [`Session::examine`].
    pub async fn wait_for_boot(&self, name: &str) -> Result<Examination, TreatError> {
        self.examine(name, LONGEST_WAIT).await
    }
}
