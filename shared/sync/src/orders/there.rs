//! Which customer order of Loomis Pay is a web order's: by its reference, where Loomis Pay can be asked for it, and by what a
//! person says. `API.md` §6.

use retail::order::{OrderId, mapping::reference_comment, office::OrderView};

use crate::{Error, pair::Pair};

/// What a person says is there.
pub(super) struct There {
    /// `None` where the name is not the id of a customer order of this web order: it is not watched then.
    pub order_id: Option<u64>,
    pub number: String,
}

/// The customer orders of this web order. Only where Loomis Pay can be asked for them.
pub(super) async fn by_reference(pair: &Pair, id: OrderId) -> Result<Vec<OrderView>, Error> {
    let ours = reference_comment(&pair.department.settings.id, id);
    let mut hits = Vec::new();
    for found in pair.office.find_orders(id.0).await? {
        if let Some(view) = pair.office.view_order(found.order_id).await?
            && is_ours(&view.reference_comment, &ours)
        {
            hits.push(view);
        }
    }
    Ok(hits)
}

/// The customer order that a person names by its id or its number. One that is not this web order's is not taken for it: what
/// is one order's number may be another's id.
pub(super) async fn by_name(pair: &Pair, id: OrderId, name: &str) -> Result<There, Error> {
    let name = name.trim();
    let ours = reference_comment(&pair.department.settings.id, id);
    let mut found = None;
    if let Ok(order_id) = name.parse()
        && let Some(view) = pair.office.view_order(order_id).await?
        && is_ours(&view.reference_comment, &ours)
    {
        found = Some(view);
    }
    if found.is_none() && pair.client.settings.order_lookup {
        let mut named = by_reference(pair, id).await?;
        named.retain(|view| view.order_number == name);
        // Of two that bear one number neither is it.
        found = named.pop().filter(|_| named.is_empty());
    }
    Ok(match found {
        Some(view) => There { order_id: Some(view.order_id), number: view.order_number },
        None => There { order_id: None, number: name.to_owned() },
    })
}

/// Whether a customer order's comment says that it is this web order's: it begins so, and goes on with something else.
fn is_ours(comment: &str, ours: &str) -> bool {
    comment
        .trim()
        .strip_prefix(ours)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == ':'))
}
