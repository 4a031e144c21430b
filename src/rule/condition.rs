//! Conditions over facts, written in CEL: checked when a rule is loaded, evaluated to one of three results.
//!
//! An unknown fact is left out of the evaluation's context, so that `&&` and `||` absorb it if the rest
//! decides; otherwise the condition is undecided. A fact that is known to be absent is `null`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use cel::{Context, Value};

pub use super::condition_limits::ConditionError;
use super::condition_limits::{CheckedCondition, checked};
use crate::snapshot::{Facts, spec};

/// What a condition says about a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionOutcome {
    /// It holds.
    Match,
    /// It does not hold.
    NoMatch,
    /// These facts are needed to decide.
    Undecided(Vec<String>),
}

/// A condition; that of a built-in rule is compiled on first use.
#[derive(Debug, Clone)]
pub struct Condition {
    /// As written.
    pub source: String,
    compiled: OnceLock<Result<Arc<CheckedCondition>, ConditionError>>,
}

impl Condition {
    /// Compiles and checks a condition.
    ///
    /// # Errors
    /// [`ConditionError`] naming what is wrong with it.
    pub fn new(source: &str) -> Result<Self, ConditionError> {
        let condition = Self::unchecked(source);
        condition.check().map(|()| condition.clone())
    }

    /// Makes a condition that is compiled on first use.
    pub(super) fn unchecked(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// Compiles it, unless that has been done.
    ///
    /// # Errors
    /// [`ConditionError`] naming what is wrong with it.
    pub fn check(&self) -> Result<(), ConditionError> {
        self.compiled().as_ref().map(|_| ()).map_err(Clone::clone)
    }

    fn compiled(&self) -> &Result<Arc<CheckedCondition>, ConditionError> {
        self.compiled.get_or_init(|| checked(&self.source).map(Arc::new))
    }

    /// Returns the facts that it names.
    pub fn facts(&self) -> impl Iterator<Item = &String> {
        self.compiled().iter().flat_map(|compiled| &compiled.facts)
    }

    /// Evaluates the condition.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope, facts: &Facts) -> ConditionOutcome {
        // A short log yields few facts; compiling all conditions would take a tenth of its whole processing
        // time.
        if self.compiled.get().is_none() {
            let named = named(&self.source);
            if !named.is_empty() && named.iter().all(|key| facts.named(key).is_none()) {
                return ConditionOutcome::Undecided(named.into_iter().map(str::to_owned).collect());
            }
        }
        let Ok(compiled) = self.compiled() else { return ConditionOutcome::NoMatch };
        match Value::resolve(&compiled.expression, &scope.context) {
            Ok(Value::Bool(true)) => ConditionOutcome::Match,
            Ok(_) => ConditionOutcome::NoMatch,
            Err(_) => {
                let missing: Vec<_> =
                    compiled.facts.iter().filter(|key| facts.named(key).is_none()).cloned().collect();
                // All facts are known and there is still no result: a null was compared by size.
                if missing.is_empty() {
                    ConditionOutcome::NoMatch
                } else {
                    ConditionOutcome::Undecided(missing)
                }
            }
        }
    }
}

/// Returns the facts that a condition names, found by their words alone.
fn named(source: &str) -> BTreeSet<&'static str> {
    let words = source.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    let key = |word: &str| {
        let (group, rest) = word.split_once('.')?;
        let name = rest.split('.').next()?;
        spec(&format!("{group}.{name}")).map(|spec| spec.key)
    };
    words.filter_map(key).collect()
}

/// The facts of one target, ready for evaluation.
pub struct Scope {
    context: Context<'static, 'static>,
}

impl Scope {
    /// Groups the facts as CEL sees them: `container.tty` is field `tty` of variable `container`.
    #[must_use]
    pub fn new(facts: &Facts) -> Self {
        let mut groups: BTreeMap<&str, HashMap<String, Value>> = BTreeMap::new();
        for entry in crate::snapshot::CATALOG {
            groups.entry(group_of(entry.key)).or_default();
        }
        for (key, fact) in facts.iter() {
            if let Some((group, name)) = key.split_once('.') {
                groups.entry(group).or_default().insert(name.to_owned(), to_cel(&fact.value));
            }
        }
        let mut context = Context::default();
        for (group, fields) in groups {
            context.add_variable_from_value(group, fields);
        }
        Self { context }
    }
}

fn group_of(key: &str) -> &str {
    key.split_once('.').map_or(key, |(group, _)| group)
}

