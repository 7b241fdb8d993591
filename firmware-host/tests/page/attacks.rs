//! The attacks on the ground crew's server, a row each: named as OWASP's API Security Top 10 (2023) and ASVS 5.0 name them, with what is written
//! onto the wire and what must be answered. The test walks the rows, and the handbook prints them.

/// Which server is attacked.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// A flying daemon's, on loopback, without tokens.
    Flight,
    /// `skyhound ground` of a folder, with tokens.
    Tokens,
}

/// How often, and beside what.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// Each request by itself.
    Each,
    /// So often in a row: one of them is to be answered so, the first and a later one as ever.
    Flood(usize),
    /// Beside so many connections that say nothing.
    Beside(usize),
}

/// Method and path, lines of the head, body. Bodies go as JSON of a page, unless the head says otherwise; a line without a value is left out.
/// `{80 kB}` stands for so many letters, `{look}` for a token that may only look.
pub type Asked = (&'static str, &'static [&'static str], &'static str);

/// An attack.
#[derive(Copy, Clone, Debug)]
pub struct Attack {
    /// As OWASP calls it.
    pub risk: &'static str,
    /// In a crew's words.
    pub attack: &'static str,
    /// Where.
    pub at: At,
    /// What is written.
    pub asked: &'static [Asked],
    /// How often.
    pub load: Load,
    /// Codes of which each answer has one; 0: the connection is cut.
    pub answered: &'static [u16],
    /// What each answer holds, in head or body.
    pub holds: &'static [&'static str],
}

const OBJECT: &str = "API1 Broken object level authorization";
const AUTHENTICATION: &str = "API2 Broken authentication";
const PROPERTY: &str = "API3 Broken object property level authorization";
const CONSUMPTION: &str = "API4 Unrestricted resource consumption";
const FUNCTION: &str = "API5 Broken function level authorization";
const FLOW: &str = "API6 Unrestricted access to sensitive flows";
const FORGERY: &str = "API7 Server side request forgery";
const MISCONFIGURED: &str = "API8 Security misconfiguration";
const INVENTORY: &str = "API9 Improper inventory management";
const UNSAFE: &str = "API10 Unsafe consumption of APIs";
const INJECTION: &str = "ASVS V1.2 Injection prevention";
const HEADERS: &str = "ASVS V3.4 Browser security headers";
const ORIGIN: &str = "ASVS V3.5 Browser origin separation";
const MESSAGE: &str = "ASVS V4.2 HTTP message structure";
const FILES: &str = "ASVS V5.4 File download";

const fn row(
    risk: &'static str,
    attack: &'static str,
    asked: &'static [Asked],
    answered: &'static [u16],
) -> Attack {
    Attack { risk, attack, at: At::Flight, asked, load: Load::Each, answered, holds: &[] }
}

const fn behind_tokens(
    risk: &'static str,
    attack: &'static str,
    asked: &'static [Asked],
    answered: &'static [u16],
) -> Attack {
    Attack { at: At::Tokens, ..row(risk, attack, asked, answered) }
}

const QUERY: &str = "POST /api/v1/flights/live/query";
const HOMING: &str = "POST /api/v1/homing";
const OFF: &str = "{\"on\":false}";
const ON: &str = "{\"on\":true}";

