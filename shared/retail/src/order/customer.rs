//! Who bought, and whether Loomis Pay knows them. `SETTINGS.md`, *Customers*: phones are compared in E.164 by billing country, and
//! stored so; a customer that exists is never overwritten.

use super::{
    WebOrder,
    office::{Customer, CustomerId},
};

/// The e-mail of the one customer that orders without e-mail and phone are booked on: it makes that customer findable. The
/// domain can't exist (RFC 2606).
pub const WEB_CUSTOMER_EMAIL: &str = "web-customer@loomis-woo.invalid";
/// The name of that customer.
pub const WEB_CUSTOMER_NAME: &str = "Web customer";

/// Who bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buyer {
    /// Someone with an e-mail or a phone.
    Known {
        /// The e-mail, normalised.
        email: Option<String>,
        /// The phone in E.164.
        phone: Option<String>,
        /// The customer to make if there is none.
        customer: Customer,
    },
    /// The explicit web customer, to make if there is none.
    Web(Customer),
}

/// Who bought an order: its billing party.
pub fn buyer(order: &WebOrder) -> Buyer {
    let billing = &order.billing;
    let email = email(&billing.email);
    let phone = phone(&billing.phone, &billing.country);
    if email.is_none() && phone.is_none() {
        return Buyer::Web(Customer {
            name: WEB_CUSTOMER_NAME.to_owned(),
            email: WEB_CUSTOMER_EMAIL.to_owned(),
            ..Customer::default()
        });
    }
    let person = format!("{} {}", billing.first_name.trim(), billing.last_name.trim());
    let names = [person.trim(), billing.company.trim()];
    let name = names.into_iter().find(|name| !name.is_empty()).map(str::to_owned);
    let address = billing.to_address();
    let customer = Customer {
        name: name.or_else(|| email.clone()).or_else(|| phone.clone()).unwrap_or_default(),
        phone: phone.clone().unwrap_or_default(),
        email: email.clone().unwrap_or_default(),
        address: address.address,
        zip: address.zip,
        city: address.city,
    };
    Buyer::Known { email, phone, customer }
}

/// The customer among those found that is the buyer, by e-mail or phone, both normalised (`country` is the billing country). Of
/// several the one that matches in both, then by e-mail, then by phone; of those the oldest, which has the lowest id.
pub fn found(buyer: &Buyer, country: &str, customers: &[(CustomerId, Customer)]) -> Option<CustomerId> {
    let (its_email, its_phone) = match buyer {
        Buyer::Known { email, phone, .. } => (email.as_deref(), phone.as_deref()),
        Buyer::Web(_) => (Some(WEB_CUSTOMER_EMAIL), None),
    };
    let rank = |customer: &Customer| {
        let by_email = its_email.is_some() && email(&customer.email).as_deref() == its_email;
        let by_phone = its_phone.is_some() && phone(&customer.phone, country).as_deref() == its_phone;
        match (by_email, by_phone) {
            (true, true) => Some(0),
            (true, false) => Some(1),
            (false, true) => Some(2),
            (false, false) => None,
        }
    };
    let ranked = customers.iter().filter_map(|(id, customer)| Some((rank(customer)?, *id)));
    ranked.min().map(|(_, id)| id)
}

/// An e-mail as it is compared: trimmed and in small letters; `None` for what is none.
pub fn email(written: &str) -> Option<String> {
    let email = written.trim().to_lowercase();
    let (name, domain) = email.split_once('@')?;
    let sound = !name.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !email.contains(|c: char| c.is_whitespace() || c.is_control());
    sound.then_some(email)
}

/// How a country's numbers are written.
struct Plan {
    /// ISO 3166-1 alpha-2.
    country: &'static str,
    /// The country's code.
    code: &'static str,
    /// Written before a number within the country.
    trunk: &'static str,
    /// The fewest digits of a number, without its trunk.
    fewest: usize,
    /// The most digits.
    most: usize,
}

/// The Nordic countries (ITU-T national numbering plans). Elsewhere a number is known by its `+` only.
const PLANS: [Plan; 4] = [
    Plan { country: "NO", code: "47", trunk: "", fewest: 8, most: 8 },
    Plan { country: "SE", code: "46", trunk: "0", fewest: 7, most: 10 },
    Plan { country: "DK", code: "45", trunk: "", fewest: 8, most: 8 },
    Plan { country: "FI", code: "358", trunk: "0", fewest: 5, most: 12 },
];

impl Plan {
    fn number(&self, digits: &str) -> Option<String> {
        let sound = (self.fewest..=self.most).contains(&digits.len()) && !digits.starts_with('0');
        sound.then(|| format!("+{}{digits}", self.code))
    }

    fn without_trunk<'a>(&self, digits: &'a str) -> &'a str {
        digits.strip_prefix(self.trunk).unwrap_or(digits)
    }
}

/// The digits of a phone, in each way that somebody may write it: as it is, abroad, at home, with its trunk. A number this
/// short is none.
pub(super) fn spellings(written: &str, country: &str) -> Vec<String> {
    const FEWEST: usize = 5;
    let mut spellings = vec![written.chars().filter(char::is_ascii_digit).collect::<String>()];
    if let Some(phone) = phone(written, country) {
        let digits = phone.trim_start_matches('+');
        let plan = PLANS.iter().find_map(|plan| Some((plan, digits.strip_prefix(plan.code)?)));
        if let Some((plan, rest)) = plan {
            spellings.extend([rest.to_owned(), format!("0{rest}")]);
            spellings.extend(["", "00"].map(|abroad| format!("{abroad}{}0{rest}", plan.code)));
        }
        spellings.extend(["", "00"].map(|abroad| format!("{abroad}{digits}")));
    }
    spellings.retain(|digits| digits.len() >= FEWEST);
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// A phone in E.164 (`+4790000000`), by the country that it is written in; `None` for what can't be one.
pub fn phone(written: &str, country: &str) -> Option<String> {
    let written = written.trim();
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let between = |c: char| c.is_ascii_digit() || c.is_whitespace() || "-–‑./()".contains(c);
    if !written.strip_prefix('+').unwrap_or(written).chars().all(between) {
        return None;
    }
    let abroad = if written.starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    if let Some(digits) = abroad {
        return match PLANS.iter().find_map(|plan| Some((plan, digits.strip_prefix(plan.code)?))) {
            // `+46 (0)70 …`
            Some((plan, rest)) => plan.number(plan.without_trunk(rest)),
            None => {
                let sound = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
                sound.then(|| format!("+{digits}"))
            }
        };
    }
    let plan = PLANS.iter().find(|plan| plan.country.eq_ignore_ascii_case(country.trim()))?;
    let with_code = || {
        let rest = digits.strip_prefix(plan.code)?;
        plan.number(plan.without_trunk(rest))
    };
    match plan.trunk {
        // Where no trunk is written, the country's code may be what a number begins with.
        "" => plan.number(&digits).or_else(with_code),
        trunk if digits.starts_with(trunk) => plan.number(plan.without_trunk(&digits)),
        _ => with_code().or_else(|| plan.number(&digits)),
    }
}

#[cfg(test)]
mod tests;
