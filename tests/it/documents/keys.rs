//! The table of every key in `pipelines/README.md`, made of the JSON Schema.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

const BEGIN: &str = "<!-- keys: begin -->\n";
const END: &str = "<!-- keys: end -->";

/// Examples of keys whose schema has none: the key's path, and what a definition may say.
#[rustfmt::skip]
const EXAMPLES: &[(&str, &str)] = &[
    ("format", "1"),
    ("axis.*.activities", "\"SELECT fecha AS date, titulo AS title FROM actividades\""),
    ("axis.*.intro", "\"Este eje reúne …\""),
    ("axis.*.title", "\"Datos Abiertos\""),
    ("delivery.to", "[\"secretariado@example.mx\"]"),
    ("delivery.smtp.auth", "\"xoauth2\""),
    ("delivery.smtp.oauth.client_id", "\"00000000-0000-0000-0000-000000000000\""),
    ("delivery.smtp.port", "587"),
    ("delivery.smtp.user", "\"gobierno.abierto\""),
    ("department.*.name", "\"Dirección de Obras Públicas\""),
    ("goal.*.adjusted_target.value", "60"),
    ("goal.*.axis", "\"datos-abiertos\""),
    ("goal.*.band.high", "105"),
    ("goal.*.band.low", "95"),
    ("goal.*.baseline", "40"),
    ("goal.*.baseline_year", "2024"),
    ("goal.*.basis", "\"year-to-date\""),
    ("goal.*.definition", "\"Reportes cerrados entre reportes recibidos.\""),
    ("goal.*.dimension", "\"Eficacia\""),
    ("goal.*.direction", "\"descending\""),
    ("goal.*.frequency", "\"Trimestral\""),
    ("goal.*.indicator", "\"% de reportes cerrados.\""),
    ("goal.*.kind", "\"ratio\""),
    ("goal.*.method", "\"Cerrados / recibidos × 100\""),
    ("goal.*.note", "\"Se cerraron {numerator} de {denominator}.\""),
    ("goal.*.planned", "{ \"2026-T1\" = 20, \"2026-T2\" = 50 }"),
    ("goal.*.responsible", "\"obras\""),
    ("goal.*.statement", "\"Cerrar el 80% de los reportes del año.\""),
    ("goal.*.steps[].after", "\"bases\""),
    ("goal.*.steps[].id", "\"convocatoria\""),
    ("goal.*.steps[].title", "\"Convocatoria publicada\""),
    ("goal.*.target", "80"),
    ("goal.*.targets", "{ \"2026\" = 80, \"2027\" = 90 }"),
    ("goal.*.verification", "\"Registro de reportes\""),
    ("plan.subtitle", "\"Avances y resultados\""),
    ("plan.title", "\"Seguimiento de metas\""),
    ("plan.traffic_light.at_risk", "70"),
    ("plan.traffic_light.on_track", "90"),
    ("report.brand.name", "\"LEÓN\""),
    ("report.brand.slogan", "[\"SOMOS GRANDES\", \"SOMOS LEÓN\"]"),
    ("report.brand.term", "\"AYUNTAMIENTO 2024-2027\""),
    ("report.session", "{ \"2026-T1\" = \"1ª Sesión Ordinaria\" }"),
    ("schedule.every", "\"quarter\""),
    ("schedule.remind_after_days", "[1, 2]"),
    ("schedule.remind_before_days", "[10, 3, 1]"),
    ("schedule.submit_within_days", "3"),
    ("source.*.columns.*.header", "[\"Folio\", \"No. de acuerdo\"]"),
    ("source.*.columns.*.max", "100"),
    ("source.*.columns.*.min", "0"),
    ("source.*.columns.*.type", "\"date\""),
    ("source.*.columns.*.values", "[\"Abierto\", \"Cerrado\"]"),
    ("source.*.columns.*.within", "\"period\""),
    ("source.*.department", "\"obras\""),
    ("source.*.departments", "[\"obras\", \"agua\"]"),
    ("source.*.sheet", "\"Acuerdos\""),
    ("*.authority", "\"Acta 12 del Secretariado Técnico\""),
    ("*.reason", "\"Reprogramación por lluvias.\""),
];

#[test]
fn the_table_of_keys_is_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/README.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = document.split_once(BEGIN).expect("where the keys begin");
    let (now, tail) = rest.split_once(END).expect("where the keys end");
    let made = made();
    if std::env::var_os("METAS_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{made}{END}{tail}")).unwrap();
    } else {
        assert!(
            now == made,
            "METAS_BLESS=1 cargo test documents:: writes it anew; it should be:\n{made}"
        );
    }
}

fn made() -> String {
    let mut out = String::new();
    let mut missing = Vec::new();
    table("", &metas::plan::json_schema(), &mut out, &mut missing);
    assert!(
        missing.is_empty(),
        "give an example of: {}",
        missing.join(", ")
    );
    out
}

