use retail::fate::Fate;

use super::*;
use crate::client::tests::{Shop, answer, recorded};

fn redirect(to: &str) -> Result<Response, TransportError> {
    Ok(Response { status: 301, headers: vec![("location".to_owned(), to.to_owned())], body: Vec::new() })
}

fn not_sent() -> Result<Response, TransportError> {
    Err(TransportError::NotSent("refused".to_owned()))
}

/// Where an address leads, given these answers; or the reason.
async fn check(address: &str, answers: Vec<Result<Response, TransportError>>, expected: &str) {
    let asked = answers.len();
    let shop = Shop::new(answers);
    let told = match resolve(&Address::parse(address).unwrap(), &shop.world()).await {
        Ok(base) => base.to_string(),
        Err(error) => {
            let trouble = error.trouble();
            format!("{:?}: {}", trouble.fate, trouble.reason)
        }
    };
    assert!(told.starts_with(expected), "{told}");
    assert_eq!(shop.asked().len(), asked);
    assert!(shop.asked().iter().all(|request| request.header_value("authorization").is_none()));
}

#[tokio::test]
async fn redirects_are_followed_once_and_kept() {
    check("shop.example", vec![recorded("auth_none")], "https://shop.example/").await;
    let www = || redirect("https://www.shop.example/wp-json/wc/v3/products?per_page=1&_fields=id");
    check("https://shop.example", vec![www(), recorded("auth_none")], "https://www.shop.example/").await;
    check(
        "http://shop.example/butikk",
        vec![redirect("https://shop.example/butikk/wp-json/wc/v3/products/"), recorded("auth_none")],
        "https://shop.example/butikk/",
    )
    .await;
    // To the front page, path and all lost.
    check("https://shop.example", vec![redirect("/no/"), recorded("auth_none")], "https://shop.example/no/")
        .await;
    check(
        "https://shop.example",
        (0..6).map(|_| www()).collect(),
        "Settings: the shop's address redirects more",
    )
    .await;
}

#[tokio::test]
async fn https_comes_first_and_is_not_given_up_unasked() {
    check("shop.example", vec![not_sent(), recorded("auth_none")], "http://shop.example/").await;
    check("shop.example", vec![not_sent(), not_sent()], "Retry: ").await;
    let down = || redirect("http://shop.example/wp-json/wc/v3/products");
    check("https://shop.example", vec![down()], "Settings: the shop sends https on to plain http").await;
    check("shop.example", vec![down(), recorded("auth_none")], "http://shop.example/").await;
}

#[tokio::test]
async fn an_address_that_is_not_public_is_said_so_by_whichever_way_it_came() {
    let forbidden = || Err(TransportError::Forbidden("a link-local address"));
    let told = "Settings: shop.url: the shop's address, or the one that it redirects to, is none of the public \
                internet; give the shop's public address, or have LOOMIS_WOO_PRIVATE_ADDRESSES=allow set where this \
                runs: GET products: it is, or resolves to, a link-local address";
    check("shop.example", vec![forbidden(), forbidden()], told).await;
    let metadata = || redirect("http://169.254.169.254/latest/meta-data/");
    check("http://shop.example", vec![metadata(), forbidden()], told).await;
    // The host answered nothing on https: that it may not be reached on http tells more.
    check("shop.example", vec![not_sent(), metadata(), forbidden()], told).await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let page = || answer(404, "<html>not found</html>");
    let plain = "Settings: the shop uses plain permalinks";
    check("https://shop.example", vec![page(), recorded("rest_route_query")], plain).await;
    let none = "Settings: there is no WordPress";
    check("https://shop.example", vec![page(), answer(200, "<html></html>")], none).await;
    let no_woo = "Settings: there is a WordPress at this address, but no WooCommerce";
    check("https://shop.example", vec![recorded("route_404"), recorded("route_404")], no_woo).await;
    check(
        "https://shop.example",
        vec![recorded("route_404"), recorded("auth_none")],
        "https://shop.example/",
    )
    .await;
    check("https://shop.example", vec![recorded("maintenance_mode")], "Retry: ").await;
}

#[tokio::test]
async fn the_version_is_read() {
    let base: Base = "https://shop.example/".parse().unwrap();
    let shop = Shop::new(vec![recorded("auth_none")]);
    assert_eq!(choose_version(&base, &shop.world()).await.unwrap(), Version::V3);
    let shop = Shop::new(vec![recorded("route_404"), recorded("auth_none")]);
    assert_eq!(choose_version(&base, &shop.world()).await.unwrap(), Version::V2);
    let shop = Shop::new(vec![recorded("route_404"), recorded("route_404")]);
    assert_eq!(choose_version(&base, &shop.world()).await.unwrap_err().trouble().fate, Fate::Settings);
}
