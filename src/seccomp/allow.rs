//! A seccomp profile in which some calls are allowed and everything else is as before. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A call to allow, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub call: String,
    /// Errno that serves the caller as well as an allowed call.
    pub errno: Option<i32>,
    /// The comment of the rule.
    pub why: String,
}

impl Wanted {
    /// Returns what changes for it, such as `statx let through`, for a list.
    #[must_use]
    pub fn words(&self) -> String {
        match self.errno {
            Some(38) => format!("{} answered with ENOSYS", self.call),
            Some(errno) => format!("{} answered with errno {errno}", self.call),
            None => format!("{} allowed", self.call),
        }
    }
}

/// Returns the text of a profile for a file.
#[must_use]
pub fn text(profile: &Value) -> Option<String> {
    serde_json::to_string_pretty(profile).ok().map(|text| text + "\n")
}

/// Allows calls: removes their names from the rules that deny them and adds rules that allow them, each with
/// a comment that says why (engines read the field and ignore it); `None` if it is not a profile.
#[must_use]
pub fn allow(profile: &Value, wanted: &[Wanted]) -> Option<Value> {
    let mut profile = profile.as_object()?.clone();
    if wanted.is_empty() {
        return Some(Value::Object(profile));
    }
    let calls: Vec<&str> = wanted.iter().map(|wanted| wanted.call.as_str()).collect();
    let allowed_anyway = profile.get("defaultAction").and_then(Value::as_str).is_some_and(lets_through);
    let rules = profile.get("syscalls").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut kept: Vec<Value> = rules.into_iter().filter_map(|rule| without(rule, &calls)).collect();
    // A rule with the same answer as the default is refused by older runtimes, and unnecessary.
    kept.extend(additions(wanted.iter().filter(|wanted| !allowed_anyway || wanted.errno.is_some())));
    profile.insert("syscalls".to_owned(), Value::Array(kept));
    Some(Value::Object(profile))
}

/// Allows calls and has the kernel log each of them, to find out which ones are made; `None` if it is not a
/// profile.
#[must_use]
pub fn log(profile: &Value, calls: &[String]) -> Option<Value> {
    let mut profile = profile.as_object()?.clone();
    let names: Vec<&str> = calls.iter().map(String::as_str).collect();
    let rules = profile.get("syscalls").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut kept: Vec<Value> = rules.into_iter().filter_map(|rule| without(rule, &names)).collect();
    kept.push(json!({"names": names, "action": "SCMP_ACT_LOG", "comment": "which of these calls are made?"}));
    profile.insert("syscalls".to_owned(), Value::Array(kept));
    Some(Value::Object(profile))
}

