//! How far a newcomer is.

/// The state of a newcomer's admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AdmissionState {
    /// The server has not decided.
    Waiting,
    /// It is in the room and will hear messages from now on.
    Admitted,
    /// It will not be; these are the server's words.
    Refused(String),
}