/// All of them. The floods are last: for two seconds after one nobody is answered.
pub const ATTACKS: &[Attack] = &[
    row(
        OBJECT,
        "a file of the machine under a flight's name",
        &[
            ("GET /api/v1/flights/..%2f..%2fetc%2fpasswd/file", &[], ""),
            ("GET /api/v1/flights/%2e%2e/file", &[], ""),
            ("GET /api/v1/flights/%2fetc%2fhostname/file", &[], ""),
            ("GET /api/v1/flights/.hidden/file", &[], ""),
            ("GET /api/v1/flights/a%00b/file", &[], ""),
            ("POST /api/v1/flights/..%2f..%2fetc%2fpasswd/query", &[], "{\"sql\":\"select 1\"}"),
            ("GET /api/v1/flights/nothing/report.json", &[], ""),
        ],
        &[404],
    ),
    row(
        OBJECT,
        "a link in the folder of flights that leads out of it",
        &[("GET /api/v1/flights/link/file", &[], "")],
        &[404],
    ),
    row(
        FILES,
        "a file of the machine under a name of the page or of a map",
        &[
            ("GET /../Cargo.toml", &[], ""),
            ("GET /%2e%2e/x", &[], ""),
            ("GET //etc/passwd", &[], ""),
            ("GET /maps/..%2f..%2fx.pmtiles", &[], ""),
        ],
        &[404],
    ),
    behind_tokens(
        AUTHENTICATION,
        "without a token",
        &[
            ("GET /api/v1/state", &[], ""),
            ("GET /api/v1/live", &[], ""),
            ("GET /api/v1/flights", &[], ""),
            ("GET /api/v1/openapi.json", &[], ""),
            ("GET /metrics", &[], ""),
            (HOMING, &[], OFF),
        ],
        &[401],
    ),
    behind_tokens(
        AUTHENTICATION,
        "with a token of another machine, in another scheme, in the address or in a cookie",
        &[
            (
                "GET /api/v1/state",
                &["Authorization: Bearer 0000000000000000000000000000000000000000000000000000000000000000"],
                "",
            ),
            ("GET /api/v1/state", &["Authorization: Bearer"], ""),
            ("GET /api/v1/state", &["Authorization: Basic {look}"], ""),
            ("GET /api/v1/state?token={look}", &[], ""),
            ("GET /api/v1/state", &["Cookie: token={look}"], ""),
        ],
        &[401],
    ),
    behind_tokens(
        FUNCTION,
        "who may only look takes control, enables homing, changes the profile, writes a note, asks what if",
        &[
            (
                "POST /api/v1/flights/planted/about",
                &["Authorization: Bearer {look}"],
                "{\"tags\":[],\"note\":\"x\"}",
            ),
            ("POST /api/v1/flights/planted/what-if", &["Authorization: Bearer {look}"], "{\"set\":[]}"),
            ("POST /api/v1/control", &["Authorization: Bearer {look}"], "{\"take\":true,\"name\":\"x\"}"),
            (HOMING, &["Authorization: Bearer {look}"], ON),
            ("POST /api/v1/profile", &["Authorization: Bearer {look}"], "{\"name\":\"plb-121\"}"),
        ],
        &[403],
    ),
    row(
        FUNCTION,
        "an act by a method that a link or a picture sends",
        &[("GET /api/v1/homing", &[], ""), ("HEAD /api/v1/homing", &[], "")],
        &[405],
    ),
    row(
        FUNCTION,
        "a method that nobody is given",
        &[
            ("PUT /api/v1/state", &[], ""),
            ("DELETE /api/v1/flights", &[], ""),
            ("TRACE /api/v1/state", &[], ""),
        ],
        &[405],
    ),
    row(
        PROPERTY,
        "words and shapes in an act that it does not have",
        &[
            (HOMING, &[], "{\"on\":true,\"force\":true}"),
            (HOMING, &[], "\"on\""),
            ("POST /api/v1/control", &[], "{\"take\":true,\"name\":\"x\",\"role\":\"command\"}"),
            (QUERY, &[], "{\"sql\":\"select 1\",\"file\":\"/etc/passwd\"}"),
        ],
        &[422],
    ),
    Attack {
        holds: &["application/json", "nosniff", "<b>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (127.0.0.1)"],
        ..row(
            MISCONFIGURED,
            "a name that is markup, with a line break, and longer than a line",
            &[(
                "POST /api/v1/control",
                &["X-Skyhound-Client: holder"],
                "{\"take\":true,\"name\":\"<b>\\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
            )],
            &[200],
        )
    },
    Attack {
        holds: &["has control; take it first"],
        ..row(FLOW, "homing is enabled by a page that has no control", &[(HOMING, &[], ON)], &[409])
    },
    Attack {
        holds: &["homing stays locked"],
        ..row(
            FLOW,
            "homing is enabled by who has control, where an interlock does not hold",
            &[(HOMING, &["X-Skyhound-Client: holder"], ON)],
            &[409],
        )
    },
    row(
        MISCONFIGURED,
        "another name for this machine (DNS rebinding)",
        &[
            ("GET /api/v1/state", &["Host: evil.example"], ""),
            ("GET /", &["Host: evil.example:8417"], ""),
            (HOMING, &["Host: localhost.evil.example"], OFF),
        ],
        &[421],
    ),
    row(
        ORIGIN,
        "a page of another site asks or acts (CSRF)",
        &[
            (HOMING, &["Origin: http://evil.example"], OFF),
            (HOMING, &["Origin: null"], OFF),
            (HOMING, &["Sec-Fetch-Site: cross-site"], OFF),
            ("GET /api/v1/state", &["Sec-Fetch-Site: same-site"], ""),
            (
                "OPTIONS /api/v1/homing",
                &["Origin: http://evil.example", "Access-Control-Request-Method: POST"],
                "",
            ),
        ],
        &[403],
    ),
    row(
        ORIGIN,
        "a page of another site follows the flight over a WebSocket",
        &[(
            "GET /api/v1/live",
            &[
                "Origin: http://evil.example",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ],
            "",
        )],
        &[403],
    ),
    row(
        ORIGIN,
        "a form of another site, from a browser that tells nothing of it",
        &[
            (HOMING, &["Content-Type: text/plain"], OFF),
            (HOMING, &["Content-Type: application/x-www-form-urlencoded"], "on=false"),
            (HOMING, &["Content-Type:"], OFF),
        ],
        &[415],
    ),
    row(
        ORIGIN,
        "JSON without the header that no form can send",
        &[(HOMING, &["X-Skyhound-Client:"], OFF)],
        &[400],
    ),
    Attack {
        holds: &[
            "default-src 'none'",
            "frame-ancestors 'none'",
            "script-src 'self'",
            "nosniff",
            "no-referrer",
            "same-origin",
        ],
        ..row(
            HEADERS,
            "the page in a frame of another, with scripts of another, read as what it is not",
            &[("GET /", &[], "")],
            &[200],
        )
    },
    row(
        INJECTION,
        "SQL that writes, or reads another file",
        &[
            (QUERY, &[], "{\"sql\":\"create table t (a int)\"}"),
            (QUERY, &[], "{\"sql\":\"select 1; drop table reading\"}"),
            (QUERY, &[], "{\"sql\":\"copy (select 1) to 'skyhound-attack.csv'\"}"),
            (QUERY, &[], "{\"sql\":\"select * from read_csv('/etc/passwd')\"}"),
            (QUERY, &[], "{\"sql\":\"select * from read_text('/proc/self/environ')\"}"),
            (QUERY, &[], "{\"sql\":\"attach 'x.duckdb'\"}"),
            (QUERY, &[], "{\"sql\":\"load '/etc/x.duckdb_extension'\"}"),
        ],
        &[400],
    ),
    row(
        FORGERY,
        "SQL that has this machine ask another",
        &[
            (QUERY, &[], "{\"sql\":\"select * from read_text('http://169.254.169.254/latest/meta-data')\"}"),
            (QUERY, &[], "{\"sql\":\"select * from read_parquet('s3://bucket/x.parquet')\"}"),
            (QUERY, &[], "{\"sql\":\"attach 'https://evil.example/x.duckdb'\"}"),
            (QUERY, &[], "{\"sql\":\"install httpfs\"}"),
        ],
        &[400],
    ),
    row(
        INVENTORY,
        "addresses that other servers have, or older versions of this",
        &[
            ("GET /api/v0/state", &[], ""),
            ("GET /api/v2/state", &[], ""),
            ("GET /api/v1/debug", &[], ""),
            ("GET /api/v1/flights/live/shell", &[], ""),
            ("GET /admin", &[], ""),
            ("GET /.git/config", &[], ""),
            ("GET /app.js.map", &[], ""),
        ],
        &[404],
    ),
    row(
        UNSAFE,
        "a file in the folder of flights that is none",
        &[
            ("POST /api/v1/flights/planted/query", &[], "{\"sql\":\"select 1\"}"),
            ("GET /api/v1/flights/planted/report.html", &[], ""),
            ("GET /api/v1/flights/planted/estimate", &[], ""),
        ],
        &[400, 409],
    ),
    Attack {
        holds: &["\"planted\"", "\"damaged"],
        ..row(UNSAFE, "the list with such a file in it", &[("GET /api/v1/flights", &[], "")], &[200])
    },
    row(
        MESSAGE,
        "a request in a request (smuggling)",
        &[
            (HOMING, &["Content-Length: 11", "Content-Length: 12"], OFF),
            (HOMING, &["Content-Length: -1"], OFF),
            (HOMING, &["Transfer-Encoding: chunked, identity"], OFF),
        ],
        &[400],
    ),
    row(MESSAGE, "no name of the machine at all", &[("GET /api/v1/state", &["Host:"], "")], &[421]),
    row(CONSUMPTION, "a body without end", &[(QUERY, &[], "{\"sql\":\"{80 kB}\"}")], &[413]),
    row(CONSUMPTION, "a head without end", &[("GET /", &["X-Long: {80 kB}"], "")], &[431, 0]),
    row(
        CONSUMPTION,
        "SQL that takes more memory, or more than its time",
        &[
            (QUERY, &[], "{\"sql\":\"set memory_limit='64GB'\"}"),
            (QUERY, &[], "{\"sql\":\"set threads=64\"}"),
            (QUERY, &[], "{\"sql\":\"select count(*) from range(1e7::bigint) a, range(1e7::bigint) b\"}"),
        ],
        &[400, 409],
    ),
    Attack {
        load: Load::Beside(30),
        ..row(CONSUMPTION, "30 connections that say nothing", &[("GET /healthz", &[], "")], &[200])
    },
    Attack {
        load: Load::Flood(230),
        ..row(CONSUMPTION, "more requests than a page has reason for", &[("GET /healthz", &[], "")], &[429])
    },
];
