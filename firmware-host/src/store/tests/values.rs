//! Every type of DuckDB's through every format. The oracle is DuckDB: its own text of the value, and for Parquet its own reader.

use super::super::sample::{settings, start};
use super::super::{Format, StoreError, open_flight, query};
use super::text;
use duckdb::{Connection, Row};
use std::path::{Path, PathBuf};

/// SQL, and its value in JSON.
const VALUES: &[(&str, &str)] = &[
    ("NULL", "null"),
    ("true", "true"),
    ("(-128)::TINYINT", "-128"),
    ("18446744073709551615::UBIGINT", "18446744073709551615"),
    ("(-9223372036854775808)::BIGINT", "-9223372036854775808"),
    ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
    ("(-170141183460469231731687303715884105728)::HUGEINT", "-170141183460469231731687303715884105728"),
    ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
    (
        "'123456789012345678901234567890123456789012345678901234567890'::BIGNUM",
        "123456789012345678901234567890123456789012345678901234567890",
    ),
    ("'-1'::BIGNUM", "-1"),
    ("1.5::DECIMAL(4,1)", "1.5"),
    ("(-0.001)::DECIMAL(9,3)", "-0.001"),
    ("123456789012345.678::DECIMAL(18,3)", "123456789012345.678"),
    ("99999999999999999999999999999999999999::DECIMAL(38,0)", "99999999999999999999999999999999999999"),
    (
        "(-0.00000000000000000000000000000000000001)::DECIMAL(38,38)",
        "-0.00000000000000000000000000000000000001",
    ),
    ("0.1::FLOAT", "0.1"),
    ("1e300::DOUBLE", "1e300"),
    ("'nan'::DOUBLE", "\"NaN\""),
    ("'inf'::FLOAT", "\"Infinity\""),
    ("'-inf'::DOUBLE", "\"-Infinity\""),
    ("TIMESTAMP '2026-01-02 03:04:05.678901'", "\"2026-01-02T03:04:05.678901\""),
    ("TIMESTAMP 'infinity'", "\"infinity\""),
    ("TIMESTAMP '-infinity'", "\"-infinity\""),
    ("TIMESTAMP '290309-12-22 (BC) 00:00:00'", "\"290309-12-22 (BC) 00:00:00\""),
    ("TIMESTAMP_S '2026-01-02 03:04:05'", "\"2026-01-02T03:04:05\""),
    ("TIMESTAMP_MS '2026-01-02 03:04:05.678'", "\"2026-01-02T03:04:05.678\""),
    ("TIMESTAMP_NS '2026-01-02 03:04:05.123456789'", "\"2026-01-02T03:04:05.123456789\""),
    ("TIMESTAMP_NS 'infinity'", "\"infinity\""),
    ("TIMESTAMPTZ '2026-01-02 03:04:05+02'", "\"2026-01-02T01:04:05Z\""),
    ("TIMESTAMPTZ 'infinity'", "\"infinity\""),
    ("DATE '2026-01-02'", "\"2026-01-02\""),
    ("DATE '5881580-07-10'", "\"5881580-07-10\""),
    ("DATE '5877642-06-25 (BC)'", "\"5877642-06-25 (BC)\""),
    ("DATE '-infinity'", "\"-infinity\""),
    ("TIME '23:59:59.999999'", "\"23:59:59.999999\""),
    ("TIME '24:00:00'", "\"24:00:00\""),
    ("'12:34:56.123456789'::TIME_NS", "\"12:34:56.123456789\""),
    ("TIMETZ '12:34:56.5+15:59:59'", "\"12:34:56.5+15:59:59\""),
    ("TIMETZ '12:34:56-01:30'", "\"12:34:56-01:30\""),
    ("INTERVAL '1 year 2 months -3 days 04:05:06.789'", "\"1 year 2 months -3 days 04:05:06.789\""),
    ("INTERVAL 0 days", "\"00:00:00\""),
    ("'0101'::BIT", "\"0101\""),
    ("'\\x00a\\xFF'::BLOB", "\"\\\\x00a\\\\xFF\""),
    ("''::BLOB", "\"\""),
    ("'b5a0d1c6-0000-4000-8000-00000000ff01'::UUID", "\"b5a0d1c6-0000-4000-8000-00000000ff01\""),
    ("'so,so'::ENUM('so,so', '\"')", "\"so,so\""),
    ("''", "\"\""),
    (
        "'a\"b,c''d' || chr(10) || chr(13) || chr(9) || chr(0) || chr(27) || 'äß→🛰'",
        "\"a\\\"b,c'd\\n\\r\\t\\u0000\\u001bäß→🛰\"",
    ),
    ("[1.5::DOUBLE, NULL, 2]", "[1.5,null,2.0]"),
    ("[]::INTEGER[]", "[]"),
    ("NULL::INTEGER[]", "null"),
    ("[[1, NULL], NULL, []]", "[[1,null],null,[]]"),
    ("[1, 2, NULL]::UHUGEINT[3]", "[1,2,null]"),
    ("[TIMETZ '01:00:00+01', NULL]", "[\"01:00:00+01\",null]"),
    ("[TIMESTAMP 'infinity', TIMESTAMP '2026-01-02']", "[\"infinity\",\"2026-01-02T00:00:00\"]"),
    ("{'a': [TIME '24:00:00', NULL]}", "{\"a\":[\"24:00:00\",null]}"),
    ("MAP {DATE 'infinity': [DATE '-infinity']}", "{\"infinity\":[\"-infinity\"]}"),
    (
        "{'a': 1, 'B \"c\"': NULL, 'd': {'e': '01'::BIT}}",
        "{\"a\":1,\"B \\\"c\\\"\":null,\"d\":{\"e\":\"01\"}}",
    ),
    ("NULL::STRUCT(a INTEGER)", "null"),
    (
        "row(1, 'x', 170141183460469231731687303715884105727::HUGEINT)",
        "[1,\"x\",170141183460469231731687303715884105727]",
    ),
    ("[row(1, row(2)), row(3, NULL)]", "[[1,[2]],[3,null]]"),
    ("MAP {'k': 1, 'l': NULL}", "{\"k\":1,\"l\":null}"),
    ("MAP {1: [INTERVAL 1 day], 2: NULL}", "{\"1\":[\"1 day\"],\"2\":null}"),
    ("MAP {}", "{}"),
    ("union_value(num := 7)", "\"7\""),
    ("NULL::UNION(num INTEGER, str VARCHAR)", "null"),
    ("[union_value(str := 'x')]", "[\"x\"]"),
];

