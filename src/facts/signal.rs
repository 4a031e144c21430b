//! Stop signals in the spellings of the engines, and how systemd reacts to them.

/// Returns the canonical name of a signal given as `SIGTERM`, `TERM`, `15`, `RTMIN+3` or `37`; the first
/// real-time signal is 34 in glibc.
#[must_use]
pub fn canonical(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    if let Ok(number) = upper.parse::<u32>() {
        return name_of(number);
    }
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(offset) = bare.strip_prefix("RTMAX-").and_then(|n| n.parse::<u32>().ok()) {
        return name_of(64u32.saturating_sub(offset));
    }
    format!("SIG{bare}")
}

fn name_of(number: u32) -> String {
    const NAMES: [(u32, &str); 10] = [
        (1, "HUP"),
        (2, "INT"),
        (3, "QUIT"),
        (6, "ABRT"),
        (9, "KILL"),
        (10, "USR1"),
        (12, "USR2"),
        (15, "TERM"),
        (28, "WINCH"),
        (30, "PWR"),
    ];
    match NAMES.iter().find(|(n, _)| *n == number) {
        Some((_, name)) => format!("SIG{name}"),
        None if number == 34 => "SIGRTMIN".to_owned(),
        None if (35..=64).contains(&number) => format!("SIGRTMIN+{}", number - 34),
        None => format!("SIG{number}"),
    }
}

/// Returns whether systemd as PID 1 shuts down in order on this signal: halt, poweroff, and their immediate
/// forms (systemd(1), "Signals"; the same from 219 to 262).
#[must_use]
pub fn halts_systemd(canonical: &str) -> bool {
    matches!(canonical, "SIGRTMIN+3" | "SIGRTMIN+4" | "SIGRTMIN+13" | "SIGRTMIN+14")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_the_right_signal_are_right() {
        for text in ["SIGRTMIN+3", "RTMIN+3", "rtmin+3", "37", "SIGRTMAX-27"] {
            assert!(halts_systemd(&canonical(text)), "{text}");
        }
        for text in ["SIGTERM", "15", "SIGRTMIN", "34", "36", "SIGINT", "9"] {
            assert!(!halts_systemd(&canonical(text)), "{text}");
        }
    }
}
