//! Names and labels of temporary objects: trials, probes, and images of trials.
//!
//! Nothing else gets them, so that left-over objects can be told from the user's. Must not match a name that
//! a person would choose.

/// Label of everything that a trial creates; its value is the time after which anybody may remove it, in
/// seconds since 1970.
pub const TRIAL_LABEL: &str = "sysdock.trial";
/// Label of a trial's container; only its creator knows the value.
pub const TOKEN_LABEL: &str = "sysdock.trial.token";
/// Label of a trial's image, with the same value. It differs from the container's label, so that the
/// container does not inherit its own from the image.
pub const IMAGE_TOKEN_LABEL: &str = "sysdock.image.token";
/// Separates the name of the tested object from the process ID.
const TRIAL: &str = "-trial-";
/// Prefix of the names of containers through which an image is read.
const PROBE: &str = "sysdock-probe-";
/// Suffix of the names of trial images.
const CURED: &str = "-cured";

/// Returns whether a label marks an object that this program created.
pub fn is_trial_label(name: &str) -> bool {
    [TRIAL_LABEL, TOKEN_LABEL, IMAGE_TOKEN_LABEL].contains(&name)
}

/// Returns the name of a trial's container for a process and a start time, in seconds since 1970.
#[must_use]
pub fn trial_name(after: &str, process: u32, time: i64) -> String {
    format!("{after}{TRIAL}{process}-{time}")
}

/// Returns the name of a container through which an image is read.
#[must_use]
pub fn probe_name(process: u32, time: i64) -> String {
    format!("{PROBE}{process}-{time}")
}

/// Returns whether a container has a name that this program generates.
#[must_use]
pub fn is_made_name(name: &str) -> bool {
    let numbers = name
        .strip_prefix(PROBE)
        .or_else(|| name.rsplit_once(TRIAL).filter(|(after, _)| !after.is_empty()).map(|(_, rest)| rest));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_number =
        |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    name.chars().all(is_plain)
        && numbers
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(process, time)| is_number(process) && is_number(time))
}

/// Returns the name of a trial image, without its registry and `latest`; `None` for other images.
#[must_use]
pub fn made_image(reference: &str) -> Option<&str> {
    let name = reference.strip_prefix("localhost/").unwrap_or(reference);
    let name = name.strip_suffix(":latest").unwrap_or(name);
    name.strip_suffix(CURED).is_some_and(is_made_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_again_and_others_are_not() {
        for name in [
            trial_name("web", 12, 1_767_225_600),
            trial_name("a-trial-b", 1, 7),
            probe_name(12, 1_767_225_600),
        ] {
            assert!(is_made_name(&name), "{name}");
            assert_eq!(
                made_image(&format!("localhost/{name}-cured:latest")),
                Some(format!("{name}-cured").as_str())
            );
            assert_eq!(made_image(&format!("{name}-cured")), Some(format!("{name}-cured").as_str()));
        }
        for name in [
            "web",
            "-trial-1-2",
            "web-trial-1",
            "web-trial-1-2-3",
            "web-trial-1-2x",
            "web-trial--2",
            "sysdock-probe-1",
            "web-trial-1-2-cured",
        ] {
            assert!(!is_made_name(name), "{name}");
        }
        for image in [
            "web-cured",
            "web-trial-1-2",
            "registry.example/web-trial-1-2-cured",
            "web-trial-1-2-cured:1",
            "<none>:<none>",
        ] {
            assert_eq!(made_image(image), None, "{image}");
        }
    }
}
