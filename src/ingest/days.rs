//! SQL in which a difference of dates is a number of days.
//!
//! polars gives it as a duration, and compares and converts durations as microseconds without a
//! word: `cutoff - fecha <= 30` is then never true, and an average of days is an average of
//! microseconds. So each difference of two dates is written anew as one of two numbers before
//! polars runs the query; which operands are dates is asked of polars itself. What else mixes a
//! date or a duration with a number is refused.

use std::borrow::Cow;
use std::ops::ControlFlow;

use polars::prelude::{DataType, LazyFrame};
use polars::sql::SQLContext;
use sqlparser::ast::{
    BinaryOperator, Cte, Expr, Query, Select, SetExpr, Statement, VisitMut, VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// `sql` as polars is to run it over the tables of `context`.
///
/// # Errors
/// It compares or converts a date or a duration as if it were a number: which part of it does.
pub fn in_days<'s>(context: &SQLContext, sql: &'s str) -> Result<Cow<'s, str>, String> {
    // What polars cannot parse it refuses in better words.
    let Ok(mut statements) = Parser::parse_sql(&GenericDialect {}, sql) else {
        return Ok(Cow::Borrowed(sql));
    };
    let [Statement::Query(query)] = statements.as_mut_slice() else {
        return Ok(Cow::Borrowed(sql));
    };
    let mut rewriter = Rewriter {
        context,
        changed: false,
    };
    rewriter.query(query, &[])?;
    Ok(if rewriter.changed {
        Cow::Owned(query.to_string())
    } else {
        Cow::Borrowed(sql)
    })
}

struct Rewriter<'c> {
    context: &'c SQLContext,
    changed: bool,
}