fn flight(folder: &Path) -> PathBuf {
    let (_inlets, recorder) = start(&settings(folder));
    recorder.stop().unwrap().files.remove(0)
}

fn answer(path: &Path, sql: &str, format: Format) -> Result<String, StoreError> {
    let mut out = Vec::new();
    query(path, sql, format, 0, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// One row of CSV as its cells; `None` for NULL.
fn csv_cells(text: &str) -> Vec<Option<String>> {
    let (mut cells, mut rest) = (Vec::new(), text);
    loop {
        let quoted = rest.strip_prefix('"');
        let cell = match quoted {
            None => rest.split([',', '\n']).next().unwrap().to_string(),
            Some(body) => {
                let mut cell = String::new();
                let mut chars = body.chars().peekable();
                while let Some(c) = chars.next() {
                    if c == '"' && chars.next_if_eq(&'"').is_none() {
                        break;
                    }
                    cell.push(c);
                }
                cell
            }
        };
        rest = match quoted {
            None => &rest[cell.len()..],
            Some(_) => &rest[cell.replace('"', "\"\"").len() + 2..],
        };
        cells.push((quoted.is_some() || !cell.is_empty()).then_some(cell));
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return cells,
        }
    }
}

/// DuckDB's own texts of values.
fn said<'a>(path: &Path, values: impl Iterator<Item = &'a str>) -> Vec<Option<String>> {
    let casts: Vec<_> = values.map(|sql| format!("CAST({sql} AS VARCHAR)")).collect();
    let flight = open_flight(path, 0).unwrap();
    let texts = |row: &Row<'_>| (0..casts.len()).map(|at| row.get(at)).collect();
    flight.connection().query_row(&format!("SELECT {}", casts.join(", ")), [], texts).unwrap()
}

