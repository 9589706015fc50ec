//! `dead`, `redrive`: messages that failed again and again, and sending them once more.

use serde_json::json;
use sync::ports::{Lane, Received};

use crate::{
    failure::{Exit, Failure},
    house::House,
    options::Redrive,
    out::{self, clean, many},
};

/// How many of a lane are shown.
const SHOWN: usize = 100;

/// `dead [LANE]`
pub(crate) async fn dead(lane: Option<Lane>, store: &str) -> Result<Exit, Failure> {
    let house = House::open(store).await?;
    let lanes = lane.map_or(Lane::ALL.to_vec(), |lane| vec![lane]);
    let mut letters = Vec::new();
    for lane in lanes {
        let of_lane = house.engine.queue.dead(lane, SHOWN).await.map_err(sync::Error::from)?;
        letters.extend(of_lane.into_iter().map(|letter| (lane, letter)));
    }
    out::value(&letters.iter().map(as_json).collect());
    if letters.is_empty() {
        out::line("no message is dead");
    }
    let rows: Vec<[String; 3]> = letters.iter().map(row).collect();
    out::table(&rows).into_iter().for_each(out::line);
    Ok(Exit::unless(!letters.is_empty()))
}

fn as_json((lane, letter): &(Lane, Received)) -> serde_json::Value {
    json!({ "lane": lane.as_str(), "group": letter.group, "text": letter.body })
}

fn row((lane, letter): &(Lane, Received)) -> [String; 3] {
    [lane.as_str().to_owned(), clean(&letter.group, 60), clean(&letter.body, 600)]
}

/// `redrive LANE`
pub(crate) async fn redrive(asked: Redrive, store: &str) -> Result<Exit, Failure> {
    let house = House::open(store).await?;
    let lane = asked.lane;
    let most = usize::try_from(asked.most).unwrap_or(usize::MAX);
    let sent = house.engine.queue.redrive(lane, most).await.map_err(sync::Error::from)?;
    let left = house.engine.queue.dead(lane, 1).await.map_err(sync::Error::from)?;
    let name = lane.as_str();
    out::value(&json!({ "lane": name, "sent": sent, "left": !left.is_empty() }));
    let rest = if left.is_empty() { "none is left" } else { "there are more" };
    out::line(format_args!("{name}: {} sent again, {rest}", many(sent, "message")));
    Ok(Exit::unless(!left.is_empty()))
}
