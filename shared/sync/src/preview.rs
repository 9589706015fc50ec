//! The preview: what a total sync would do, line by line. It runs the same readings and the same plan on an overlay of the
//! ledger, and writes nothing anywhere. `PROGRAM.md`, *preview*.

use std::{collections::BTreeMap, sync::Arc};

use retail::{
    change::{Kind, Line},
    office::ProductId,
    plan::Refused,
    settings::ProductSettings,
};

use crate::{
    Engine, Error,
    catalogue::{self, Wanted},
    families, inventory,
    overlay::Overlay,
    pair::Knowledge,
    rows::{due::Extent, mirror},
    survey::{Leave, Survey, survey},
};

/// What a total sync would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The changes, a line a field.
    pub changes: Vec<PreviewLine>,
    /// What would be refused, or wait.
    pub refused: Vec<Refused>,
    /// How many changes of each kind.
    pub counts: BTreeMap<Kind, u64>,
    /// Products looked at.
    pub seen: u64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// The product in Loomis Pay.
    pub product: ProductId,
    /// Its number, as Loomis Pay spells it.
    pub number: String,
    /// Kind, from and to.
    pub line: Line,
}

impl Preview {
    fn look(&mut self, survey: &Survey, settings: &ProductSettings, leave: Leave) {
        self.seen += survey.products().count() as u64;
        let plan = survey.plan(settings, leave);
        for change in &plan.changes {
            self.changes.extend(change.lines().into_iter().map(|line| PreviewLine {
                product: change.product,
                number: change.number.clone(),
                line,
            }));
        }
        self.refused.extend(plan.refused);
    }
}

impl Engine {
    /// What a total sync of this department would do now. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Broken`], trouble with either side.
    pub async fn preview(&self, department: &str) -> Result<Preview, Error> {
        let aside = self.on(Arc::new(Overlay::over(self.ledger.clone())));
        let settings = aside.department(department).await?.settings;
        let client = settings.client_number.clone();
        let pair = aside.pair(department, Knowledge::Fresh).await?;
        catalogue::want(&aside, &client, Wanted::Whole(aside.now())).await?;
        catalogue::read_quietly(&aside, &client).await?;
        if settings.products.inventory {
            inventory::read_quietly(&aside, department).await?;
        }
        let leave = Leave { extent: Extent::Whole, drafts: true };
        let (mut preview, mut after) = (Preview::default(), None);
        loop {
            aside.go_on()?;
            let (page, last) = mirror::page(&aside, &client, after, 100).await?;
            after = page.keys().next_back().copied().or(after);
            for look in families::looks(&aside, &client, &page).await? {
                let ids: Vec<ProductId> = look.into_iter().flatten().collect();
                preview.look(&survey(&aside, &pair, &ids, leave).await?, &settings.products, leave);
            }
            if last {
                break;
            }
        }
        for change in &preview.changes {
            *preview.counts.entry(change.line.kind).or_default() += 1;
        }
        Ok(preview)
    }
}
