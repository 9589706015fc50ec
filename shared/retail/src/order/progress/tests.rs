use expect_test::expect;

use super::*;

#[test]
fn every_status_against_every_one_that_may_mean_completed() {
    let mut table = String::new();
    for wanted in 1..=11 {
        let reach: Vec<String> =
            (1..=11).filter(|status| reaches(*status, wanted)).map(|status| status.to_string()).collect();
        table.push_str(&format!("{wanted}: {}\n", reach.join(" ")));
    }
    expect![[r#"
        1: 1 3 4 5 6 7 10 11
        2: 2
        3: 3 4 5 6 7
        4: 4 5 6 7
        5: 5 6 7
        6: 6 7
        7: 7
        8: 8
        9: 9
        10: 3 4 5 6 7 10 11
        11: 3 4 5 6 7 11
    "#]]
    .assert_eq(&table);
}

#[test]
fn what_is_no_status_reaches_nothing() {
    for status in [0, 12, u32::MAX] {
        assert!((1..=11).all(|wanted| !reaches(status, wanted)), "{status}");
    }
}
