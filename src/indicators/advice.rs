//! Queries that run and are probably not what was meant.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, SelectItem, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::kind;
use super::query_places;
use super::sql;
use crate::diagnostic::Diagnostic;
use crate::plan::{Basis, ColumnKind, Goal, Placed, Plan};

/// What is doubtful about a goal's query.
pub(super) fn of_query(pipeline: &Plan, goal: &Goal, query: &Placed<String>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Ok(statements) = Parser::parse_sql(&GenericDialect {}, &query.value)
        && averages_percentages(pipeline, goal, query, &statements)
    {
        let message = format!(
            "goal `{}`: its query averages percentages, in which a case of a small group counts more than one of a large group",
            goal.id
        );
        let hint = "divide sums: SUM(of those that count) AS numerator, SUM(of all) AS denominator";
        found.push(("average-of-percentages", message, hint));
    }
    if let Some((code, why, hint)) = counts_from_nowhere(pipeline, goal, query) {
        found.push((code, format!("goal `{}`: its query {why}", goal.id), hint));
    }
    found
        .into_iter()
        .map(|(code, message, hint)| {
            Diagnostic::warning(code, message)
                .at(&pipeline.text, query.span.clone())
                .hint(hint)
        })
        .collect()
}

/// A cumulative query over dated rows that does not say from when on it counts, or counts from
/// another day than its basis: a code, why it is doubtful, and the way out.
fn counts_from_nowhere(
    pipeline: &Plan,
    goal: &Goal,
    query: &Placed<String>,
) -> Option<(&'static str, &'static str, &'static str)> {
    let basis = kind::basis(&goal.measure)?;
    let tables = sql::tables_of(pipeline, query).unwrap_or_default();
    // Rows that need no date, such as works under way, are counted as they stand.
    let mut columns = tables
        .iter()
        .filter_map(|table| pipeline.sources.get(table))
        .flat_map(|source| source.columns.values());
    let every_row_dated = columns.any(|c| c.kind == ColumnKind::Date && !c.optional);
    let words: BTreeSet<String> = query_places::words(&query.value)
        .map(|(word, _)| word.to_lowercase())
        .collect();
    let says = |names: &[&str]| names.iter().any(|name| words.contains(*name));
    // A year or a quarter taken out of a date says it too.
    let by_part = says(&["extract", "date_part", "date_trunc", "strftime"]);
    let dated = every_row_dated || says(&["cutoff", "period_end", "target_end"]);
    if !dated || by_part {
        return None;
    }
    let from_the_year = says(&["year_start", "target_start"]);
    match basis {
        Basis::YearToDate => (!from_the_year).then_some((
            "year-to-date-without-start",
            "never names `year_start`, so that it counts every row that the files hold",
            "add a condition such as fecha BETWEEN year_start AND cutoff",
        )),
        Basis::Period if says(&["period_start"]) => None,
        Basis::Period if from_the_year => Some((
            "period-without-start",
            "counts from the year's begin, and its basis adds what each period counts: rows would be added again in every period",
            "write basis = \"year-to-date\", or a condition such as fecha BETWEEN period_start AND period_end",
        )),
        Basis::Period => Some((
            "period-without-start",
            "never names `period_start`, so that it counts every row that the files hold",
            "add a condition such as fecha BETWEEN period_start AND period_end",
        )),
    }
}

fn averages_percentages(
    pipeline: &Plan,
    goal: &Goal,
    query: &Placed<String>,
    statements: &[Statement],
) -> bool {
    let tables = sql::tables_of(pipeline, query).unwrap_or_default();
    let mut percents: BTreeSet<String> = tables
        .iter()
        .filter_map(|table| pipeline.sources.get(table))
        .flat_map(|source| &source.columns)
        .filter(|(_, column)| column.kind == ColumnKind::Percent)
        .map(|(name, _)| name.clone())
        .collect();
    let mut renamed = Renamed(&mut percents);
    let _ = statements.to_vec().visit(&mut renamed);
    let share = kind::is_share(&goal.measure) || goal.unit.as_deref() == Some("%");
    let mut averages = Averages {
        percents: &percents,
        share,
    };
    statements.to_vec().visit(&mut averages).is_break()
}

/// Learns the names that a query's inner SELECTs give to columns of percentages.
struct Renamed<'a>(&'a mut BTreeSet<String>);

impl Visitor for Renamed<'_> {
    type Break = ();

    fn post_visit_query(&mut self, query: &sqlparser::ast::Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_ref() {
            for item in &select.projection {
                if let SelectItem::ExprWithAlias { expr, alias } = item
                    && column(expr).is_some_and(|name| self.0.contains(name))
                {
                    self.0.insert(alias.value.clone());
                }
            }
        }
        ControlFlow::Continue(())
    }
}

struct Averages<'a> {
    percents: &'a BTreeSet<String>,
    /// Whether the goal is a share itself: then the average of a quotient is one of percentages.
    share: bool,
}

impl Visitor for Averages<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let found = match expr {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Divide,
                right,
            } => {
                let sum = called(left, &["sum"]);
                sum.is_some_and(|inside| self.is_percent(inside))
                    && called(right, &["count"]).is_some()
            }
            _ => called(expr, &["avg", "mean"]).is_some_and(|inside| self.is_percent(inside)),
        };
        if found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Averages<'_> {
    fn is_percent(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Nested(inner) => self.is_percent(inner),
            Expr::Cast { expr, .. } => self.is_percent(expr),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Divide,
                right,
            } => {
                (self.share && has_column(left) && has_column(right))
                    || (self.is_percent(left) && !has_column(right))
            }
            // A percentage times its number of cases is no percentage.
            Expr::BinaryOp { left, right, .. } => {
                (self.is_percent(left) && !has_column(right))
                    || (self.is_percent(right) && !has_column(left))
            }
            other => column(other).is_some_and(|name| self.percents.contains(name)),
        }
    }
}

fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.as_str()),
        _ => None,
    }
}

fn has_column(expr: &Expr) -> bool {
    struct Any;
    impl Visitor for Any {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match column(expr) {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Any).is_break()
}

/// The first argument of a call to one of these functions, whatever its case.
fn called<'e>(expr: &'e Expr, names: &[&str]) -> Option<&'e Expr> {
    use sqlparser::ast::{FunctionArg, FunctionArgExpr, FunctionArguments};
    let Expr::Function(function) = expr else {
        return match expr {
            Expr::Nested(inner) => called(inner, names),
            _ => None,
        };
    };
    let name = function.name.to_string().to_lowercase();
    if !names.contains(&name.as_str()) {
        return None;
    }
    match &function.args {
        FunctionArguments::List(list) => match list.args.first()? {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(inside)) => Some(inside),
            // COUNT(*): there is an argument, and it is no column.
            _ => Some(expr),
        },
        _ => None,
    }
}
