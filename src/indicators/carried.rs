//! Which columns of its sources a plan computes with. The others are checked where the files are
//! read, and stay there.

use std::collections::BTreeSet;

use super::changes::LastEdition;
use super::sql;
use crate::plan::DEPARTMENT;
use crate::plan::{ColumnUse, Placed, Plan};

/// The plan with its sources' columns left out that no query reads: neither one of its own, nor
/// one that the `last` edition published and that its goals are still held against. Where figures
/// are `traced` back to rows, it is also told whose rows they are.
pub fn carrying(pipeline: &Plan, last: Option<&LastEdition>, traced: bool) -> Plan {
    let uses: Vec<QueryUse> = queries(pipeline, last)
        .iter()
        .map(|query| QueryUse::of(pipeline, query))
        .collect();
    let mut plan = pipeline.clone();
    for (id, source) in &mut plan.sources {
        let unread = |column: &&str| !uses.iter().any(|u| u.reads(id, column));
        let columns = source
            .columns
            .keys()
            .map(String::as_str)
            .chain([DEPARTMENT]);
        let left_out: BTreeSet<String> = columns.filter(unread).map(str::to_owned).collect();
        source.left_out = left_out;
        if traced {
            source.left_out.remove(DEPARTMENT);
        }
    }
    plan
}

/// Every query that is run over the sources. One that is missing here is told when it is run, by
/// [`sql::run`], and never computed without its columns.
fn queries(pipeline: &Plan, last: Option<&LastEdition>) -> Vec<Placed<String>> {
    let goals = pipeline.goals.values().filter_map(|g| g.query.clone());
    let activities = pipeline.axes.values().filter_map(|a| a.activities.clone());
    let report = &pipeline.report;
    let said = report.remarks.iter().chain(&report.requests).cloned();
    let published = last.iter().flat_map(|edition| edition.goals.values());
    let published = published.filter_map(|goal| goal.commitment.as_ref()?.query.clone());
    let published = published.map(|value| Placed { value, span: 0..0 });
    goals
        .chain(activities)
        .chain(said)
        .chain(published)
        .collect()
}

/// What one query reads.
struct QueryUse {
    /// Its tables; none where they can't be told, which may be any.
    tables: Option<Vec<String>>,
    columns: ColumnUse,
}

impl QueryUse {
    fn of(pipeline: &Plan, query: &Placed<String>) -> Self {
        Self {
            tables: sql::tables_of(pipeline, query).ok(),
            columns: ColumnUse::of(&query.value),
        }
    }