impl Rewriter<'_> {
    fn query(&mut self, query: &mut Query, outer: &[Cte]) -> Result<(), String> {
        let mut tables = outer.to_vec();
        if let Some(with) = &mut query.with {
            for table in &mut with.cte_tables {
                self.query(&mut table.query, &tables)?;
                tables.push(table.clone());
            }
        }
        self.body(&mut query.body, &tables)
    }

    fn body(&mut self, body: &mut SetExpr, tables: &[Cte]) -> Result<(), String> {
        match body {
            SetExpr::Select(select) => self.select(select, tables),
            SetExpr::Query(query) => self.query(query, tables),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, tables)?;
                self.body(right, tables)
            }
            _ => Ok(()),
        }
    }

    fn select(&mut self, select: &mut Select, tables: &[Cte]) -> Result<(), String> {
        // Tables in brackets come first: the types of their columns are asked for below.
        let mut inner = Subqueries {
            rewriter: self,
            tables,
            depth: 0,
        };
        if let ControlFlow::Break(why) = select.from.visit(&mut inner) {
            return Err(why);
        }
        let from: Vec<String> = select.from.iter().map(ToString::to_string).collect();
        let mut outer = Expressions {
            written: Vec::new(),
            from: from.join(", "),
            inner: Subqueries {
                rewriter: self,
                tables,
                depth: 0,
            },
        };
        match select.visit(&mut outer) {
            ControlFlow::Break(why) => Err(why),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}

/// Rewrites the queries inside an expression or a FROM.
struct Subqueries<'r, 'c> {
    rewriter: &'r mut Rewriter<'c>,
    tables: &'r [Cte],
    depth: u32,
}

impl VisitorMut for Subqueries<'_, '_> {
    type Break = String;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        self.depth += 1;
        if self.depth == 1
            && let Err(why) = self.rewriter.query(query, self.tables)
        {
            return ControlFlow::Break(why);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<String> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// Rewrites the expressions of one SELECT, inner ones first.
struct Expressions<'r, 'c> {
    /// The expressions around the one at hand, as they were written.
    written: Vec<String>,
    from: String,
    /// What does the same with the queries inside them.
    inner: Subqueries<'r, 'c>,
}

impl VisitorMut for Expressions<'_, '_> {
    type Break = String;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        self.inner.pre_visit_query(query)
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        self.inner.post_visit_query(query)
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        if self.inner.depth == 0 {
            self.written.push(expr.to_string());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        if self.inner.depth > 0 {
            return ControlFlow::Continue(());
        }
        let written = self.written.pop().unwrap_or_default();
        let wrong = match expr {
            Expr::BinaryOp { left, op, right } if *op == BinaryOperator::Minus => {
                if let Some(days) = self.difference(left, right) {
                    *expr = days;
                    self.inner.rewriter.changed = true;
                }
                false
            }
            Expr::BinaryOp { left, op, right } if compares(op) => self.mixed(left, right),
            Expr::Between {
                expr, low, high, ..
            } => self.mixed(expr, low) || self.mixed(expr, high),
            Expr::InList { expr, list, .. } => list.iter().any(|item| self.mixed(expr, item)),
            Expr::Cast {
                expr, data_type, ..
            } => {
                let duration = matches!(self.kind(expr), Some(OperandKind::Duration));
                duration && !data_type.to_string().to_uppercase().contains("INTERVAL")
            }
            _ => false,
        };
        if wrong {
            return ControlFlow::Break(format!(
                "`{written}` takes a date or a duration for a number; a difference of two dates is a number of days, such as cutoff - fecha <= 30, and a date is compared with a date"
            ));
        }
        ControlFlow::Continue(())
    }
}

fn compares(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
    )
}

/// What of a type matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OperandKind {
    Number,
    Date,
    Timestamp,
    Duration,
}

impl Expressions<'_, '_> {
    /// `left - right` as a number of days, where both are dates.
    fn difference(&self, left: &Expr, right: &Expr) -> Option<Expr> {
        let days = match (self.kind(left)?, self.kind(right)?) {
            (OperandKind::Date, OperandKind::Date) => {
                format!("(CAST({left} AS BIGINT) - CAST({right} AS BIGINT))")
            }
            (
                OperandKind::Date | OperandKind::Timestamp,
                OperandKind::Date | OperandKind::Timestamp,
            ) => format!(
                "((CAST(CAST({left} AS TIMESTAMP) AS BIGINT) - CAST(CAST({right} AS TIMESTAMP) AS BIGINT)) / 86400000000.0)"
            ),
            _ => return None,
        };
        let parser = Parser::new(&GenericDialect {}).try_with_sql(&days);
        parser.ok()?.parse_expr().ok()
    }

    /// Whether one is a number and the other a date or a duration.
    fn mixed(&self, one: &Expr, other: &Expr) -> bool {
        // Two texts, or a text and a date: polars reads the text as the date.
        let text = |e: &Expr| matches!(e, Expr::Value(v) if v.to_string().starts_with('\''));
        if text(one) || text(other) {
            return false;
        }
        match (self.kind(one), self.kind(other)) {
            (Some(one), Some(other)) => {
                (one == OperandKind::Number) != (other == OperandKind::Number)
                    || (one == OperandKind::Duration) != (other == OperandKind::Duration)
            }
            _ => false,
        }
    }

    /// What polars says that `expr` is; none for a text, a truth value, or what it cannot say.
    fn kind(&self, expr: &Expr) -> Option<OperandKind> {
        let with: Vec<String> = self.inner.tables.iter().map(ToString::to_string).collect();
        let with = if with.is_empty() {
            String::new()
        } else {
            format!("WITH {} ", with.join(", "))
        };
        let from = match self.from.as_str() {
            "" => String::new(),
            tables => format!(" FROM {tables}"),
        };
        let probe = format!("{with}SELECT {expr} AS metas_probe{from}");
        let mut context = self.inner.rewriter.context.clone();
        let mut frame: LazyFrame = context.execute(&probe).ok()?;
        let schema = frame.collect_schema().ok()?;
        match schema.get("metas_probe")? {
            DataType::Date => Some(OperandKind::Date),
            DataType::Datetime(..) => Some(OperandKind::Timestamp),
            DataType::Duration(_) => Some(OperandKind::Duration),
            kind if kind.is_primitive_numeric() => Some(OperandKind::Number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use polars::prelude::{DataFrame, Int32Chunked, IntoLazy, IntoSeries, NewChunkedArray};

    use super::*;

    /// Three rows: 43, 33 and 23 days before the cutoff.
    fn answer(sql: &str) -> Result<String, String> {
        let dates = |name: &str, days: [i32; 3]| {
            let column = Int32Chunked::from_slice(name.into(), &days).into_date();
            column.into_series().into()
        };
        let columns = vec![
            dates("fecha", [20_500, 20_510, 20_520]),
            dates("cutoff", [20_543, 20_543, 20_543]),
        ];
        let mut context = SQLContext::new();
        context.register("t", DataFrame::new(3, columns).unwrap().lazy());
        let sql = in_days(&context, sql)?;
        let frame = context.execute(&sql).and_then(LazyFrame::collect);
        let frame = frame.map_err(|error| error.to_string())?;
        Ok(frame.columns()[0].get(0).unwrap().to_string())
    }

    #[test]
    fn a_difference_of_dates_is_a_number_of_days() {
        for (sql, days) in [
            ("SELECT AVG(cutoff - fecha) AS v FROM t", "33.0"),
            ("SELECT SUM(cutoff - fecha) AS v FROM t", "99"),
            ("SELECT MIN(cutoff - fecha) AS v FROM t", "23"),
            ("SELECT MAX(fecha) - MIN(fecha) AS v FROM t", "20"),
            ("SELECT MEDIAN(cutoff - fecha) AS v FROM t", "33.0"),
            (
                "SELECT ROUND(AVG(cutoff - fecha) / 2, 1) AS v FROM t",
                "16.5",
            ),
            (
                "SELECT CAST(AVG(cutoff - fecha) AS DOUBLE) AS v FROM t",
                "33.0",
            ),
            (
                "SELECT COUNT(*) FILTER (WHERE cutoff - fecha <= 30) AS v FROM t",
                "1",
            ),
            (
                "SELECT COUNT(*) FILTER (WHERE cutoff - fecha BETWEEN 30 AND 40) AS v FROM t",
                "1",
            ),
            (
                "SELECT COUNT(*) AS v FROM t WHERE (t.cutoff - t.fecha) > 30",
                "2",
            ),
            (
                "SELECT SUM(CASE WHEN fecha < cutoff THEN cutoff - fecha ELSE 0 END) AS v FROM t",
                "99",
            ),
            ("SELECT COALESCE(MAX(cutoff - fecha), 0) AS v FROM t", "43"),
            (
                "WITH x AS (SELECT cutoff - fecha AS d FROM t) SELECT COUNT(*) AS v FROM x WHERE d > 30",
                "2",
            ),
            (
                "WITH x AS (SELECT MAX(fecha) AS a, MIN(fecha) AS b FROM t) SELECT a - b AS v FROM x",
                "20",
            ),
            (
                "SELECT AVG(d) AS v FROM (SELECT cutoff - fecha AS d FROM t) AS x",
                "33.0",
            ),
            (
                "SELECT MAX(CAST(cutoff AS TIMESTAMP) - fecha) AS v FROM t",
                "43.0",
            ),
            (
                "SELECT COUNT(*) AS v FROM t WHERE fecha + INTERVAL '30 days' >= cutoff",
                "1",
            ),
            (
                "SELECT COUNT(*) AS v FROM t WHERE fecha > '2026-02-20'",
                "2",
            ),
        ] {
            assert_eq!(answer(sql).as_deref(), Ok(days), "{sql}");
        }
    }

    #[test]
    fn a_date_is_no_number() {
        for sql in [
            "SELECT COUNT(*) AS v FROM t WHERE fecha > 20",
            "SELECT COUNT(*) AS v FROM t WHERE fecha BETWEEN 1 AND 20",
            "SELECT COUNT(*) AS v FROM t WHERE fecha IN (1, 2)",
            "SELECT COUNT(*) AS v FROM t WHERE cutoff - fecha <= INTERVAL '30 days'",
            "SELECT CAST(INTERVAL '1 day' AS BIGINT) AS v FROM t",
        ] {
            let told = answer(sql).unwrap_err();
            assert!(told.contains("for a number"), "{sql}: {told}");
        }
    }
}