/// All values in one row, each column with the place of its value as its name.
fn all(values: &[&str]) -> String {
    let named: Vec<_> = values.iter().enumerate().map(|(at, sql)| format!("{sql} AS \"{at}\"")).collect();
    format!("SELECT {}", named.join(", "))
}

fn same(one: Option<&str>, other: Option<&str>) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok()).map(f64::to_bits);
    one == other || number(one).is_some_and(|bits| Some(bits) == number(other))
}

#[test]
fn every_type_is_right_in_csv_and_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let values: Vec<&str> = VALUES.iter().map(|(sql, _)| *sql).collect();
    let csv = answer(&path, &all(&values), Format::Csv).unwrap();
    let cells = csv_cells(csv.split_once('\n').unwrap().1);
    let oracle = said(&path, values.iter().copied());
    assert_eq!(cells.len(), values.len(), "{csv}");
    for ((sql, cell), said) in values.iter().zip(&cells).zip(&oracle) {
        assert!(same(cell.as_deref(), said.as_deref()), "{sql}: {cell:?}, but DuckDB says {said:?}");
    }
    let odd = "'a' || chr(10) || chr(27) || 'b' || chr(0)";
    let table =
        answer(&path, &format!("SELECT {odd} AS v, 1::HUGEINT AS w, INTERVAL 1 day AS x"), Format::Table)
            .unwrap();
    assert_eq!(table.lines().count(), 6, "{table}");
    let row: Vec<&str> = table.lines().nth(3).unwrap().trim_matches('│').split('┆').map(str::trim).collect();
    assert_eq!(row, ["a\\n\\u{1b}b\\u{0}", "1", "1 day"], "{table}");
}

#[test]
fn every_type_is_right_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let values: Vec<&str> = VALUES.iter().map(|(sql, _)| *sql).collect();
    let out = answer(&path, &all(&values), Format::Json).unwrap();
    let mut rest = out.strip_prefix("[\n{").unwrap();
    for (at, (sql, json)) in VALUES.iter().enumerate() {
        let begin = format!("\"{at}\":{json}");
        rest = rest.strip_prefix(&begin).unwrap_or_else(|| {
            panic!("{sql}: not {begin} but {}", rest.chars().take(90).collect::<String>())
        });
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    assert_eq!(rest, "}\n]\n");
    serde_json::from_str::<serde_json::Value>(&out).unwrap_or_else(|e| panic!("{out}: {e}"));
}

