//! Containers to skip for a while, such as those of trials, whose events are caused by this program itself.

use serde_json::Value;

use super::Engine;

/// Selects containers to skip for a while: a label holds the time, the name has a certain format, and neither
/// may come from the image. A label alone must not hide a container.
#[derive(Debug, Clone, Copy)]
pub struct PassedOver {
    /// The label; its value is in seconds since the epoch.
    pub label: &'static str,
    /// Longest time from now that the label may hold, in seconds.
    pub longest: i64,
    /// Checks whether a container's name has the format.
    pub fits: fn(&str) -> bool,
}

/// The label value of a container to skip, unless its image has the same value.
#[derive(Debug)]
pub(super) struct Claimed(String);

impl PassedOver {
    /// Returns the label value if name and label match at that time, in nanoseconds since the epoch.
    pub(super) fn claimed(&self, name: &str, labels: Option<&Value>, time: i64) -> Option<Claimed> {
        let value = labels?.get(self.label)?.as_str()?;
        let left = value.parse::<i64>().ok()?.checked_sub(time.div_euclid(1_000_000_000))?;
        (left > 0 && left <= self.longest && (self.fits)(name)).then(|| Claimed(value.to_owned()))
    }
}

impl Engine {
    /// Returns whether a container's label is its own: its image is known and has another value, or none.
    pub(super) async fn is_own(&self, image: &str, without: &PassedOver, claimed: &Claimed) -> bool {
        let document = self.inspect_image(image).await;
        let of_image = |document: &Value| {
            Some(document.pointer("/Config/Labels")?.get(without.label)?.as_str()? == claimed.0)
        };
        document.is_ok_and(|document| !of_image(&document).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_name_and_a_time_that_fit_pass_a_container_over() {
        let without = PassedOver { label: "l", longest: 600, fits: |name| name == "web-trial-1-2" };
        let claimed = |name: &str, value: &str| {
            without.claimed(name, Some(&json!({"l": value})), 1_000_000_000_000).is_some()
        };
        assert!(claimed("web-trial-1-2", "1001") && claimed("web-trial-1-2", "1600"));
        for value in [
            "1000",
            "1601",
            "9999999999",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999",
            "x",
            "",
        ] {
            assert!(!claimed("web-trial-1-2", value), "{value}");
        }
        assert!(!claimed("web", "1300") && without.claimed("web-trial-1-2", Some(&json!({})), 0).is_none());
    }
}
