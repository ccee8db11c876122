//! What a body says: plain text, or the forms in which other programs send messages.

use serde::Deserialize;

use super::error::HttpError;
use super::percent::decoded;

/// What somebody wants to have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPost {
    /// The text, as it was sent.
    pub text: String,
    /// Under which name, if the form has one.
    pub username: Option<String>,
    /// In which form it came.
    pub form: PostForm,
}

/// The forms in which messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostForm {
    /// Nothing but the text.
    Plain,
    /// `{"text": …}`, as Slack takes it; also as the field `payload` of a form.
    Slack,
    /// `{"content": …, "username": …}`, as Discord takes it.
    Discord,
}

/// The fields that are understood. Others are passed over.
#[derive(Deserialize)]
struct Fields {
    text: Option<String>,
    content: Option<String>,
    username: Option<String>,
}

/// What a body of this type says.
pub(super) fn read(kind: Option<&str>, body: &[u8]) -> Result<WebPost, HttpError> {
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let is = |name: &str| kind.is_some_and(|kind| kind.eq_ignore_ascii_case(name));
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| HttpError::Malformed("the body is not UTF-8"))?;
    if is("application/json") {
        json(text)
    } else if is("application/x-www-form-urlencoded") {
        form(text)
    } else if kind.is_none() || is("text/plain") {
        Ok(plain(text))
    } else {
        Err(HttpError::MediaType)
    }
}

fn plain(text: &str) -> WebPost {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
    WebPost { text, username: None, form: PostForm::Plain }
}

fn json(text: &str) -> Result<WebPost, HttpError> {
    let fields: Fields = serde_json::from_str(text)
        .map_err(|_| HttpError::Malformed("the body is no JSON object with texts"))?;
    match (fields.content, fields.text) {
        (Some(text), _) => Ok(WebPost { text, username: fields.username, form: PostForm::Discord }),
        (None, Some(text)) => {
            Ok(WebPost { text, username: fields.username, form: PostForm::Slack })
        }
        (None, None) => {
            Err(HttpError::Malformed("the object has neither \"text\" nor \"content\""))
        }
    }
}

/// The field `payload` of a form, or the field `text` if that is all of it.
fn form(text: &str) -> Result<WebPost, HttpError> {
    let value = |written: &str| {
        let written = written.replace('+', " ");
        decoded(&written).ok_or(HttpError::Malformed("the form is malformed"))
    };
    if let Some(payload) = text.split('&').find_map(|field| field.strip_prefix("payload=")) {
        return json(&value(payload)?);
    }
    match text.strip_prefix("text=").filter(|rest| !rest.contains(['&', ' '])) {
        Some(field) => Ok(plain(&value(field)?)),
        // `curl -d` calls any text a form.
        None => Ok(plain(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(text: &str, username: Option<&str>, form: PostForm) -> Result<WebPost, HttpError> {
        Ok(WebPost { text: text.into(), username: username.map(Into::into), form })
    }

    #[test]
    fn every_form_is_understood() {
        let json = Some("application/json; charset=utf-8");
        for (kind, body, expected) in [
            (None, "hello\n", post("hello", None, PostForm::Plain)),
            (Some("Text/Plain;charset=utf-8"), "a\r\nb\r\n", post("a\r\nb", None, PostForm::Plain)),
            (
                Some("application/x-www-form-urlencoded"),
                "a=b & 100%",
                post("a=b & 100%", None, PostForm::Plain),
            ),
            (json, r#"{"text":"hé"}"#, post("hé", None, PostForm::Slack)),
            (
                json,
                r#"{"x":[{}],"text":"a","username":"b"}"#,
                post("a", Some("b"), PostForm::Slack),
            ),
            (
                Some("application/json"),
                r#"{"content":"a","username":"b","embeds":[],"tts":false}"#,
                post("a", Some("b"), PostForm::Discord),
            ),
            (
                Some("application/x-www-form-urlencoded"),
                "a=b&payload=%7B%22text%22%3A%22a+%2B+b%22%7D",
                post("a + b", None, PostForm::Slack),
            ),
            (
                Some("application/x-www-form-urlencoded"),
                "text=a+%26+%C3%A9",
                post("a & \u{e9}", None, PostForm::Plain),
            ),
            (
                Some("application/x-www-form-urlencoded"),
                "text=a & b",
                post("text=a & b", None, PostForm::Plain),
            ),
        ] {
            assert_eq!(read(kind, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn what_says_nothing_is_refused() {
        let form = Some("application/x-www-form-urlencoded");
        for (kind, body, is_of_type) in [
            (Some("application/json"), "{}", true),
            (Some("application/json"), "[]", true),
            (Some("application/json"), "hello", true),
            (Some("application/json"), r#"{"text":7}"#, true),
            (Some("application/json"), r#"{"text":"a"} {"text":"b"}"#, true),
            (form, "payload=%7", true),
            (form, "payload=%ff", true),
            (form, "payload=x", true),
            (Some("multipart/form-data; boundary=x"), "hello", false),
            (Some("image/png"), "hello", false),
            (Some(""), "hello", false),
        ] {
            match read(kind, body.as_bytes()) {
                Err(HttpError::Malformed(_)) => assert!(is_of_type, "{kind:?} {body}"),
                Err(HttpError::MediaType) => assert!(!is_of_type, "{kind:?} {body}"),
                other => panic!("{kind:?} {body}: {other:?}"),
            }
        }
        assert!(matches!(read(None, b"\xff"), Err(HttpError::Malformed(_))));
        let deep = format!(r#"{{"x":{}"#, "[".repeat(4_000));
        assert!(read(Some("application/json"), deep.as_bytes()).is_err());
    }
}
