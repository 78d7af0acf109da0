//! Web addresses of a definition.

use url::{Host, Url};

use super::check::Checker;
use super::field::Field;
use super::shape::Text;

/// Where `http` will do instead of `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    /// Whatever the host.
    Everywhere,
    /// On this machine only: what is sent is secret.
    Loopback,
}

impl Checker<'_> {
    /// The address that a key holds, with what it leaves out filled in; reports one that cannot be
    /// used.
    pub(super) fn web_address(&mut self, field: &Field<Text>, plain: Plain) -> Option<String> {
        self.web_address_in(&field.text()?, field, plain)
    }

    /// The same of a text that was made from what the key holds.
    pub(super) fn web_address_in(
        &mut self,
        text: &str,
        field: &Field<Text>,
        plain: Plain,
    ) -> Option<String> {
        match web_address(text, plain) {
            Ok(address) => Some(address),
            Err((why, way_out)) => {
                self.error_hint("invalid-url", field.span(), why, way_out);
                None
            }
        }
    }
}

/// The address, or why it cannot be used and what to write instead. What is refused is not
/// repeated: it may hold a password.
fn web_address(text: &str, plain: Plain) -> Result<String, (&'static str, &'static str)> {
    let like = "write it like \"https://ping.example.mx/uuid\"";
    let broken = text.chars().any(|c| c.is_whitespace() || c.is_control());
    let Some(address) = Url::parse(text).ok().filter(|_| !broken) else {
        return Err(("this is not a web address", like));
    };
    if !address.username().is_empty() || address.password().is_some() {
        return Err((
            "a web address here holds no user and no password",
            "secrets never stand in a definition",
        ));
    }
    if address.fragment().is_some() {
        return Err((
            "what follows # in a web address is never sent",
            "leave # and what follows it out",
        ));
    }
    match address.scheme() {
        "https" => {}
        "http" if plain == Plain::Everywhere || is_loopback(&address) => {}
        "http" => {
            return Err((
                "a secret would travel unprotected",
                "write https://; http:// is for loopback only",
            ));
        }
        _ => return Err(("this is not a web address", like)),
    }
    Ok(address.into())
}

fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses() {
        for (text, everywhere, loopback) in [
            ("https://ping.example.mx/uuid", true, true),
            ("https://ping.example.mx", true, true),
            ("HTTPS://ping.example.mx:8443/a/?b=c&d", true, true),
            ("http://ping.example.mx/uuid", true, false),
            ("http://127.0.0.1:8080/token", true, true),
            ("http://[::1]/token", true, true),
            ("http://localhost/token", true, true),
            ("http://localhost.example.mx/token", true, false),
            ("https://me:secret@ping.example.mx/", false, false),
            ("https://me@ping.example.mx/", false, false),
            ("https://ping.example.mx/#uuid", false, false),
            ("https://ping.example.mx/a b", false, false),
            ("https://ping.example.mx/\n", false, false),
            ("https://", false, false),
            ("ping.example.mx/uuid", false, false),
            ("ftp://ping.example.mx/uuid", false, false),
            ("file:///etc/passwd", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                web_address(text, Plain::Everywhere).is_ok(),
                everywhere,
                "{text}"
            );
            assert_eq!(
                web_address(text, Plain::Loopback).is_ok(),
                loopback,
                "{text}"
            );
        }
        let secret = web_address("https://me:secret@ping.example.mx/", Plain::Everywhere);
        assert!(!format!("{secret:?}").contains("me:"), "{secret:?}");
    }
}
