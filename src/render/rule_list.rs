//! Renders the rule set as a table and as JSON, and the results of its checks.

use serde::Serialize;
use textwrap::core::display_width;

use super::layout::TextPage;
use super::style::Tone;
use super::words::counted;
use super::{Context, json, visible, words};
use crate::rule::{Complaint, Rule, RuleError, RuleSet, Signature};

#[derive(Serialize)]
struct RuleListDocument<'r> {
    schema_version: u32,
    tool: json::Tool<'r>,
    rules: Vec<RuleOut<'r>>,
}

#[derive(Serialize)]
struct RuleOut<'r> {
    id: &'r str,
    title: &'r str,
    severity: &'static str,
    stage: &'static str,
    explains: &'r [String],
    remedies: &'r [String],
    references: &'r [String],
    signatures: Vec<SignatureOut<'r>>,
    file: &'r str,
}

#[derive(Serialize)]
struct SignatureOut<'r> {
    name: &'r str,
    pattern: &'r str,
    systemd: Option<String>,
}

/// Returns all rules in boot order, one line each.
#[must_use]
pub fn table(rules: &RuleSet, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let widest = rules.rules.iter().map(|rule| display_width(&visible(&rule.id))).max().unwrap_or_default();
    for rule in &rules.rules {
        let id = format!("{:<widest$}", visible(&rule.id));
        let head = format!("{:<8}  {id}  ", words::severity(rule.severity));
        page.wrapped(0, &head, &rule.title, Tone::Plain);
    }
    page.gap();
    page.flow(0, &[(&size(rules), Tone::Dim)]);
    page.finish()
}

/// Returns all rules as JSON.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn list_json(rules: &RuleSet) -> serde_json::Result<String> {
    json::text(&RuleListDocument {
        schema_version: 1,
        tool: json::tool(rules),
        rules: rules.rules.iter().map(rule).collect(),
    })
}

fn rule(rule: &Rule) -> RuleOut<'_> {
    RuleOut {
        id: &rule.id,
        title: &rule.title,
        severity: words::severity(rule.severity),
        stage: words::stage(rule.stage),
        explains: &rule.explains,
        remedies: &rule.remedies,
        references: &rule.page.references,
        signatures: rule.signatures.iter().map(signature).collect(),
        file: &rule.file,
    }
}

fn signature(signature: &Signature) -> SignatureOut<'_> {
    SignatureOut {
        name: &signature.name,
        pattern: signature.pattern.source(),
        systemd: signature.systemd.map(|range| range.to_string()),
    }
}

/// Returns the results of `rules check`.
#[must_use]
pub fn checked(rules: &RuleSet, complaints: &[Complaint]) -> String {
    verdict(complaints, &format!("{}: no problems", size(rules)), &size(rules))
}

/// Returns the results of `rules test`.
#[must_use]
pub fn tested(run: usize, complaints: &[Complaint]) -> String {
    let examples = counted(run, "example", "examples");
    verdict(complaints, &format!("{examples}: all passed"), &examples)
}

/// Returns the output of `rules check` for a rule that cannot be loaded.
#[must_use]
pub fn refused(error: &RuleError) -> String {
    let lines: Vec<String> = error.to_string().lines().map(visible).collect();
    format!("{}\n", lines.join("\n"))
}

fn verdict(complaints: &[Complaint], good: &str, of: &str) -> String {
    let lines = complaints
        .iter()
        .map(|c| format!("{}: {}: {}\n", visible(&c.file), visible(&c.rule), visible(&c.message)));
    let mut text = lines.collect::<Vec<_>>().concat();
    let last = if complaints.is_empty() {
        good.to_owned()
    } else {
        format!("{of}: {}", counted(complaints.len(), "complaint", "complaints"))
    };
    text.push_str(&last);
    text.push('\n');
    text
}

fn size(rules: &RuleSet) -> String {
    let signatures = rules.rules.iter().map(|rule| rule.signatures.len()).sum();
    format!(
        "{} with {}, hash {}",
        counted(rules.rules.len(), "rule", "rules"),
        counted(signatures, "signature", "signatures"),
        rules.hash
    )
}

/// Returns two rules, one of which explains the other.
#[cfg(test)]
pub(crate) fn sample_rules() -> RuleSet {
    let folder = tempfile::tempdir().unwrap();
    let rule = |id: &str, more: &str| {
        let head = format!(
            "id = \"{id}\"\ntitle = \"the title of {id}\"\nseverity = \"critical\"\nstage = \"mount\"\n"
        );
        let body = "explanation = \"\"\"\nFirst paragraph, which is\nfilled.\n\n    docker run \
            x\n\"\"\"\nconfirm = \"Look at `docker inspect`.\"\n";
        std::fs::write(folder.path().join(format!("{id}.toml")), format!("{head}{body}{more}")).unwrap();
    };
    rule("a-consequence", "consequence_only = true\n");
    let signature =
        "[[signature]]\nname = \"at\"\npattern = 'Failed to mount (?P<path>/run)'\nsystemd = \"226..=253\"\n";
    rule(
        "b-cause",
        &format!(
            "explains = [\"a-consequence\"]\nremedies = [\"b-cure\"]\nreferences = \
                [\"https://systemd.io/\"]\n{signature}"
        ),
    );
    let cure = "[[remedy]]\nid = \"b-cure\"\ntitle = \"Give it a tmpfs\"\nwords = \"Start it so:\\n\\n    \
        docker run --tmpfs /run x\"\n";
    std::fs::write(folder.path().join("remedies.toml"), cure).unwrap();
    let mut rules = crate::rule::load(&[folder.path().to_owned()]).unwrap();
    rules.rules.retain(|rule| rule.id == "a-consequence" || rule.id == "b-cause");
    rules.hash = "0123456789abcdef".to_owned();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_rule() {
        insta::assert_snapshot!(table(&sample_rules(), &Context { width: 80, color: false, unicode: true, hyperlinks: false }), @"
        critical  a-consequence  the title of a-consequence
        critical  b-cause        the title of b-cause

        2 rules with 1 signature, hash 0123456789abcdef
        ");
    }

    #[test]
    fn the_list_for_programs_names_patterns_and_versions() {
        let mut list: serde_json::Value = serde_json::from_str(&list_json(&sample_rules()).unwrap()).unwrap();
        let signature = list["rules"][1]["signatures"][0].take();
        assert_eq!(
            signature,
            serde_json::json!({"name":"at","pattern":"Failed to mount (?P<path>/run)","systemd":"226 to 253"})
        );
    }

    #[test]
    fn complaints_name_file_and_rule() {
        let complaint =
            Complaint { file: "x.toml".to_owned(), rule: "x".to_owned(), message: "is\u{1b}bad".to_owned() };
        insta::assert_snapshot!(checked(&sample_rules(), &[complaint]), @r"
        x.toml: x: is\u{1b}bad
        2 rules with 1 signature, hash 0123456789abcdef: 1 complaint
        ");
        assert_eq!(tested(4, &[]), "4 examples: all passed\n");
    }
}
