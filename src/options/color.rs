//! Decides whether to use colour and non-ASCII characters, from the user's choice, the environment and the
//! terminal.

use clap::ColorChoice;

use crate::docker::Environment;

/// Returns whether to use colour; `NO_COLOR` beats `CLICOLOR_FORCE` beats the terminal (no-color.org,
/// bixense.com/clicolors).
pub fn wants_color(choice: ColorChoice, environment: &Environment, terminal: bool) -> bool {
    let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let refused = environment.get("CLICOLOR") == Some("0") || environment.get("TERM") == Some("dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.get("NO_COLOR").is_some() => false,
        ColorChoice::Auto => forced || (terminal && !refused),
    }
}

/// Returns whether the locale is UTF-8; an unset locale is assumed to be UTF-8.
pub fn is_utf8_locale(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
