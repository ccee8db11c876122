//! Which request means what.

use super::*;

fn asked(head: &str) -> Result<WebRequest, String> {
    let spoken = Spoken { http: true, ..Spoken::default() };
    let asked = Asked::read(head.as_bytes(), &spoken, AnswerForm::default());
    let asked = asked.map_err(|(_, error)| error.status()[..3].to_owned())?;
    asked.complete(b"hello").map_err(|error| error.status()[..3].to_owned())
}

fn get(target: &str, headers: &str) -> Result<WebRequest, String> {
    asked(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"))
}

fn cursor(epoch: u32, number: u64) -> Option<HistoryCursor> {
    Some(HistoryCursor { epoch, number })
}

#[test]
fn every_place_has_its_path() {
    let messages =
        |room: &str, after, limit| Ok(WebRequest::Messages { room: room.into(), after, limit });
    let events = |room: &str, after| Ok(WebRequest::Events { room: room.into(), after });
    for (target, headers, expected) in [
        ("/", "", Ok(WebRequest::Page { kept: None })),
        (
            "/?utm=x",
            "If-None-Match: \"a\"\r\n",
            Ok(WebRequest::Page { kept: Some("\"a\"".into()) }),
        ),
        ("/favicon.ico", "", Ok(WebRequest::Icon)),
        ("/health", "", Ok(WebRequest::Health)),
        ("/healthz", "Upgrade: h2c\r\nConnection: Upgrade\r\n", Ok(WebRequest::Health)),
        ("/rooms", "", Ok(WebRequest::Rooms)),
        ("/rooms/main/messages", "", messages("main", None, 100)),
        ("/rooms/caf%C3%A9/messages", "", messages("café", None, 100)),
        ("/rooms/%23a%2fb/messages?limit=5", "", messages("#a/b", None, 5)),
        (
            "/rooms/main/messages?x&after=c77143c7:1204&limit=9999",
            "",
            messages("main", cursor(0xc771_43c7, 1_204), 1_000),
        ),
        (
            "/rooms/main/messages?after=c77143c7%3A1204&after=0:1",
            "",
            messages("main", cursor(0xc771_43c7, 1_204), 100),
        ),
        ("/rooms/main/events", "", events("main", None)),
        ("/rooms/main/events?after=a:1", "", events("main", cursor(10, 1))),
        ("/rooms/main/events?after=a:1", "Last-Event-ID: b:2\r\n", events("main", cursor(11, 2))),
        ("/rooms/main/events", "Last-Event-ID: \r\n", events("main", None)),
    ] {
        assert_eq!(get(target, headers), expected, "{target}");
    }
}

#[test]
fn what_is_nowhere_or_not_well_written_is_refused() {
    for (target, headers, code) in [
        ("/nothing", "", "404"),
        ("//", "", "404"),
        ("/rooms/", "", "404"),
        ("/rooms/main", "", "404"),
        ("/rooms/main/messages/", "", "404"),
        ("/../rooms", "", "404"),
        ("/Rooms", "", "404"),
        ("/%", "", "400"),
        ("/rooms/%ff/messages", "", "400"),
        ("rooms", "", "400"),
        ("*", "", "400"),
        ("https://a/", "", "400"),
        ("/rooms/main/messages?after=x", "", "400"),
        ("/rooms/main/messages?after=", "", "400"),
        ("/rooms/main/messages?limit=0", "", "400"),
        ("/rooms/main/messages?limit=-1", "", "400"),
        ("/rooms/main/messages?limit=x", "", "400"),
        ("/rooms/main/events", "Last-Event-ID: x\r\n", "400"),
        ("/ws", "", "426"),
        ("/hooks/secret", "", "405"),
    ] {
        assert_eq!(get(target, headers), Err(code.to_owned()), "{target}");
    }
}

#[test]
fn methods_are_taken_where_they_mean_something() {
    for (request, expected) in [
        ("HEAD /", Ok(WebRequest::Page { kept: None })),
        ("OPTIONS /rooms", Ok(WebRequest::Preflight)),
        ("OPTIONS /rooms/main/messages", Ok(WebRequest::Preflight)),
        ("OPTIONS /rooms/main/events", Ok(WebRequest::Preflight)),
        ("OPTIONS /", Err("405")),
        ("POST /", Err("405")),
        ("DELETE /rooms", Err("405")),
        ("HEAD /rooms/main/events", Err("405")),
        ("CONNECT a:80", Err("400")),
        ("TRACE /", Err("405")),
        ("get /", Err("501")),
        ("FOO /rooms", Err("501")),
        ("FOO /nothing", Err("404")),
    ] {
        let seen = asked(&format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(seen, expected.map_err(str::to_owned), "{request}");
    }
}

#[test]
fn what_is_posted_has_a_token_or_a_secret() {
    let post = |target: &str, headers: &str| {
        asked(&format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{headers}\r\n"))
    };
    let said = super::super::text::read(None, b"hello").unwrap();
    let token = |token: &str| {
        Ok(WebRequest::Post { room: "ops".into(), token: token.into(), said: said.clone() })
    };
    for (headers, expected) in [
        ("Authorization: Bearer abc\r\n", token("abc")),
        ("authorization: bearer  a.b-c= \r\n", token("a.b-c=")),
        ("", Err("401".to_owned())),
        ("Authorization: Bearer\r\n", Err("401".to_owned())),
        ("Authorization: Basic abc\r\n", Err("401".to_owned())),
        ("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", Err("400".to_owned())),
        ("Authorization: Bearer abc\r\nContent-Type: image/png\r\n", Err("415".to_owned())),
    ] {
        assert_eq!(post("/rooms/ops/messages", headers), expected, "{headers:?}");
    }
    let hook = WebRequest::Hook { secret: "s3cret".into(), said: said.clone() };
    assert_eq!(post("/hooks/s3cret", ""), Ok(hook));
    assert_eq!(post("/rooms", ""), Err("405".to_owned()));
}

#[test]
fn pages_of_listed_origins_may_read_answers_about_rooms() {
    let origin = "https://games.example";
    let origins = vec![origin.parse().unwrap()];
    let spoken = Spoken { http: true, origins, ..Spoken::default() };
    for (target, told) in [("/rooms", Some(origin.to_owned())), ("/", None), ("/health", None)] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\r\n");
        assert_eq!(
            Asked::read(head.as_bytes(), &spoken, AnswerForm::default()).unwrap().form.origin,
            told,
            "{target}"
        );
    }
    let head = format!("GET /rooms/a/b HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\r\n");
    let (form, error) = Asked::read(head.as_bytes(), &spoken, AnswerForm::default()).unwrap_err();
    assert_eq!((form.origin.as_deref(), &error.status()[..3]), (Some(origin), "404"));
}
