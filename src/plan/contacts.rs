//! Whom to tell of a definition that cannot be used: as much of it as is sound, however broken the
//! rest is.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::de::DeTable;

use super::check::{Checker, position};
use super::delivery::{DeliveryKeys, DeliveryRules};
use super::document;
use super::document::{Node, NodeReader, Table, TomlValue};
use super::field::Field;
use super::identity::PlanKeys;
use super::keys;
use super::operator::{Operator, OperatorKeys};
use super::structure::Structure;
use crate::diagnostic::{Diagnostic, SourceText};

/// What a broken definition says of itself and of those to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// `[plan] id`.
    pub id: Option<String>,
    /// `[plan] title`.
    pub title: Option<String>,
    /// `[delivery]`, where its sender is sound: those of its recipients that are, and the server
    /// only where all that is said of it is. Without one messages go to `state/outbox/`.
    pub delivery: Option<DeliveryRules>,
    /// `[operator]`, where anything of it is sound.
    pub operator: Option<Operator>,
}

/// The tables that say whom to tell; all others are left unread.
const TABLES: [&str; 3] = ["plan", "delivery", "operator"];

/// Their keys.
#[derive(Debug, Default, Deserialize)]
struct ContactKeys {
    #[serde(default)]
    plan: Field<PlanKeys>,
    #[serde(default)]
    delivery: Field<DeliveryKeys>,
    #[serde(default)]
    operator: Field<OperatorKeys>,
}

/// Reads them from a definition with errors. `name` is the file's name. A value is only believed
/// where neither its line nor what it must look like has an error: half an address is another
/// person's.
pub fn contacts(name: &str, text: &str) -> Contacts {
    let source = Arc::new(SourceText {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let mut wrong = Vec::new();
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut root = match syntax.is_empty() {
        true => document::table(document.get_ref()),
        false => apart(text, &mut wrong),
    };
    root.retain(|key, _| TABLES.contains(&key.as_str()));
    let misshapen = misshapen(&source, &root);
    let of_values = misshapen.iter().filter(|d| d.code != "missing-key");
    wrong.extend(of_values.map(place));
    without(&mut root, &wrong);
    wrong.extend(misshapen.iter().map(place));
    let root = Node {
        span: 0..text.len(),
        value: TomlValue::Table(root),
    };
    let keys = ContactKeys::deserialize(NodeReader::new(&root, true)).unwrap_or_default();
    keys.sound(&source, wrong)
}

impl ContactKeys {
    /// What is sound of them, where these places have errors already.
    fn sound(&self, source: &Arc<SourceText>, mut wrong: Vec<Range<usize>>) -> Contacts {
        let mut checker = Checker::new(source, Vec::new(), Vec::new(), Vec::new());
        let plan = self.plan.get();
        let id = plan.and_then(|plan| plan.id.text());
        checker.slug("a plan's id", id.as_deref().unwrap_or_default(), 0..0);
        let id = id.filter(|_| checker.found.is_empty());
        checker.found.clear();
        let title = plan.and_then(|plan| plan.title.text());
        let delivery = self.delivery.get();
        let delivery = delivery.map(|keys| keys.check(title.as_deref(), &mut checker));
        let operator = self.operator.get();
        let operator = operator.map(|keys| keys.check(&self.operator, &mut checker));
        wrong.extend(checker.found.iter().map(place));
        let smtp = self.delivery.get().map(|keys| keys.smtp.span());
        let of_smtp = |range: &Range<usize>| {
            smtp.as_ref()
                .is_some_and(|smtp| smtp.contains(&range.start))
                || header_before(&source.text, range.start).starts_with("[delivery.smtp")
        };
        let smtp_is_sound = !wrong.iter().any(of_smtp);
        Contacts {
            id,
            title,
            delivery: delivery.and_then(|delivery| delivery.sound(smtp_is_sound)),
            operator: operator.and_then(Operator::sound),
        }
    }
}

/// Those tables of a text that is not TOML, each read as if there were nothing else: a bracket or a
/// quotation mark that is never closed can take what follows with it. Notes the lines with errors.
fn apart(text: &str, wrong: &mut Vec<Range<usize>>) -> Table {
    let mut root = Table::new();
    for name in TABLES {
        let mut inside = false;
        let mut only = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if let Some(header) = line.trim_start().strip_prefix('[') {
                let rest = header.trim_start().strip_prefix(name);
                let ends = |rest: &str| {
                    !rest.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c))
                };
                inside = rest.is_some_and(ends);
            }
            // Blanks keep every place in the text as it is.
            match inside {
                true => only.push_str(line),
                false => only.extend(line.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' })),
            }
        }
        let (document, syntax) = DeTable::parse_recoverable(&only);
        let end = text.len();
        let broken = syntax
            .iter()
            .map(|e| lines(text, e.span().unwrap_or(end..end)));
        wrong.extend(broken);
        root.extend(document::table(document.get_ref()));
    }
    root
}

