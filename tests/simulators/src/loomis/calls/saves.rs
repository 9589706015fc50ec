//! The saves. Nothing makes a repeat harmless. `API.md` §3.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::{answer::Answer, order::Deduction, product::Product, state::Client};

pub(super) fn products(client: &mut Client, body: &Value, now: Timestamp) -> Answer {
    save(&body["product_data"], "product_data", |row| {
        let name = text(&row["product_name"]).ok_or("product_name is required")?;
        let category_id = number(&row["category_id"]).and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
        if category_id > 0 && !client.categories.contains_key(&category_id) {
            return Err("category_id: no such category");
        }
        let product = Product {
            product_name: name.clone(),
            product_number: text(&row["product_number"]).unwrap_or_default(),
            price_inc_vat: number(&row["price_inc_vat"]).unwrap_or_default(),
            vatrate_percent: number(&row["vatrate_percent"]).unwrap_or_default(),
            category_id,
            category_name: client.categories.get(&category_id).cloned().unwrap_or_default(),
            // What flags a new product gets is not known; hidden harms nobody.
            view_on_webshop: false,
            ..Product::default()
        };
        Ok(json!({ "product_id": client.put(product, now), "product_name": name }))
    })
}

pub(super) fn categories(client: &mut Client, body: &Value) -> Answer {
    save(&body["category_data"], "category_data", |row| {
        let path = text(&row["category_name"]).ok_or("category_name is required")?;
        Ok(json!({ "category_id": client.add_category(&path), "category_name": path }))
    })
}

/// Subtracts from the stock, as often as it is asked to.
pub(super) fn adjust(client: &mut Client, body: &Value, now: Timestamp) -> Answer {
    let token = text(&body["department_token"]).unwrap_or_default();
    if client.department(&token).is_none() {
        return Answer::no(404, "Department not found");
    }
    save(&body["product_data"], "product_data", |row| {
        let number_asked = text(&row["product_number"]).ok_or("product_number is required")?;
        let quantity = number(&row["quantity"]).ok_or("quantity is required")?;
        let live = |id: &u64| client.catalogue.get(*id).is_some_and(|product| !product.is_deleted);
        let found = client.catalogue.numbered(&number_asked).into_iter().filter(live);
        let product_id = match found.collect::<Vec<_>>()[..] {
            [id] => id,
            [] => return Err("Product not found"),
            _ => return Err("Product number is not unique"),
        };
        let (department_id, department) = client.department(&token).ok_or("Department not found")?;
        department.stock.entry(product_id).or_default().physical -= quantity;
        client.books.deductions.push(Deduction {
            department_id,
            product_id,
            product_number: number_asked.clone(),
            quantity,
            at: now,
        });
        Ok(json!({ "product_id": product_id, "product_number": number_asked }))
    })
}

/// Takes the rows one by one; a row that is refused refuses no other. What was wrong stands at the rows' places.
fn save(rows: &Value, name: &str, mut take: impl FnMut(&Value) -> Result<Value, &'static str>) -> Answer {
    let Some(rows) = rows.as_array() else { return Answer::no(422, &format!("{name} is required")) };
    let mut taken = Vec::new();
    let mut refused = Map::new();
    for (at, row) in rows.iter().enumerate() {
        match take(row) {
            Ok(saved) => taken.push(saved.to_string()),
            Err(reason) => {
                refused.insert(at.to_string(), reason.into());
            }
        }
    }
    let refused = if refused.is_empty() { json!([]) } else { Value::Object(refused) };
    Answer::saved(taken, &refused)
}

/// A text that is there: numbers are texts too.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn number(value: &Value) -> Option<Decimal> {
    text(value)?.parse().ok()
}
