//! The `SYSDOCK_*` variables as a layer of settings: words in, checked values out. Must not read the
//! environment itself.

use std::path::PathBuf;

use super::{ConfigError, Settings, chosen};

/// Returns the layer of the environment variables.
pub(super) fn environment<'e>(variable: &impl Fn(&str) -> Option<&'e str>) -> Result<Settings, ConfigError> {
    let text = |name: &str| variable(name).map(str::to_owned);
    let seconds = |text: &str| text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    Ok(Settings {
        host: text("SYSDOCK_HOST"),
        context: text("SYSDOCK_CONTEXT"),
        timeout: variable("SYSDOCK_TIMEOUT")
            .map(|text| {
                seconds(text).ok_or_else(|| format!("`{text}` is not a number of seconds from 1 to 86400"))
            })
            .transpose()
            .map_err(variable_error("SYSDOCK_TIMEOUT"))?,
        rules: variable("SYSDOCK_RULES")
            .map(|paths| std::env::split_paths(paths).collect())
            .unwrap_or_default(),
        color: variable("SYSDOCK_COLOR").map(chosen).transpose().map_err(variable_error("SYSDOCK_COLOR"))?,
        quiet: variable("SYSDOCK_QUIET").map(flag).transpose().map_err(variable_error("SYSDOCK_QUIET"))?,
        ascii: variable("SYSDOCK_ASCII").map(flag).transpose().map_err(variable_error("SYSDOCK_ASCII"))?,
        verbose: variable("SYSDOCK_VERBOSE")
            .map(flag)
            .transpose()
            .map_err(variable_error("SYSDOCK_VERBOSE"))?,
        format: variable("SYSDOCK_FORMAT")
            .map(chosen)
            .transpose()
            .map_err(variable_error("SYSDOCK_FORMAT"))?,
        fail_on: variable("SYSDOCK_FAIL_ON")
            .map(chosen)
            .transpose()
            .map_err(variable_error("SYSDOCK_FAIL_ON"))?,
        baseline: variable("SYSDOCK_BASELINE").map(PathBuf::from),
        suppress: Vec::new(),
        safe_directories: Vec::new(),
    })
}

pub(super) fn variable_error(name: &str) -> impl Fn(String) -> ConfigError {
    let name = name.to_owned();
    move |reason| ConfigError::Variable { name: name.clone(), reason }
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}
