//! SQL as text: literals, names, and where the last of several statements begins.

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

/// Length of the comment that `rest` begins with; those between `/*` and `*/` may hold others.
fn comment_bytes(rest: &str) -> usize {
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
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
    let is_apart = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if is_apart && (rest.starts_with("E'") || rest.starts_with("e'")) {
        let mut is_escaped = false;
        let end = rest[2..].find(|c: char| {
            let ends = c == '\'' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        return end.map_or(rest.len(), |end| end + 3);
    }
    if let Some(quote) = rest.chars().next().filter(|c| ['\'', '"'].contains(c)) {
        // A doubled quote is the end of one literal and the begin of the next: the same for where statements end.
        return rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
    }
    let tag = rest.strip_prefix('$').filter(|_| is_apart).and_then(|tagged| tagged.split_once('$'));
    match tag.filter(|(tag, _)| {
        tag.chars().all(|c| c.is_alphanumeric() || c == '_') && !tag.starts_with(|c: char| c.is_ascii_digit())
    }) {
        Some((tag, body)) => {
            let fence = tag.len() + 2;
            body.find(&format!("${tag}$")).map_or(rest.len(), |end| fence + end + fence)
        }
        None => 0,
    }
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
        ] {
            assert_eq!(last_statement(sql), (before, last), "{sql}");
        }
    }
}
