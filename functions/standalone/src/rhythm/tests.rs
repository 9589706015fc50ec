use super::*;

fn schedule(now: &str) -> Schedule {
    let rhythm = Rhythm {
        orders_every: Duration::from_secs(24 * 3600),
        completions_every: Duration::from_secs(24 * 3600),
        stock_every: Duration::from_secs(120),
        products_every: Duration::from_secs(300),
        sweep_at: jiff::civil::time(2, 30, 0, 0),
    };
    Schedule::new(rhythm, TimeZone::get("Europe/Oslo").unwrap(), now.parse().unwrap())
}

#[test]
fn times_are_seconds_or_spelled() {
    for (text, seconds) in [("120", 120), ("90s", 90), (" 5m ", 300), ("1h", 3600)] {
        assert_eq!(every(text), Ok(Duration::from_secs(seconds)), "{text}");
    }
    for wrong in ["", "0", "-5", "soon", "25h", "500ms"] {
        assert!(every(wrong).is_err(), "{wrong}");
    }
    assert_eq!(time_of_day("02:30"), Ok(jiff::civil::time(2, 30, 0, 0)));
    for wrong in ["", "2", "24:00", "02:60", "half past two"] {
        assert!(time_of_day(wrong).is_err(), "{wrong}");
    }
}

/// What is due at `now`, and what is due next.
fn check(schedule: &mut Schedule, now: &str, due: &[&str], next: &str) {
    let found = schedule.due(now.parse().unwrap());
    let found: Vec<String> = found.iter().map(|(tick, at)| format!("{} {at}", tick.as_str())).collect();
    assert_eq!(
        (found.iter().map(String::as_str).collect::<Vec<_>>(), schedule.next().to_string()),
        (due.to_vec(), next.to_owned())
    );
}

#[test]
fn all_but_the_sweep_is_due_at_once_and_then_at_round_moments() {
    let mut schedule = schedule("2026-11-24T10:03:07Z");
    check(
        &mut schedule,
        "2026-11-24T10:03:07Z",
        &[
            "orders 2026-11-24T00:00:00Z",
            "completions 2026-11-24T00:00:00Z",
            "stock 2026-11-24T10:02:00Z",
            "products 2026-11-24T10:00:00Z",
        ],
        "2026-11-24T10:04:00Z",
    );
    check(&mut schedule, "2026-11-24T10:03:59Z", &[], "2026-11-24T10:04:00Z");
    check(&mut schedule, "2026-11-24T10:04:00Z", &["stock 2026-11-24T10:04:00Z"], "2026-11-24T10:05:00Z");
    // The machine slept.
    check(
        &mut schedule,
        "2026-11-25T08:00:01Z",
        &[
            "orders 2026-11-25T00:00:00Z",
            "completions 2026-11-25T00:00:00Z",
            "stock 2026-11-25T08:00:00Z",
            "products 2026-11-25T08:00:00Z",
            "sweep 2026-11-25T01:30:00Z",
        ],
        "2026-11-25T08:02:00Z",
    );
}

#[test]
fn the_sweep_follows_the_clock_on_the_wall() {
    let next = |now: &str| schedule(now).next_sweep().to_string();
    assert_eq!(next("2026-11-24T01:29:59Z"), "2026-11-24T01:30:00Z");
    assert_eq!(next("2026-11-24T01:30:00Z"), "2026-11-25T01:30:00Z");
    // In summer it is an hour earlier; the night that lacks 02:30 has it at 03:30; of two, the first.
    assert_eq!(next("2026-07-01T12:00:00Z"), "2026-07-02T00:30:00Z");
    assert_eq!(next("2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
    assert_eq!(next("2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
    let last = |now: &str| schedule(now).last_sweep(now.parse().unwrap()).to_string();
    assert_eq!(last("2026-11-24T01:29:59Z"), "2026-11-23T01:30:00Z");
    assert_eq!(last("2026-11-24T01:30:00Z"), "2026-11-24T01:30:00Z");
}
