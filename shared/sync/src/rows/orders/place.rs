//! The orders of a department with one shop: where their rows stand.

use std::collections::BTreeMap;

use retail::order::{OrderId, effects::Effect};

use super::{
    super::{body, item, padded},
    Attention, EffectRow, Holds, Row, State, fixed,
};
use crate::{
    Engine, Error,
    ports::{Condition, IndexKey, Key, Range, Write},
};

/// The orders of a department with one shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    department: String,
    base: String,
}

impl Place {
    pub(crate) fn of(department: &str, base: &str) -> Place {
        Place { department: department.to_owned(), base: base.to_owned() }
    }

    /// The canonical base of the shop.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn partition(&self) -> String {
        format!("O#{}#{}", self.department, self.base)
    }

    pub(super) fn due_partition(&self) -> String {
        format!("Q#{}#{}", self.department, self.base)
    }

    pub(super) fn attention_partition(&self) -> String {
        format!("A#{}#{}", self.department, self.base)
    }

    pub(super) fn holds_partition(&self) -> String {
        format!("H#{}#{}", self.department, self.base)
    }

    fn order_key(&self, id: OrderId) -> Key {
        Key::new(self.partition(), format!("o#{}", padded(id.0)))
    }

    fn effect_key(&self, id: OrderId, effect: &str) -> Key {
        Key::new(self.partition(), format!("e#{}#{effect}", padded(id.0)))
    }

    /// An order, and its item's version.
    pub(crate) async fn order(&self, engine: &Engine, id: OrderId) -> Result<Option<(Row, u64)>, Error> {
        let found = engine.ledger.get(&self.order_key(id)).await?;
        found.map(|found| Ok((body(&found)?, found.version))).transpose()
    }

    /// Orders of these ids, as far as there are any.
    pub(crate) async fn orders(
        &self,
        engine: &Engine,
        ids: &[OrderId],
    ) -> Result<BTreeMap<OrderId, (Row, u64)>, Error> {
        let keys: Vec<Key> = ids.iter().map(|id| self.order_key(*id)).collect();
        let rows = engine.ledger.get_many(&keys).await?;
        let row = |found: &crate::ports::Item| {
            let row: Row = body(found)?;
            Ok((row.id, (row, found.version)))
        };
        rows.iter().map(row).collect()
    }

    /// The order with this shown number, or this id.
    pub(crate) async fn named(&self, engine: &Engine, name: &str) -> Result<Option<(Row, u64)>, Error> {
        let mut by_id = None;
        let mut after = None;
        loop {
            let (rows, next) = self.page(engine, after).await?;
            for (row, version) in rows {
                if row.number == name {
                    return Ok(Some((row, version)));
                }
                if row.id.to_string() == name {
                    by_id = Some((row, version));
                }
            }
            after = next;
            if after.is_none() {
                return Ok(by_id);
            }
        }
    }

    /// The effects of an order, by key, each with its item's version.
    pub(crate) async fn effects(
        &self,
        engine: &Engine,
        id: OrderId,
    ) -> Result<BTreeMap<String, (EffectRow, u64)>, Error> {
        let prefix = format!("e#{}#", padded(id.0));
        let (mut effects, mut after) = (BTreeMap::new(), None);
        loop {
            let range = Range::prefix(&prefix).after(after);
            let page = engine.ledger.page(&self.partition(), range, 100).await?;
            for item in &page.items {
                let key = item.key.sort.strip_prefix(&prefix).unwrap_or_default().to_owned();
                effects.insert(key, (body(item)?, item.version));
            }
            after = page.next;
            if after.is_none() {
                return Ok(effects);
            }
        }
    }

    /// The effects of all orders that are intended and not sent, each with its item's version.
    pub(crate) async fn intended(&self, engine: &Engine) -> Result<Vec<(OrderId, EffectRow, u64)>, Error> {
        let (mut intended, mut after) = (Vec::new(), None);
        loop {
            let page = engine.ledger.page(&self.partition(), Range::prefix("e#").after(after), 200).await?;
            for item in &page.items {
                let row: EffectRow = body(item)?;
                if !matches!(row.state, State::Intended { .. }) {
                    continue;
                }
                let id = item.key.sort.split('#').nth(1).and_then(|id| id.parse().ok());
                let id = id.map(OrderId).ok_or_else(|| Error::Broken {
                    what: format!("{} {}", item.key.partition, item.key.sort),
                    reason: "its key has no order id".to_owned(),
                })?;
                intended.push((id, row, item.version));
            }
            after = page.next;
            if after.is_none() {
                return Ok(intended);
            }
        }
    }

    /// An effect as a write.
    pub(crate) fn put_effect(
        &self,
        id: OrderId,
        row: &EffectRow,
        condition: Condition,
    ) -> Result<Write, Error> {
        Ok(Write::Put { item: item(self.effect_key(id, &row.effect.key()), row)?, condition })
    }

    /// The removal of an effect, unless somebody moved it meanwhile.
    pub(crate) fn remove_effect(&self, id: OrderId, effect: &Effect, version: u64) -> Write {
        let condition = Condition::Version(version);
        Write::Remove { key: self.effect_key(id, &effect.key()), condition }
    }

    /// The removal of an order with the rows that follow from it; its effects are removed before.
    pub(crate) fn remove(&self, row: &Row, version: u64) -> Vec<Write> {
        let always = |key| Write::Remove { key, condition: Condition::Always };
        let follows = [self.attention_partition(), self.holds_partition()];
        let mut writes: Vec<Write> =
            follows.into_iter().map(|partition| always(Key::new(partition, padded(row.id.0)))).collect();
        let condition = Condition::Version(version);
        writes.push(Write::Remove { key: self.order_key(row.id), condition });
        writes
    }

    /// An order as a write, the rows that follow from it left as they are.
    pub(crate) fn put_alone(&self, row: &Row, condition: Condition) -> Result<Write, Error> {
        let mut order = item(self.order_key(row.id), row)?;
        order.index = row.next.map(|next| IndexKey {
            partition: self.due_partition(),
            sort: format!("{}#{}", fixed(next), padded(row.id.0)),
        });
        Ok(Write::Put { item: order, condition })
    }

    /// A page of the orders, by id, each with its item's version; and where to go on.
    pub(crate) async fn page(
        &self,
        engine: &Engine,
        after: Option<String>,
    ) -> Result<(Vec<(Row, u64)>, Option<String>), Error> {
        let page = engine.ledger.page(&self.partition(), Range::prefix("o#").after(after), 200).await?;
        let rows = page.items.iter().map(|item| Ok((body(item)?, item.version)));
        Ok((rows.collect::<Result<_, Error>>()?, page.next))
    }

    /// An order as writes, with the rows that follow from it: what waits, and what it holds.
    pub(crate) fn put(
        &self,
        row: &Row,
        condition: Condition,
        attention: Option<&Attention>,
        holds: Option<&Holds>,
    ) -> Result<Vec<Write>, Error> {
        let place = |partition: String| Key::new(partition, padded(row.id.0));
        let follow = |key: Key, body: Option<Result<crate::ports::Item, Error>>| match body {
            Some(item) => Ok(Write::Put { item: item?, condition: Condition::Always }),
            None => Ok::<_, Error>(Write::Remove { key, condition: Condition::Always }),
        };
        let (waits, holding) = (place(self.attention_partition()), place(self.holds_partition()));
        Ok(vec![
            self.put_alone(row, condition)?,
            follow(waits.clone(), attention.map(|attention| attention.item(waits.clone())))?,
            follow(holding.clone(), holds.map(|holds| item(holding.clone(), holds)))?,
        ])
    }
}
