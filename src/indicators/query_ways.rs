//! What people try in a query and polars does not take, and the way that works.

/// What to say where polars' own words help nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// The word of the query that the caret goes to.
    pub word: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What works instead.
    pub hint: &'static str,
}

const NO_TODAY: &str = "a figure must be the same on whatever day it is computed: write cutoff, period_end or target_end";
const PARTS: &str = "write EXTRACT(YEAR FROM fecha), and MONTH, QUARTER or DAY alike; for the period's own rows fecha BETWEEN period_start AND period_end";
const DIFFERENCE: &str =
    "a difference of dates is a number of days: AVG(conclusion - fecha), or cutoff - fecha <= 30";
const SHIFT: &str = "write cutoff - INTERVAL '30 days', or compare days: cutoff - fecha <= 30";
const CHOICE: &str =
    "write CASE WHEN condition THEN a ELSE b END, or count with COUNT(*) FILTER (WHERE condition)";
const FALLBACK: &str = "write COALESCE(n, 0)";
const COUNTED: &str = "write COUNT(*) FILTER (WHERE condition), or SUM(n) FILTER (WHERE condition)";
const AVERAGED: &str = "write AVG(n), or AVG(n) FILTER (WHERE condition)";
const WRITTEN: &str = "write STRFTIME(fecha, '%Y-%m')";
const DAY_GIVEN: &str = "compare with a day in quotes, fecha >= '2026-01-01'; or better with period_start, year_start or cutoff";
const CONVERTED: &str = "write CAST(n AS DOUBLE), or BIGINT, VARCHAR, DATE";
const MONTHS: &str =
    "write EXTRACT(MONTH FROM fecha), or fecha BETWEEN period_start AND period_end";
const MEDIANS: &str = "write MEDIAN(n), or QUANTILE_CONT(n, 0.9)";
const LENGTHS: &str = "write LENGTH(texto)";
const FOUND: &str = "write STRPOS(texto, 'x') > 0, or texto LIKE '%x%'";
const IN_LIST: &str = "in WHERE write n IN (SELECT n FROM otra), or NOT IN; or join the tables: FROM casos JOIN otra ON casos.n = otra.n";

/// The way that works instead of a function, by its name in lower case.
const CALLS: &[(&[&str], &str)] = &[
    (
        &[
            "year",
            "month",
            "day",
            "quarter",
            "week",
            "weekday",
            "datepart",
            "date_part",
            "año",
            "mes",
        ],
        PARTS,
    ),
    (
        &[
            "datediff",
            "date_diff",
            "timestampdiff",
            "days_between",
            "days",
            "age",
            "julianday",
            "dias",
        ],
        DIFFERENCE,
    ),
    (
        &[
            "now",
            "current_date",
            "current_timestamp",
            "curdate",
            "getdate",
            "sysdate",
            "today",
            "hoy",
            "localtimestamp",
        ],
        NO_TODAY,
    ),
    (
        &[
            "date_sub",
            "date_add",
            "dateadd",
            "adddate",
            "subdate",
            "add_months",
            "edate",
        ],
        SHIFT,
    ),
    (&["iif", "decode", "choose", "switch", "si"], CHOICE),
    (
        &["isnull", "nvl", "nz", "zeroifnull", "si_error", "iferror"],
        FALLBACK,
    ),
    (
        &[
            "countif", "count_if", "countifs", "sumif", "sum_if", "sumifs", "contar", "suma",
            "counta",
        ],
        COUNTED,
    ),
    (
        &["promedio", "average", "mean", "averageif", "avgif"],
        AVERAGED,
    ),
    (
        &["to_char", "format", "date_format", "monthname", "dayname"],
        WRITTEN,
    ),
    (
        &[
            "to_date",
            "str_to_date",
            "date_from_parts",
            "makedate",
            "datefromparts",
        ],
        DAY_GIVEN,
    ),
    (
        &[
            "convert",
            "try_convert",
            "to_number",
            "val",
            "cint",
            "cdbl",
            "parse",
        ],
        CONVERTED,
    ),
    (
        &["date_trunc", "trunc", "last_day", "eomonth", "datetrunc"],
        MONTHS,
    ),
    (
        &[
            "percentile_cont",
            "percentile_disc",
            "percentile",
            "approx_percentile",
            "mediana",
        ],
        MEDIANS,
    ),
    (&["len", "char_len"], LENGTHS),
    (
        &["instr", "charindex", "locate", "position", "contains"],
        FOUND,
    ),
    (
        &["ucase", "lcase", "proper"],
        "write UPPER(texto) or LOWER(texto)",
    ),
    (&["any_value", "arbitrary"], "write MIN(x) or FIRST(x)"),
    (
        &["group_concat", "listagg"],
        "write STRING_AGG(texto, ', ')",
    ),
    (&["exists"], IN_LIST),
];

