//! What orders took of the stock, and what refunds put back.

use super::*;

#[tokio::test]
async fn what_orders_took_of_the_stock_is_read_a_page_at_a_time() {
    let page = |ids: std::ops::RangeInclusive<u64>| {
        let row = |id| {
            format!(
                "{{\"id\":{id},\"status\":\"wc-processing\",\"line_items\":\
                 [{{\"id\":1,\"product_id\":7,\"variation_id\":8,\"quantity\":2}}]}}"
            )
        };
        answer(200, &format!("[{}]", ids.map(row).collect::<Vec<_>>().join(",")))
    };
    // A full page is followed by a look at the next one.
    let (shop, client) = served(vec![page(1..=100), answer(200, "[]"), page(101..=119)]);
    let asked: Vec<OrderId> = (1..=120).map(OrderId).collect();
    let found = client.goods_of(&asked).await.unwrap();
    assert_eq!(found.len(), 119, "one is in the trash");
    assert_eq!((found[118].id, found[118].status.as_str()), (OrderId(119), "processing"));
    assert_eq!((found[0].lines[0].shop_id(), found[0].lines[0].quantity), (Some(ShopId(8)), dec("2")));
    let query = query_of(&shop);
    assert!(
        query.starts_with("status=any&include=1,2,3,") && query.contains("id,status,line_items"),
        "{query}"
    );
}

#[tokio::test]
async fn what_a_refund_put_back_on_the_shelf() {
    for (meta, put_back) in [
        ("", "0"),
        // The shop counts it.
        (
            "{\"key\":\"_reduced_stock\",\"value\":\"2\"},{\"key\":\"_restock_refunded_items\",\"value\":\"1\"}",
            "1",
        ),
        ("{\"key\":\"_reduced_stock\",\"value\":\"3\"}", "0"),
        // WooCommerce 5.0 notes what is still taken.
        ("{\"key\":\"_reduced_stock\",\"value\":\"2\"}", "1"),
        ("{\"key\":\"_reduced_stock\",\"value\":0}", "3"),
        // A plugin that sells by the metre took more of the stock.
        ("{\"key\":\"_reduced_stock\",\"value\":\"30\"}", "0"),
        ("{\"key\":\"_reduced_stock\",\"value\":\"\"}", "0"),
    ] {
        let body = format!(
            "{{\"id\":5,\"status\":\"processing\",\"line_items\":\
             [{{\"id\":1,\"product_id\":7,\"quantity\":3,\"meta_data\":[{meta}]}}]}}"
        );
        let (_, client) = served(vec![answer(200, &body)]);
        let order = client.order(OrderId(5)).await.unwrap().unwrap();
        assert_eq!(order.lines[0].put_back, dec(put_back), "{meta}");
    }
}
