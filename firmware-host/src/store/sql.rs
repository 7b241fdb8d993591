//! SQL as text: literals, names, where the last of several statements begins, and which statements write files.
//!
//! What is a literal and what a comment is DuckDB's own way of seeing it (its `scan.l`): where the two differed, a statement
//! could hide in what seems to be a literal.

/// Statements that write files, or run others that do.
const FILE_VERBS: [&str; 5] = ["COPY", "EXPORT", "IMPORT", "PREPARE", "EXECUTE"];
/// Functions that do.
const FILE_FUNCTIONS: [&str; 2] = ["enable_profiling", "enable_logging"];

/// `text` as an SQL string literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `name` as an SQL identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What stands before the last statement, and that statement without its semicolon; both may be empty.
pub fn last_statement(sql: &str) -> (&str, &str) {
    let (mut before, mut last, mut begun, mut has_code, mut at) = (0, 0..0, 0, false, 0);
    while at < sql.len() {
        let rest = &sql[at..];
        if rest.starts_with(';') {
            if has_code {
                (before, last) = (last.end, begun..at);
            }
            (begun, has_code, at) = (at + 1, false, at + 1);
            continue;
        }
        let comment = comment_bytes(rest);
        has_code |= comment == 0 && !rest.starts_with(char::is_whitespace);
        at += comment.max(literal_bytes(sql, at)).max(rest.chars().next().map_or(1, char::len_utf8));
    }
    if has_code {
        (before, last) = (last.end, begun..sql.len());
    }
    (&sql[..before], sql[last].trim())
}

/// Why `sql` is refused, if one of its statements may write a file: DuckDB lets any of them write to the flight's own file
/// and side files, however it is fenced in.
pub fn file_writer(sql: &str) -> Option<String> {
    let mut rest = sql;
    while !rest.is_empty() {
        let (before, last) = last_statement(rest);
        let verb = verb(&bare(last));
        if FILE_VERBS.contains(&verb.as_str()) {
            return Some(format!(
                "{verb} may write files, the flight's own among them; ask with SELECT, and keep its answer"
            ));
        }
        rest = before;
    }
    // These are functions, and write wherever they are told to, past every fence.
    let named = sql.to_lowercase();
    let named = FILE_FUNCTIONS.iter().find(|name| named.contains(**name))?;
    Some(format!("{named} may write to any file and to stdout; ask without it"))
}

/// What a statement does, in capitals; of one to be explained, what that does.
fn verb(bare: &str) -> String {
    let code = bare.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let end = code.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(code.len());
    let (verb, rest) = (code[..end].to_ascii_uppercase(), &code[end..]);
    if !["EXPLAIN", "ANALYZE", "ANALYSE", "VERBOSE"].contains(&verb.as_str()) {
        return verb;
    }
    let mut depth = 0_i32;
    let options_end = rest.trim_start().starts_with('(').then(|| {
        rest.find(|c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ')' && depth == 0
        })
    });
    self::verb(&rest[options_end.flatten().unwrap_or(0)..])
}

/// `sql` with spaces for comments, strings and quoted names.
fn bare(sql: &str) -> String {
    let (mut bare, mut at) = (String::with_capacity(sql.len()), 0);
    while let Some(c) = sql[at..].chars().next() {
        let skipped = comment_bytes(&sql[at..]).max(literal_bytes(sql, at));
        bare.push(if skipped > 0 { ' ' } else { c });
        at += skipped.max(c.len_utf8());
    }
    bare
}

