//! What the logs say and what they never say, and the figures: of whole flows on both simulators, at debug level.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use house::stage::{SECRET, Stage, TOKEN};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::{
    faults::{Kind, Rule},
    shop::NewOrder,
};
use sync::{
    Engine, Tick,
    figures::{About, Figures, Meter, Metric, Side},
    ports::{Lane, Queue},
};
use tracing_subscriber::{
    Layer, filter::dynamic_filter_fn, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::orders::{place, selling, sku};

/// Everything that is logged on this thread from now on, at debug level and as the functions log it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

thread_local! {
    static CAPTURED: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

impl Captured {
    /// One subscriber for the whole binary, each thread with a place of its own: what one test sets up for its thread alone
    /// may find spans that another thread has already had disabled.
    fn begin() -> Captured {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // For the other tests nothing is written down, nor worked out.
            let wanted = dynamic_filter_fn(|line, _| {
                *line.level() <= tracing::Level::DEBUG && CAPTURED.with_borrow(Option::is_some)
            });
            let lines = tracing_subscriber::fmt::layer().json().with_writer(ToThread).with_filter(wanted);
            tracing_subscriber::registry().with(lines).init();
        });
        let captured = Captured::default();
        CAPTURED.set(Some(captured.clone()));
        captured
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

struct ToThread;

impl MakeWriter<'_> for ToThread {
    type Writer = Captured;

    fn make_writer(&self) -> Captured {
        CAPTURED.with_borrow(|captured| captured.clone().unwrap_or_default())
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn all_flows() -> Value {
    json!({"automatic_transfer": true, "product_updates": true})
}

/// The span's field, or the event's own.
fn field<'a>(line: &'a Value, name: &str) -> &'a Value {
    let spans = line["spans"].as_array().into_iter().flatten();
    let found = spans.map(|span| &span[name]).chain([&line["fields"][name]]).rfind(|value| !value.is_null());
    found.unwrap_or(&Value::Null)
}

fn says(line: &Value, text: &str) -> bool {
    line["fields"]["message"].as_str().is_some_and(|message| message.contains(text))
}

/// An order with every kind of customer's data in it.
fn telling(stage: &Stage) -> NewOrder {
    let mut order = NewOrder::of(sku(stage, "A-1"), 2).shipped("Posten", "79.20");
    order.billing = json!({
        "first_name": "Ragnhild", "last_name": "Tverrfjellsvik", "company": "Kvitebjørn Hermetikk",
        "address_1": "Skrivergata 17b", "address_2": "Oppgang C", "postcode": "N-9990", "city": "Båtsfjord",
        "country": "NO", "email": "ragnhild@tverrfjellsvik.example", "phone": "+47 913 20 408",
    });
    order
}

/// What no log may hold: the customer's data and the secrets, as they stand or as they travel.
const NEVER: [&str; 17] = [
    "Ragnhild",
    "ragnhild",
    "Tverrfjellsvik",
    "tverrfjellsvik",
    "Kvitebj",
    "Skrivergata",
    "Oppgang C",
    "N-9990",
    "tsfjord",
    "91320408",
    "913 20 408",
    TOKEN,
    SECRET,
    "ck_stage",
    "client-token-of-more-than-thirty-characters",
    "oauth_signature",
    "consumer_secret",
];

#[tokio::test]
async fn a_whole_flow_and_its_troubles_tell_no_secret_and_no_customers_data() {
    let captured = Captured::begin();
    let settings = json!({"bookkeeping": "separate", "status_after_retrieval": "on-hold", "status_when_completed": "completed"});
    let stage = selling(all_flows(), settings).await;
    let quote = |text: &str| {
        json!({"status": false, "code": 404, "message": format!("{text}: Ragnhild Tverrfjellsvik, ragnhild@tverrfjellsvik.example, 91320408, Skrivergata 17b, {TOKEN}")}).to_string()
    };
    // Loomis Pay quotes the customer when it refuses, the shop its own words when it fails, and both are taken at last.
    let refuse = Kind::Fail { status: 404, body: quote("no such customer"), headers: Vec::new() };
    stage.office_faults.add(Rule::next(refuse).on("logistics/orders/save"));
    let fail = Kind::Fail { status: 500, body: quote("fatal"), headers: Vec::new() };
    stage.shop_faults.add(Rule::next(fail).on("PUT /wp-json/wc/v3/orders"));
    stage.shop_faults.add(Rule::next(Kind::CutAfter).on("POST /wp-json/wc/v3/products/batch"));
    stage.office.set_price(stage.office.product_ids()[1], "84.90");
    let id = place(&stage, telling(&stage));
    stage.shop.place_order(telling(&stage), stage.engine.world.now());
    for _ in 0..8 {
        stage.tick(Tick::Products).await;
        stage.tick(Tick::Stock).await;
        stage.tick(Tick::Orders).await;
        stage.pass(Duration::from_secs(600));
    }
    assert_eq!((stage.office.orders().len(), stage.office.sales().len()), (2, 2));
    for faults in [&stage.office_faults, &stage.shop_faults] {
        assert!(faults.log().requests.iter().any(|one| one.fault.is_some()), "nothing went wrong");
    }
    // A key that is denied, with an answer that repeats it.
    let deny = Kind::Fail { status: 401, body: quote(SECRET), headers: Vec::new() };
    stage.shop_faults.add(Rule::always(deny));
    stage.office_faults.add(Rule::always(Kind::Html { status: 403 }));
    place(&stage, telling(&stage));
    for tick in [Tick::Orders, Tick::Stock, Tick::Products, Tick::Sweep] {
        stage.tick(tick).await;
    }
    assert!(stage.engine.paused("1").await.unwrap().is_some());

    let (text, lines) = (captured.text(), captured.lines());
    for never in NEVER {
        let told = text.lines().find(|line| line.contains(never));
        assert_eq!(told, None, "{never:?} is in the log");
    }
    // It is not silent either: what happened to this order, product and run can be found by their fields.
    let of_order = |line: &&Value| field(line, "order") == id && field(line, "department") == "1";
    assert!(lines.iter().filter(of_order).any(|line| says(line, "customer order: sent")), "{text}");
    let of_product = |line: &&Value| field(line, "product") == "A-2" && field(line, "department") == "1";
    assert!(lines.iter().filter(of_product).any(|line| says(line, "create")), "{text}");
    let batch = lines.iter().find(|line| field(line, "wake") == "batch").unwrap();
    assert!(field(batch, "run").is_string() && field(batch, "batch") == 0, "{batch}");
    assert!(lines.iter().any(|line| says(line, "paused") && field(line, "department") == "1"));
}

#[tokio::test]
async fn one_trace_leads_from_the_clock_to_the_shop() {
    let stage = selling(all_flows(), json!({})).await;
    stage.office.set_price(stage.office.product_ids()[0], "110");
    let captured = Captured::begin();
    stage.tick(Tick::Products).await;
    let lines = captured.lines();
    let ticks: Vec<&Value> = lines.iter().filter(|line| says(line, "ticked")).collect();
    let [tick] = ticks.as_slice() else { panic!("{ticks:#?}") };
    let trace = field(tick, "trace").as_str().unwrap().to_owned();
    let calls: Vec<&Value> = lines.iter().filter(|line| says(line, "called")).collect();
    let written = calls.iter().find(|line| field(line, "path") == "/wp-json/wc/v3/products/batch").unwrap();
    assert_eq!((field(written, "method"), field(written, "status")), (&json!("POST"), &json!(200)));
    assert!(field(written, "latency_ms").is_u64() && !written.to_string().contains('?'), "{written}");
    assert!(calls.iter().any(|line| field(line, "side") == "office"));
    // Scan, changes: each step of the way, and nothing without it.
    for line in &lines {
        assert_eq!(field(line, "trace"), &json!(trace), "{line}");
    }
    for wake in ["catalogue", "due"] {
        assert!(lines.iter().any(|line| field(line, "wake") == wake), "{wake}");
    }
}

#[tokio::test]
async fn a_trace_that_began_elsewhere_goes_on() {
    let stage = selling(all_flows(), json!({})).await;
    let xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let engine = stage.engine.traced(sync::Trace::parse(xray));
    stage.pass(Duration::from_secs(120));
    engine.tick(Tick::Stock, stage.engine.world.now()).await.unwrap();
    let sent = stage.store.receive(Lane::Scan, 1, Duration::ZERO).await.unwrap();
    let message: Value = serde_json::from_str(&sent[0].body).unwrap();
    assert_eq!(message["trace"], "1-5759e988-bd862e3fe1be46a994272793");
}

/// Figures as they were handed on.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(About, Figures)>>>);

impl Meter for Kept {
    fn take(&self, _: Timestamp, about: &About, figures: &Figures) {
        self.0.lock().unwrap().push((about.clone(), figures.clone()));
    }
}

impl Kept {
    fn of(engine: &mut Engine) -> Kept {
        let kept = Kept::default();
        engine.meter = Some(Arc::new(kept.clone()));
        kept
    }

    /// All values of a metric since the last time.
    fn all(&self, about: &About, metric: Metric) -> Vec<u64> {
        let kept = self.0.lock().unwrap();
        let found =
            kept.iter().filter(|(one, _)| one == about).filter_map(|(_, figures)| figures.get(&metric));
        found.flatten().copied().collect()
    }

    fn sum(&self, about: &About, metric: Metric) -> u64 {
        self.all(about, metric).into_iter().sum()
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn figures_say_what_was_done_how_long_it_took_and_what_needs_a_person() {
    let mut stage = selling(all_flows(), json!({})).await;
    let kept = Kept::of(&mut stage.engine);
    let (whole, department) = (About::Whole, About::Department("1".to_owned()));
    let (shop, office) = (About::Side(Side::Shop), About::Side(Side::Office));
    stage.network.latency("shop.example", Duration::from_millis(250));
    stage.office.set_price(stage.office.product_ids()[0], "110");
    stage.shop_faults.clear_log();
    stage.tick(Tick::Products).await;
    stage.tick(Tick::Orders).await;
    assert_eq!(kept.sum(&department, Metric::Written), 1);
    assert_eq!(kept.sum(&shop, Metric::Calls), stage.shop_faults.log().total);
    let latency = kept.all(&shop, Metric::Latency);
    assert!(latency.len() as u64 == stage.shop_faults.log().total && latency.iter().all(|one| *one == 250));
    assert!(kept.sum(&office, Metric::Calls) > 0);
    assert!(kept.sum(&whole, Metric::Runs) >= 3);
    assert_eq!(kept.all(&whole, Metric::PausedDepartments), [0]);
    assert_eq!(kept.all(&whole, Metric::ParkedOrders), [0]);
    assert!(!kept.all(&department, Metric::Lag).is_empty());

    // A sweep finds nothing to do, and one record that nobody may take.
    kept.clear();
    stage.office.set_number(stage.office.product_ids()[1], "A-1");
    stage.tick(Tick::Sweep).await;
    assert!(kept.sum(&department, Metric::Unchanged) > 0);
    assert_eq!(kept.sum(&department, Metric::Refused), 2);

    // An answer that is lost parks its order; a key that is denied pauses the department.
    kept.clear();
    stage.office_faults.add(Rule::next(Kind::CutAfter).on("logistics/orders/save"));
    place(&stage, NewOrder::of(sku(&stage, "A-3"), 1));
    stage.tick(Tick::Orders).await;
    stage.tick(Tick::Orders).await;
    assert_eq!(kept.sum(&whole, Metric::Parked), 1);
    assert_eq!(kept.all(&whole, Metric::ParkedOrders).last(), Some(&1));
    stage.shop_faults.add(Rule::always(Kind::Fail { status: 401, body: String::new(), headers: Vec::new() }));
    stage.tick(Tick::Orders).await;
    let runs = kept.sum(&whole, Metric::Runs);
    stage.tick(Tick::Orders).await;
    assert_eq!(kept.all(&whole, Metric::PausedDepartments).last(), Some(&1));
    assert_eq!(kept.sum(&whole, Metric::Runs), runs, "who is left alone had no round");
    // The census goes round all the same, and looks after nobody.
    stage.pass(Duration::from_secs(3600));
    let census = stage.engine.tick(Tick::Products, stage.engine.world.now()).await.unwrap();
    assert!(census > 0, "a census is due");
    stage.drain().await;
    assert_eq!(kept.sum(&whole, Metric::Runs), runs);
}

#[tokio::test]
async fn a_department_that_was_due_for_long_says_so_when_its_turn_comes() {
    let mut stage = selling(all_flows(), json!({})).await;
    let kept = Kept::of(&mut stage.engine);
    let department = About::Department("1".to_owned());
    stage.office.set_price(stage.office.product_ids()[0], "110");
    stage.pass(Duration::from_secs(120));
    stage.engine.tick(Tick::Products, stage.engine.world.now()).await.unwrap();
    while stage.engine.work_one(Lane::Scan, Duration::ZERO).await.unwrap() {}
    kept.clear();
    stage.pass(Duration::from_secs(3600));
    assert!(stage.engine.work_one(Lane::Changes, Duration::ZERO).await.unwrap());
    assert_eq!(kept.all(&department, Metric::Lag), [3600]);
}
