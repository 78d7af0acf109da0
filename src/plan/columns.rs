//! Which columns of its tables a query can read. What no query reads need not leave the reader of
//! a file, so a column that is missed here would be missed in a figure: whatever is not plainly
//! understood reads every column.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Join,
    JoinConstraint, JoinOperator, Query, Select, SelectFlavor, SelectItem, SetExpr, SetQuantifier,
    TableAlias, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

/// The columns that a query can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnUse {
    /// All that there are.
    All,
    /// Those of these names, in lower case, and no others.
    Named(BTreeSet<String>),
}

impl ColumnUse {
    /// What `query` can read of any table. A column is named by a word of its own, whatever its
    /// place in the query; the forms that read columns without a word for each read all.
    pub fn of(query: &str) -> Self {
        match names(query) {
            Some(names) if names_all_it_reads(query) => Self::Named(names),
            _ => Self::All,
        }
    }

    /// Whether `column` is among them.
    pub fn reads(&self, column: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(&column.to_lowercase()),
        }
    }
}

/// Every word of the query that could be a column's; none where a name is written so that it may
/// stand for another: polars takes a quoted `^…$` for a pattern.
fn names(query: &str) -> Option<BTreeSet<String>> {
    let tokens = Tokenizer::new(&GenericDialect {}, query).tokenize().ok()?;
    let mut names = BTreeSet::new();
    for token in tokens {
        match token {
            Token::Word(word) => {
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-');
                if word.quote_style.is_some() && !word.value.chars().all(plain) {
                    return None;
                }
                names.insert(word.value.to_lowercase());
            }
            Token::SingleQuotedString(_)
            | Token::Number(..)
            | Token::Whitespace(_)
            | Token::Comma
            | Token::Period
            | Token::SemiColon
            | Token::LParen
            | Token::RParen
            | Token::Eq
            | Token::DoubleEq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::DoubleColon
            | Token::EOF => {}
            _ => return None,
        }
    }
    Some(names)
}

/// Whether the query has no form that reads columns without naming them.
fn names_all_it_reads(query: &str) -> bool {
    let Ok(statements) = Parser::parse_sql(&GenericDialect {}, query) else {
        return false;
    };
    statements.visit(&mut Unnamed).is_continue()
}

/// Breaks where a form reads columns that it does not name, or is none of the known ones.
struct Unnamed;

impl Visitor for Unnamed {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let renamed = query.with.iter().flat_map(|with| &with.cte_tables);
        on(renamed
            .into_iter()
            .all(|table| has_plain_alias(&table.alias))
            && is_plain(&query.body))
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let named = |item: &SelectItem| {
            matches!(
                item,
                SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }
            )
        };
        let joins = || select.from.iter().flat_map(|from| &from.joins);
        on(select.projection.iter().all(named)
            && select.flavor == SelectFlavor::Standard
            && select.exclude.is_none()
            && select.lateral_views.is_empty()
            && joins().all(names_its_columns))
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let (plain, alias) = match table {
            TableFactor::Table { alias, args, .. } => (args.is_none(), alias),
            TableFactor::Derived { alias, .. } => (true, alias),
            _ => (false, &None),
        };
        on(plain && alias.iter().all(has_plain_alias))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        on(match expr {
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => false,
            Expr::Function(function) => names_its_arguments(function),
            _ => true,
        })
    }
}

fn on(plain: bool) -> ControlFlow<()> {
    match plain {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

fn is_plain(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) => true,
        SetExpr::SetOperation {
            left,
            set_quantifier,
            right,
            ..
        } => {
            let by_place = matches!(
                set_quantifier,
                SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None
            );
            by_place && is_plain(left) && is_plain(right)
        }
        _ => false,
    }
}

/// An alias that also gives the columns other names does so by their places.
fn has_plain_alias(alias: &TableAlias) -> bool {
    alias.columns.is_empty()
}

fn names_its_columns(join: &Join) -> bool {
    match &join.join_operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => {
            matches!(constraint, JoinConstraint::On(_) | JoinConstraint::Using(_))
        }
        JoinOperator::CrossJoin(constraint) => matches!(constraint, JoinConstraint::None),
        _ => false,
    }
}