#[test]
fn every_type_is_right_in_parquet_or_refused_by_its_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let target = folder.path().join("answer.parquet");
    let is_odd = |sql: &str| sql.contains("infinity") || sql.contains("24:00:00");
    let is_refused = |sql: &str| is_odd(sql) && !sql.contains(['[', '{']);
    let (refused, values): (Vec<&str>, Vec<&str>) =
        VALUES.iter().map(|(sql, _)| *sql).partition(|sql| is_refused(sql));
    for sql in refused {
        let sql = format!("SELECT {sql} AS \"v w\"");
        let said = query(&path, &sql, Format::Parquet, 0, &mut Vec::new()).unwrap_err().to_string();
        assert!(said.contains("\"v w\"") && said.contains("VARCHAR"), "{sql}: {said}");
    }
    let mut out = Vec::new();
    query(&path, &all(&values), Format::Parquet, 0, &mut out).unwrap();
    std::fs::write(&target, &out).unwrap();
    let duckdb = Connection::open_in_memory().unwrap();
    duckdb.execute_batch("SET TimeZone = 'UTC'").unwrap();
    let back = format!("SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{}')", target.display());
    let texts = |row: &Row<'_>| (0..values.len()).map(|at| row.get(at)).collect();
    let back: Vec<Option<String>> = duckdb.query_row(&back, [], texts).unwrap();
    // DuckDB's reader would show even an infinite time as it was: what others read is the number it is stored as.
    for (at, _) in values.iter().enumerate().filter(|(_, sql)| is_odd(sql)) {
        let described = format!("SELECT typeof(\"{at}\") FROM read_parquet('{}')", target.display());
        let kind: String = duckdb.query_row(&described, [], |row| row.get(0)).unwrap();
        assert!(kind.contains("VARCHAR") && !kind.contains("TIME") && !kind.contains("DATE"), "{kind}");
    }
    // Fields without names get some: Parquet's all have one.
    let plain = |text: &Option<String>| {
        let text = text.as_ref()?.replace(['(', '{'], "[").replace([')', '}'], "]");
        Some((0..3).fold(text, |text, at| text.replace(&format!("'v{at}': "), "")))
    };
    for ((sql, back), said) in values.iter().zip(&back).zip(&said(&path, values.iter().copied())) {
        assert!(same(plain(back).as_deref(), plain(said).as_deref()), "{sql}: {back:?}, not {said:?}");
    }
}

#[test]
fn now_is_now_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let before = jiff::Timestamp::now();
    let csv = answer(&path, "select now()", Format::Csv).unwrap();
    let told = csv.lines().nth(1).unwrap().replace(' ', "T").replace("+00", "Z");
    let told: jiff::Timestamp = told.parse().unwrap();
    assert!(
        told >= before.round(jiff::Unit::Second).unwrap() - jiff::Span::new().seconds(1)
            && told <= jiff::Timestamp::now()
    );
    let json: serde_json::Value =
        serde_json::from_str(&answer(&path, "select now() as t", Format::Json).unwrap()).unwrap();
    assert!(json[0]["t"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() >= told);
    assert!(answer(&path, "select now()", Format::Table).unwrap().contains("+00"));
    query(&path, "select now()", Format::Parquet, 0, &mut Vec::new()).unwrap();
}

#[test]
fn columns_of_one_name_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let sql = "select 1 as a, 2 as a, 3 as A, 4 as a_1";
    let json = answer(&path, sql, Format::Json).unwrap();
    let row: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut values: Vec<i64> = row[0].as_object().unwrap().values().map(|v| v.as_i64().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3, 4], "{json}");
    let csv = answer(&path, sql, Format::Csv).unwrap();
    let mut names: Vec<_> = csv.lines().next().unwrap().split(',').map(str::to_lowercase).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), csv.lines().nth(1)), (4, Some("1,2,3,4")), "{csv}");
    query(&path, sql, Format::Parquet, 0, &mut Vec::new()).unwrap();
}

#[test]
fn columns_of_one_name_are_all_there_behind_returning() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let json = answer(
        &path,
        "create temp table t (a integer); insert into t values (1) returning a, a + 1 as a, 3 as A, 4 as a_1",
        Format::Json,
    )
    .unwrap();
    assert_eq!(json, "[\n{\"a\":1,\"a_1\":2,\"A_2\":3,\"a_1_1\":4}\n]\n");
}

#[test]
fn decimals_behind_returning_are_right_and_what_is_not_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let made = "create temp table t (a decimal(4,1), b decimal(38,10), c decimal(3,3), h hugeint);
        insert into t values (1.5, -99999999.0000000001, -0.125, 7), (NULL, 0, 0, 7) returning ";
    let asked = |list: &str, format| answer(&path, &format!("{made}{list}"), format);
    assert_eq!(
        asked("a, b, c", Format::Csv).unwrap(),
        "a,b,c\n1.5,-99999999.0000000001,-0.125\n,0.0000000000,0.000\n"
    );
    assert_eq!(
        asked("a, b, c", Format::Json).unwrap(),
        "[\n{\"a\":1.5,\"b\":-99999999.0000000001,\"c\":-0.125},\n{\"a\":null,\"b\":0.0000000000,\"c\":0.000}\n]\n"
    );
    assert!(asked("a", Format::Table).unwrap().contains(" 1.5 "));
    for (column, list) in [("h", "a, h"), ("d d", "date '2026-01-02' as \"d d\"")] {
        for format in [Format::Csv, Format::Json, Format::Table] {
            let refused = asked(list, format).unwrap_err().to_string();
            assert!(refused.contains(&format!("\"{column}\"")) && refused.contains("::VARCHAR"), "{refused}");
        }
    }
    assert_eq!(asked("h::VARCHAR as h", Format::Csv).unwrap(), "h\n7\n7\n");
    let refused =
        query(&path, &format!("{made}a"), Format::Parquet, 0, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("csv or json"), "{refused}");
}

