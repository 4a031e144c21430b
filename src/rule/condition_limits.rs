//! What a condition may say: its text in, its syntax tree and the facts that it names out. Refuses what
//! cannot be compared, and constructs that a condition does not need.
//!
//! Why there are limits: rules come from folders of users and of checkouts, and CEL has no limit of cost of
//! its own. A text of bounded length without loops in loops is evaluated in time that its length and the
//! lists of a snapshot bound.
//!
//! The build script includes this file too: a built-in rule with a mistake in a condition is not built.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::PrattParser;

use crate::snapshot::{Kind, spec, unknown_fact};

/// Keys of the conditions of a rule; a signature has the first alone.
pub const CONDITIONS: [&str; 5] = ["when", "harms", "risk", "note", "unless"];

/// Deepest nesting of `all`, `exists` and the like; CEL has no limit of cost of its own.
const MACRO_DEPTH: usize = 1;

/// Longest text of a condition in bytes; the parser counts some nesting, but not that of `?:`.
const LENGTH: usize = 4096;

/// A condition that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The text is no CEL.
    #[error("is not valid CEL: {0}")]
    Syntax(String),
    /// A name that the catalog does not have.
    #[error("{}", unknown_fact(.key))]
    UnknownFact {
        /// The name.
        key: String,
    },
    /// `has()` or `in`, which would take an unknown fact for a false one.
    #[error("`{0}` treats an unknown fact as absent; compare with null or use exists()")]
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
    /// A word that the fact never is.
    #[error("`{fact}` is never \"{word}\"{}; it is one of {}", .near.as_ref().map(|n| format!(", did you \
        mean \"{n}\"?")).unwrap_or_default(), .words.join(", "))]
    UnknownWord {
        /// The fact.
        fact: String,
        /// The word.
        word: String,
        /// A similar one.
        near: Option<&'static str>,
        /// Those that it may be.
        words: &'static [&'static str],
    },
    /// Not a condition.
    #[error("must be true or false, but is {0}")]
    NotBool(&'static str),
    /// Loops within loops.
    #[error("nests all(), exists() or map() deeper than {MACRO_DEPTH}")]
    Depth,
    /// More than anybody reads.
    #[error("is longer than {LENGTH} bytes")]
    Long,
    /// A construct that conditions do not need.
    #[error("uses {0}, which conditions do not support")]
    Forbidden(String),
}

/// A condition that may be evaluated.
#[derive(Debug)]
pub struct CheckedCondition {
    /// Keys of the facts that it names.
    pub facts: BTreeSet<String>,
    /// What it says.
    pub expression: IdedExpr,
}

/// Reads and checks a condition.
///
/// # Errors
/// [`ConditionError`] naming what is wrong with it.
pub fn checked(source: &str) -> Result<CheckedCondition, ConditionError> {
    if source.len() > LENGTH {
        return Err(ConditionError::Long);
    }
    // `cel`'s other parser, made by ANTLR, took a quarter of the instructions that a log of ten lines costs,
    // and was a quarter of what the loader relocates at every start.
    let parsed = PrattParser::new().parse(source);
    let expression = parsed.map_err(|e| ConditionError::Syntax(e.to_string().replace('\n', " ")))?;
    let mut checker = Checker::default();
    match checker.kind_of(&expression.expr)? {
        Some(Kind::Bool) | None => Ok(CheckedCondition { facts: checker.facts, expression }),
        Some(other) => Err(ConditionError::NotBool(other.name())),
    }
}

/// Walks a syntax tree: collects facts, infers kinds, refuses what may not be.
#[derive(Default)]
struct Checker {
    facts: BTreeSet<String>,
    loop_variables: Vec<String>,
}

impl Checker {
    /// Returns the kind of an expression; `None` when it is open (null, an element of a list).
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
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(ConditionError::Forbidden("a map or message".to_owned()))
            }
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
                            right: "a boolean".to_owned(),
                            kind: kind.name(),
                        });
                    }
                }
                Ok(Some(Kind::Bool))
            }
            operators::ADD
            | operators::SUBSTRACT
            | operators::MULTIPLY
            | operators::DIVIDE
            | operators::NEGATE
            | "size" => Ok(Some(Kind::Int)),
            "startsWith" | "endsWith" | "contains" | "matches" | operators::NOT_STRICTLY_FALSE => {
                Ok(Some(Kind::Bool))
            }
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
    ConditionError::UnknownFact { key: key.to_owned() }
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
    match (left, right) {
        (Kind::Word(words), Kind::Text) => return known_word(operands[0], operands[1], words),
        (Kind::Text, Kind::Word(words)) => return known_word(operands[1], operands[0], words),
        _ if left == right => return Ok(()),
        _ => {}
    }
    Err(ConditionError::Kinds {
        left: describe(&operands[0].expr),
        right: right.name().to_owned(),
        kind: left.name(),
    })
}

