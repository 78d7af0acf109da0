//! The definition's JSON Schema, made of the structs of keys.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::definition::Definition;

/// JSON Schema (draft 2020-12) of a definition, for editors.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(ForEditors);
    let generator = SchemaGenerator::new(settings);
    let mut schema = generator.into_root_schema_for::<Definition>();
    schema.insert("title".to_owned(), "metas pipeline".into());
    schema.to_value()
}

/// Leaves out how wide a number is in memory, which no editor needs to know, and the line breaks
/// that a description has in the code.
#[derive(Debug, Clone)]
struct ForEditors;

impl Transform for ForEditors {
    fn transform(&mut self, schema: &mut Schema) {
        let width = |format: &Value| {
            let of = |kind| format.as_str().is_some_and(|f| f.starts_with(kind));
            of("uint") || of("int") || of("double")
        };
        if schema.get("format").is_some_and(width) {
            schema.remove("format");
        }
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.replace('\n', " ");
        }
        transform_subschemas(self, schema);
    }
}
