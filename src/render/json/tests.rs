//! Tests the keys and words of a report, and that it is valid JSON whatever a container prints.

use super::*;
use crate::render::sample;
use crate::snapshot::TargetKind;

fn parsed(reports: &[Report]) -> Value {
    serde_json::from_str(&answers(&Answer::without_cure(reports), &RuleSet::default()).unwrap()).unwrap()
}

#[test]
fn the_keys_are_those_of_the_contract() {
    let document = parsed(&[sample::failed()]);
    let keys = |pointer: &str| {
        document
            .pointer(pointer)
            .and_then(Value::as_object)
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(keys(""), "schema_version tool reports");
    assert_eq!(keys("/tool"), "name version rules");
    assert_eq!(
        keys("/reports/0"),
        "target subject verdict state class findings prescription trial undecided gaps unrecognised"
    );
    assert_eq!(keys("/reports/0/target"), "kind name id engine");
    assert_eq!(keys("/reports/0/target/engine"), "name version api");
    let finding = "id role severity confidence title explanation evidence explains explained_by remedies \
        advice variant class fingerprint accepted";
    assert_eq!(keys("/reports/0/findings/0"), finding);
    assert_eq!(keys("/reports/0/findings/0/evidence/0"), "kind text line stream");
    assert_eq!(keys("/reports/0/findings/0/evidence/1"), "kind path value source");
    assert_eq!(keys("/reports/0/undecided/0"), "id missing how");
    assert_eq!(keys("/reports/0/gaps/0"), "fact reason");
}

#[test]
fn a_prescription_has_the_keys_of_the_contract() {
    let (report, prescription) = (sample::failed(), sample::prescription());
    let text = answers(
        &[Answer { report: &report, prescription: Some(&prescription), trial: None }],
        &RuleSet::default(),
    )
    .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let keys = |pointer: &str| {
        document
            .pointer(pointer)
            .and_then(Value::as_object)
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(keys("/reports/0/prescription"), "summary privilege cost curable steps not_offered");
    assert_eq!(keys("/reports/0/prescription/steps/0"), "title kind files argv why needs");
    assert_eq!(keys("/reports/0/prescription/not_offered/0"), "what why");
    assert_eq!(document["reports"][0]["prescription"]["steps"][1]["kind"], "run-container");
}

#[test]
fn words_are_those_of_the_contract() {
    let document = parsed(&[sample::failed(), sample::not_systemd()]);
    let said = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned).unwrap();
    assert_eq!(said("/reports/0/verdict"), "failed");
    assert_eq!(said("/reports/0/findings/0/role"), "root-cause");
    assert_eq!(said("/reports/0/findings/0/evidence/1/kind"), "fact");
    assert_eq!(said("/reports/1/subject"), "not-systemd");
    assert!(document.pointer("/reports/0/prescription").unwrap().is_null());
}

#[test]
fn text_has_no_engine_but_the_same_keys() {
    let mut report = sample::healthy();
    report.target = Target { kind: TargetKind::Text, name: "ci.log".to_owned(), id: None, engine: None };
    let document = parsed(&[report]);
    assert_eq!(
        document["reports"][0]["target"],
        serde_json::json!({"kind":"text","name":"ci.log","id":null,"engine":{"name":null,"version":null,"api":null}})
    );
}

#[test]
fn no_target_is_a_valid_document() {
    let text = answers(&[], &RuleSet::default()).unwrap();
    assert!(text.ends_with("\"reports\": []\n}\n"), "{text}");
}

#[test]
fn hostile_text_is_escaped_and_comes_back_whole() {
    let hostile = sample::hostile();
    let text = answers(&Answer::without_cure(std::slice::from_ref(&hostile)), &RuleSet::default()).unwrap();
    assert!(!text.chars().any(|c| c != '\n' && crate::visible::is_hidden(c)), "{text:?}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["reports"][0]["target"]["name"].as_str(), Some(hostile.target.name.as_str()));
    assert_eq!(harmless("\"\u{e0041}\""), "\"\\udb40\\udc41\"");
}
