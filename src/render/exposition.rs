//! Writes metrics in Prometheus' text exposition format 0.0.4.
//!
//! Specification: <https://prometheus.io/docs/instrumenting/exposition_formats/>. Must not decide what is
//! counted.

/// How a metric changes over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A page of metrics under construction.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Starts a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: MetricKind, help: &str) {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// Adds a sample to the current family. Labels accept any text.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.text.push_str(name);
        if !labels.is_empty() {
            let pairs: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            self.text.push_str(&format!("{{{}}}", pairs.join(",")));
        }
        self.text.push_str(&format!(" {value}\n"));
    }

    /// Returns the finished page.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

/// Escapes the three characters that are not allowed in a label's value; also removes terminal control
/// characters.
fn escaped(value: &str) -> String {
    let mut safe = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => safe.push_str("\\\\"),
            '"' => safe.push_str("\\\""),
            '\n' => safe.push_str("\\n"),
            c => safe.push_str(&super::visible(c.encode_utf8(&mut [0; 4])).replace('\\', "\\\\")),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_form_of_the_format() {
        let mut page = Exposition::default();
        page.family("sysdock_reports", MetricKind::Gauge, "Reports by verdict.\nAll \\ of them.");
        page.sample("sysdock_reports", &[], 3);
        page.sample("sysdock_reports", &[("target", "a\"b\\c\nd\u{1b}"), ("verdict", "failed")], 1);
        insta::assert_snapshot!(page.finish(), @r#"
        # HELP sysdock_reports Reports by verdict.\nAll \\ of them.
        # TYPE sysdock_reports gauge
        sysdock_reports 3
        sysdock_reports{target="a\"b\\c\nd\\u{1b}",verdict="failed"} 1
        "#);
    }
}
