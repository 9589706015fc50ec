//! Lists of orders: statuses, moments, order and pages.

use super::{
    super::{
        answer::{Refused, Reply},
        list::{Query, ids, pages, second},
        order::Order,
        setup::Setup,
        show::Show,
        write::check_list,
    },
    Orders,
};

/// The statuses that orders can have, a plugin's among them; a removed plugin's are not.
pub(in crate::shop) fn statuses_of_orders(setup: &Setup) -> Vec<String> {
    let rows = setup.order_statuses();
    let rows = rows.as_array().into_iter().flatten();
    rows.filter_map(|row| row["slug"].as_str()).map(str::to_owned).collect()
}

const ORDERS: [&str; 6] = ["date", "id", "include", "title", "slug", "modified"];

/// What one query asks for, checked.
struct Ask {
    statuses: Vec<String>,
    /// The statuses that `any` stands for.
    any: Vec<String>,
    after: Option<i64>,
    before: Option<i64>,
    modified_after: Option<i64>,
    modified_before: Option<i64>,
    include: Vec<u64>,
    exclude: Vec<u64>,
    search: Option<String>,
}

/// `GET orders`. Unknown parameters, `number` among them, are ignored.
pub(in crate::shop) fn list(show: &Show<'_>, orders: &Orders, query: &Query) -> Result<Reply, Refused> {
    let mut wrong = Vec::new();
    let text = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let known = statuses_of_orders(show.setup);
    let statuses = statuses(show, &known, text("status").unwrap_or("any"), &mut wrong);
    // `modified` came with WooCommerce 4.5.
    let allowed =
        ORDERS.into_iter().filter(|order| *order != "modified" || show.setup.since(4, 5)).collect::<Vec<_>>();
    let orderby = text("orderby").unwrap_or("date");
    if !allowed.contains(&orderby) {
        wrong.push((
            "orderby".to_owned(),
            "rest_not_in_enum",
            format!("orderby is not one of {}.", check_list(&allowed)),
        ));
    }
    let (page, per_page) = pages(query, &mut wrong);
    let mut date = |name: &str, known: bool| {
        let second = second(show, query, text(name).filter(|_| known)?);
        if second.is_none() {
            wrong.push((name.to_owned(), "rest_invalid_date", "Invalid date.".to_owned()));
        }
        second
    };
    // Unknown parameters are ignored: these two are known from 5.8 on.
    let changes = show.setup.since(5, 8);
    let ask = Ask {
        statuses,
        any: known.clone(),
        after: date("after", true),
        before: date("before", true),
        modified_after: date("modified_after", changes),
        modified_before: date("modified_before", changes),
        include: ids(text("include")),
        exclude: ids(text("exclude")),
        search: text("search").map(str::to_lowercase),
    };
    if !wrong.is_empty() {
        return Err(Refused::params(&wrong));
    }
    let mut found = orders.all.values().filter(|order| ask.wants(order)).collect::<Vec<_>>();
    match orderby {
        "modified" => found.sort_by_key(|order| (order.modified.as_second(), order.id)),
        "id" => {}
        "include" => found.sort_by_key(|order| ask.include.iter().position(|id| *id == order.id)),
        _ => found.sort_by_key(|order| (order.created.as_second(), order.id)),
    }
    if text("order") != Some("asc") && orderby != "include" {
        found.reverse();
    }
    let offset = text("offset").and_then(|offset| offset.parse().ok());
    let from = offset.unwrap_or((page - 1).saturating_mul(per_page));
    let rows = found.iter().skip(from).take(per_page).map(|order| show.order(order, query)).collect();
    Ok(Reply::rows(rows, found.len(), per_page))
}

/// v3 takes a list of statuses, v2 one.
fn statuses(
    show: &Show<'_>,
    known: &[String],
    asked: &str,
    wrong: &mut Vec<(String, &'static str, String)>,
) -> Vec<String> {
    let allowed = ["any", "trash", "auto-draft"]
        .into_iter()
        .chain(known.iter().map(String::as_str))
        .collect::<Vec<_>>();
    let list: Vec<&str> = if show.v2 { vec![asked] } else { asked.split(',').map(str::trim).collect() };
    if let Some((at, _)) = list.iter().enumerate().find(|(_, status)| !allowed.contains(status)) {
        let place = if show.v2 { "status".to_owned() } else { format!("status[{at}]") };
        wrong.push((
            "status".to_owned(),
            "rest_not_in_enum",
            format!("{place} is not one of {}.", check_list(&allowed)),
        ));
    }
    list.into_iter().map(str::to_owned).collect()
}

impl Ask {
    fn wants(&self, order: &Order) -> bool {
        let (created, modified) = (order.created.as_second(), order.modified.as_second());
        let any = self.statuses.iter().any(|status| status == "any");
        let status = if any { &self.any } else { &self.statuses };
        // A status whose plugin is gone can't be asked for, and is not in `any`.
        status.contains(&order.status)
            && self.after.is_none_or(|second| created > second)
            && self.before.is_none_or(|second| created < second)
            && self.modified_after.is_none_or(|second| modified > second)
            && self.modified_before.is_none_or(|second| modified < second)
            && (self.include.is_empty() || self.include.contains(&order.id))
            && !self.exclude.contains(&order.id)
            && self.search.as_ref().is_none_or(|words| found(order, words))
    }
}

/// Names, addresses and the id, all alike; not the shown number.
fn found(order: &Order, words: &str) -> bool {
    let fields = |party: &serde_json::Value| {
        let values = party
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, value)| value.as_str().map(str::to_lowercase));
        values.collect::<Vec<_>>().join(" ")
    };
    order.id.to_string() == words
        || fields(&order.billing).contains(words)
        || fields(&order.shipping).contains(words)
}
