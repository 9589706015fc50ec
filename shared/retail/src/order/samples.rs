//! Orders for tests.

use rust_decimal::Decimal;

use super::*;

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The rates of an [`order`], in percent.
const RATES: [&str; 7] = ["25", "15", "12", "11.11", "6", "0", "5"];

/// The rate's id in an [`order`].
pub(crate) fn rate_id(percent: &str) -> u64 {
    RATES.iter().position(|rate| *rate == percent).unwrap() as u64 + 1
}

/// An order in NOK without lines; give it some, and [`totalled`].
pub(crate) fn order(change: impl FnOnce(&mut WebOrder)) -> WebOrder {
    let party = Party {
        first_name: "Kåre".to_owned(),
        last_name: "Ødegård".to_owned(),
        address: "Storgata 9".to_owned(),
        zip: "8006".to_owned(),
        city: "Bodø".to_owned(),
        country: "NO".to_owned(),
        email: "Kunde@Example.test".to_owned(),
        phone: "900 00 000".to_owned(),
        ..Party::default()
    };
    let mut order = WebOrder {
        id: OrderId(664),
        number: "WEB-001234".to_owned(),
        status: "processing".to_owned(),
        currency: "NOK".to_owned(),
        created: "2026-11-23T12:28:11Z".parse().unwrap(),
        modified: None,
        paid: Some("2026-11-23T12:28:11Z".parse().unwrap()),
        total_inc_tax: Decimal::ZERO,
        total_tax: Decimal::ZERO,
        payment_method: "bacs".to_owned(),
        customer_note: String::new(),
        billing: party,
        shipping: Party::default(),
        lines: Vec::new(),
        shipping_lines: Vec::new(),
        fees: Vec::new(),
        coupons: Vec::new(),
        rates: RATES
            .iter()
            .map(|percent| OrderRate {
                id: rate_id(percent),
                percent: Some(dec(percent)),
                label: format!("MVA {percent}%"),
                compound: false,
            })
            .collect(),
        refunds: Vec::new(),
        marker: None,
        foreign_marker: None,
    };
    change(&mut order);
    order
}

/// With the total that its lines come to.
pub(crate) fn totalled(mut order: WebOrder) -> WebOrder {
    let lines = order.lines.iter().map(|line| line.total_ex_tax + line.total_tax);
    let extras = order.shipping_lines.iter().chain(&order.fees);
    order.total_inc_tax = lines.chain(extras.map(|extra| extra.total_ex_tax + extra.total_tax)).sum();
    order
}

/// A line without discount. Its product is `100 + id`, its SKU `S-<id>`.
pub(crate) fn line(id: u64, quantity: &str, net: &str, taxes: &[(&str, &str)]) -> OrderLine {
    let taxes: Vec<LineTax> = taxes
        .iter()
        .map(|(percent, tax)| LineTax { rate: rate_id(percent), total: dec(tax), subtotal: Some(dec(tax)) })
        .collect();
    let tax = taxes.iter().map(|tax| tax.total).sum();
    OrderLine {
        id,
        name: format!("Cup {id}"),
        product: Some(ShopId(100 + id)),
        variation: None,
        sku: format!("S-{id}"),
        quantity: dec(quantity),
        subtotal_ex_tax: dec(net),
        subtotal_tax: tax,
        total_ex_tax: dec(net),
        total_tax: tax,
        taxes,
        choices: Vec::new(),
        put_back: Decimal::ZERO,
    }
}

/// The same line with a discount: what it came to before.
pub(crate) fn discounted(mut line: OrderLine, net: &str, tax: &str) -> OrderLine {
    line.subtotal_ex_tax = dec(net);
    line.subtotal_tax = dec(tax);
    if let [only] = line.taxes.as_mut_slice() {
        only.subtotal = Some(dec(tax));
    }
    line
}

