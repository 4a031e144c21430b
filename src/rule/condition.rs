//! Conditions over facts, written in CEL, checked when a rule is loaded and evaluated to one of three values.
//!
//! A fact that is unknown is left out of the evaluation's context, so that `&&` and `||` absorb it where the rest
//! decides; where it does not, the condition is undecided. A fact that is known to be absent is `null`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::{Context, Program, Value};

use crate::snapshot::{Facts, Kind, nearest, spec};

/// Deepest nesting of `all`, `exists` and the like; CEL has no limit of cost of its own.
const MACRO_DEPTH: usize = 1;

/// A condition that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The text is no CEL.
    #[error("is not valid CEL: {0}")]
    Syntax(String),
    /// A name that the catalog does not have.
    #[error("unknown fact `{key}`{}", .near.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
    UnknownFact {
        /// The name.
        key: String,
        /// A similar one.
        near: Option<String>,
    },
    /// `has()` or `in`, which would take an unknown fact for a false one.
    #[error("`{0}` takes an unknown fact for an absent one; compare with null or use exists()")]
    Presence(&'static str),
    /// Two kinds that can never be equal.
    #[error("`{left}` is compared with {right}, but it is {kind}")]
    Kinds {
        /// The fact.
        left: String,
        /// What it is compared with.
        right: String,
        /// Kind of the fact.
        kind: &'static str,
    },
    /// Not a condition.
    #[error("must be true or false, but is {0}")]
    NotBool(&'static str),
    /// Loops within loops.
    #[error("nests all(), exists() or map() deeper than {MACRO_DEPTH}")]
    Depth,
    /// A construct that conditions do not need.
    #[error("uses {0}, which conditions may not")]
    Forbidden(String),
}

/// What a condition says of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Match,
    /// It does not hold.
    NoMatch,
    /// These facts would be needed to tell.
    Undecided(Vec<String>),
}

/// A condition; one of a built-in rule is compiled on first use.
#[derive(Debug, Clone)]
pub struct Condition {
    /// As written.
    pub source: String,
    compiled: OnceLock<Result<Arc<Compiled>, ConditionError>>,
}

/// What a condition's text means.
#[derive(Debug)]
struct Compiled {
    facts: BTreeSet<String>,
    program: Program,
}

impl Compiled {
    fn new(source: &str) -> Result<Self, ConditionError> {
        let program = Program::compile(source).map_err(|e| ConditionError::Syntax(e.to_string().replace('\n', " ")))?;
        let mut checker = Checker::default();
        match checker.kind_of(&program.expression().expr)? {
            Some(Kind::Bool) | None => Ok(Self { facts: checker.facts, program }),
            Some(other) => Err(ConditionError::NotBool(other.name())),
        }
    }
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

    /// A condition that is compiled on first use.
    pub(super) fn unchecked(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// Compiles it, if that has not been done.
    ///
    /// # Errors
    /// [`ConditionError`] naming what is wrong with it.
    pub fn check(&self) -> Result<(), ConditionError> {
        self.compiled().as_ref().map(|_| ()).map_err(Clone::clone)
    }

    fn compiled(&self) -> &Result<Arc<Compiled>, ConditionError> {
        self.compiled.get_or_init(|| Compiled::new(&self.source).map(Arc::new))
    }

    /// Facts that it names.
    pub fn facts(&self) -> impl Iterator<Item = &String> {
        self.compiled().iter().flat_map(|compiled| &compiled.facts)
    }

    /// Evaluates the condition.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope, facts: &Facts) -> Outcome {
        // Compiling takes longer than all else that is done with a short log, and of that little is known.
        if self.compiled.get().is_none() {
            let named = named(&self.source);
            if !named.is_empty() && named.iter().all(|key| facts.get(key).is_none()) {
                return Outcome::Undecided(named.into_iter().map(str::to_owned).collect());
            }
        }
        let Ok(compiled) = self.compiled() else { return Outcome::NoMatch };
        match compiled.program.execute(&scope.context) {
            Ok(Value::Bool(true)) => Outcome::Match,
            Ok(_) => Outcome::NoMatch,
            Err(_) => {
                let missing: Vec<_> = compiled.facts.iter().filter(|key| facts.get(key).is_none()).cloned().collect();
                // All is known and still no answer: a null was compared by size.
                if missing.is_empty() { Outcome::NoMatch } else { Outcome::Undecided(missing) }
            }
        }
    }
}

/// The facts that a condition names, by its words alone.
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

/// Walks a syntax tree: collects facts, infers kinds, refuses what may not be.
#[derive(Default)]
struct Checker {
    facts: BTreeSet<String>,
    loop_variables: Vec<String>,
}

