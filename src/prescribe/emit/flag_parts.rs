//! Parses flag values into their parts: ports, limits, pairs.
//!
//! Must not know any particular format.

/// The parts of a `--publish`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port<'t> {
    /// Address on the host, without brackets.
    pub address: Option<&'t str>,
    /// Port on the host; `None` lets the engine choose.
    pub host: Option<&'t str>,
    /// Port in the container.
    pub inside: &'t str,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: &'t str,
}

impl<'t> Port<'t> {
    /// Parses a `--publish` value.
    pub fn of(text: &'t str) -> Self {
        let (text, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
        let (outside, inside) =
            text.rsplit_once(':').map_or((None, text), |(outside, inside)| (Some(outside), inside));
        let (address, host) = match outside.map(|outside| outside.rsplit_once(':').unwrap_or(("", outside))) {
            Some((address, host)) => (Some(address.trim_matches(['[', ']'])), Some(host)),
            None => (None, None),
        };
        let some = |text: Option<&'t str>| text.filter(|text| !text.is_empty());
        Self { address: some(address), host: some(host), inside, protocol }
    }
}

/// Parses `name=soft:hard` or `name=both`.
pub fn limit(text: &str) -> Option<(&str, i64, i64)> {
    let (name, values) = text.split_once('=')?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    Some((name, soft.parse().ok()?, hard.parse().ok()?))
}

/// Parses `key=value`; the value is empty where there is no `=`.
pub fn pair(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_apart() {
        let port = |text| {
            let port = Port::of(text);
            (port.address, port.host, port.inside, port.protocol)
        };
        assert_eq!(port("8080:80/tcp"), (None, Some("8080"), "80", "tcp"));
        assert_eq!(port("[::1]:81:80/tcp"), (Some("::1"), Some("81"), "80", "tcp"));
        assert_eq!(port("9/udp"), (None, None, "9", "udp"));
        assert_eq!(port("127.0.0.1::9"), (Some("127.0.0.1"), None, "9", "tcp"));
        assert_eq!(
            (limit("nofile=1:2"), limit("core=-1"), limit("x")),
            (Some(("nofile", 1, 2)), Some(("core", -1, -1)), None)
        );
    }
}
