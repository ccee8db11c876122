//! The account to which the client logs in, and what it sends first.

use std::fmt;

/// What is asked for before the nickname.
const GREETING: &str = "/format json\n/history off\n";

/// An account and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: String,
}

impl fmt::Debug for Account {
    /// Nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({:?})", self.name)
    }
}

/// The first lines to a server: the form of what it says, the account if any, the nickname.
pub(super) fn greeting(nickname: &str, account: Option<&Account>) -> String {
    let log_in = account.map_or(String::new(), |Account { name, password }| {
        let request = serde_json::json!({ "t": "login", "account": name, "password": password });
        format!("{request}\n")
    });
    format!("{GREETING}{log_in}{nickname}\n")
}

/// Whether an error means that the account cannot be logged in to.
pub(super) fn is_about_account(code: &str) -> bool {
    matches!(code, "login-wrong" | "login-busy" | "accounts-none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_whatever_it_holds() {
        let account = Account { name: "alice".into(), password: "a\"b\\ c\n".into() };
        let lines = greeting("rob", Some(&account));
        assert_eq!(lines.lines().count(), 4);
        let request = lines.lines().nth(2).unwrap();
        let read: serde_json::Value = serde_json::from_str(request).unwrap();
        assert_eq!(read["password"], account.password.as_str());
        assert!(lines.ends_with("\nrob\n"));
        assert_eq!(greeting("rob", None), "/format json\n/history off\nrob\n");
        assert!(!format!("{account:?}").contains('b'));
    }
}