impl Checker {
    /// The kind of an expression; `None` when it is open (null, an element of a list).
    fn kind_of(&mut self, expr: &Expr) -> Result<Option<Kind>, ConditionError> {
        match expr {
            Expr::Literal(literal) => Ok(literal_kind(literal)),
            Expr::Ident(name) if self.is_local(name) => Ok(None),
            Expr::Ident(name) => Err(unknown(name)),
            Expr::Select(select) if select.test => Err(ConditionError::Presence("has()")),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(group) => self.fact(&format!("{group}.{}", select.field)).map(Some),
                _ => Err(ConditionError::Forbidden("a field of a field".to_owned())),
            },
            Expr::List(list) => {
                for element in &list.elements {
                    self.kind_of(&element.expr)?;
                }
                Ok(Some(Kind::TextList))
            }
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(loop_) => {
                if self.loop_variables.len() / 2 >= MACRO_DEPTH {
                    return Err(ConditionError::Depth);
                }
                self.kind_of(&loop_.iter_range.expr)?;
                self.loop_variables.extend([loop_.iter_var.clone(), loop_.accu_var.clone()]);
                for part in [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result] {
                    self.kind_of(&part.expr)?;
                }
                self.loop_variables.truncate(self.loop_variables.len() - 2);
                Ok(Some(Kind::Bool))
            }
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err(ConditionError::Forbidden("a map or message".to_owned())),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<Option<Kind>, ConditionError> {
        let name = call.func_name.as_str();
        if name == operators::IN {
            return Err(ConditionError::Presence("in"));
        }
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let mut kinds = Vec::new();
        for operand in &operands {
            kinds.push(self.kind_of(&operand.expr)?);
        }
        match name {
            operators::EQUALS
            | operators::NOT_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS => {
                same_kinds(&operands, &kinds)?;
                Ok(Some(Kind::Bool))
            }
            operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT => {
                for (operand, kind) in operands.iter().zip(&kinds) {
                    if let Some(kind) = kind.filter(|kind| *kind != Kind::Bool) {
                        return Err(ConditionError::Kinds {
                            left: describe(&operand.expr),
                            right: "a truth value".to_owned(),
                            kind: kind.name(),
                        });
                    }
                }
                Ok(Some(Kind::Bool))
            }
            operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::NEGATE | "size" => {
                Ok(Some(Kind::Int))
            }
            "startsWith" | "endsWith" | "contains" | "matches" | operators::NOT_STRICTLY_FALSE => Ok(Some(Kind::Bool)),
            operators::CONDITIONAL => Ok(kinds.last().copied().flatten()),
            other => Err(ConditionError::Forbidden(format!("{other}()"))),
        }
    }

    fn fact(&mut self, key: &str) -> Result<Kind, ConditionError> {
        let spec = spec(key).ok_or_else(|| unknown(key))?;
        self.facts.insert(key.to_owned());
        Ok(spec.kind)
    }

    fn is_local(&self, name: &str) -> bool {
        self.loop_variables.iter().any(|local| local == name)
    }
}

fn unknown(key: &str) -> ConditionError {
    ConditionError::UnknownFact { key: key.to_owned(), near: nearest(key).map(str::to_owned) }
}

fn literal_kind(literal: &LiteralValue) -> Option<Kind> {
    match literal {
        LiteralValue::Boolean(_) => Some(Kind::Bool),
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Some(Kind::Int),
        LiteralValue::String(_) => Some(Kind::Text),
        LiteralValue::Double(_) | LiteralValue::Bytes(_) | LiteralValue::Null => None,
    }
}

fn same_kinds(operands: &[&IdedExpr], kinds: &[Option<Kind>]) -> Result<(), ConditionError> {
    let [Some(left), Some(right)] = kinds else { return Ok(()) };
    if left == right {
        return Ok(());
    }
    Err(ConditionError::Kinds { left: describe(&operands[0].expr), right: right.name().to_owned(), kind: left.name() })
}

fn describe(expr: &Expr) -> String {
    match expr {
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(group) => format!("{group}.{}", select.field),
            _ => select.field.clone(),
        },
        Expr::Ident(name) => name.clone(),
        _ => "an expression".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, serde_json::Value)]) -> Facts {
        let mut facts = Facts::default();
        pairs.iter().for_each(|(key, value)| facts.set(key, value.clone(), "test"));
        facts
    }

    fn evaluate(source: &str, pairs: &[(&str, serde_json::Value)]) -> Outcome {
        let facts = facts(pairs);
        Condition::new(source).unwrap().evaluate(&Scope::new(&facts), &facts)
    }

    #[test]
    fn unknown_facts_are_absorbed_where_the_rest_decides() {
        let tty = ("container.tty", false.into());
        assert_eq!(evaluate("container.tty && mount.run", std::slice::from_ref(&tty)), Outcome::NoMatch);
        assert_eq!(evaluate("mount.run && container.tty", std::slice::from_ref(&tty)), Outcome::NoMatch);
        assert_eq!(evaluate("mount.run || !container.tty", std::slice::from_ref(&tty)), Outcome::Match);
        assert_eq!(evaluate("mount.run || container.tty", std::slice::from_ref(&tty)), Outcome::Undecided(vec!["mount.run".into()]));
        assert_eq!(evaluate("!mount.run && !container.tty", &[tty]), Outcome::Undecided(vec!["mount.run".into()]));
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
            assert_eq!(said, Outcome::Undecided(compiled), "{}", condition.source);
            assert_eq!(condition.evaluate(&scope, &facts), said, "{}", condition.source);
            tried += 1;
        }
        assert!(tried > 80, "{tried}");
    }

    #[test]
    fn null_means_known_to_be_absent() {
        let absent = ("container.pids_limit", serde_json::Value::Null);
        assert_eq!(evaluate("container.pids_limit == null", std::slice::from_ref(&absent)), Outcome::Match);
        assert_eq!(evaluate("container.pids_limit != null && container.pids_limit < 20", std::slice::from_ref(&absent)), Outcome::NoMatch);
        assert_eq!(evaluate("container.pids_limit < 20", &[absent]), Outcome::NoMatch);
        assert!(matches!(evaluate("container.pids_limit == null", &[]), Outcome::Undecided(_)));
    }

    #[test]
    fn lists_are_searched_with_exists() {
        let units = ("manager.failed_units", serde_json::json!(["tmp.mount", "app.service"]));
        assert_eq!(evaluate("manager.failed_units.exists(u, u == 'tmp.mount')", std::slice::from_ref(&units)), Outcome::Match);
        assert_eq!(evaluate("size(manager.failed_units) == 2", std::slice::from_ref(&units)), Outcome::Match);
        assert_eq!(evaluate("manager.failed_units.exists(u, u.endsWith('.mount'))", &[units]), Outcome::Match);
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