/// A table's heading and rows, then the tables in it.
fn table(path: &str, schema: &Value, out: &mut String, missing: &mut Vec<String>) {
    let mut gathered = Gathered {
        rows: String::new(),
        inner: Vec::new(),
        missing,
    };
    keys(path, "", schema, &mut gathered);
    let Gathered {
        rows,
        inner,
        missing,
    } = gathered;
    if !rows.is_empty() {
        match path {
            "" => out.push_str("### At the top\n\n"),
            path => writeln!(out, "### `[{}]`\n", path.replace('*', "ID")).unwrap(),
        }
        if let Some(doc) = schema["description"].as_str().filter(|_| !path.is_empty()) {
            writeln!(out, "{}\n", cell(doc)).unwrap();
        }
        out.push_str("| key | what it says | type | default | example |\n|---|---|---|---|---|\n");
        out.push_str(&rows);
        out.push('\n');
    }
    for (path, schema) in inner {
        table(&path, schema, out, missing);
    }
}

/// What is gathered on the way through a table's keys.
struct Gathered<'s, 'm> {
    rows: String,
    /// Tables that get a heading of their own.
    inner: Vec<(String, &'s Value)>,
    /// Keys without an example.
    missing: &'m mut Vec<String>,
}

fn keys<'s>(path: &str, before: &str, schema: &'s Value, gathered: &mut Gathered<'s, '_>) {
    let required = |name: &str| {
        let all = schema["required"].as_array();
        all.is_some_and(|all| all.iter().any(|one| one == name))
    };
    for (name, key) in schema["properties"].as_object().into_iter().flatten() {
        let whole = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let shown = format!("{before}{name}");
        let each = &key["additionalProperties"];
        let several = key["properties"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        if several > 4 || (several > 0 && path.is_empty()) {
            gathered.inner.push((whole, key));
        } else if several > 0 {
            keys(&whole, &format!("{shown}."), key, gathered);
        } else if each["properties"].is_object() {
            gathered.inner.push((format!("{whole}.*"), each));
        } else if key["items"]["properties"].is_object() {
            keys(
                &format!("{whole}[]"),
                &format!("{shown}[]."),
                &key["items"],
                gathered,
            );
        } else {
            let example = example(&whole, key).unwrap_or_else(|| {
                gathered.missing.push(whole.clone());
                String::new()
            });
            let default = match (&key["default"], required(name)) {
                (_, true) => "*required*".to_owned(),
                (Value::Null, false) => "–".to_owned(),
                (value, false) => format!("`{}`", toml(value)),
            };
            writeln!(
                gathered.rows,
                "| `{shown}` | {} | {} | {default} | `{}` |",
                cell(key["description"].as_str().unwrap_or_default()),
                kind(key),
                cell(&example)
            )
            .unwrap();
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn example(path: &str, key: &Value) -> Option<String> {
    let last = path.rsplit('.').next().unwrap();
    let written = EXAMPLES
        .iter()
        .find(|(known, _)| *known == path || known.strip_prefix("*.") == Some(last));
    match (
        key["examples"].as_array().and_then(|all| all.first()),
        written,
    ) {
        (_, Some((_, text))) => Some((*text).to_owned()),
        (Some(value), None) => Some(toml(value)),
        (None, None) if key["default"].is_boolean() => {
            Some(toml(&Value::Bool(key["default"] == false)))
        }
        (None, None) if !key["default"].is_null() => Some(toml(&key["default"])),
        (None, None) => None,
    }
}

fn toml(value: &Value) -> String {
    match value {
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(toml).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Object(all) => {
            let all: Vec<String> = all
                .iter()
                .map(|(k, v)| format!("{k} = {}", toml(v)))
                .collect();
            format!("{{ {} }}", all.join(", "))
        }
        other => other.to_string(),
    }
}

fn kind(key: &Value) -> String {
    if let Some(choices) = key["oneOf"].as_array() {
        let each = choices.iter().map(|one| match one["description"].as_str() {
            Some(doc) => format!("`{}`: {}", toml(&one["const"]), cell(doc)),
            None => format!("`{}`", toml(&one["const"])),
        });
        return each.collect::<Vec<_>>().join("<br>");
    }
    if let Some(choices) = key["enum"].as_array() {
        let each = choices.iter().map(|one| format!("`{}`", toml(one)));
        return each.collect::<Vec<_>>().join("<br>");
    }
    if let Some(either) = key["anyOf"].as_array() {
        let each: Vec<String> = either.iter().map(kind).collect();
        return each.join(" or ");
    }
    let period = |pattern: &Value| pattern.as_str().is_some_and(|p| p.contains("[Ss]"));
    match key["type"].as_str().unwrap_or_default() {
        "string" if period(&key["pattern"]) => "period".to_owned(),
        "string"
            if key["pattern"]
                .as_str()
                .is_some_and(|p| p.starts_with("^\\d{4}-")) =>
        {
            "month or day".to_owned()
        }
        "string" => match key["maxLength"].as_u64() {
            Some(most) => format!("text, up to {most} letters"),
            None => "text".to_owned(),
        },
        "integer" if key["minimum"] == key["maximum"] => format!("{}", key["minimum"]),
        "integer" => format!("whole number, {} to {}", key["minimum"], key["maximum"]),
        "boolean" => "true or false".to_owned(),
        "array" => format!("list of: {}", kind(&key["items"])),
        "object" if period(&key["propertyNames"]["pattern"]) => {
            format!("by period: {}", kind(&key["additionalProperties"]))
        }
        "object" => format!("by year: {}", kind(&key["additionalProperties"])),
        other => other.to_owned(),
    }
}
