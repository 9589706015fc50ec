//! Lists of products: filters, order and pages.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

use super::{
    answer::{Refused, Reply},
    catalogue::Catalogue,
    product::Product,
    show::Show,
    write::check_list,
};

/// Query parameters; unknown ones are ignored, as the shop does.
pub(super) type Query = BTreeMap<String, String>;

const ORDERS: [&str; 18] = [
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "popularity",
    "rating",
    "post__in",
    "price",
    "sales",
    "menu_order",
    "random",
    "popularity",
    "rating",
    "menu_order",
    "price",
    "popularity",
];
const STATUSES: [&str; 7] = ["any", "future", "trash", "draft", "pending", "private", "publish"];

/// What one query asks for, checked.
struct Ask {
    page: usize,
    per_page: usize,
    offset: Option<usize>,
    orderby: String,
    descending: bool,
    after: Option<i64>,
    statuses: Vec<String>,
    kind: Option<String>,
    include: Vec<u64>,
    exclude: Vec<u64>,
    skus: Vec<String>,
    search_sku: Option<String>,
    search: Option<String>,
}

/// `GET products`.
pub(super) fn list(show: &Show<'_>, catalogue: &Catalogue, query: &Query) -> Result<Reply, Refused> {
    let ask = ask(show, query)?;
    let mut found: Vec<&Product> = candidates(catalogue, &ask).filter(|product| ask.wants(product)).collect();
    match ask.orderby.as_str() {
        // Already in order: by modification and, within a second, by id.
        "modified" if ask.after.is_some() && ask.by_date() => {}
        "modified" => found.sort_unstable_by_key(|p| (Product::seconds(p.modified), p.id)),
        "id" => found.sort_unstable_by_key(|p| p.id),
        "title" => found.sort_by_cached_key(|p| (p.name.to_lowercase(), p.id)),
        "include" => found.sort_by_key(|p| ask.include.iter().position(|id| *id == p.id)),
        _ => found.sort_unstable_by_key(|p| (Product::seconds(p.created), p.id)),
    }
    if ask.descending && ask.orderby != "include" {
        found.reverse();
    }
    let from = ask.offset.unwrap_or((ask.page - 1).saturating_mul(ask.per_page));
    let rows = found
        .iter()
        .skip(from)
        .take(ask.per_page)
        .map(|p| show.product(p, catalogue))
        .collect::<Vec<Value>>();
    Ok(Reply::rows(rows, found.len(), ask.per_page))
}

fn candidates<'a>(catalogue: &'a Catalogue, ask: &Ask) -> Box<dyn Iterator<Item = &'a Product> + 'a> {
    if !ask.skus.is_empty() {
        let mut found: Vec<_> = ask.skus.iter().flat_map(|sku| catalogue.with_sku(sku)).collect();
        found.sort_unstable_by_key(|product| product.id);
        found.dedup_by_key(|product| product.id);
        return Box::new(found.into_iter());
    }
    if !ask.include.is_empty() {
        let found: Vec<_> = ask.include.iter().filter_map(|id| catalogue.get(*id)).collect();
        return Box::new(found.into_iter());
    }
    match ask.after {
        Some(second) => Box::new(catalogue.modified_after(second)),
        None => Box::new(catalogue.iter()),
    }
}

impl Ask {
    /// Whether the candidates came by date.
    fn by_date(&self) -> bool {
        self.skus.is_empty() && self.include.is_empty()
    }

    fn wants(&self, product: &Product) -> bool {
        // Variations come into a list only by their SKU.
        let by_sku = !self.skus.is_empty() || self.search_sku.is_some();
        let contains = |text: &str, part: &Option<String>| {
            part.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
        };
        (by_sku || product.kind != "variation")
            && self.kind.as_ref().is_none_or(|kind| *kind == product.kind)
            && self.status(&product.status)
            && self.after.is_none_or(|second| Product::seconds(product.modified) > second)
            && (self.include.is_empty() || self.include.contains(&product.id))
            && !self.exclude.contains(&product.id)
            && contains(&product.sku, &self.search_sku)
            && contains(&product.name, &self.search)
    }

    fn status(&self, status: &str) -> bool {
        let any = !matches!(status, "trash" | "auto-draft");
        self.statuses.iter().any(|wanted| if wanted == "any" { any } else { wanted == status })
    }
}

