use super::*;

/// What an address is; empty if it is public.
fn check(address: &str, expected: &str) {
    let found = not_public(address.parse().unwrap()).unwrap_or_default();
    assert_eq!(found, expected, "{address}");
}

#[test]
fn ipv4_by_its_registry() {
    for public in
        ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"]
    {
        check(public, "");
    }
    for public in ["128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"]
    {
        check(public, "");
    }
    for public in ["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"] {
        check(public, "");
    }
    check("0.0.0.0", "an unspecified address");
    check("0.1.2.3", "an unspecified address");
    for private in
        ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"]
    {
        check(private, "a private address");
    }
    check("100.64.0.0", "an address shared by a provider's customers");
    check("100.127.255.255", "an address shared by a provider's customers");
    check("127.0.0.1", "a loopback address");
    check("127.255.255.254", "a loopback address");
    check("169.254.169.254", "a link-local address");
    check("169.254.170.2", "a link-local address");
    check("192.0.0.170", "a reserved address");
    check("192.88.99.1", "a reserved address");
    for documentation in ["192.0.2.1", "198.51.100.1", "203.0.113.255"] {
        check(documentation, "an address for documentation");
    }
    check("198.18.0.0", "an address for benchmarks");
    check("198.19.255.255", "an address for benchmarks");
    check("224.0.0.1", "a multicast address");
    check("239.255.255.255", "a multicast address");
    check("240.0.0.1", "a reserved address");
    check("255.255.255.255", "a reserved address");
}

#[test]
fn ipv6_in_all_its_forms() {
    for public in ["2606:4700:4700::1111", "2a00:1450:400f:80d::200e", "2001:4860:4860::8888", "2001:200::1"]
    {
        check(public, "");
    }
    let machine = "an address of this machine, or an IPv4 address in disguise";
    for disguised in
        ["::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"]
    {
        check(disguised, machine);
    }
    // SIIT's translated form.
    check("::ffff:0:127.0.0.1", machine);
    // A network without IPv4 gives it for public names: what stands in it counts.
    check("64:ff9b::8.8.8.8", "");
    check("64:ff9b::169.254.169.254", "a link-local address");
    check("64:ff9b::10.0.0.1", "a private address");
    check("64:ff9b::127.0.0.1", "a loopback address");
    check("64:ff9b:1::8.8.8.8", "an IPv4 address in disguise (NAT64)");
    check("64:ff9b:1:fffe:7f00:1::", "an IPv4 address in disguise (NAT64)");
    check("64:ff9b:2::8.8.8.8", "a reserved address");
    check("2002:7f00:1::", "an IPv4 address in disguise (6to4)");
    check("2002:808:808::1", "an IPv4 address in disguise (6to4)");
    // Teredo, benchmarks, ORCHID.
    for reserved in
        ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1"]
    {
        check(reserved, "a reserved address");
    }
    for documentation in ["2001:db8::1", "3fff::1", "3fff:fff:ffff::1"] {
        check(documentation, "an address for documentation");
    }
    check("100::1", "an address that leads nowhere");
    for private in ["fc00::1", "fd00:ec2::254", "fdff:ffff::1", "fec0::1", "feff::1"] {
        check(private, "a private address");
    }
    check("fe80::1", "a link-local address");
    check("febf::1", "a link-local address");
    check("ff02::1", "a multicast address");
    for reserved in ["3ffe::1", "5f00::1", "4000::1", "1fff::1", "200::1", "8000::1", "fe00::1"] {
        check(reserved, "a reserved address");
    }
}

#[test]
fn a_host_that_is_an_address_in_any_spelling() {
    let literal = |url: &str| literal_not_public(&Url::parse(url).unwrap());
    for loopback in ["127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1."]
    {
        assert_eq!(literal(&format!("http://{loopback}/")), Some("a loopback address"), "{loopback}");
    }
    // Full-width digits and dots.
    assert_eq!(literal("http://１２７。０。０。１/"), Some("a loopback address"));
    assert_eq!(literal("http://%31%32%37.0.0.1/"), Some("a loopback address"));
    assert_eq!(literal("http://0xa9fea9fe/latest/meta-data/"), Some("a link-local address"));
    assert_eq!(literal("http://0/"), Some("an unspecified address"));
    assert!(literal("http://[0:0:0:0:0:ffff:7f00:1]:8080/").is_some());
    assert_eq!(literal("https://[fd00:0ec2::254]/"), Some("a private address"));
    assert_eq!(literal("https://8.8.8.8/"), None);
    assert_eq!(literal("https://[2606:4700:4700::1111]/"), None);
    assert_eq!(literal("https://localhost/"), None, "a name: the look-up's guard sees to it");
}

#[test]
fn the_environment_says_which() {
    let check = |variable: Option<&'static str>, lambda: bool, expected: Result<Addresses, String>| {
        let read = |name: &str| match name {
            "LOOMIS_WOO_PRIVATE_ADDRESSES" => variable.map(str::to_owned),
            "AWS_LAMBDA_RUNTIME_API" => lambda.then(|| "127.0.0.1:9001".to_owned()),
            other => panic!("{other} is read"),
        };
        assert_eq!(Addresses::from_environment(read), expected, "{variable:?}, Lambda: {lambda}");
    };
    check(None, false, Ok(Addresses::Any));
    check(None, true, Ok(Addresses::Public));
    check(Some(""), true, Ok(Addresses::Public));
    for lambda in [true, false] {
        check(Some("allow"), lambda, Ok(Addresses::Any));
        check(Some("refuse"), lambda, Ok(Addresses::Public));
        check(Some("yes"), lambda, Err("yes".to_owned()));
    }
}