/// `COUNT(*)` counts rows; any other star stands for columns, and so does `COLUMNS(…)`.
fn names_its_arguments(function: &Function) -> bool {
    let name = function.name.to_string();
    if name.eq_ignore_ascii_case("columns") {
        return false;
    }
    let FunctionArguments::List(list) = &function.args else {
        return true;
    };
    let counts_rows = name.eq_ignore_ascii_case("count")
        && list.duplicate_treatment != Some(DuplicateTreatment::Distinct);
    list.args.iter().all(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => true,
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => counts_rows,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that a query reads of a table of four; `*` where it may read any other.
    fn read(query: &str) -> String {
        let used = ColumnUse::of(query);
        if used == ColumnUse::All {
            return "*".to_owned();
        }
        let columns = ["folio", "evento", "fecha", "estatus"];
        let read: Vec<&str> = columns.into_iter().filter(|c| used.reads(c)).collect();
        read.join(" ")
    }

    #[test]
    fn columns_that_a_query_names() {
        for (query, columns) in [
            ("SELECT COUNT(*) AS value FROM t", ""),
            ("SELECT COUNT() AS value FROM t", ""),
            (
                "SELECT 100.0 * COUNT(*) / SUM(evento) AS value FROM t",
                "evento",
            ),
            (
                "SELECT COUNT(*) FILTER (WHERE estatus = 'folio') AS value FROM t",
                "estatus",
            ),
            (
                "SELECT Evento AS value FROM t ORDER BY FECHA",
                "evento fecha",
            ),
            ("SELECT a.\"folio\" AS value FROM t AS a", "folio"),
            (
                "WITH c AS (SELECT evento FROM t) SELECT MAX(evento) AS value FROM c",
                "evento",
            ),
            (
                "SELECT a.evento FROM t a JOIN u b USING (folio)",
                "folio evento",
            ),
            (
                "SELECT a.evento FROM t a JOIN u b ON a.folio = b.folio",
                "folio evento",
            ),
            (
                "SELECT evento FROM t UNION ALL SELECT evento FROM u",
                "evento",
            ),
            (
                "SELECT evento FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.folio = t.folio)",
                "folio evento",
            ),
            (
                "SELECT COUNT(*) OVER (PARTITION BY evento ORDER BY fecha) AS n FROM t",
                "evento fecha",
            ),
            ("SELECT evento -- fecha\n FROM t /* folio */", "evento"),
            (
                "SELECT CAST(evento AS DOUBLE) * 2, fecha::text FROM t",
                "evento fecha",
            ),
        ] {
            assert_eq!(read(query), columns, "{query}");
        }
    }

    #[test]
    fn forms_that_read_columns_without_naming_them_read_all() {
        for query in [
            "SELECT * FROM t",
            "SELECT t.* FROM t",
            "SELECT * EXCLUDE (folio) FROM t",
            "SELECT DISTINCT * FROM t",
            "SELECT DISTINCT ON (folio) * FROM t",
            "SELECT COUNT(DISTINCT *) AS value FROM t",
            "SELECT MAX(*) AS value FROM t",
            "SELECT COLUMNS('fol.*') FROM t",
            "SELECT SUM(COLUMNS('ev.*')) FROM t",
            "SELECT \"^fol.*$\" FROM t",
            "SELECT a.evento FROM t a NATURAL JOIN u b",
            "SELECT x FROM t AS a (x, y, z)",
            "WITH c (x) AS (SELECT folio FROM t) SELECT x FROM c",
            "WITH c AS (SELECT * FROM t) SELECT COUNT(evento) FROM c",
            "WITH c AS (TABLE t) SELECT COUNT(evento) FROM c",
            "SELECT evento FROM (SELECT * FROM t) AS s",
            "SELECT evento FROM t WHERE folio IN (SELECT * FROM u)",
            "SELECT evento FROM t UNION ALL BY NAME SELECT * FROM u",
            "SELECT evento FROM t UNION BY NAME SELECT folio FROM u",
            "SELECT evento FROM t UNION SELECT * FROM u",
            "FROM t",
            "SELECT evento FROM",
            "SELECT evento FROM t WHERE 'x",
            "SELECT U&'\\0066olio' FROM t",
            "",
        ] {
            // No query, no table: nothing is read, and nothing is understood either.
            let expected = if query.is_empty() { "" } else { "*" };
            assert_eq!(read(query), expected, "{query}");
        }
    }
}