/// What polars says, in part, and what to say instead.
const MESSAGES: &[(&str, Way)] = &[
    (
        "unexpected subquery",
        Way {
            word: "SELECT",
            message: "a SELECT in brackets cannot stand for a value here",
            hint: "name it before: WITH todos AS (SELECT COUNT(*) AS n FROM casos) SELECT … FROM casos CROSS JOIN todos",
        },
    ),
    (
        "subquery comparisons",
        Way {
            word: "SELECT",
            message: "a value cannot be compared with a SELECT in brackets",
            hint: "name it before: WITH media AS (SELECT AVG(n) AS m FROM casos) SELECT COUNT(*) FILTER (WHERE n > m) AS value FROM casos CROSS JOIN media",
        },
    ),
    (
        "HAVING clause not valid outside of GROUP BY",
        Way {
            word: "HAVING",
            message: "HAVING goes with GROUP BY",
            hint: "write the condition in WHERE, or in COUNT(*) FILTER (WHERE …)",
        },
    ),
    (
        "`TOP` clause is not supported",
        Way {
            word: "TOP",
            message: "TOP is not supported",
            hint: "write ORDER BY … LIMIT 1 at the end",
        },
    ),
    (
        "expression Convert",
        Way {
            word: "CONVERT",
            message: "CONVERT is not supported",
            hint: CONVERTED,
        },
    ),
    (
        "no function matches the given name and arguments: `COUNT(DISTINCT",
        Way {
            word: "COUNT",
            message: "COUNT(DISTINCT …) counts one column",
            hint: "put the columns together: COUNT(DISTINCT CONCAT(tipo, '/', n))",
        },
    ),
    (
        "no function matches the given name and arguments: `MAX(",
        Way {
            word: "MAX",
            message: "MAX takes one column, and gives its greatest value over the rows",
            hint: "of several columns of a row write GREATEST(a, b)",
        },
    ),
    (
        "no function matches the given name and arguments: `MIN(",
        Way {
            word: "MIN",
            message: "MIN takes one column, and gives its least value over the rows",
            hint: "of several columns of a row write LEAST(a, b)",
        },
    ),
    (
        "one (and only one) statement",
        Way {
            word: "",
            message: "a query must be one SELECT",
            hint: "leave out what follows the semicolon; a UNION or WITH puts several together",
        },
    ),
    (
        "_POLARS_TMP",
        Way {
            word: "IN",
            message: "IN (SELECT …) is a condition of WHERE only",
            hint: "write it in WHERE; or join the tables: FROM casos JOIN otra ON casos.n = otra.n",
        },
    ),
    (
        "LIKE/ILIKE pattern must be a string literal",
        Way {
            word: "LIKE",
            message: "LIKE takes a pattern in quotes",
            hint: "write texto LIKE 'Con%'; two columns are compared with =",
        },
    ),
    (
        "operation not supported for dtype `str`",
        Way {
            word: "",
            message: "a text cannot be added or averaged",
            hint: "let the column's type in [source.…columns] be integer or number, or write CAST(x AS DOUBLE)",
        },
    ),
    (
        "filter predicate must be of type `Boolean`",
        Way {
            word: "WHERE",
            message: "a condition must be true or false",
            hint: "compare the column with something: n > 0, or n IS NOT NULL",
        },
    ),
];

/// What works instead of calling `name`.
pub(super) fn way_of_call(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let known = CALLS
        .iter()
        .find(|(names, _)| names.contains(&name.as_str()));
    known.map(|(_, way)| *way)
}

/// What to say instead of `message`.
pub(super) fn way_of_message(message: &str) -> Option<Way> {
    let known = MESSAGES.iter().find(|(part, _)| message.contains(part));
    known.map(|(_, way)| *way)
}