fn to_cel(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => Value::Int(n.as_i64().unwrap_or_default()),
        serde_json::Value::String(s) => s.as_str().into(),
        serde_json::Value::Array(list) => list.iter().map(to_cel).collect::<Vec<_>>().into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, serde_json::Value)]) -> Facts {
        let mut facts = Facts::default();
        pairs.iter().for_each(|(key, value)| facts.set_named(key, value.clone(), "test"));
        facts
    }

    fn evaluate(source: &str, pairs: &[(&str, serde_json::Value)]) -> ConditionOutcome {
        let facts = facts(pairs);
        Condition::new(source).unwrap().evaluate(&Scope::new(&facts), &facts)
    }

    #[test]
    fn unknown_facts_are_absorbed_where_the_rest_decides() {
        let tty = ("container.tty", false.into());
        assert_eq!(
            evaluate("container.tty && mount.run", std::slice::from_ref(&tty)),
            ConditionOutcome::NoMatch
        );
        assert_eq!(
            evaluate("mount.run && container.tty", std::slice::from_ref(&tty)),
            ConditionOutcome::NoMatch
        );
        assert_eq!(
            evaluate("mount.run || !container.tty", std::slice::from_ref(&tty)),
            ConditionOutcome::Match
        );
        assert_eq!(
            evaluate("mount.run || container.tty", std::slice::from_ref(&tty)),
            ConditionOutcome::Undecided(vec!["mount.run".into()])
        );
        assert_eq!(
            evaluate("!mount.run && !container.tty", &[tty]),
            ConditionOutcome::Undecided(vec!["mount.run".into()])
        );
    }

    #[test]
    fn a_condition_of_unknown_facts_says_the_same_uncompiled() {
        let rules = crate::rule::builtin().unwrap();
        let (facts, mut tried) = (Facts::default(), 0);
        let scope = Scope::new(&facts);
        for (_, condition) in rules.rules.iter().flat_map(crate::rule::Rule::conditions) {
            let said = condition.evaluate(&scope, &facts);
            assert!(condition.compiled.get().is_none(), "{}", condition.source);
            let compiled: Vec<String> = condition.facts().cloned().collect();
            assert_eq!(said, ConditionOutcome::Undecided(compiled), "{}", condition.source);
            assert_eq!(condition.evaluate(&scope, &facts), said, "{}", condition.source);
            tried += 1;
        }
        assert!(tried > 80, "{tried}");
    }

    #[test]
    fn null_means_known_to_be_absent() {
        let absent = ("container.pids_limit", serde_json::Value::Null);
        assert_eq!(
            evaluate("container.pids_limit == null", std::slice::from_ref(&absent)),
            ConditionOutcome::Match
        );
        assert_eq!(
            evaluate(
                "container.pids_limit != null && container.pids_limit < 20",
                std::slice::from_ref(&absent)
            ),
            ConditionOutcome::NoMatch
        );
        assert_eq!(evaluate("container.pids_limit < 20", &[absent]), ConditionOutcome::NoMatch);
        assert!(matches!(evaluate("container.pids_limit == null", &[]), ConditionOutcome::Undecided(_)));
    }

    #[test]
    fn lists_are_searched_with_exists() {
        let units = ("manager.failed_units", serde_json::json!(["tmp.mount", "app.service"]));
        assert_eq!(
            evaluate("manager.failed_units.exists(u, u == 'tmp.mount')", std::slice::from_ref(&units)),
            ConditionOutcome::Match
        );
        assert_eq!(
            evaluate("size(manager.failed_units) == 2", std::slice::from_ref(&units)),
            ConditionOutcome::Match
        );
        assert_eq!(
            evaluate("manager.failed_units.exists(u, u.endsWith('.mount'))", &[units]),
            ConditionOutcome::Match
        );
    }

    #[test]
    fn mistakes_are_refused_when_loaded() {
        let said = |source: &str| Condition::new(source).unwrap_err().to_string();
        assert_eq!(said("container.ttty"), "unknown fact `container.ttty`, did you mean `container.tty`?");
        assert!(said("has(container.tty)").contains("has()"));
        assert!(said("'x' in container.argv").contains("`in`"));
        assert!(said("container.tty == 'yes'").contains("`container.tty` is compared with a text"));
        assert!(said("container.exit_code").contains("must be true or false"));
        assert!(said("container.tty &&").contains("not valid CEL"));
        assert!(said("container.argv.all(a, container.argv.all(b, a == b))").contains("deeper"));
        assert!(said("foo(container.tty)").contains("foo()"));
    }
}