/// Length of the comment that `rest` begins with; those between `/*` and `*/` may hold others.
fn comment_bytes(rest: &str) -> usize {
    if rest.starts_with("--") {
        return rest.find(['\n', '\r']).unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        let bytes = &rest.as_bytes()[at..];
        match () {
            () if bytes.starts_with(b"/*") => (depth, at) = (depth + 1, at + 2),
            () if bytes.starts_with(b"*/") => (depth, at) = (depth - 1, at + 2),
            () => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Length of the string or quoted name that begins at `at`: `'…'`, `E'…'` (with backslashes), `"…"`, `$tag$…$tag$`.
fn literal_bytes(sql: &str, at: usize) -> usize {
    let rest = &sql[at..];
    let before = sql[..at].chars().next_back();
    let is_apart = !before.is_some_and(is_in_names);
    if is_apart && (rest.starts_with("E'") || rest.starts_with("e'")) {
        let (mut at, bytes) = (2, rest.as_bytes());
        while at < bytes.len() {
            match (bytes[at], bytes.get(at + 1)) {
                (b'\\', _) | (b'\'', Some(b'\'')) => at += 2,
                (b'\'', _) => return at + 1,
                _ => at += 1,
            }
        }
        return rest.len();
    }
    if let Some(quote) = rest.chars().next().filter(|c| ['\'', '"'].contains(c)) {
        // A doubled quote is the end of one literal and the begin of the next: the same for where statements end.
        return rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
    }
    let tag = rest.strip_prefix('$').filter(|_| is_apart).and_then(|tagged| tagged.split_once('$'));
    match tag.filter(|(tag, _)| {
        tag.chars().all(|c| is_in_names(c) && c != '$') && !tag.starts_with(|c: char| c.is_ascii_digit())
    }) {
        Some((tag, body)) => {
            let fence = tag.len() + 2;
            body.find(&format!("${tag}$")).map_or(rest.len(), |end| fence + end + fence)
        }
        None => 0,
    }
}

/// Whether a name goes on with it. DuckDB takes whatever is not ASCII for a part of it.
fn is_in_names(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !(c.is_ascii() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_statement_is_found() {
        for (sql, before, last) in [
            ("select 1", "", "select 1"),
            ("select 1;", "", "select 1"),
            (" ; \n", "", ""),
            ("", "", ""),
            (";; a", "", "a"),
            ("a;; b", "a", "b"),
            ("a; b; -- c;\n /* d; /* e */ ; */ ", "a", "b"),
            ("a; -- b; c\n d", "a", "-- b; c\n d"),
            ("select ';'; select ';''' || ';'", "select ';'", "select ';''' || ';'"),
            ("select \";\" -- ;", "", "select \";\" -- ;"),
            (r"select E'\';' ; select e'\\'; c", r"select E'\';' ; select e'\\'", "c"),
            ("select $$;$$; select $a$ ; $$ ; $a$", "select $$;$$", "select $a$ ; $$ ; $a$"),
            ("select $1; b", "select $1", "b"),
            ("select 'ä;ö'; ß;", "select 'ä;ö'", "ß"),
            ("select 'never ended; b", "", "select 'never ended; b"),
            ("/* never ended; b", "", ""),
            (r"select E'a''\';'; b", r"select E'a''\';'", "b"),
            ("select 1 -- a\r; b", "select 1 -- a\r", "b"),
            ("select →$a$; b $a$", "select →$a$", "b $a$"),
        ] {
            assert_eq!(last_statement(sql), (before, last), "{sql}");
        }
    }

    #[test]
    fn statements_that_write_files_are_known_wherever_they_stand() {
        for sql in [
            "copy a to 'b'",
            "  /* x */ -- y\n CoPy(select 1) to 'b'",
            "select 1; copy a to 'b'; select 2",
            "select 1 -- a\r; copy a to 'b'",
            "select E'a\\''; copy a to 'b' --'",
            "\u{200B}\u{FEFF}copy a to 'b'",
            "explain copy a to 'b'",
            "explain analyze copy a to 'b'",
            "EXPLAIN (ANALYZE, FORMAT json) /**/ COPY a TO 'b'",
            "explain(format (json)) copy a to 'b'",
            "prepare p as copy a to 'b'",
            "execute p",
            "export database 'b'",
            "import database 'b'",
            "call enable_profiling(save_location = 'b.txt')",
            "from Enable_Logging(storage = 'file')",
        ] {
            assert!(file_writer(sql).is_some(), "{sql}");
        }
        for sql in [
            "select copy from execute",
            "select 'copy a to b'; from \"copy\" -- copy\n",
            "explain (select copy from a)",
            "explain analyze select copy(a) from b",
            "with copy as (select 1) from copy",
            "",
            " ; ",
        ] {
            assert_eq!(file_writer(sql), None, "{sql}");
        }
    }
}
