//! What no text that is kept may say: who the customer is. Loomis Pay and the shop repeat a customer's data in what they say
//! against an order. `SETTINGS.md`: the ledger and the logs hold none.

use super::{Party, WebOrder, customer};

/// The texts in an order that say who the customer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private {
    /// Words that stand behind one another, in small letters.
    words: Vec<Vec<String>>,
    /// A phone's digits, in each way that it may be written.
    phones: Vec<Vec<char>>,
}

/// The fewest letters of one name that is known by itself, without the rest of it: shorter ones are words of every language.
const NAME: usize = 3;
/// The fewest letters of a street that is known without its number.
const STREET: usize = 5;
/// The fewest words of a line of a customer's note that is known again.
const NOTE: usize = 3;
/// The most characters between two digits of one phone.
const GAP: usize = 3;

impl WebOrder {
    /// What says who its customer is.
    pub fn private(&self) -> Private {
        let mut private = Private::default();
        for party in [&self.billing, &self.shipping] {
            private.add(party);
            // A delivery has no country of its own where it goes to whoever pays.
            private.add_phone(&party.phone, &self.billing.country);
        }
        for line in self.customer_note.lines().map(words).filter(|line| line.len() >= NOTE) {
            private.words.push(line);
        }
        private
    }
}

impl Private {
    fn add(&mut self, party: &Party) {
        let Party { first_name, last_name, company, address, address_2, zip, city, email, phone, .. } = party;
        self.add_phone(phone, &party.country);
        for name in [first_name, last_name] {
            let each = words(name).into_iter().filter(|word| word.chars().count() >= NAME);
            self.words.extend(each.map(|word| vec![word]));
        }
        // A postcode is written with its gap and without.
        let joined = zip.split_whitespace().collect::<String>();
        for text in [first_name, last_name, company, address, address_2, zip, &joined, city, email] {
            let words = words(text);
            if words.iter().map(|word| word.chars().count()).sum::<usize>() >= 2 {
                self.words.push(words);
            }
        }
        for text in [address, address_2] {
            let numbered = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
            let street: Vec<String> = words(text).into_iter().take_while(|word| !numbered(word)).collect();
            if street.iter().map(|word| word.chars().count()).sum::<usize>() >= STREET {
                self.words.push(street);
            }
        }
    }

    fn add_phone(&mut self, written: &str, country: &str) {
        self.phones
            .extend(customer::spellings(written, country).into_iter().map(|digits| digits.chars().collect()));
    }

    /// The text without any of it, in whatever case and however a phone is written. Words are known whole: `Bo` is not in
    /// `Bodø`.
    pub fn hide(&self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut hidden = vec![false; chars.len()];
        let words = placed(&chars);
        for part in &self.words {
            for at in words.windows(part.len()) {
                let (start, end) = (at[0].1, at[at.len() - 1].2);
                let alike = at.iter().zip(part).all(|((word, ..), wanted)| word == wanted);
                if alike && !(is_number(part) && is_of_an_amount(&chars, start, end)) {
                    hidden[start..end].fill(true);
                }
            }
        }
        for start in 0..chars.len() {
            for phone in &self.phones {
                if let Some(end) = phone_at(&chars, start, phone) {
                    let from = if start > 0 && chars[start - 1] == '+' { start - 1 } else { start };
                    hidden[from..end].fill(true);
                }
            }
        }
        let mut kept = String::with_capacity(text.len());
        for (at, c) in chars.iter().enumerate() {
            match hidden[at] {
                false => kept.push(*c),
                true if at > 0 && hidden[at - 1] => {}
                true => kept.push('…'),
            }
        }
        kept
    }
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    placed(&chars).into_iter().map(|(word, ..)| word).collect()
}

/// The words of a text in small letters, with where each begins and ends.
fn placed(chars: &[char]) -> Vec<(String, usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length = chars[at..].iter().take_while(|c| c.is_alphanumeric()).count();
        if length > 0 {
            let word = chars[at..at + length].iter().flat_map(|c| c.to_lowercase()).collect();
            words.push((word, at, at + length));
        }
        at += length.max(1);
    }
    words
}

fn is_number(part: &[String]) -> bool {
    part.iter().all(|word| word.chars().all(|c| c.is_ascii_digit()))
}

/// Whether what stands there is a part of an amount: `8006` of `8006.50`.
fn is_of_an_amount(chars: &[char], start: usize, end: usize) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let point = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| ".,".contains(*c));
    (point(Some(end)) && digit(Some(end + 1))) || (point(start.checked_sub(1)) && digit(start.checked_sub(2)))
}

/// Where a phone that begins there ends, whatever stands between its digits; it stands alone.
fn phone_at(chars: &[char], start: usize, phone: &[char]) -> Option<usize> {
    if start > 0 && chars[start - 1].is_alphanumeric() {
        return None;
    }
    let between = |c: &char| c.is_whitespace() || "-–‑./()".contains(*c);
    let mut at = start;
    for (nth, digit) in phone.iter().enumerate() {
        if nth > 0 {
            at += chars[at..].iter().take(GAP).take_while(|c| between(c)).count();
        }
        if chars.get(at) != Some(digit) {
            return None;
        }
        at += 1;
    }
    let alone = chars.get(at).is_none_or(|c| !c.is_alphanumeric());
    (alone && !phone.is_empty()).then_some(at)
}

#[cfg(test)]
mod tests;
