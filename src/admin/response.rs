//! Answers: one whole response, after which the connection ends.

use super::metrics;
use super::request::{HttpError, HttpRequest, Page};
use super::snapshot::StatusSource;
use crate::http::{NOTHING_ALLOWED, TEXT, page_policy};

/// The live picture. It asks `/status` and nothing else.
const HOME: &str = include_str!("page.html");
/// Prometheus' own words for its text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The answer to a request, as it is sent.
pub fn answer(asked: Result<HttpRequest, HttpError>, source: &impl StatusSource) -> Vec<u8> {
    let HttpRequest { page, with_body } = match asked {
        Ok(request) => request,
        Err(refusal) => return error_page(refusal),
    };
    let body_of = |kind, body| whole("200 OK", kind, NOTHING_ALLOWED, body, with_body);
    match page {
        Page::Health => body_of(TEXT, "ok\n"),
        Page::Ready => match source.unready() {
            None => body_of(TEXT, "ok\n"),
            Some(why) => {
                let (status, body) = ("503 Service Unavailable", format!("{}\n", why.word()));
                whole(status, TEXT, NOTHING_ALLOWED, &body, with_body)
            }
        },
        Page::Metrics => body_of(METRICS, &metrics::text(&source.snapshot(false))),
        Page::Status => match serde_json::to_string(&source.snapshot(true)) {
            Ok(json) => body_of("application/json", &json),
            // Nothing in it can fail; if it did, that would be for a developer to see.
            Err(error) => {
                let (status, body) = ("500 Internal Server Error", format!("{error}\n"));
                whole(status, TEXT, NOTHING_ALLOWED, &body, with_body)
            }
        },
        Page::Home => {
            whole("200 OK", "text/html; charset=utf-8", &page_policy(HOME), HOME, with_body)
        }
    }
}

fn error_page(refusal: HttpError) -> Vec<u8> {
    let (status, hint) = match refusal {
        HttpError::Malformed => ("400 Bad Request", "this is no HTTP request"),
        HttpError::NotFound => {
            ("404 Not Found", "there are /, /healthz, /readyz, /metrics and /status")
        }
        HttpError::Method => ("405 Method Not Allowed", "only GET and HEAD"),
        HttpError::Misdirected => {
            ("421 Misdirected Request", "call this server by its address or localhost")
        }
        HttpError::TooLarge => ("431 Request Header Fields Too Large", "the head is too large"),
        HttpError::Version => ("505 HTTP Version Not Supported", "only HTTP/1.0 and HTTP/1.1"),
    };
    whole(status, TEXT, NOTHING_ALLOWED, &format!("{hint}\n"), true)
}

/// Head and, if it is wanted, body. `Allow` belongs to 405 and is true of all.
fn whole(status: &str, kind: &str, policy: &str, body: &str, with_body: bool) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\n\
         Content-Type: {kind}\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         Allow: GET, HEAD\r\n\
         Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\
         Content-Security-Policy: {policy}\r\n\r\n",
        body.len()
    );
    if with_body {
        answer.push_str(body);
    }
    answer.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::snapshot::Unready;
    use crate::admin::tests::Sample;

    fn told(page: Page, with_body: bool, unready: Option<Unready>) -> String {
        let source = Sample { unready };
        String::from_utf8(answer(Ok(HttpRequest { page, with_body }), &source)).unwrap()
    }

    #[test]
    fn answers_are_as_long_as_they_say_and_head_has_the_same_head() {
        for page in [Page::Home, Page::Health, Page::Ready, Page::Metrics, Page::Status] {
            let (full, head) = (told(page, true, None), told(page, false, None));
            let (start, body) = full.split_once("\r\n\r\n").unwrap();
            assert_eq!(head, format!("{start}\r\n\r\n"), "{page:?}");
            assert!(start.starts_with("HTTP/1.1 200 OK\r\n"), "{start}");
            assert!(start.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{start}");
            for header in ["Cache-Control: no-store", "X-Content-Type-Options: nosniff"] {
                assert!(start.contains(header), "{start}");
            }
        }
    }

    #[test]
    fn who_is_not_ready_says_why_and_is_healthy_all_the_same() {
        for why in [Unready::Draining, Unready::Descriptors, Unready::Full] {
            let ready = told(Page::Ready, true, Some(why));
            assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
            assert!(ready.ends_with(&format!("\r\n\r\n{}\n", why.word())), "{ready}");
            assert!(told(Page::Health, true, Some(why)).ends_with("\r\n\r\nok\n"));
        }
    }

    #[test]
    fn every_refusal_is_told() {
        for (refusal, code) in [
            (HttpError::Malformed, "400"),
            (HttpError::NotFound, "404"),
            (HttpError::Method, "405"),
            (HttpError::Misdirected, "421"),
            (HttpError::TooLarge, "431"),
            (HttpError::Version, "505"),
        ] {
            let text = String::from_utf8(answer(Err(refusal), &Sample { unready: None }));
            assert!(text.unwrap().starts_with(&format!("HTTP/1.1 {code} ")), "{refusal:?}");
        }
    }

    #[test]
    fn the_page_is_whole_and_needs_nothing_from_outside() {
        // Allowed links: the one that keeps browsers from asking for an icon, and the name of a
        // language, which nobody fetches.
        let page = HOME.replace("<link rel=\"icon\" href=\"data:,\">", "");
        let page = page.replace("http://www.w3.org/2000/svg", "");
        for foreign in ["http:", "https:", " src=", "@import", "url(", "<link", " style=\""] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        for unsafe_way in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("] {
            assert!(!HOME.contains(unsafe_way), "{unsafe_way}");
        }
        assert_eq!(HOME.matches("<style>").count() * HOME.matches("<script>").count(), 1);
        let policy = page_policy(HOME);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }
}
