//! Every key of a definition: its shape, whether it must be there, what it means. Read out of the
//! JSON Schema that the structs of keys give, so that the check, the schema for editors and what
//! errors say cannot disagree.

use std::sync::LazyLock;

use serde_json::Value;

use super::schema;
use super::shape::{DATE, ONE_LINE, PERIOD, YEAR};

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    pub name: String,
    pub shape: Shape,
    pub required: bool,
    pub doc: String,
}

/// What a value must look like.
#[derive(Debug)]
pub(crate) enum Shape {
    Text(TextRule),
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    Number,
    Period,
    Date,
    Choice(Vec<String>),
    List {
        item: Box<Shape>,
        may_be_empty: bool,
    },
    /// One value, or a list of them.
    OneOrMany(Box<Shape>),
    /// A table with known keys.
    Table(Vec<Key>),
    /// A table of such values, keyed by id.
    ById(Box<Shape>),
    ByPeriod(Box<Shape>),
    ByYear(Box<Shape>),
}

/// What a text may hold.
#[derive(Debug)]
pub(crate) struct TextRule {
    /// Letters at most.
    pub most: usize,
    pub one_line: bool,
}

/// The keys of a whole definition.
pub(crate) static ROOT: LazyLock<Vec<Key>> =
    LazyLock::new(|| table(&schema::json_schema()).unwrap_or_default());

/// The keys of a table; none where the schema says something that the check cannot hold a
/// definition against. A test below shows that it never does.
fn table(schema: &Value) -> Option<Vec<Key>> {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));
    let key = |(name, value): (&String, &Value)| {
        Some(Key {
            name: name.clone(),
            shape: shape(value)?,
            required: is_required(name),
            doc: value["description"].as_str()?.to_owned(),
        })
    };
    schema["properties"].as_object()?.iter().map(key).collect()
}

fn shape(schema: &Value) -> Option<Shape> {
    if let Some(choices) = choices(schema) {
        return Some(Shape::Choice(choices));
    }
    if let Some([one, _]) = schema["anyOf"].as_array().map(Vec::as_slice) {
        return Some(Shape::OneOrMany(Box::new(shape(one)?)));
    }
    match schema["type"].as_str()? {
        "string" => text(schema),
        "boolean" => Some(Shape::Bool),
        "integer" => Some(Shape::Integer {
            min: schema["minimum"].as_i64()?,
            max: schema["maximum"].as_i64()?,
        }),
        "number" => Some(Shape::Number),
        "array" => Some(Shape::List {
            item: Box::new(shape(&schema["items"])?),
            may_be_empty: schema["minItems"].as_u64().unwrap_or(0) == 0,
        }),
        "object" if schema["properties"].is_object() => Some(Shape::Table(table(schema)?)),
        "object" => keyed(schema),
        _ => None,
    }
}

fn choices(schema: &Value) -> Option<Vec<String>> {
    let (list, each): (_, fn(&Value) -> &Value) = match schema["enum"].as_array() {
        Some(list) => (list, |value| value),
        None => (schema["oneOf"].as_array()?, |value| &value["const"]),
    };
    let choice = |value| Some(each(value).as_str()?.to_owned());
    list.iter().map(choice).collect()
}

fn text(schema: &Value) -> Option<Shape> {
    let most = schema["maxLength"].as_u64();
    match schema["pattern"].as_str() {
        Some(PERIOD) => Some(Shape::Period),
        Some(DATE) => Some(Shape::Date),
        pattern @ (None | Some(ONE_LINE)) => Some(Shape::Text(TextRule {
            most: most.map_or(Some(usize::MAX), |most| usize::try_from(most).ok())?,
            one_line: pattern.is_some(),
        })),
        Some(_) => None,
    }
}

fn keyed(schema: &Value) -> Option<Shape> {
    let entry = Box::new(shape(&schema["additionalProperties"])?);
    match schema["propertyNames"]["pattern"].as_str() {
        None => Some(Shape::ById(entry)),
        Some(PERIOD) => Some(Shape::ByPeriod(entry)),
        Some(YEAR) => Some(Shape::ByYear(entry)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the check could not read the schema, no key would be known and every one refused.
    #[test]
    fn every_key_has_a_shape_and_a_description() {
        fn unread(schema: &Value, path: &str, found: &mut Vec<String>) {
            let properties = schema["properties"].as_object();
            for (name, value) in properties.into_iter().flatten() {
                let path = format!("{path}.{name}");
                if shape(value).is_none() || value["description"].as_str().is_none() {
                    found.push(path.clone());
                }
                unread(value, &path, found);
                unread(&value["additionalProperties"], &path, found);
                unread(&value["items"], &path, found);
            }
        }
        let schema = schema::json_schema();
        let mut found = Vec::new();
        unread(&schema, "", &mut found);
        assert!(found.is_empty(), "{found:?}");
        assert!(table(&schema).is_some_and(|keys| keys.len() > 5));
    }
}