#[test]
fn a_pivot_answers_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    let sql = "create temp table t as select * from (values ('x', DATE '2026-01-02', 1.5), ('y', NULL, 2)) v(k, d, n);
        pivot t on k using max(d) as d, sum(n) as n";
    assert_eq!(answer(&path, sql, Format::Csv).unwrap(), "x_d,x_n,y_d,y_n\n2026-01-02,1.5,,2.0\n");
    assert_eq!(
        answer(&path, sql, Format::Json).unwrap(),
        "[\n{\"x_d\":\"2026-01-02\",\"x_n\":1.5,\"y_d\":null,\"y_n\":2.0}\n]\n"
    );
    query(&path, sql, Format::Parquet, 0, &mut Vec::new()).unwrap();
}

#[test]
fn rows_that_hold_nothing_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    assert_eq!(text(&path, "SELECT NULL AS a UNION ALL SELECT NULL"), "a\n\n\n");
    assert_eq!(text(&path, "SELECT '' AS a UNION ALL SELECT NULL"), "a\n\"\"\n\n");
    assert_eq!(text(&path, "SELECT NULL AS a, '' AS b"), "a,b\n,\"\"\n");
    assert_eq!(text(&path, "SELECT 1 AS a WHERE false"), "a\n");
    let long = answer(&path, "SELECT repeat('ab', 5000000) AS a", Format::Json).unwrap();
    assert_eq!(long.len(), 10_000_000 + "[\n{\"a\":\"\"}\n]\n".len());
}

#[test]
fn the_last_of_several_statements_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path());
    for (sql, answered) in [
        ("select 1 as a; select ';' as b -- ;", "b\n;\n"),
        (
            "create temp table t as select 170141183460469231731687303715884105727::hugeint as h; from t; -- done",
            "h\n170141183460469231731687303715884105727\n",
        ),
        ("create temp macro twice(x) as 2 * x; select twice(21) as a;", "a\n42\n"),
        ("select a from (values (3), (1), (2)) t(a) order by a desc", "a\n3\n2\n1\n"),
        ("with x as (select interval 1 day as i) select i from x", "i\n1 day\n"),
        ("values (1, 'x')", "col0,col1\n1,x\n"),
    ] {
        assert_eq!(answer(&path, sql, Format::Csv).unwrap(), answered, "{sql}");
    }
    assert!(answer(&path, "explain select 1", Format::Csv).unwrap().contains("PROJECTION"));
    assert!(answer(&path, "describe flight", Format::Csv).unwrap().contains("\nutc_source,VARCHAR,"));
    assert!(answer(&path, "show tables", Format::Json).unwrap().contains("{\"name\":\"flight\"}"));
    assert!(answer(&path, "pragma table_info('flight')", Format::Csv).unwrap().contains("0,name,VARCHAR"));
    for (sql, word) in [
        ("select nothing from flight", "nothing"),
        ("select 1; selec 2", "selec"),
        ("select ?", "parameters"),
        ("select\0", "character 0"),
        ("select error('here') from flight", "here"),
    ] {
        let refused = answer(&path, sql, Format::Csv).unwrap_err().to_string();
        assert!(refused.contains(word), "{sql}: {refused}");
    }
}
