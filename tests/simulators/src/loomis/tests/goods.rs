//! Products, groups and customers that orders need.

use std::io;

use loomis::{CustomerBy, NewGood};
use retail::{fate::Fate, order::office::Customer as Buyer};
use tracing_subscriber::fmt::MakeWriter;

use super::{
    orders::{dec, fate, futures},
    *,
};

#[tokio::test]
async fn products_and_groups_are_looked_for_and_made() {
    let set = set();
    assert!(set.client.find_category("DIVERSE").await.unwrap().is_empty());
    let group = set.client.save_category("DIVERSE").await.unwrap();
    let found = set.client.find_category("DIVERSE").await.unwrap();
    assert_eq!(found, [loomis::CategoryRow { id: group, path: "DIVERSE".to_owned() }]);
    let twin = set.client.save_category("DIVERSE").await.unwrap();
    assert_eq!((set.client.find_category("DIVERSE").await.unwrap().len(), twin), (2, group + 1));

    let good = NewGood {
        name: "Frakt".to_owned(),
        number: "SHIPPING".to_owned(),
        price_inc_vat: dec("99.90"),
        vat_percent: dec("25"),
        category: group,
    };
    let id = set.client.save_product(&good).await.unwrap();
    let kept = set.office.product(id.0).unwrap();
    assert_eq!((kept.price_inc_vat, kept.category_name.as_str()), (dec("99.9"), "DIVERSE"));
    let found = set.client.find_products_by_number("SHIPPING").await.unwrap();
    assert_eq!((found.len(), found[0].id, found[0].name.as_str()), (1, id, "Frakt"));
    set.client.save_product(&good).await.unwrap();
    assert_eq!(set.client.find_products_by_number("SHIPPING").await.unwrap().len(), 2, "a twin");
    let nowhere = NewGood { category: 77, ..good };
    assert_eq!(fate(set.client.save_product(&nowhere).await), Fate::Refusal);
    for call in ["product/save", "category/save"] {
        set.faults.add(Rule::next(Kind::HangAfter).on(call));
    }
    assert_eq!(fate(set.client.save_product(&NewGood { category: 0, ..nowhere }).await), Fate::Ambiguous);
    assert_eq!(fate(set.client.save_category("X").await), Fate::Ambiguous);
}

fn buyer() -> Buyer {
    Buyer {
        name: "Kari Ås-Nordmann".to_owned(),
        phone: "+4791234567".to_owned(),
        email: "kari@example.no".to_owned(),
        address: "Fjellveien 7 B".to_owned(),
        zip: "6002".to_owned(),
        city: "Ålesund".to_owned(),
    }
}

#[tokio::test]
async fn customers_are_looked_for_and_saved() {
    let set = set();
    let id = set.client.save_customer(None, &buyer()).await.unwrap();
    assert_eq!(set.client.find_customers(CustomerBy::Phone("+4791234567")).await.unwrap(), [(id, buyer())]);
    assert_eq!(
        set.client.find_customers(CustomerBy::Email("KARI@example.no")).await.unwrap(),
        [(id, buyer())]
    );
    assert!(set.client.find_customers(CustomerBy::Email("ola@example.no")).await.unwrap().is_empty());
    let moved = Buyer { city: "Volda".to_owned(), ..buyer() };
    assert_eq!(set.client.save_customer(Some(id), &moved).await.unwrap(), id);
    let twin = set.client.save_customer(None, &buyer()).await.unwrap();
    let kept = set.office.customers();
    assert_eq!((kept.len(), kept[0].1.city.as_str(), kept[1].0), (2, "Volda", twin.0));
    for at in 0..130 {
        let customer_name = format!("Ola {at}");
        set.office.add_customer(Customer {
            customer_name,
            phone: "+4790000000".to_owned(),
            ..Customer::default()
        });
    }
    assert_eq!(set.client.find_customers(CustomerBy::Phone("90000000")).await.unwrap().len(), 130);
}

#[tokio::test]
async fn no_error_tells_who_the_customer_is() {
    let set = set();
    let echo = "no route PUT /v1/customer?customer_name=Kari+%C3%85s-Nordmann&phone=%2B4791234567: kari@example.no, \
        91234567, Fjellveien in ålesund; https://api.kasseservice.no/v1/customer?x=1";
    let no = json!({ "status": false, "code": 400, "message": echo }).to_string();
    let refused = json!({ "status": true, "customers": null, "validation_message": { "email": [echo] } });
    let noise = format!("{{\"status\":true,\"customers\":{}}}", json!({ "customer_name": "Kari" }));
    let fail = |status, body: &str| Kind::Fail { status, body: body.to_owned(), headers: Vec::new() };
    for (kind, expected) in [
        (fail(200, &no), Fate::Refusal),
        (fail(200, &refused.to_string()), Fate::Refusal),
        (fail(200, &noise), Fate::Ambiguous),
        (fail(200, "\"Kari Ås-Nordmann\""), Fate::Ambiguous),
        (fail(500, &no), Fate::Ambiguous),
        (Kind::CutAfter, Fate::Ambiguous),
        (Kind::HangAfter, Fate::Ambiguous),
        (Kind::Html { status: 502 }, Fate::Ambiguous),
        (Kind::Html { status: 403 }, Fate::Settings),
    ] {
        set.faults.add(Rule::next(kind.clone()).on("PUT /v1/customer"));
        let error = set.client.save_customer(None, &buyer()).await.unwrap_err();
        let told = format!("{error} {error:?} {}", error.trouble().reason).to_lowercase();
        assert_eq!(error.trouble().fate, expected, "{told}");
        for word in
            ["kari", "nordmann", "91234567", "example.no", "fjellveien", "lesund", "customer_name", "://"]
        {
            assert!(!told.contains(word), "{word} in {told}");
        }
    }
}

/// Any pace, of which nothing can be noted.
struct Forgetful;

#[async_trait]
impl Gate for Forgetful {
    async fn enter(&self, _: Priority) -> Result<(), GateError> {
        Ok(())
    }

    async fn leave(&self, _: Option<Duration>) -> Result<(), GateError> {
        Err(GateError("the ledger is out of reach".into()))
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

#[test]
fn no_line_of_the_log_holds_a_query() {
    let set = set();
    let network = Arc::new(Network::new(set.clock.clone()));
    network.host("api.kasseservice.no", Arc::new(set.office.server().clone()));
    let world =
        World { transport: network, clock: set.clock.clone(), chance: Arc::new(SeededChance::new(1)) };
    let account = Account {
        client_number: "012345".to_owned(),
        client_token: Secret::new("client-token"),
        api_url: loomis::api_url(),
        time_zone: TimeZone::UTC,
    };
    let client = Client::new(account, world, Arc::new(Forgetful));
    let lines = Lines::default();
    let log =
        tracing_subscriber::fmt().with_writer(lines.clone()).with_max_level(tracing::Level::TRACE).finish();
    tracing::subscriber::with_default(log, || {
        futures(client.save_customer(None, &buyer())).unwrap();
        futures(client.find_customers(CustomerBy::Email("kari@example.no"))).unwrap();
    });
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("left without the gate knowing"), "{lines}");
    for word in ["Kari", "91234567", "example.no", "customer_name", "filter", "://"] {
        assert!(!lines.contains(word), "{word} in {lines}");
    }
}
