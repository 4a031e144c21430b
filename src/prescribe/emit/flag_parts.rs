//! Values of flags taken apart: mounts, ports, limits, pairs. Pure.

use crate::prescribe::recipe::csv_line;

/// The text of `--mount`, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, `image`, …
    pub kind: String,
    /// Path on the host or name of the volume.
    pub source: Option<String>,
    /// Path in the container.
    pub target: String,
    /// Whether nothing may be written.
    pub read_only: bool,
    /// Further options with their values.
    pub options: Vec<(String, String)>,
}

impl Mount {
    /// Reads the text.
    pub fn of(text: &str) -> Self {
        let mut mount = Self { kind: "volume".to_owned(), ..Self::default() };
        for word in csv_line::split(text) {
            let (key, value) = pair(&word);
            let owned = || value.to_owned();
            match key {
                "type" => mount.kind = owned(),
                "source" | "src" => mount.source = Some(owned()),
                "target" | "dst" | "destination" => mount.target = owned(),
                "readonly" | "ro" => mount.read_only = value != "false",
                _ => mount.options.push((key.to_owned(), owned())),
            }
        }
        mount
    }

    /// Takes an option.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.options.iter().position(|(key, _)| key == name)?;
        Some(self.options.remove(at).1)
    }
}

/// The text of `--publish`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port<'t> {
    /// Address on the host, without brackets.
    pub address: Option<&'t str>,
    /// Port on the host; the engine chooses where there is none.
    pub host: Option<&'t str>,
    /// Port in the container.
    pub inside: &'t str,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: &'t str,
}

impl<'t> Port<'t> {
    /// Reads the text.
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

/// `name=soft:hard` or `name=both`.
pub fn limit(text: &str) -> Option<(&str, i64, i64)> {
    let (name, values) = text.split_once('=')?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    Some((name, soft.parse().ok()?, hard.parse().ok()?))
}

/// `key=value`, the value empty where there is no sign.
pub fn pair(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_apart() {
        let mut mount = Mount::of("type=bind,source=/a,target=/b,readonly,bind-propagation=rslave");
        assert_eq!(
            (mount.kind.as_str(), mount.source.as_deref(), mount.target.as_str(), mount.read_only),
            ("bind", Some("/a"), "/b", true)
        );
        assert_eq!((mount.take("bind-propagation").as_deref(), mount.options.len()), (Some("rslave"), 0));
        let mount = Mount::of("type=volume,target=/b,\"volume-opt=o=size=1m,mode=700\",volume-nocopy");
        assert_eq!(
            mount.options,
            [("volume-opt", "o=size=1m,mode=700"), ("volume-nocopy", "")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
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
