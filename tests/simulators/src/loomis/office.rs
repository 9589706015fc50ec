//! The back office of a client: what staff do there, and what is then so.

mod orders;

use super::{
    Loomis,
    generate::catalogue,
    product::{Amount, ListEntry, Product, amount},
    state::{Client, Department},
};

/// A client of the simulated Loomis Pay. Amounts are texts (`"99.90"`); a text that is no number panics: a test's fault.
#[derive(Clone)]
pub struct Office {
    server: Loomis,
    number: String,
}

impl Office {
    pub(super) fn new(server: Loomis, number: &str) -> Office {
        Office { server, number: number.to_owned() }
    }

    /// The client number.
    pub fn client_number(&self) -> &str {
        &self.number
    }

    /// The server that it is a client of.
    pub fn server(&self) -> &Loomis {
        &self.server
    }

    /// Makes a department, or changes its name and token.
    pub fn add_department(&self, id: u64, name: &str, token: &str) {
        self.with(|client| {
            let fresh = Department { name: String::new(), token: String::new(), stock: Default::default() };
            let department = client.departments.entry(id).or_insert(fresh);
            department.name = name.to_owned();
            department.token = token.to_owned();
        });
    }

    /// Keeps a product; key 0 for the next free one. Hands back the key.
    pub fn add_product(&self, product: Product) -> u64 {
        let now = self.server.clock.now();
        self.with(|client| client.put(product, now))
    }

    /// `n` plausible products and their stock in every department, from a seed. Hands back the keys.
    pub fn fill(&self, n: usize, seed: u64) -> Vec<u64> {
        let now = self.server.clock.now();
        self.with(|client| client.fill(catalogue(n, seed), now))
    }

    /// `n` plausible parents with so many variants each, named `parent's name - option`, with brands, custom fields, images
    /// and groups, and their stock in every department, from a seed. Of every third family the parent's key is higher than
    /// its children's. Hands back each parent's key, with its children's.
    pub fn fill_families(&self, n: usize, variants: usize, seed: u64) -> Vec<(u64, Vec<u64>)> {
        let now = self.server.clock.now();
        self.with(|client| client.fill_families(n, variants, seed, now))
    }

    /// Keeps a variant of that parent, named `parent's name - option`, otherwise like it. Hands back its key.
    ///
    /// # Panics
    /// Where there is no such parent.
    pub fn add_variant(&self, parent: u64, number: &str, option: &str) -> u64 {
        let Some(like) = self.product(parent) else { panic!("no product {parent}") };
        self.add_product(Product {
            product_id: 0,
            product_name: format!("{} - {option}", like.product_name),
            product_number: number.to_owned(),
            barcode: String::new(),
            is_parent: false,
            parent_variant: parent,
            ..like
        })
    }

    /// The product as it is.
    pub fn product(&self, id: u64) -> Option<Product> {
        self.with(|client| client.catalogue.get(id).cloned())
    }

    /// The keys of all products, deleted ones too, in order.
    pub fn product_ids(&self) -> Vec<u64> {
        self.with(|client| client.catalogue.ids().to_vec())
    }

    /// Changes a product, and dates it. Its key stays.
    ///
    /// # Panics
    /// Where there is no such product.
    pub fn change(&self, id: u64, change: impl FnOnce(&mut Product)) {
        let now = self.server.clock.now();
        self.with(|client| {
            let Some(mut product) = client.catalogue.get(id).cloned() else { panic!("no product {id}") };
            let group = product.category_name.clone();
            change(&mut product);
            product.product_id = id;
            if product.category_name != group {
                product.category_id = 0;
            }
            client.put(product, now);
        });
    }

    /// Changes the normal price, including VAT.
    pub fn set_price(&self, id: u64, price: &str) {
        self.change(id, |product| product.price_inc_vat = amount(price));
    }

    /// Changes the special price, including VAT.
    pub fn set_special(&self, id: u64, price: Option<&str>) {
        self.change(id, |product| product.special_price = price.map(amount));
    }

    /// Changes the price in a price list, including VAT; enters the product into the list where it isn't.
    pub fn set_list_price(&self, id: u64, list: u64, price: &str) {
        self.change(id, |product| {
            match product.pricelist.iter_mut().find(|entry| entry.customer_group_id == list) {
                Some(entry) => entry.price_inc_vat = amount(price),
                None => product.pricelist.push(ListEntry {
                    customer_group_id: list,
                    customer_group_name: format!("Liste {list}"),
                    price_inc_vat: amount(price),
                    customer_group_is_active: true,
                    customer_group_is_deleted: false,
                }),
            }
        });
    }

