//! What a merchant types as the shop's address, made into the bases that it may mean.

use std::{fmt, str::FromStr};

use url::Url;

/// The canonical base of a shop: `scheme://host[:port]/[folder/]`, always with a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Base(Url);

impl Base {
    /// The base as text; it ends in a slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the shop is spoken to over https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// The base that `url` lies under: query, fragment and user dropped, a slash at the end.
    fn of(mut url: Url, folder: &str) -> Base {
        url.set_query(None);
        url.set_fragment(None);
        let folder = folder.trim_matches('/');
        let path = if folder.is_empty() { "/".to_owned() } else { format!("/{folder}/") };
        url.set_path(&path);
        Base(url)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A base that was resolved once and stored is read back as it was.
impl FromStr for Base {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Base, AddressError> {
        let address = Address::parse(text)?;
        match address.candidates.as_slice() {
            [base] => Ok(base.clone()),
            _ => Err(AddressError::NoScheme),
        }
    }
}

/// The shop's address as it was typed, cleaned: `www.domene.no`, a sub-folder, `/wp-admin` pasted along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    candidates: Vec<Base>,
}

/// Why a text can't be a shop's address, and the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("the address of the shop is empty; write it as in the browser, such as www.domene.no")]
    Empty,
    /// A user or a password stands in it.
    #[error(
        "the address holds a user name or password; remove all before the @ and use the key and secret fields"
    )]
    Credentials,
    /// Another scheme than http and https.
    #[error("the address must begin with https:// or http://, or with the domain itself")]
    Scheme,
    /// A query is part of it.
    #[error(
        "the address holds a question mark; keep only what stands before it, such as www.domene.no/butikk"
    )]
    Query,
    /// It is no address at all.
    #[error("this is not the address of a shop; write it as in the browser, such as www.domene.no")]
    Unreadable,
    /// A stored base must say its scheme.
    #[error("the shop's base must begin with https:// or http://")]
    NoScheme,
}

/// Paths of WordPress that people paste along; the shop's folder ends before the first of them.
const INSIDE: [&str; 5] = ["wp-admin", "wp-json", "wp-login.php", "wp-content", "index.php"];

impl Address {
    /// Reads what a merchant typed.
    ///
    /// # Errors
    /// [`AddressError`], which says the mend.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.chars().any(char::is_whitespace) {
            return Err(AddressError::Unreadable);
        }
        let (schemes, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (&["https"][..], rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (&["http"][..], rest),
            // A colon and slashes after the domain belong to the path or the query, not to a scheme.
            Some((before, _)) if !before.contains(['/', '?', '#', '.']) => return Err(AddressError::Scheme),
            _ => (&["https", "http"][..], text.strip_prefix("//").unwrap_or(text)),
        };
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(AddressError::Credentials);
        }
        if authority.is_empty() {
            return Err(if rest.is_empty() { AddressError::Empty } else { AddressError::Unreadable });
        }
        // "mailto:" and "ftp:" without slashes: a port is a number.
        if let Some((before, port)) = authority.rsplit_once(':')
            && !before.ends_with(']')
            && !port.is_empty()
            && !port.bytes().all(|b| b.is_ascii_digit())
            && !authority.starts_with('[')
        {
            return Err(if before.contains('.') { AddressError::Unreadable } else { AddressError::Scheme });
        }
        let candidates = schemes.iter().map(|scheme| base(scheme, rest)).collect::<Result<Vec<_>, _>>()?;
        Ok(Address { candidates })
    }

    /// The bases to try, in order: the one with the scheme that was typed, or https before http.
    pub fn candidates(&self) -> &[Base] {
        &self.candidates
    }
}

fn base(scheme: &str, rest: &str) -> Result<Base, AddressError> {
    let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| AddressError::Unreadable)?;
    let dotted = url.host_str().is_some_and(|host| !host.trim_matches('.').is_empty());
    if !dotted || url.port() == Some(0) {
        return Err(AddressError::Unreadable);
    }
    let (folder, inside) = folder(url.path());
    // After /wp-admin/… a query is only pasted along; elsewhere it may be the shop itself, which it can't be.
    if url.query().is_some_and(|query| !query.is_empty()) && !inside {
        return Err(AddressError::Query);
    }
    Ok(Base::of(url.clone(), &folder))
}

/// The folder that WordPress lives in, and whether a path inside WordPress stood behind it.
fn folder(path: &str) -> (String, bool) {
    let mut folder = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if INSIDE.iter().any(|inside| segment.eq_ignore_ascii_case(inside)) {
            return (folder.join("/"), true);
        }
        folder.push(segment);
    }
    (folder.join("/"), false)
}

/// The base that a redirect of a probe points at: what stands before `wp-json` there, or the whole path.
pub(crate) fn base_of_redirect(target: &Url) -> Option<Base> {
    matches!(target.scheme(), "http" | "https").then(|| {
        let (folder, _) = folder(target.path());
        let mut url = target.clone();
        // Http and https URLs always take a user name; there is nothing that could fail here.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Base::of(url, &folder)
    })
}

#[cfg(test)]
mod tests;