/// What is wrong with the shape of the tables, each held against its keys.
fn misshapen(source: &Arc<SourceText>, root: &Table) -> Vec<Diagnostic> {
    let mut structure = Structure {
        text: source,
        found: Vec::new(),
    };
    for key in keys::ROOT.iter() {
        if let Some(entry) = root.get(&key.name) {
            structure.value(&key.name, &entry.node, &key.shape);
        }
    }
    structure.found
}

/// Takes the values out of a table that one of these places touches.
fn without(table: &mut Table, wrong: &[Range<usize>]) {
    table.retain(|_, entry| keep(&mut entry.node, wrong));
}

fn keep(node: &mut Node, wrong: &[Range<usize>]) -> bool {
    match &mut node.value {
        TomlValue::Table(inner) => {
            without(inner, wrong);
            true
        }
        TomlValue::List(items) => {
            items.retain_mut(|item| keep(item, wrong));
            true
        }
        _ => {
            let own = &node.span;
            let touches = |range: &Range<usize>| range.start <= own.end && own.start <= range.end;
            !wrong.iter().any(touches)
        }
    }
}

fn place(diagnostic: &Diagnostic) -> Range<usize> {
    let (start, end) = position(diagnostic);
    start..end
}

/// The whole lines that a range touches.
fn lines(text: &str, range: Range<usize>) -> Range<usize> {
    let (bytes, last) = (text.as_bytes(), text.len());
    let (start, end) = (range.start.min(last), range.end.min(last));
    let begin = bytes[..start].iter().rposition(|byte| *byte == b'\n');
    let close = bytes[end..].iter().position(|byte| *byte == b'\n');
    begin.map_or(0, |at| at + 1)..close.map_or(last, |at| end + at)
}

