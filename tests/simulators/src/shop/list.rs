//! Lists of products and of variations: filters, order and pages.

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

/// By what variations can be ordered.
const VARIATION_ORDERS: [&str; 7] = ["date", "id", "include", "title", "slug", "modified", "menu_order"];

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Products; variations only where they are asked for by their SKUs.
    Products,
    /// The variations of a product.
    VariationsOf(u64),
    /// All variations.
    Variations,
}

/// What one query asks for, checked.
struct Ask {
    scope: Scope,
    page: usize,
    per_page: usize,
    offset: Option<usize>,
    orderby: String,
    descending: bool,
    after: Option<i64>,
    before: Option<i64>,
    statuses: Vec<String>,
    kind: Option<String>,
    include: Vec<u64>,
    exclude: Vec<u64>,
    categories: Vec<u64>,
    stock_status: Option<String>,
    skus: Vec<String>,
    search_sku: Option<String>,
    search: Option<String>,
}

/// `GET products`, and of variations.
pub(super) fn list(
    show: &Show<'_>,
    catalogue: &Catalogue,
    scope: Scope,
    query: &Query,
) -> Result<Reply, Refused> {
    let ask = ask(show, scope, query)?;
    let mut found: Vec<&Product> = candidates(catalogue, &ask).filter(|product| ask.wants(product)).collect();
    match ask.orderby.as_str() {
        // Already in order: by modification and, within a second, by id.
        "modified" if ask.after.is_some() && ask.by_date() => {}
        "modified" => found.sort_unstable_by_key(|p| (Product::seconds(p.modified), p.id)),
        "menu_order" => found.sort_unstable_by_key(|p| (p.menu_order, p.id)),
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
        .map(|p| match scope {
            Scope::Products => show.product(p, catalogue),
            _ => show.variation(p, catalogue),
        })
        .collect::<Vec<Value>>();
    Ok(Reply::rows(rows, found.len(), ask.per_page))
}

fn candidates<'a>(catalogue: &'a Catalogue, ask: &Ask) -> Box<dyn Iterator<Item = &'a Product> + 'a> {
    if let Scope::VariationsOf(parent) = ask.scope {
        return Box::new(catalogue.variations(parent));
    }
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
        self.skus.is_empty() && self.include.is_empty() && !matches!(self.scope, Scope::VariationsOf(_))
    }

    fn wants(&self, product: &Product) -> bool {
        let by_sku = !self.skus.is_empty() || self.search_sku.is_some();
        let in_scope = match self.scope {
            Scope::Products => by_sku || !product.is_variation(),
            Scope::Variations | Scope::VariationsOf(_) => product.is_variation(),
        };
        let contains = |text: &str, part: &Option<String>| {
            part.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
        };
        in_scope
            && self.kind.as_ref().is_none_or(|kind| *kind == product.kind)
            && self.status(&product.status)
            && self.after.is_none_or(|second| Product::seconds(product.modified) > second)
            && self.before.is_none_or(|second| Product::seconds(product.modified) < second)
            && (self.skus.is_empty() || self.has_sku(&product.sku))
            && (self.categories.is_empty()
                || self.categories.iter().any(|id| product.categories.contains(id)))
            && self.stock_status.as_ref().is_none_or(|status| *status == product.stock_status)
            && (self.include.is_empty() || self.include.contains(&product.id))
            && !self.exclude.contains(&product.id)
            && contains(&product.sku, &self.search_sku)
            && contains(&product.name, &self.search)
    }

    fn has_sku(&self, sku: &str) -> bool {
        let sku = sku.trim().to_lowercase();
        self.skus.iter().any(|wanted| wanted.to_lowercase() == sku)
    }

    fn status(&self, status: &str) -> bool {
        let any = !matches!(status, "trash" | "auto-draft");
        self.statuses.iter().any(|wanted| if wanted == "any" { any } else { wanted == status })
    }
}

fn ask(show: &Show<'_>, scope: Scope, query: &Query) -> Result<Ask, Refused> {
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
    let (orders, tail) = match scope {
        Scope::Products => (&ORDERS[..], ", and rating"),
        _ => (&VARIATION_ORDERS[..], ""),
    };
    // `modified` came with woocommerce-rest-api#226, merged into WooCommerce 4.5.
    let orders: Vec<&str> =
        orders.iter().copied().filter(|order| *order != "modified" || show.setup.since(4, 5)).collect();
    let orderby = one_of("orderby", &orders, tail);
    let order = one_of("order", &["asc", "desc"], "");
    let kind = match scope {
        Scope::Products => one_of("type", &["simple", "grouped", "external", "variable"], ""),
        _ => None,
    };
    let (page, per_page) = pages(query, &mut wrong);
    // Unknown parameters are ignored: these two are known from 5.8 on.
    let mut date = |name: &str| {
        let date = text(name).filter(|_| show.setup.since(5, 8))?;
        let second = second(show, query, date);
        if second.is_none() {
            wrong.push((name.to_owned(), "rest_invalid_date", "Invalid date.".to_owned()));
        }
        second
    };
    let (after, before) = (date("modified_after"), date("modified_before"));
    if !wrong.is_empty() {
        return Err(Refused::params(&wrong));
    }
    // For variations it came with 9.7 (woocommerce#54235), for products shortly before.
    let knows_statuses = !show.v2 && show.setup.since(9, if scope == Scope::Products { 6 } else { 7 });
    let include_status = text("include_status").filter(|_| knows_statuses);
    let statuses =
        include_status.map(|list| list.split(',').map(|status| status.trim().to_owned()).collect());
    Ok(Ask {
        scope,
        page,
        per_page,
        offset: text("offset").and_then(|offset| offset.parse().ok()),
        orderby: orderby.unwrap_or_else(|| "date".to_owned()),
        descending: order.as_deref() != Some("asc"),
        after,
        before,
        statuses: statuses.unwrap_or_else(|| vec![status.unwrap_or_else(|| "any".to_owned())]),
        kind,
        include: ids(text("include")),
        exclude: ids(text("exclude")),
        categories: ids(text("category")),
        stock_status: text("stock_status").filter(|_| !show.v2).map(str::to_owned),
        skus: text("sku")
            .map(|list| list.split(',').map(|sku| sku.trim().to_owned()).collect())
            .unwrap_or_default(),
        search_sku: text("search_sku").map(str::to_owned),
        search: text("search").map(str::to_owned),
    })
}

pub(super) fn ids(list: Option<&str>) -> Vec<u64> {
    list.into_iter().flat_map(|list| list.split(',')).filter_map(|id| id.trim().parse().ok()).collect()
}

/// A parameter, its error's code, and the words.
type Wrong = (String, &'static str, String);

/// `page` and `per_page`; what is wrong with them is added.
pub(super) fn pages(query: &Query, wrong: &mut Vec<Wrong>) -> (usize, usize) {
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
    (number("page", 1, usize::MAX), number("per_page", 10, 100))
}

/// The second that `modified_after` means: naive dates are the shop's own, or GMT with `dates_are_gmt`. A date with an
/// offset *and* the flag is shifted by the shop's offset, and so misses changes.
pub(super) fn second(show: &Show<'_>, query: &Query, date: &str) -> Option<i64> {
    // Before 5.4 the flag was unknown, and so ignored.
    let gmt = show.setup.since(5, 4)
        && matches!(query.get("dates_are_gmt").map(String::as_str), Some("true" | "1"));
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