/// Returns whether a text that a fact is compared with is one of its words; two facts may always be compared.
fn known_word(
    fact: &IdedExpr,
    text: &IdedExpr,
    words: &'static [&'static str],
) -> Result<(), ConditionError> {
    let Expr::Literal(LiteralValue::String(word)) = &text.expr else { return Ok(()) };
    let word = word.inner();
    if words.contains(&word) {
        return Ok(());
    }
    let near = words
        .iter()
        .map(|known| (strsim::jaro_winkler(known, word), *known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let near = near.filter(|(score, _)| *score > 0.8).map(|(_, known)| known);
    Err(ConditionError::UnknownWord { fact: describe(&fact.expr), word: word.to_owned(), near, words })
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
    use proptest::prelude::*;

    use super::*;

    fn without_ids(expression: &IdedExpr) -> String {
        let ids = regex::Regex::new(r"\bid: \d+").unwrap();
        ids.replace_all(&format!("{expression:?}"), "").into_owned()
    }

    proptest! {
        /// What both parsers of CEL can read says the same to both.
        #[test]
        fn no_condition_is_misread(source in r#"((a\.b|container\.tty|size\(|[0-9]|'x'|"y"|[-!()\[\]{}<>=&|?:,.+*/% ux\\'"é]|==|&&|\|\||null|true| in |\.exists\(u, )){0,9}"#) {
            let ours = PrattParser::new().parse(&source);
            drop(checked(&source));
            if let (Ok(ours), Ok(theirs)) = (ours, cel::parser::Parser::new().parse(&source)) {
                prop_assert_eq!(without_ids(&ours), without_ids(&theirs));
            }
        }
    }

    #[test]
    fn a_word_that_a_fact_never_is_is_refused() {
        for source in [
            "cgroup.mode == \"v3\"",
            "\"v3\" == cgroup.mode",
            "cgroup.mode != \"V2\"",
            "container.tty && boot.outcome == \"uo\"",
            "manager.bus == \"missing\"",
        ] {
            assert!(matches!(checked(source), Err(ConditionError::UnknownWord { .. })), "{source}");
        }
        let said = checked("manager.state == \"degrated\"").unwrap_err().to_string();
        assert!(said.contains("did you mean \"degraded\"?") && said.contains("initializing"), "{said}");
        for source in [
            "cgroup.mode == \"v2\"",
            "cgroup.mode == null",
            "cgroup.mode.startsWith(\"v\")",
            "container.image == \"v3\"",
        ] {
            assert!(checked(source).is_ok(), "{source}");
        }
    }

    /// Whatever is nested as deep as its length allows is read or refused, on the smaller stack of a thread
    /// too.
    #[test]
    fn no_nesting_exhausts_the_stack() {
        for piece in [
            "container.tty ? true : ",
            "(",
            "!",
            "-",
            "[",
            "container.tty && ",
            "container.argv.all(a, ",
            "size(",
            ".a",
            "{'a': ",
        ] {
            assert!(checked(&piece.repeat(LENGTH / piece.len())).is_err(), "{piece}");
            let whole = format!("{}true", piece.repeat((LENGTH - 4) / piece.len()));
            drop(checked(&whole));
        }
        let long = format!("{}true", "true ? true : ".repeat(50_000));
        assert_eq!(checked(&long).err(), Some(ConditionError::Long));
    }

    /// Where a parser counts what it makes differs; what it makes does not.
    #[test]
    fn both_parsers_of_cel_read_the_same() {
        let rules = crate::rule::builtin().unwrap();
        let own = [
            "a.b.exists(u, u == 'x' && !u.endsWith(\"y\\n\"))",
            "-1 < a.b || a.c >= 0x1F ? a.d : null != a.e",
            "[1, a.b, 'c'].all(x, x == 2u)",
        ];
        let conditions: Vec<String> = rules
            .rules
            .iter()
            .flat_map(crate::rule::Rule::conditions)
            .map(|(_, c)| c.source.clone())
            .collect();
        for source in conditions.iter().map(String::as_str).chain(own) {
            let by_antlr = cel::parser::Parser::new().parse(source).unwrap();
            let by_pratt = PrattParser::new().parse(source).unwrap();
            assert_eq!(without_ids(&by_pratt), without_ids(&by_antlr), "{source}");
        }
        assert!(conditions.len() > 80, "{}", conditions.len());
    }
}
