//! The JSON Schema of what an edition publishes, made from the types that write it.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::model::Results;

/// JSON Schema of `results.json`.
pub fn json_schema() -> Value {
    schema_of::<Results>()
}

/// JSON Schema of a document that an edition holds.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(plain));
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Words that validators and readers know: a choice is an `enum`, its members described together,
/// numbers have no format of this program's, and nothing is left out for a default.
fn plain(schema: &mut Schema) {
    schema.remove("default");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    let known = ["date", "date-time"];
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| !known.contains(&format)) {
        schema.remove("format");
    }
    let Some(Value::Array(choices)) = schema.get("oneOf") else {
        return;
    };
    let of = |key: &str| -> Vec<String> {
        let texts = choices
            .iter()
            .filter_map(|choice| choice.get(key)?.as_str());
        texts.map(str::to_owned).collect()
    };
    let (ids, meanings) = (of("const"), of("description"));
    if ids.len() != choices.len() || meanings.len() != choices.len() {
        return;
    }
    let listed: Vec<String> = ids
        .iter()
        .zip(meanings)
        .map(|(id, meaning)| format!("{id}: {}", meaning.trim_end_matches('.')))
        .collect();
    let about = schema.get("description").and_then(Value::as_str);
    let about = about.map_or_else(String::new, |about| format!("{about} "));
    let description = format!("{about}{}.", listed.join("; "));
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), json!(ids));
    schema.insert("description".to_owned(), json!(description));
}