    fn reads(&self, table: &str, column: &str) -> bool {
        let reached = match &self.tables {
            Some(tables) => tables.iter().any(|t| t == table),
            None => true,
        };
        reached && self.columns.reads(column)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use indexmap::IndexMap;
    use polars::prelude::DataFrame;
    use proptest::prelude::*;

    use super::super::sql::{Answer, Dates, run};
    use super::super::table::{Availability, SourceTable, empty_frame};
    use super::super::{PublishedGoal, changes};
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::plan::parse;

    const PLAN: &str = r#"format = 1
[plan]
id = "p"
title = "P"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[report]
template = "informe"
[department.d]
name = "D"
[source.uno]
department = "d"
file = "uno.csv"
[source.uno.columns]
folio = { header = "Folio", type = "text" }
evento = { header = "Evento", type = "integer" }
fecha = { header = "Fecha", type = "date" }
estatus = { header = "Estatus", type = "category", values = ["si", "no"] }
monto = { header = "Monto", type = "number" }
vecina = { header = "Vecina", type = "text", personal = true }
[source.dos]
department = "d"
file = "dos.csv"
[source.dos.columns]
folio = { header = "Folio", type = "text" }
evento = { header = "Evento", type = "integer" }
nota = { header = "Nota", type = "text" }
[axis.a]
title = "A"
[goal.g]
axis = "a"
responsible = "d"
statement = "S"
kind = "ratio"
target = 50
due = "2026-12"
query = '''
QUERY
'''
"#;

    fn plan(query: &str) -> Plan {
        parse("p.toml", &PLAN.replace("QUERY", query)).unwrap()
    }

    fn left_out(plan: &Plan, source: &str) -> String {
        let names: Vec<&str> = plan.sources[source]
            .left_out
            .iter()
            .map(String::as_str)
            .collect();
        names.join(" ")
    }

    #[test]
    fn what_no_query_reads_is_left_out() {
        let carried = carrying(
            &plan("SELECT COUNT(*) AS value FROM uno WHERE estatus = 'si'"),
            None,
            false,
        );
        assert_eq!(
            left_out(&carried, "uno"),
            "department evento fecha folio monto vecina"
        );
        assert_eq!(left_out(&carried, "dos"), "department evento folio nota");
        let traced = carrying(&plan("SELECT COUNT(*) AS value FROM uno"), None, true);
        assert!(!left_out(&traced, "uno").contains("department"));
        let carried = carrying(
            &plan("SELECT * FROM uno JOIN dos USING (folio)"),
            None,
            false,
        );
        assert_eq!(left_out(&carried, "uno"), "");
        assert_eq!(left_out(&carried, "dos"), "");
        // A table that is no source: the query may be any other's.
        let carried = carrying(&plan("SELECT nota AS value FROM tres"), None, false);
        assert_eq!(left_out(&carried, "dos"), "department evento folio");
    }

    #[test]
    fn what_the_last_edition_computed_with_is_carried() {
        let now = plan("SELECT COUNT(*) AS value FROM uno");
        let then = plan("SELECT COUNT(*) AS value FROM uno WHERE monto > 1");
        let published = PublishedGoal {
            statement: "S".to_owned(),
            commitment: Some(then.goals["g"].commitment()),
            status: super::super::labels::Status::Met,
        };
        let last = changes::LastEdition {
            period: "2026-T1".parse().unwrap(),
            edition: 1,
            goals: IndexMap::from([("g".to_owned(), published)]),
        };
        assert_eq!(
            left_out(&carrying(&now, None, false), "uno"),
            "department estatus evento fecha folio monto vecina"
        );
        assert_eq!(
            left_out(&carrying(&now, Some(&last), false), "uno"),
            "department estatus evento fecha folio vecina"
        );
    }

    /// Rows of both sources, with every column.
    fn frames(plan: &Plan, rows: &[(u8, u8, u8)]) -> Vec<(String, DataFrame)> {
        let table = |name: &String| {
            let values = rows.iter().map(|(a, b, c)| {
                let estatus = if b % 2 == 0 { "si" } else { "no" };
                format!("F{},{b},2026-0{}-11,{estatus},{c}.5,n{c}", a % 4, 1 + c % 3)
            });
            let text: String = values.fold(
                "Folio,Evento,Fecha,Estatus,Monto,Nota\n".to_owned(),
                |all, row| all + &row + "\n",
            );
            let mut source = plan.sources[name].clone();
            source.columns.shift_remove("vecina");
            let limits = crate::plan::Limits::default();
            let read =
                crate::ingest::read_file(text.as_bytes(), "x.csv", &source, &limits, &mut |_| {});
            let frame = read.frame.unwrap_or_else(|| empty_frame(&source));
            let parts = vec![("d".to_owned(), frame)];
            (
                name.clone(),
                SourceTable::stack(&source, parts, Vec::new(), Availability::Complete).frame,
            )
        };
        plan.sources.keys().map(table).collect()
    }

    fn asked(plan: &Plan, frames: &[(String, DataFrame)]) -> Result<Answer, Diagnostic> {
        let query = plan.goals["g"].query.as_ref().unwrap();
        let names = sql::tables_of(plan, query)?;
        let given: Vec<(&str, &DataFrame)> = frames
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(name, frame)| (name.as_str(), frame))
            .collect();
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        let dates = Dates {
            period_start: day(1, 1),
            period_end: day(3, 31),
            year_start: day(1, 1),
            cutoff: day(3, 31),
            target: None,
        };
        run(plan, query, &given, dates)
    }

