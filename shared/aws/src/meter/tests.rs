use sync::figures::Side;

use super::*;

fn lines(about: &About, figures: &Figures) -> Vec<Value> {
    let meter = Embedded::to(Vec::new(), "LoomisWoo/stack".to_owned());
    meter.take("2026-11-20T06:00:00Z".parse().unwrap(), about, figures);
    let written = String::from_utf8(meter.out.into_inner().unwrap()).unwrap();
    written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_side_is_a_dimension() {
    let figures = Figures::from([(Metric::Calls, vec![2]), (Metric::Latency, vec![30, 12])]);
    let wanted = json!({
        "_aws": {
            "Timestamp": 1_795_154_400_000_i64,
            "CloudWatchMetrics": [{
                "Namespace": "LoomisWoo/stack",
                "Dimensions": [["Side"]],
                "Metrics": [{"Name": "Calls", "Unit": "Count"}, {"Name": "Latency", "Unit": "Milliseconds"}],
            }],
        },
        "Side": "shop",
        "Calls": 2,
        "Latency": [30, 12],
    });
    assert_eq!(lines(&About::Side(Side::Shop), &figures), [wanted]);
}

#[test]
fn of_a_department_only_the_lag_is_kept_apart() {
    let figures = Figures::from([(Metric::Written, vec![5]), (Metric::Lag, vec![61])]);
    let told = lines(&About::Department("1".to_owned()), &figures);
    let directives = json!([
        {"Namespace": "LoomisWoo/stack", "Dimensions": [["Department"]], "Metrics": [{"Name": "Lag", "Unit": "Seconds"}]},
        {"Namespace": "LoomisWoo/stack", "Dimensions": [[]], "Metrics": [{"Name": "Written", "Unit": "Count"}]},
    ]);
    assert_eq!(told[0]["_aws"]["CloudWatchMetrics"], directives);
    assert_eq!((&told[0]["Department"], &told[0]["Lag"]), (&json!("1"), &json!(61)));
}

#[test]
fn what_the_alarms_watch_has_no_dimension() {
    let figures = Figures::from(
        [Metric::PausedDepartments, Metric::ParkedOrders, Metric::Runs].map(|one| (one, vec![0])),
    );
    let told = lines(&About::Whole, &figures);
    assert_eq!(told[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    assert_eq!(told[0]["ParkedOrders"], 0);
}

#[test]
fn no_line_has_more_values_than_cloudwatch_takes() {
    let many: Vec<u64> = (0..250).collect();
    let figures = Figures::from([(Metric::Calls, vec![250]), (Metric::Latency, many)]);
    let told = lines(&About::Side(Side::Office), &figures);
    let sizes: Vec<usize> = told.iter().map(|line| line["Latency"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(told.iter().filter(|line| line["Calls"] == 250).count(), 1);
}