fn ask(show: &Show<'_>, query: &Query) -> Result<Ask, Refused> {
    let mut wrong = Vec::new();
    let text = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut one_of = |name: &str, allowed: &[&str], tail: &str| match text(name) {
        Some(value) if !allowed.contains(&value) => {
            let listed =
                if tail.is_empty() { check_list(allowed) } else { format!("{}{tail}", allowed.join(", ")) };
            wrong.push((name.to_owned(), "rest_not_in_enum", format!("{name} is not one of {listed}.")));
            None
        }
        value => value.map(str::to_owned),
    };
    let status = one_of("status", &STATUSES, "");
    let orderby = one_of("orderby", &ORDERS, ", and rating");
    let order = one_of("order", &["asc", "desc"], "");
    let kind = one_of("type", &["simple", "grouped", "external", "variable"], "");
    let mut number = |name: &str, default: usize, most: usize| {
        let Some(text) = query.get(name) else { return default };
        match text.parse::<usize>() {
            Ok(number) if (1..=most).contains(&number) => number,
            parsed => {
                let (code, why) = match parsed {
                    Err(_) if text.parse::<i64>().is_err() => {
                        ("rest_invalid_type", format!("{name} is not of type integer."))
                    }
                    _ if most == usize::MAX => {
                        ("rest_out_of_bounds", format!("{name} must be greater than or equal to 1"))
                    }
                    _ => (
                        "rest_out_of_bounds",
                        format!("{name} must be between 1 (inclusive) and {most} (inclusive)"),
                    ),
                };
                wrong.push((name.to_owned(), code, why));
                default
            }
        }
    };
    let page = number("page", 1, usize::MAX);
    let per_page = number("per_page", 10, 100);
    let after = match text("modified_after").map(|date| modified_after(show, query, date)) {
        Some(None) => {
            wrong.push(("modified_after".to_owned(), "rest_invalid_date", "Invalid date.".to_owned()));
            None
        }
        after => after.flatten(),
    };
    if !wrong.is_empty() {
        return Err(Refused::params(&wrong));
    }
    let include_status = text("include_status").filter(|_| !show.v2);
    let statuses =
        include_status.map(|list| list.split(',').map(|status| status.trim().to_owned()).collect());
    Ok(Ask {
        page,
        per_page,
        offset: text("offset").and_then(|offset| offset.parse().ok()),
        orderby: orderby.unwrap_or_else(|| "date".to_owned()),
        descending: order.as_deref() != Some("asc"),
        after,
        statuses: statuses.unwrap_or_else(|| vec![status.unwrap_or_else(|| "any".to_owned())]),
        kind,
        include: ids(text("include")),
        exclude: ids(text("exclude")),
        skus: text("sku")
            .map(|list| list.split(',').map(|sku| sku.trim().to_owned()).collect())
            .unwrap_or_default(),
        search_sku: text("search_sku").map(str::to_owned),
        search: text("search").map(str::to_owned),
    })
}

fn ids(list: Option<&str>) -> Vec<u64> {
    list.into_iter().flat_map(|list| list.split(',')).filter_map(|id| id.trim().parse().ok()).collect()
}

/// The second that `modified_after` means: naive dates are the shop's own, or GMT with `dates_are_gmt`. A date with an
/// offset *and* the flag is shifted by the shop's offset, and so misses changes.
fn modified_after(show: &Show<'_>, query: &Query, date: &str) -> Option<i64> {
    let gmt = matches!(query.get("dates_are_gmt").map(String::as_str), Some("true" | "1"));
    let date: Cow<'_, str> = if date.as_bytes().get(10) == Some(&b' ') {
        // A plus that was not encoded arrives as a space; one between date and time is as good as a T.
        Cow::Owned(date.replacen(' ', "T", 1))
    } else {
        Cow::Borrowed(date)
    };
    // Seconds are not optional.
    let seconds = date.len() >= 19 && date.as_bytes()[13] == b':' && date.as_bytes()[16] == b':';
    if !seconds {
        return None;
    }
    if let Ok(moment) = date.parse::<Timestamp>() {
        if !gmt {
            return Some(moment.as_second());
        }
        let local = show.zone.to_datetime(moment);
        return TimeZone::UTC.to_timestamp(local).ok().map(Timestamp::as_second);
    }
    let civil: DateTime = date.parse().ok()?;
    let zone = if gmt { TimeZone::UTC } else { show.zone.clone() };
    zone.to_timestamp(civil).ok().map(Timestamp::as_second)
}
