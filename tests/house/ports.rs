//! The port suite: one list of cases, run against SQLite and against AWS's stand-in, so that the two can't drift.

mod items;
mod messages;
mod pages;

use std::{path::Path, sync::Arc};

use aws::Aws;
use house::engine::Engine;
use local::Store;
use sync::ports::{Ledger, Queue};

/// Ports of one's own, over SQLite.
fn store(folder: &Path) -> Store {
    Store::open(&folder.join("store.sqlite"), Arc::new(outside::SystemClock)).expect("the store opens")
}

/// Ports of one's own, over AWS's stand-in.
async fn cloud() -> Aws {
    let engine = tokio::task::spawn_blocking(Engine::shared).await.expect("the engine starts");
    engine.aws(outside::world().expect("the world is there")).await
}

/// Makes two tests of each case: `on_sqlite::case` and `on_aws::case`.
macro_rules! suite {
    ($($file:ident: $port:ident { $($case:ident,)* })*) => {
        mod on_sqlite {
            $($(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().expect("a folder");
                let store = super::store(folder.path());
                super::$file::$case(&store as &dyn super::$port).await;
            })*)*
        }
        mod on_aws {
            $($(#[tokio::test]
            async fn $case() {
                let aws = super::cloud().await;
                super::$file::$case(&aws as &dyn super::$port).await;
            })*)*
        }
    };
}

suite! {
    items: Ledger {
        a_put_is_read_back,
        versions_count_writes,
        conditions_hold_or_nothing_is_written,
        a_single_check_is_a_question,
        a_transaction_is_all_or_nothing,
        a_transaction_counts_versions,
        a_key_occurs_once,
        a_hundred_writes_and_not_one_more,
        what_is_too_large_or_strange_is_refused,
        bodies_come_back_exactly,
        a_replaced_item_leaves_nothing_behind,
        many_are_read_at_once,
        many_are_written_at_once,
        one_of_many_writers_wins,
        nothing_is_nothing,
    }
    pages: Ledger {
        pages_join_up,
        ranges_are_cut_where_they_say,
        a_place_outside_of_the_range_is_harmless,
        the_order_is_byte_by_byte,
        the_index_is_read_in_order,
        equal_places_in_the_index_are_told_apart,
        the_index_follows_its_item,
        the_index_is_cut_where_it_says,
        large_pages_are_divided,
    }
    messages: Queue {
        first_in_first_out,
        a_group_has_one_message_in_hand,
        groups_do_not_wait_for_each_other,
        lanes_are_apart,
        a_message_given_back_comes_again,
        a_delayed_message_holds_its_group,
        equal_identities_vanish,
        a_message_tried_too_often_is_dead,
        the_dead_hold_nobody_up,
        the_dead_are_sent_again,
        waiting_ends_when_a_message_comes,
        waiting_ends_without_one,
        a_receipt_that_ran_out_does_no_harm,
        many_and_large_messages_are_sent,
        what_can_not_be_carried_is_refused,
    }
}