    fn sorted(mut answer: Answer) -> Answer {
        answer.rows.sort_by_key(|row| format!("{row:?}"));
        answer
    }

    const ITEMS: [&str; 14] = [
        "COUNT(*) AS n",
        "SUM(uno.evento) AS s",
        "MAX(fecha) AS f",
        "COUNT(DISTINCT estatus) AS e",
        "SUM(monto) * 2 AS p",
        "*",
        "uno.*",
        "* EXCLUDE (monto)",
        "COLUMNS('^e.*$')",
        "\"^e.*$\"",
        "COUNT(*) FILTER (WHERE estatus = 'si') AS c",
        "SUM(CASE WHEN monto > 1 THEN 1 ELSE 0 END) AS k",
        "MIN(uno.folio) AS evento",
        "fecha - period_start AS d",
    ];
    const FROM: [&str; 9] = [
        "uno",
        "uno AS u",
        "(SELECT * FROM uno) AS uno",
        "(SELECT folio, evento, monto FROM uno) AS uno",
        "uno JOIN dos USING (folio)",
        "uno NATURAL JOIN dos",
        "uno CROSS JOIN dos",
        "uno LEFT JOIN dos ON uno.folio = dos.folio",
        "con AS uno",
    ];
    const TAIL: [&str; 10] = [
        "",
        "WHERE estatus = 'si'",
        "WHERE fecha BETWEEN year_start AND cutoff",
        "WHERE evento > 1",
        "WHERE uno.folio IN (SELECT folio FROM dos WHERE nota <> 'n1')",
        "GROUP BY estatus",
        "GROUP BY ALL",
        "ORDER BY 1",
        "UNION ALL SELECT COUNT(*) AS n FROM dos",
        "LIMIT 3",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(160))]

        /// Whatever a query says, it says the same where only what it reads has been carried.
        #[test]
        fn a_query_says_the_same_over_what_is_carried(
            items in prop::collection::vec(prop::sample::select(&ITEMS[..]), 1..3),
            from in prop::sample::select(&FROM[..]),
            tail in prop::sample::select(&TAIL[..]),
            rows in prop::collection::vec((0u8..9, 0u8..9, 0u8..9), 1..9),
        ) {
            let with = if from.starts_with("con") { "WITH con AS (SELECT * FROM uno) " } else { "" };
            let query = format!("{with}SELECT {} FROM {from} {tail}", items.join(", "));
            let plan = plan(&query);
            let all = frames(&plan, &rows);
            let carried = carrying(&plan, None, false);
            let less: Vec<(String, DataFrame)> = all
                .iter()
                .map(|(name, frame)| (name.clone(), frame.drop_many(&carried.sources[name].left_out)))
                .collect();
            match (asked(&plan, &all), asked(&plan, &less)) {
                (Ok(all), Ok(less)) => prop_assert_eq!(sorted(all), sorted(less), "{}", query),
                (Err(_), Err(less)) => prop_assert_ne!(less.code, sql::NOT_CARRIED, "{}", query),
                (all, less) => prop_assert!(false, "{}: {:?}, {:?}", query, all, less),
            }
        }

        /// A query that nobody has counted in fails loudly instead of going without a column.
        #[test]
        fn a_query_that_was_not_counted_in_is_told(item in prop::sample::select(&ITEMS[1..12])) {
            let plan = plan(&format!("SELECT {item} FROM uno"));
            let all = frames(&plan, &[(1, 2, 3)]);
            let none: Vec<(String, DataFrame)> = all
                .iter()
                .map(|(name, frame)| (name.clone(), frame.drop_many(plan.sources[name].columns.keys().cloned())))
                .collect();
            prop_assert_eq!(asked(&plan, &none).unwrap_err().code, sql::NOT_CARRIED);
        }
    }
}
