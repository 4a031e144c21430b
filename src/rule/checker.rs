//! The kinds of what stands in a condition: what may be compared with what, and which constructs are refused.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::condition::ConditionError;
use crate::snapshot::{Kind, nearest, spec};

/// Deepest nesting of `all`, `exists` and the like; CEL has no limit of cost of its own.
pub(super) const MACRO_DEPTH: usize = 1;

/// Walks a syntax tree: collects facts, infers kinds, refuses what may not be.
#[derive(Default)]
pub(super) struct Checker {
    /// Keys of the facts that were named so far.
    pub(super) facts: BTreeSet<String>,
    loop_variables: Vec<String>,
}

impl Checker {
    /// The kind of an expression; `None` when it is open (null, an element of a list).
    ///
    /// # Errors
    /// [`ConditionError`] naming what is wrong with it.
    pub(super) fn kind_of(&mut self, expr: &Expr) -> Result<Option<Kind>, ConditionError> {
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
