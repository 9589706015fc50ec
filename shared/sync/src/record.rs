//! Recording what was decided and done: links, decisions, log lines. A line whenever a decision differs from the last.

use jiff::Timestamp;
use retail::{
    Decimal,
    change::{Act, Change, FieldChange, Form, Kind, Line, NewProduct, StockTarget},
    link::{Attached, Image, Kept, Link},
    office::ProductId,
    plan::{Plan, Quiet, Refused},
    shop::{ShopId, ShopOption, ShopProduct},
};

use crate::{
    Engine, Error,
    pair::Pair,
    rows::{
        lease::Lease,
        log::{self, Event, LogLine},
        runs::Counts,
        sending,
        standing::{Decision, Standing},
    },
};

/// Writes in one transaction of the ledger, which takes 100, with room for the lease.
const WRITES: usize = 90;
/// Log lines of one product that stand together with what was decided about it.
const LINES: usize = 80;

/// What became of one product.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    product: ProductId,
    old: Option<Standing>,
    new: Standing,
    lines: Vec<(Event, String)>,
    /// The sale price that was being written is confirmed.
    sale_confirmed: bool,
    pub(crate) counts: Counts,
}

/// What is known of a product before something becomes of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    /// What the ledger knows.
    pub(crate) old: Option<&'a Standing>,
    /// A sale price of the shop that is ours, although the answer to its write was lost.
    pub(crate) ours: Option<Decimal>,
}

impl Known<'_> {
    fn link(self) -> Option<Link> {
        let mut link = self.old?.link.clone()?;
        if self.ours.is_some() {
            link.written.sale_price = Some(self.ours);
        }
        Some(link)
    }
}

/// Records outcomes: all that is known about one product stands together, or not at all.
pub(crate) async fn record(
    engine: &Engine,
    pair: &Pair,
    lease: &Lease,
    run: Option<&str>,
    outcomes: &[Outcome],
) -> Result<(), Error> {
    let (mut writes, now) = (Vec::new(), engine.now());
    let id = &pair.department.settings.id;
    for outcome in outcomes {
        let mut one = Vec::new();
        // Of what one transaction can't hold the first lines go before: said twice, if this is cut off, and never left out.
        let (before, lines) = outcome.lines.split_at(outcome.lines.len().saturating_sub(LINES));
        for some in before.chunks(LINES) {
            let said = some.iter().map(|line| log::write(engine, id, &outcome.line(line, now, run)));
            lease.write(engine, said.collect::<Result<_, _>>()?).await?;
        }
        if outcome.old.as_ref() != Some(&outcome.new) {
            one.extend(pair.links.writes(outcome.product, outcome.old.as_ref(), &outcome.new)?);
        }
        if outcome.sale_confirmed {
            one.push(sending::forget(&pair.links, outcome.product));
        }
        for line in lines {
            one.push(log::write(engine, id, &outcome.line(line, now, run))?);
        }
        if writes.len() + one.len() > WRITES {
            lease.write(engine, std::mem::take(&mut writes)).await?;
        }
        writes.extend(one);
    }
    if !writes.is_empty() {
        lease.write(engine, writes).await?;
    }
    for outcome in outcomes {
        outcome.lines.iter().for_each(|line| log::tell(id, &outcome.line(line, now, run)));
    }
    Ok(())
}

impl Outcome {
    fn line(&self, (event, text): &(Event, String), at: Timestamp, run: Option<&str>) -> LogLine {
        LogLine {
            at,
            event: *event,
            product_id: Some(self.product),
            product_number: self.new.number.clone(),
            text: text.clone(),
            run: run.map(ToOwned::to_owned),
        }
    }

