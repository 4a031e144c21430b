//! Labels of what this program makes for a while: trials, probes, and images of trials. No other container
//! gets them.

/// Label of everything that a trial makes; its value is the time after which anybody may remove it, in
/// seconds since 1970.
pub const TRIAL_LABEL: &str = "sysdock.trial";
/// Label of a container of a trial; its value is known to its maker alone.
pub const TOKEN_LABEL: &str = "sysdock.trial.token";
/// Label of an image that is made for a trial, with the same value. It is another label, so that the
/// container has its own from nobody.
pub const IMAGE_TOKEN_LABEL: &str = "sysdock.image.token";

/// Whether a label marks what this program made.
pub fn is_mark(name: &str) -> bool {
    [TRIAL_LABEL, TOKEN_LABEL, IMAGE_TOKEN_LABEL].contains(&name)
}
