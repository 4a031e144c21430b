//! Parses times and durations from the command line. Must not read the clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::OptionError;

/// Parses a time, a duration before now, or a number of seconds, as `docker logs --since` does; returns
/// seconds since the epoch.
pub fn since(text: &str, now: Timestamp) -> Result<i64, OptionError> {
    let bad = || OptionError::Since(text.to_owned());
    if let Ok(seconds) = text.parse::<i64>() {
        return if seconds >= 0 { Ok(seconds) } else { Err(bad()) };
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let span: SignedDuration = text.parse().map_err(|_| bad())?;
    now.checked_sub(span.abs()).map(Timestamp::as_second).map_err(|_| bad())
}

/// Parses a duration, or a number of seconds.
pub fn span(text: &str) -> Result<Duration, OptionError> {
    let bad = || OptionError::Span(text.to_owned());
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let span: SignedDuration = text.parse().map_err(|_| bad())?;
    Duration::try_from(span).map_err(|_| bad())
}