    /// A product with a decision about it; its lines say what differs from the last one.
    fn decided(
        product: ProductId,
        number: &str,
        known: Known<'_>,
        link: Option<Link>,
        decision: Decision,
    ) -> Outcome {
        let before = known.old.map(|old| old.decision.clone()).unwrap_or_default();
        let mut lines = Vec::new();
        match (&decision.refused, &decision.waits) {
            (Some(reason), _) if before.refused.as_ref() != Some(reason) => {
                lines.push((Event::Refused, reason.clone()))
            }
            (_, Some(reason)) if before.waits.as_ref() != Some(reason) => {
                lines.push((Event::Waits, reason.clone()))
            }
            (None, None) if before.refused.is_some() || before.waits.is_some() => {
                lines.push((Event::Cleared, "no longer refused".to_owned()));
            }
            _ => {}
        }
        let fresh = decision.remarks.iter().filter(|remark| !before.remarks.contains(remark));
        lines.extend(fresh.map(|remark| (Event::Noted, format!("{}: {}", remark.kind, remark.text))));
        let new = Standing { number: number.to_owned(), link, decision };
        let sale_confirmed = known.ours.is_some();
        Outcome { product, old: known.old.cloned(), new, lines, sale_confirmed, counts: Counts::default() }
    }

    /// A record that is refused, or waits.
    pub(crate) fn refused(refused: &Refused, known: Known<'_>) -> Outcome {
        let reason = Some(refused.reason.clone());
        let decision = if refused.waits {
            Decision { waits: reason, ..Decision::default() }
        } else {
            Decision { refused: reason, ..Decision::default() }
        };
        let mut outcome = Outcome::decided(refused.product, &refused.number, known, known.link(), decision);
        outcome.counts.refused = u64::from(!refused.waits);
        outcome.counts.waiting = u64::from(refused.waits);
        outcome
    }

    /// A record that needs nothing: its name in Loomis Pay counts as seen.
    pub(crate) fn quiet(quiet: &Quiet, known: Known<'_>) -> Outcome {
        let mut link = known.link();
        if let Some(link) = link.as_mut().filter(|link| quiet.shop == Some(link.shop)) {
            link.seen_name.clone_from(&quiet.name);
        }
        let decision = Decision { remarks: quiet.remarks.clone(), ..Decision::default() };
        let mut outcome = Outcome::decided(quiet.product, &quiet.number, known, link, decision);
        outcome.counts.unchanged = 1;
        outcome
    }

    /// A change that the shop confirmed; `existing` is the product as it was before, `now` as it answered.
    pub(crate) fn done(
        change: &Change,
        existing: Option<&ShopProduct>,
        now: Option<&ShopProduct>,
        shop: ShopId,
        known: Known<'_>,
    ) -> Outcome {
        let linked = known.link().filter(|link| link.shop == shop);
        let mut link = linked.unwrap_or_else(|| Link {
            product: change.product,
            shop,
            seen_name: String::new(),
            written: Image { sale_price: known.ours.map(Some), ..Image::default() },
            before: Image::default(),
        });
        link.seen_name.clone_from(&change.name);
        match &change.act {
            Act::Create(new) => link.written = created(new),
            Act::Update { fields, .. } => {
                for field in fields {
                    existing.into_iter().for_each(|existing| link.before.remember(existing, field));
                    link.written.confirm(field);
                }
            }
        }
        now.into_iter().for_each(|now| kept(change, now, &mut link.written));
        let decision = Decision { remarks: change.remarks.clone(), ..Decision::default() };
        let mut outcome = Outcome::decided(change.product, &change.number, known, Some(link), decision);
        outcome.sale_confirmed |= change.sale_price().is_some();
        let mut lines = match &change.act {
            Act::Create(new) => {
                outcome.counts.created = 1;
                let what = match &new.form {
                    Form::Variation { private: true, .. } => "private variation",
                    Form::Variation { .. } => "variation",
                    Form::Simple | Form::Variable => "draft",
                };
                vec![(Event::Written, format!("create  {} as {what} {shop}", new.name))]
            }
            Act::Update { adopt, fields, .. } => {
                outcome.counts.updated = u64::from(!fields.is_empty());
                outcome.counts.linked = u64::from(*adopt);
                let linked =
                    adopt.then(|| (Event::Linked, format!("found in the shop as product {shop} by its SKU")));
                linked
                    .into_iter()
                    .chain(
                        fields
                            .iter()
                            .flat_map(FieldChange::lines)
                            .map(|line| (Event::Written, written(&line))),
                    )
                    .collect()
            }
        };
        lines.append(&mut outcome.lines);
        outcome.lines = lines;
        outcome
    }

    /// A change that the shop refused.
    pub(crate) fn failed(change: &Change, reason: String, waits: bool, known: Known<'_>) -> Outcome {
        let refused = Refused { product: change.product, number: change.number.clone(), reason, waits };
        Outcome::refused(&refused, known)
    }
}