/// Returns one rule for all calls with the same answer and reason.
fn additions<'w>(wanted: impl Iterator<Item = &'w Wanted>) -> Vec<Value> {
    let mut reasons: BTreeMap<(Option<i32>, &str), Vec<&str>> = BTreeMap::new();
    for each in wanted {
        reasons.entry((each.errno, &each.why)).or_default().push(&each.call);
    }
    let rule = |((errno, why), calls): ((Option<i32>, &str), Vec<&str>)| match errno {
        Some(errno) => json!({"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "comment": why}),
        None => json!({"names": calls, "action": "SCMP_ACT_ALLOW", "comment": why}),
    };
    reasons.into_iter().map(rule).collect()
}

fn lets_through(action: &str) -> bool {
    matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG")
}

/// Returns a rule without these calls if it denies them; `None` if nothing is left of it.
fn without(rule: Value, calls: &[&str]) -> Option<Value> {
    let Value::Object(mut rule) = rule else { return Some(rule) };
    if rule.get("action").and_then(Value::as_str).is_some_and(lets_through) {
        return Some(Value::Object(rule));
    }
    let named = |name: &Value| name.as_str().is_some_and(|name| calls.contains(&name));
    let single = rule.get("name").is_some_and(named);
    let left = remaining(&mut rule, &named);
    (!single && left).then_some(Value::Object(rule))
}

/// Removes names from the list; returns false if that leaves a list without names.
fn remaining(rule: &mut Map<String, Value>, named: &impl Fn(&Value) -> bool) -> bool {
    match rule.get_mut("names").and_then(Value::as_array_mut) {
        Some(list) => {
            let had = !list.is_empty();
            list.retain(|name| !named(name));
            !had || !list.is_empty()
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seccomp::{Answer, Machine, Profile, evaluate};

    fn with_statx(profile: &Value) -> Value {
        allow(profile, &[Wanted { call: "statx".to_owned(), errno: None, why: "it is needed".to_owned() }])
            .unwrap()
    }

    fn answer(profile: &Value, call: &str) -> Answer {
        evaluate(
            &Profile::parse(&profile.to_string()).unwrap(),
            call,
            &Machine::new(Vec::new(), "x86_64", "6.1"),
        )
    }

    fn answers(profile: &Value, call: &str) -> (Answer, Answer) {
        (answer(profile, call), answer(&with_statx(profile), call))
    }

    #[test]
    fn exactly_the_named_call_is_let_through() {
        let allowing_default = json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["statx", "mount"], "action": "SCMP_ACT_ERRNO"}]});
        assert_eq!(answers(&allowing_default, "statx"), (Answer::Errno(1), Answer::Allowed));
        assert_eq!(answers(&allowing_default, "mount"), (Answer::Errno(1), Answer::Errno(1)));
        let denying_default = json!({"defaultAction": "SCMP_ACT_ERRNO", "x": 1, "syscalls": [{"name": "statx", "action": "SCMP_ACT_KILL"}, {"names": ["read"], "action": "SCMP_ACT_ALLOW"}]});
        assert_eq!(answers(&denying_default, "statx"), (Answer::Killed, Answer::Allowed));
        assert_eq!(answers(&denying_default, "read"), (Answer::Allowed, Answer::Allowed));
        assert_eq!(answers(&denying_default, "mount"), (Answer::Errno(1), Answer::Errno(1)));
        assert_eq!(with_statx(&denying_default)["x"], 1);
    }

    #[test]
    fn the_added_rule_says_why() {
        let profile = with_statx(&json!({"defaultAction": "SCMP_ACT_ERRNO"}));
        assert_eq!(
            profile["syscalls"],
            json!([{"names": ["statx"], "action": "SCMP_ACT_ALLOW", "comment": "it is needed"}])
        );
        assert_eq!(allow(&json!({"a": 1}), &[]), Some(json!({"a": 1})));
        assert_eq!(allow(&json!([]), &[]), None);
    }

    fn rule() -> impl Strategy<Value = Value> {
        let call = prop::sample::select(vec!["statx", "read", "mount", "clone3"]);
        let action = prop::sample::select(vec![
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_KILL",
            "SCMP_ACT_LOG",
            "SCMP_ACT_NOTIFY",
            "SCMP_ACT_TRAP",
        ]);
        (prop::collection::vec(call, 0..4), action, any::<bool>(), any::<bool>(), 0..40).prop_map(
            |(names, action, args, caps, errno)| {
                let mut rule = json!({"names": names, "action": action});
                if args {
                    rule["args"] = json!([{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]);
                }
                if caps {
                    rule["includes"] = json!({"caps": ["CAP_SYS_ADMIN"]});
                }
                if action == "SCMP_ACT_ERRNO" {
                    rule["errnoRet"] = json!(errno);
                }
                rule
            },
        )
    }

    proptest! {
        #[test]
        fn no_other_call_gets_another_answer(default in prop::sample::select(vec!["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_LOG"]), rules in prop::collection::vec(rule(), 0..6)) {
            let profile = json!({"defaultAction": default, "syscalls": rules});
            prop_assert!(matches!(answers(&profile, "statx").1, Answer::Allowed | Answer::Logged | Answer::Conditional));
            for call in ["read", "mount", "clone3", "openat"] {
                let (before, after) = answers(&profile, call);
                prop_assert_eq!(before, after);
            }
        }
    }
}
