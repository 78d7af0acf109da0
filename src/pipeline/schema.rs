//! The definition's JSON Schema, made from the [vocabulary](super::vocabulary).

use serde_json::{Map, Value, json};

use super::vocabulary::{Key, ROOT, Shape};

/// JSON Schema (draft 2020-12) of a definition, for editors.
pub fn json_schema() -> Value {
    let mut schema = table(ROOT);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("metas pipeline");
    schema
}

fn table(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut value = shape(&key.shape);
        value["description"] = json!(key.doc);
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<_> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn shape(shape_of: &Shape) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let texts = json!({"type": "array", "items": text, "minItems": 1});
    let line = |most: &usize| json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": r"^[^\r\n]*$"});
    match shape_of {
        Shape::Text => text,
        Shape::Line(most) => line(most),
        Shape::Lines(most) => json!({
            "anyOf": [line(most), {"type": "array", "items": line(most), "minItems": 1}],
        }),
        Shape::Prose(most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Number => json!({"type": "number"}),
        Shape::Period => json!({"type": "string", "pattern": PERIOD}),
        Shape::Date => json!({"type": "string", "pattern": r"^\d{4}-\d{2}(-\d{2})?$"}),
        Shape::Choice(choices) => json!({"enum": choices}),
        Shape::TextList => texts,
        Shape::TextOrList => json!({"anyOf": [text, texts]}),
        Shape::IntegerList => json!({"type": "array", "items": {"type": "integer"}}),
        Shape::Table(keys) => table(keys),
        Shape::ById(keys) => json!({"type": "object", "additionalProperties": table(keys)}),
        Shape::TableList(keys) => json!({"type": "array", "items": table(keys), "minItems": 1}),
        Shape::ByYear(inner) => json!({
            "type": "object",
            "propertyNames": {"pattern": r"^\d{4}$"},
            "additionalProperties": shape(inner),
        }),
        Shape::ByPeriod(inner) => json!({
            "type": "object",
            "propertyNames": {"pattern": PERIOD},
            "additionalProperties": shape(inner),
        }),
    }
}

const PERIOD: &str = r"^\d{4}(-([TtQq][1-4]|[Ss][12]|[Mm](0?[1-9]|1[0-2])))?$";