    /// Renames it.
    pub fn set_name(&self, id: u64, name: &str) {
        self.change(id, |product| product.product_name = name.to_owned());
    }

    /// Gives it another number.
    pub fn set_number(&self, id: u64, number: &str) {
        self.change(id, |product| product.product_number = number.to_owned());
    }

    /// Puts this JSON text where the field would stand.
    pub fn set_raw(&self, id: u64, field: &str, json: &str) {
        self.change(id, |product| {
            product.raw.insert(field.to_owned(), json.to_owned());
        });
    }

    /// Takes it off the web shop.
    pub fn hide(&self, id: u64) {
        self.change(id, |product| product.view_on_webshop = false);
    }

    /// Puts it on the web shop.
    pub fn show(&self, id: u64) {
        self.change(id, |product| product.view_on_webshop = true);
    }

    /// Makes it a variant of another parent; 0 for none.
    pub fn set_parent(&self, id: u64, parent: u64) {
        self.change(id, |product| product.parent_variant = parent);
    }

    /// Makes it a parent of variants, or none.
    pub fn set_is_parent(&self, id: u64, is: bool) {
        self.change(id, |product| product.is_parent = is);
    }

    /// Moves it to another product group, made where there is none with that path.
    pub fn set_group(&self, id: u64, path: &str) {
        self.change(id, |product| product.category_name = path.to_owned());
    }

    /// Gives it another brand; an empty name for none.
    pub fn set_brand(&self, id: u64, brand: u64, name: &str) {
        self.change(id, |product| *product = product.clone().brand(brand, name));
    }

    /// Gives it another value of a custom field; none takes the field away.
    pub fn set_custom(&self, id: u64, name: &str, value: Option<&str>) {
        self.change(id, |product| {
            match (product.custom_fields.iter_mut().find(|(known, _)| known == name), value) {
                (Some((_, known)), Some(value)) => *known = value.to_owned(),
                (None, Some(value)) => product.custom_fields.push((name.to_owned(), value.to_owned())),
                (_, None) => product.custom_fields.retain(|(known, _)| known != name),
            }
        });
    }

    /// Gives it other images, the first of them the main one.
    pub fn set_pictures(&self, id: u64, urls: &[&str]) {
        self.change(id, |product| *product = product.clone().pictures(urls));
    }

    /// Deletes it: the list goes on to show it, as deleted; the stock list doesn't.
    pub fn delete(&self, id: u64) {
        self.change(id, |product| product.is_deleted = true);
    }

    /// Brings it back.
    pub fn restore(&self, id: u64) {
        self.change(id, |product| product.is_deleted = false);
    }

    /// Counts what is on the shelf; what is reserved stays so. The product is not dated by it.
    ///
    /// # Panics
    /// Where there is no such department.
    pub fn set_stock(&self, department: u64, id: u64, physical: &str) {
        let reserved = self.amount(department, id).reserved;
        self.set_amount(department, id, Amount { physical: amount(physical), reserved });
    }

    /// Counts what is on the shelf and what of it is reserved.
    ///
    /// # Panics
    /// Where there is no such department.
    pub fn set_amount(&self, department: u64, id: u64, to: Amount) {
        self.with(|client| match client.departments.get_mut(&department) {
            Some(department) => department.stock.insert(id, to),
            None => panic!("no department {department}"),
        });
    }

    /// What the department has of it.
    pub fn amount(&self, department: u64, id: u64) -> Amount {
        self.with(|client| {
            let department = client.departments.get(&department);
            department.and_then(|d| d.stock.get(&id)).copied().unwrap_or_default()
        })
    }

    /// The product groups' paths, by their key.
    pub fn categories(&self) -> Vec<(u64, String)> {
        self.with(|client| client.categories.iter().map(|(id, path)| (*id, path.clone())).collect())
    }

    /// Takes the licence for a call (`all/product/stock`) away, or gives it back: 403 after a good login.
    pub fn set_licensed(&self, call: &str, licensed: bool) {
        self.with(|client| {
            if licensed { client.forbidden.remove(call) } else { client.forbidden.insert(call.to_owned()) }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Client) -> T) -> T {
        work(self.server.lock().client(&self.number))
    }
}
