//! The attacks, one after the other, each beside a flight that must not notice.

use super::attacks::{ATTACKS, At, Attack, Load};
use super::site::{Answer, Site, ground};
use super::{Flight, skyhound, status};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// As long as requests of one address are counted together, and a little.
const COUNTED: Duration = Duration::from_millis(2_100);

/// A file that only its owner reads, with a token that may look and one that may command; and the first.
fn tokens(file: &Path) -> String {
    let line = |role: &str| {
        let out = skyhound().args(["ground", "token", role]).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let look = line("look");
    std::fs::write(file, format!("{look}{}", line("command"))).unwrap();
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    look.split_whitespace().nth(1).unwrap().to_string()
}

/// Asks as the row says; an answer for each request, none where the connection was cut.
fn asked(attack: &Attack, site: &Site, look: &str) -> Vec<Option<Answer>> {
    let filled = |text: &str| text.replace("{80 kB}", &"x".repeat(80_000)).replace("{look}", look);
    let ask = |(line, head, body): &(&str, &[&str], &str)| {
        let (method, path) = line.split_once(' ').unwrap();
        let (body, mut more) = (filled(body), head.iter().map(|line| filled(line)).collect::<Vec<_>>());
        if !body.is_empty() || method == "POST" {
            for (name, value) in [
                ("Content-Type", "application/json"),
                ("X-Skyhound-Client", "attacker"),
                ("Content-Length", &body.len().to_string()),
            ] {
                let is_told = more.iter().any(|line| line.starts_with(name));
                let is_other = name == "Content-Length" && more.iter().any(|line| line.contains("chunked"));
                if !is_told && !is_other {
                    more.push(format!("{name}: {value}"));
                }
            }
        }
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let lines = site.head(method, &filled(path), &more);
        // "Name:" stands for a line that is not there; a scheme without its token ends otherwise.
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.ends_with(':')).collect();
        site.answer(&lines, body.as_bytes())
    };
    match attack.load {
        Load::Each => attack.asked.iter().map(ask).collect(),
        Load::Beside(count) => {
            let _silent: Vec<_> = (0..count).map(|_| TcpStream::connect(site.0).unwrap()).collect();
            attack.asked.iter().map(ask).collect()
        }
        Load::Flood(count) => {
            let all: Vec<_> = (0..count).map(|_| ask(&attack.asked[0])).collect();
            let is_as_ever =
                |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| answer.code == 200);
            std::thread::sleep(COUNTED);
            assert!(is_as_ever(&all[0]) && is_as_ever(&ask(&attack.asked[0])), "{attack:?}");
            all.into_iter().filter(|answer| !is_as_ever(answer)).collect()
        }
    }
}

/// What is wrong with the answers; none: they are as the row says.
fn wrong(attack: &Attack, answers: &[Option<Answer>]) -> Option<String> {
    if answers.is_empty() {
        return Some("nothing was refused".to_string());
    }
    answers.iter().zip(attack.asked.iter().cycle()).find_map(|(answer, asked)| {
        let code = answer.as_ref().map_or(0, |answer| answer.code);
        let told =
            answer.as_ref().map_or(String::new(), |answer| format!("{}\n{}", answer.head, answer.text()));
        let lacks = attack.holds.iter().any(|held| !told.contains(held));
        let leaks =
            ["root:", "access-control-allow-origin", "unsafe-"].iter().any(|leak| told.contains(leak));
        // A page has no command line: what a child process says of its options is not for it.
        let is_line =
            asked.0.ends_with("/query") && answer.as_ref().is_some_and(|answer| answer.text().contains("--"));
        (!attack.answered.contains(&code) || lacks || leaks || is_line)
            .then(|| format!("{asked:?} was answered {code}: {told}"))
    })
}

#[test]
fn each_attack_of_the_table_is_refused_and_the_flight_does_not_notice() {
    let flight = Flight::start();
    let flights = flight.folder.path().join("flights");
    std::os::unix::fs::symlink("/etc/hostname", flights.join("link.duckdb")).unwrap();
    std::fs::write(flights.join("planted.duckdb"), "no flight\n".repeat(4_096)).unwrap();
    let file = flight.folder.path().join("tokens");
    let look = tokens(&file);
    let (_server, behind_tokens) = ground(&flights, &[format!("ground.token_file={}", file.display())]);
    let failed: Vec<String> = ATTACKS
        .iter()
        .filter_map(|attack| {
            let site = if attack.at == At::Tokens { &behind_tokens } else { &flight.site };
            let answers = asked(attack, site, &look);
            wrong(attack, &answers).map(|why| format!("{}: {}: {why}", attack.risk, attack.attack))
        })
        .collect();
    assert!(failed.is_empty(), "{} rows do not hold:\n{}", failed.len(), failed.join("\n"));
    assert!(!Path::new("skyhound-attack.csv").exists(), "SQL wrote a file");
    let status = status(flight.folder.path());
    assert!(
        status.recorder.state == "recording" && status.lanes.iter().all(|lane| lane.dropped_total == 0),
        "{status:?}"
    );
}
