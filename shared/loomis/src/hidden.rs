//! What no error may show: tokens, and what tells who a customer is. `SETTINGS.md`: *the ledger and the logs hold no
//! names, addresses, phones or e-mails*.

#[cfg(test)]
mod tests;

use url::form_urlencoded::byte_serialize;

use crate::Secret;

/// Shorter parts of a name or an address are not looked for: they would be found everywhere.
const SHORTEST: usize = 3;

/// The digits of a phone number without its country.
const NATIONAL: usize = 8;

/// Texts to be hidden wherever the server repeats them, in any case and as they stand in a URL.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(Vec<String>);

impl Hidden {
    /// Nothing.
    pub(crate) fn nothing() -> Hidden {
        Hidden::default()
    }

    /// And this secret, however short.
    pub(crate) fn secret(mut self, secret: &Secret) -> Hidden {
        if !secret.expose().is_empty() {
            self.push(secret.expose());
        }
        self
    }

    /// And this text, whole.
    pub(crate) fn text(mut self, text: &str) -> Hidden {
        if text.trim().chars().count() >= SHORTEST {
            self.push(text.trim());
        }
        self
    }

    /// And this text, and each of its words: a name, an address, a town.
    pub(crate) fn words(self, text: &str) -> Hidden {
        let whole = self.text(text);
        text.split(|c: char| !c.is_alphanumeric()).fold(whole, Hidden::text)
    }

    /// And this phone number, with and without its country.
    pub(crate) fn phone(self, phone: &str) -> Hidden {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let national = digits.len().checked_sub(NATIONAL).map(|start| digits[start..].to_owned());
        let hidden = self.text(phone).text(&digits);
        national.into_iter().fold(hidden, |hidden, national| hidden.text(&national))
    }

    fn push(&mut self, text: &str) {
        let form: String = byte_serialize(text.as_bytes()).collect();
        for form in [text.to_owned(), form.replace('+', "%20"), form] {
            let folded = fold(&form);
            if !self.0.contains(&folded) {
                self.0.push(folded);
            }
        }
    }

    /// The text, in which none of it can be read.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut hidden: Vec<&String> = self.0.iter().collect();
        // The whole before its parts.
        hidden.sort_by_key(|hidden| std::cmp::Reverse(hidden.len()));
        hidden.into_iter().fold(text.to_owned(), |text, hidden| replace(&text, hidden))
    }
}

/// In any case: character by character, so that places stay comparable.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Puts `…` in the place of `hidden`, which is folded.
fn replace(text: &str, hidden: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match begins(rest, hidden) {
            Some(length) => {
                masked.push('…');
                rest = &rest[length..];
            }
            None => {
                masked.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    masked
}

/// How many bytes of `text` are `hidden`, if it begins with it.
fn begins(text: &str, hidden: &str) -> Option<usize> {
    let mut left = hidden.chars();
    let mut next = left.next();
    for (at, c) in text.char_indices() {
        if next.is_none() {
            return Some(at);
        }
        for folded in c.to_lowercase() {
            if next != Some(folded) {
                return None;
            }
            next = left.next();
        }
    }
    next.is_none().then_some(text.len())
}

/// The text without addresses of the web and without queries: they may carry a token, or a customer.
pub(crate) fn without_addresses(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
    let shown = text.split_inclusive(ends).map(|word| {
        if word.contains("://") || (word.contains('?') && word.contains('=')) {
            let end = word.chars().next_back().filter(|c| ends(*c));
            format!("…{}", end.map(String::from).unwrap_or_default())
        } else {
            word.to_owned()
        }
    });
    shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