/// The header of the table in which a place lies, without spaces.
fn header_before(text: &str, at: usize) -> String {
    let until = lines(text, at..at).end;
    let before = text.get(..until).unwrap_or_default();
    let mut headers = before.lines().rev();
    let header = headers.find(|line| line.trim_start().starts_with('['));
    let header = header.unwrap_or_default();
    header.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::{Login, parse};

    const BASE: &str = include_str!("../../tests/definitions/base.toml");

    const MORE: &str = r#"
[delivery.smtp]
host = "smtp.example.mx"
user = "metas"

[operator]
email = [
  "uno@example.mx",
  "dos@example.mx",
]
ping = "https://ping.example.mx/uuid"
"#;

    fn sound() -> String {
        format!("{BASE}{MORE}")
    }

    /// The plan's contacts with one text replaced by another.
    fn with(old: &str, new: &str) -> Contacts {
        let text = sound();
        assert_eq!(text.matches(old).count(), 1, "{old}");
        contacts("base.toml", &text.replace(old, new))
    }

    #[test]
    fn a_sound_definition_has_the_contacts_that_it_says() {
        let plan = parse("base.toml", &sound()).unwrap();
        let found = contacts("base.toml", &sound());
        assert_eq!(found.id.as_deref(), Some("base"));
        assert_eq!(found.title.as_deref(), Some("Plan de obras"));
        assert_eq!(found.delivery, plan.delivery);
        assert_eq!(found.operator, plan.operator);
        assert_eq!(contacts("base.toml", ""), Contacts::default());
    }

    #[test]
    fn what_is_wrong_elsewhere_changes_nothing() {
        let sound = contacts("base.toml", &sound());
        for (old, new) in [
            ("target = 80", "target = "),
            ("target = 80", "target = \"ochenta\""),
            ("[axis.calles]", "[axis.calles"),
            ("[source.baches.columns]", "]["),
            ("kind = \"ratio\"", "kind = \"razón\""),
            ("format = 1", "format = 2"),
            ("format = 1", "\u{feff}{{{\nformat 1"),
            ("statement = \"Reparar", "statement = Reparar"),
            ("query = \"SELECT", "query = \"SELECT \\q"),
            ("timezone = \"America/Mexico_City\"", ""),
            ("axis = \"calles\"", "axis = \"otra\""),
        ] {
            assert_eq!(with(old, new), sound, "{new}");
        }
    }

    /// Half an address is another person's, and half a server would be spoken to without a login.
    #[test]
    #[rustfmt::skip]
    fn a_value_on_a_broken_line_is_not_believed() {
        let (one, both) = ("uno@example.mx", "uno@example.mx dos@example.mx");
        let host = r#"host = "smtp.example.mx""#;
        let user = r#"user = "metas""#;
        let from = r#"from = "metas@example.mx""#;
        for (old, new, operator, sender, server) in [
            (r#"dos@example.mx""#, "dos@example.m", one, true, true),
            (r#""dos@example.mx""#, "dos@example.mx", one, true, true),
            (r#""dos@example.mx""#, "7", one, true, true),
            (r#""dos@example.mx""#, r#""dos""#, one, true, true),
            (from, r#"from = "metas@example"#, both, false, false),
            (from, "from = metas@example.mx", both, false, false),
            (from, "", both, false, false),
            (host, r#"host = "smtp.exam"#, both, true, false),
            (host, "", both, true, false),
            (user, "user = metas", both, true, false),
            (user, "user = ", both, true, false),
            (user, "user = \"metas\"\ntls = \"non\"", both, true, false),
            (user, "user = \"metas\"\npasword = 1", both, true, false),
            (user, r#"auth = "xoauth2""#, both, true, false),
            ("[delivery.smtp]", "[delivery.smtp", both, true, false),
            (r#"ping = "https://ping.example.mx/uuid""#, "ping = 1", both, true, true),
        ] {
            let found = with(old, new);
            let emails = found.operator.map(|operator| operator.email.join(" "));
            assert_eq!(emails.as_deref(), Some(operator), "{new}");
            assert_eq!(found.delivery.is_some(), sender, "{new}");
            let smtp = found.delivery.and_then(|delivery| delivery.smtp);
            let logs_in = smtp.map(|smtp| matches!(smtp.login, Login::Password { .. }));
            assert_eq!(logs_in, server.then_some(true), "{new}");
        }
    }

    #[test]
    fn what_is_sound_beside_what_is_not_is_kept() {
        let found = with("[delivery]\n", "[delivery]\nsubject = \"{otro}\"\n");
        assert_eq!(found.delivery.unwrap().subject, "{title}: {period}");
        let found = with("[\"secretaria@example.mx\"]", "[\"a@x.mx\", \"b\"]");
        assert_eq!(found.delivery.unwrap().to, ["a@x.mx"]);
        let found = with("id = \"base\"", "id = \"La base\"");
        assert_eq!((found.id, found.title.is_some()), (None, true));
        let found = with("[operator]", "[operator]\nemial = 1");
        assert_eq!(found.operator.unwrap().email.len(), 2);
    }

    #[test]
    fn no_text_makes_it_panic() {
        let text = sound();
        for cut in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            contacts("base.toml", &text[..cut]);
            contacts("base.toml", &text[cut..]);
        }
    }
}
