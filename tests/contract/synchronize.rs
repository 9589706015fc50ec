//! A whole synchronisation.

use crate::shop::Contract;

pub(crate) async fn whole(shop: &Contract<'_>) {
    shop.not_tried("later");
}
