//! Why a request is not carried out, as its status says.

use thiserror::Error;

/// Why a request is not carried out. The text is the body of the answer.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum HttpError {
    /// 400.
    #[error("{0}")]
    Malformed(&'static str),
    /// 401.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404.
    #[error("{0}")]
    NotFound(&'static str),
    /// 405, and what is allowed.
    #[error("this path takes {0} only")]
    Method(&'static str),
    /// 408.
    #[error("the request was not complete in time")]
    Timeout,
    /// 409.
    #[error("{0}")]
    Conflict(&'static str),
    /// 411.
    #[error("say by Content-Length how long the body is, or send it chunked")]
    LengthRequired,
    /// 413.
    #[error("the body is too large: 8,192 bytes at most")]
    BodyTooLarge,
    /// 413.
    #[error("the text is too long: 1,000 bytes at most")]
    TextTooLong,
    /// 414.
    #[error("the target is too long: 8,192 bytes for the whole head")]
    TargetTooLong,
    /// 415.
    #[error("send text/plain in UTF-8, application/json, or a form with a payload")]
    MediaType,
    /// 417.
    #[error("the only expectation understood is 100-continue")]
    Expectation,
    /// 421.
    #[error("{0}")]
    Misdirected(&'static str),
    /// 426.
    #[error("speak WebSocket, version 13, on this path")]
    UpgradeRequired,
    /// 426, where HTTP is spoken encrypted only, and it is not known by which name.
    #[error("this server is to be asked by https")]
    TlsOnly,
    /// 429.
    #[error("{0}")]
    TooMany(&'static str),
    /// 429, and in how many seconds to try again.
    #[error("that is too much at once; try again in {0} s")]
    TooFast(u32),
    /// 431.
    #[error("the head is too large: 8,192 bytes and 64 headers at most")]
    HeadTooLarge,
    /// 501.
    #[error("{0}")]
    NotImplemented(&'static str),
    /// 503.
    #[error("{0}")]
    Unavailable(&'static str),
    /// 505.
    #[error("this port speaks HTTP/1.1 and HTTP/1.0")]
    Version,
}

impl HttpError {
    /// The code and its name.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Malformed(_) => "400 Bad Request",
            Self::Unauthorized(_) => "401 Unauthorized",
            Self::Forbidden(_) => "403 Forbidden",
            Self::NotFound(_) => "404 Not Found",
            Self::Method(_) => "405 Method Not Allowed",
            Self::Timeout => "408 Request Timeout",
            Self::Conflict(_) => "409 Conflict",
            Self::LengthRequired => "411 Length Required",
            Self::BodyTooLarge | Self::TextTooLong => "413 Content Too Large",
            Self::TargetTooLong => "414 URI Too Long",
            Self::MediaType => "415 Unsupported Media Type",
            Self::Expectation => "417 Expectation Failed",
            Self::Misdirected(_) => "421 Misdirected Request",
            Self::TlsOnly | Self::UpgradeRequired => "426 Upgrade Required",
            Self::TooMany(_) | Self::TooFast(_) => "429 Too Many Requests",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented(_) => "501 Not Implemented",
            Self::Unavailable(_) => "503 Service Unavailable",
            Self::Version => "505 HTTP Version Not Supported",
        }
    }
}