fn written(line: &Line) -> String {
    format!("{}  {} -> {}", line.kind, line.from, line.to)
}

fn created(new: &NewProduct) -> Image {
    let status = match &new.form {
        Form::Variation { private: true, .. } => "private",
        Form::Variation { .. } => "publish",
        Form::Simple | Form::Variable => "draft",
    };
    Image {
        name: Some(new.name.clone()),
        regular_price: new.regular_price.map(Some),
        sale_price: new.sale_price.map(Some),
        stock: new.stock.map(|stock| match stock {
            StockTarget::Managed(quantity) => Some(Decimal::from(quantity)),
            StockTarget::Unmanaged => None,
        }),
        status: Some(status.to_owned()),
        attributes: (!new.attributes.is_empty())
            .then(|| Kept { asked: new.attributes.clone(), kept: new.attributes.clone() }),
        options: match &new.form {
            Form::Variation { option, .. } => {
                let name = retail::attribute::VARIANT.to_owned();
                let asked = vec![ShopOption { id: 0, name, option: option.clone() }];
                Some(Kept { kept: asked.clone(), asked })
            }
            Form::Simple | Form::Variable => None,
        },
        // They are on their way from now on: what the shop has of them after a lost answer is ours.
        images: (!new.images.is_empty())
            .then(|| Attached { urls: new.images.clone(), ..Attached::default() }),
    }
}

/// Lists that this change wrote stand as the shop kept them.
fn kept(change: &Change, now: &ShopProduct, written: &mut Image) {
    let wrote = |wanted: Kind| change.lines().iter().any(|line| line.kind == wanted);
    if !wrote(Kind::Attribute) {
        return;
    }
    if let Some(attributes) = &mut written.attributes {
        attributes.kept.clone_from(&now.attributes);
    }
    if let Some(options) = &mut written.options {
        options.kept.clone_from(&now.options);
    }
}

/// The outcomes of all that a plan does not change.
pub(crate) fn untouched<'a>(plan: &'a Plan, known: impl Fn(ProductId) -> Known<'a>) -> Vec<Outcome> {
    let refused = plan.refused.iter().map(|refused| Outcome::refused(refused, known(refused.product)));
    // A product that nothing is known of and nothing is done about needs no row.
    let worth = |quiet: &&Quiet| {
        quiet.shop.is_some() || !quiet.remarks.is_empty() || known(quiet.product).old.is_some()
    };
    let quiet = plan.quiet.iter().filter(worth).map(|quiet| Outcome::quiet(quiet, known(quiet.product)));
    refused.chain(quiet).collect()
}

/// What some outcomes came to.
pub(crate) fn sum(outcomes: &[Outcome]) -> Counts {
    let mut counts = Counts::default();
    outcomes.iter().for_each(|outcome| counts += outcome.counts);
    counts
}

impl Outcome {
    /// The same outcome, saying that the shop left a field out although it confirmed the write.
    pub(crate) fn with_note(mut self, line: &retail::change::Line) -> Outcome {
        let text = format!("{}: the shop did not keep {}", line.kind, line.to);
        if let Some(link) = &mut self.new.link {
            link.written.sale_price = Some(None);
        }
        self.lines.push((Event::Noted, text));
        self
    }

    /// The same outcome of a round that looked at stock alone: what is known of other fields stays known, and what a whole
    /// look refused stays refused until the next one.
    pub(crate) fn of_stock_alone(mut self) -> Outcome {
        let before = self.old.as_ref().map(|old| old.decision.clone()).unwrap_or_default();
        let settled = self.new.decision.refused.is_none() && self.new.decision.waits.is_none();
        if settled && !before.of_stock {
            self.new.decision.refused = before.refused;
            self.new.decision.waits = before.waits;
            self.lines.retain(|(event, _)| *event != Event::Cleared);
        } else {
            self.new.decision.of_stock = !settled;
        }
        let old = self.old.iter().flat_map(|old| &old.decision.remarks);
        let kept = old.filter(|remark| remark.kind != Kind::Stock).cloned();
        let fresh = std::mem::take(&mut self.new.decision.remarks);
        self.new.decision.remarks = kept.chain(fresh).collect();
        self
    }
}
