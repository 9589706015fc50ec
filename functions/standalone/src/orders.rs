//! `orders waiting`, `order show`, `order settle`: what a person sees of web orders, and what only a person can settle.

use serde_json::Value;
use sync::{OrderStory, Settlement};

use crate::{
    failure::{Exit, Failure},
    house::House,
    options::{OrderCommand, OrdersCommand},
    out::{self, clean},
};

/// `orders waiting ID`
pub(crate) async fn orders(asked: OrdersCommand, store: &str) -> Result<Exit, Failure> {
    let OrdersCommand::Waiting { id } = asked;
    let house = House::open(store).await?;
    let waiting = house.engine.orders_waiting(&id).await?;
    out::value(&as_json(&waiting)?);
    if waiting.is_empty() {
        out::line("no order waits");
    }
    let rows: Vec<[String; 5]> = waiting
        .iter()
        .map(|one| {
            [
                clean(&one.order_number, 40),
                one.order_id.to_string(),
                one.reason.clone(),
                format!("since {}", out::local(one.since)),
                clean(&one.detail, 600),
            ]
        })
        .collect();
    out::table(&rows).into_iter().for_each(out::line);
    Ok(Exit::unless(!waiting.is_empty()))
}

/// `order show ID N`, `order settle ID N …`
pub(crate) async fn order(asked: OrderCommand, store: &str) -> Result<Exit, Failure> {
    let house = House::open(store).await?;
    match asked {
        OrderCommand::Show { id, number } => {
            let story = house.engine.order(&id, &number).await?;
            out::value(&as_json(&story)?);
            tell(&story);
            Ok(Exit::unless(!story.waits.is_empty()))
        }
        OrderCommand::Settle { id, number, exists, send_again } => {
            let settlement = match exists {
                Some(found) if found.trim().is_empty() => {
                    return Err(Failure::refused("--exists needs the number that Loomis Pay shows"));
                }
                Some(found) => Settlement::Exists(found),
                // clap lets nothing else through.
                None if send_again => Settlement::SendAgain,
                None => return Err(Failure::refused("say --exists NUMBER, or --send-again")),
            };
            let text = house.engine.settle_order(&id, &number, &settlement).await?;
            out::value(&serde_json::json!({ "order": number, "settled": text }));
            out::line(format_args!("order {number}  {text}; the rest of it goes on with `loomis-woo run`"));
            Ok(Exit::Done)
        }
    }
}

fn as_json(value: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::failed("it can't be shown as JSON").because(&error))
}

fn tell(story: &OrderStory) {
    let line = |what: &str, text: String| out::line(format_args!("{what:<12}{}", clean(&text, 600)));
    line("order", format!("{} (id {}), {} in the shop", story.order_number, story.order_id, story.status));
    line("placed", out::local(story.placed));
    line("seen", out::local(story.seen));
    match &story.qualified {
        Some((at, by)) => line("taken", format!("{}  {by}", out::local(*at))),
        None => line("taken", "not".to_owned()),
    }
    for effect in &story.effects {
        let at = effect.at.map(|at| format!("{}  ", out::local(at))).unwrap_or_default();
        line(&effect.state, format!("{at}{}  {}", effect.effect, effect.detail));
    }
    for (what, at) in [("retrieved", story.retrieved), ("completed", story.completed)] {
        if let Some(at) = at {
            line(what, out::local(at));
        }
    }
    for waits in &story.waits {
        line("waits", waits.clone());
    }
    if let Some(next) = story.next {
        line("next look", out::local(next));
    }
    for told in &story.story {
        line("", format!("{}  {}", out::local(told.at), told.text));
    }
}
