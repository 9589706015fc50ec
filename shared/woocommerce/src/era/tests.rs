use jiff::tz::Offset;

use super::*;

#[test]
fn a_version_says_what_a_shop_can_do() {
    let check = |version: &str, dates_are_gmt: bool, modified_after: bool| {
        let own_images = version != "3.0.0";
        let expected = Capabilities { dates_are_gmt, modified_after, own_images };
        assert_eq!(Capabilities::of(Some(version)), expected, "{version}");
    };
    check("10.5.0", true, true);
    check("5.8.0-rc.1", true, true);
    check("5.8-beta1", true, true);
    check("5.7.1", true, false);
    check("5.4", true, false);
    check("5.3.3", false, false);
    check("3.0.0", false, false);
    check("6", true, true);
    for unknown in ["", "trunk", "5.x", "v5.3"] {
        check(unknown, true, true);
    }
    assert_eq!(Capabilities::of(None), Capabilities::default());
}

#[test]
fn a_zone_has_a_name_or_an_offset() {
    assert_eq!(time_zone("Europe/Oslo"), Some(TimeZone::get("Europe/Oslo").unwrap()));
    assert_eq!(time_zone("+02:00"), Some(TimeZone::fixed(Offset::constant(2))));
    assert_eq!(time_zone("-03:30"), Some(TimeZone::fixed(Offset::from_seconds(-12_600).unwrap())));
    for none in ["", "Oslo", "UTC+2", "+99:00"] {
        assert_eq!(time_zone(none), None, "{none}");
    }
}
