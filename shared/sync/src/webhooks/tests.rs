use super::*;

#[test]
fn the_variable_is_a_web_address_or_nothing() {
    let read = |value: &'static str| webhook_url(move |_| Some(value.to_owned()));
    assert_eq!(webhook_url(|_| None).unwrap(), None);
    assert_eq!(read(" ").unwrap(), None);
    for wrong in
        ["hooks.example", "ftp://hooks.example/", "https://hooks.example/?a=b", "https://hooks.example/#x"]
    {
        let fault = read(wrong).unwrap_err();
        assert_eq!(fault.field, "LOOMIS_WOO_WEBHOOK_URL", "{wrong}");
    }
}

#[test]
fn a_department_s_hints_have_an_address() {
    let check = |base: &str, department: &str, expected: &str| {
        assert_eq!(delivery_url(&base.parse().unwrap(), department).as_str(), expected);
    };
    check("https://hooks.example", "1", "https://hooks.example/hooks/1");
    check("https://hooks.example/", "1", "https://hooks.example/hooks/1");
    check("https://hooks.example/loomis", "1", "https://hooks.example/loomis/hooks/1");
    check("https://hooks.example/loomis/", "Oslo S/2", "https://hooks.example/loomis/hooks/Oslo%20S%2F2");
}
