//! Embeds the rule files: what `rules/**/*.toml` says becomes JSON, which is quicker to read than TOML, with
//! the examples, the pages and the patterns apart, and the needles of each pattern worked out. Checks the
//! conditions on the way.

#[path = "src/rule/condition_limits.rs"]
#[allow(dead_code, reason = "what a condition says is of use to the program alone")]
mod condition_limits;
#[path = "src/rule/needle.rs"]
mod needle;
#[path = "src/snapshot"]
mod snapshot {
    #[allow(dead_code, reason = "the build reads the catalog alone, not its keys")]
    mod catalog;
    #[allow(dead_code, reason = "the build compares kinds alone")]
    mod fact_type;
    #[allow(dead_code, reason = "the words are of use to the program alone")]
    mod vocabulary;
    pub use catalog::{spec, unknown_fact};
    pub use fact_type::Kind;
}

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo:rerun-if-changed=rules");
    for source in [
        "src/rule/condition_limits.rs",
        "src/rule/needle.rs",
        "src/snapshot/catalog.rs",
        "src/snapshot/fact_type.rs",
        "src/snapshot/vocabulary.rs",
    ] {
        println!("cargo:rerun-if-changed={source}");
    }
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files)?;
    files.sort();
    let mut hasher = std::hash::DefaultHasher::new();
    let mut list = String::from("EmbeddedRules { files: &[\n");
    for file in files {
        let name = file.strip_prefix(&root)?.to_string_lossy();
        let text = std::fs::read_to_string(&file)?;
        text.hash(&mut hasher);
        writeln!(list, "    {},", embedded(&name, &text).map_err(|error| format!("{name}: {error}"))?)?;
    }
    write!(list, "], hash: \"{:016x}\" }}", hasher.finish())?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("rules.rs"), list)?;
    Ok(())
}

/// One file as an expression of Rust.
fn embedded(name: &str, text: &str) -> Result<String, Failure> {
    let mut document: toml::Table = toml::from_str(text)?;
    let examples = document.remove("example").unwrap_or_else(|| toml::Value::Array(Vec::new()));
    conditions(&document)?;
    let page = page(&mut document);
    let signatures = document.get_mut("signature").and_then(toml::Value::as_array_mut).into_iter().flatten();
    let patterns: Vec<String> = signatures.filter_map(taken).collect();
    let needles = patterns.iter().map(|pattern| needle::needles(pattern)).collect::<Result<Vec<_>, _>>()?;
    let signatures: Vec<String> = patterns
        .iter()
        .zip(&needles)
        .map(|(pattern, needles)| {
            format!("EmbeddedSignature {{ pattern: {pattern:?}, needles: &{needles:?} }}")
        })
        .collect();
    let signatures = signatures.join(", ");
    let (json, examples, page) =
        (serde_json::to_string(&document)?, serde_json::to_string(&examples)?, serde_json::to_string(&page)?);
    Ok(format!(
        "EmbeddedFile {{ name: {name:?}, json: {json:?}, examples: {examples:?}, page: {page:?}, signatures: \
            &[{signatures}] }}"
    ))
}

/// Checks the conditions of a rule, of its signatures and of its variants.
fn conditions(document: &toml::Table) -> Result<(), String> {
    let signatures = document.get("signature").and_then(toml::Value::as_array).into_iter().flatten();
    let variants = document.get("variant").and_then(toml::Value::as_array).into_iter().flatten();
    let parts = signatures.chain(variants).filter_map(toml::Value::as_table);
    for part in std::iter::once(document).chain(parts) {
        for key in condition_limits::CONDITIONS {
            let Some(source) = part.get(key).and_then(toml::Value::as_str) else { continue };
            condition_limits::checked(source).map_err(|error| format!("`{key}` {error}: {source}"))?;
        }
    }
    Ok(())
}

/// What a rule says to those who want to know more, which is read apart from the rest; texts that every rule
/// has are left empty.
fn page(document: &mut toml::Table) -> toml::Table {
    let mut page = toml::Table::new();
    for key in ["references", "reproduce", "not_reproduced", "variant"] {
        page.extend(document.remove(key).map(|value| (key.to_owned(), value)));
    }
    for key in ["explanation", "confirm"] {
        let text =
            document.get_mut(key).map(|text| std::mem::replace(text, toml::Value::String(String::new())));
        page.extend(text.map(|text| (key.to_owned(), text)));
    }
    page
}

/// The pattern of a signature, which is left empty: it need not be read out of JSON.
fn taken(signature: &mut toml::Value) -> Option<String> {
    let pattern = signature.get_mut("pattern")?;
    let taken = pattern.as_str()?.to_owned();
    *pattern = toml::Value::String(String::new());
    Some(taken)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