pub(crate) fn extra(id: u64, name: &str, net: &str, taxes: &[(&str, &str)]) -> ExtraLine {
    let line = line(id, "1", net, taxes);
    ExtraLine {
        id,
        name: name.to_owned(),
        total_ex_tax: line.total_ex_tax,
        total_tax: line.total_tax,
        taxes: line.taxes.into_iter().map(|tax| LineTax { subtotal: None, ..tax }).collect(),
    }
}

/// The order of the recording `order_with_refund`, as it came with two decimals.
pub(crate) fn recorded() -> WebOrder {
    order(|order| {
        order.number = "664".to_owned();
        order.total_inc_tax = dec("12493.26");
        order.total_tax = dec("1949.52");
        order.customer_note = "Ring på døra, 2. etg. «takk»\nLinje 2".to_owned();
        order.coupons = vec!["vaar10".to_owned()];
        order.lines = vec![
            discounted(line(1, "3", "36.00", &[("12", "4.32")]), "40.00", "4.80"),
            discounted(line(2, "1", "1305.00", &[("0", "0.00")]), "1450.00", "0.00"),
            discounted(line(3, "3", "4950.74", &[("25", "1237.69")]), "5500.82", "1375.21"),
            discounted(line(4, "2", "3561.42", &[("15", "534.21")]), "3957.13", "593.57"),
            discounted(line(5, "1", "612.72", &[("25", "153.18")]), "680.80", "170.20"),
        ];
        order.lines[4].variation = Some(ShopId(549));
        order.lines[4].choices =
            vec![("Farge".to_owned(), "Svart".to_owned()), ("Størrelse".to_owned(), "XL".to_owned())];
        order.shipping_lines = vec![extra(6, "Posten", "63.36", &[("25", "15.84")])];
        let mut charge = extra(7, "Gebyr etterkrav", "24.50", &[("25", "6.13")]);
        charge.total_tax = dec("6.12");
        let taxes = [("12", "-0.01"), ("0", "0.00"), ("25", "-1.32"), ("15", "-0.51")];
        order.fees = vec![charge, extra(8, "Avslag", "-10.00", &taxes)];
    })
}

/// Loomis Pay has every product of [`line`], by its number.
pub(crate) fn goods() -> goods::Goods {
    let mut goods = goods::Goods::default();
    for id in 1..=40 {
        let number = crate::number::MatchNumber::of(&format!("S-{id}")).unwrap();
        goods.numbers.insert(number, goods::Numbered::One(crate::office::ProductId(id)));
    }
    goods
}

pub(crate) const TERMS: mapping::Terms<'_> =
    mapping::Terms { department: "1", decimals: 2, create_products: false };

/// A draft, a line a line.
pub(crate) fn told(lines: &[draft::DraftLine]) -> String {
    lines
        .iter()
        .map(|line| {
            let good = match &line.good {
                draft::GoodRef::Known(id) => format!("#{id}"),
                draft::GoodRef::Special(special) => special.number().to_owned(),
                draft::GoodRef::ToCreate(new) => format!("new {} at {}", new.number, new.price_inc_vat),
            };
            let discount = line.discount_inc_vat.map(|off| format!(" less {off}")).unwrap_or_default();
            let comments = line.comments.replace('\n', " ");
            let said = if comments.is_empty() { String::new() } else { format!(" ({comments})") };
            format!(
                "{good}: {} x {}{discount} at {} %, {} without{said}\n",
                line.quantity, line.price_inc_vat, line.vat_percent, line.price_ex_vat
            )
        })
        .collect()
}

/// Settings for orders, changed.
pub(crate) fn settings(
    change: impl FnOnce(&mut crate::settings::OrderSettings),
) -> crate::settings::OrderSettings {
    let mut settings = crate::settings::OrderSettings {
        from_date: None,
        from_order_number: None,
        retrieve_statuses: vec!["processing".to_owned()],
        status_after_retrieval: None,
        status_when_completed: None,
        loomis_completed_status: 5,
        effects: crate::settings::Effects::CustomerOrder { sale: None },
        create_products: false,
        allow_unlocking: false,
        pay_in_store_methods: Vec::new(),
        refunds: true,
    };
    change(&mut settings);
    settings
}
