//! Which addresses may be spoken to.
//!
//! What a merchant gives as the address of a shop, or of Loomis Pay, is somebody else's wish in our network: it must not
//! reach the machine's own metadata, its neighbours or itself. What counts is where a connection really goes, so the
//! answer of every look-up is checked, and a connection goes to no other: a name that is public when it is checked and
//! private when it is used gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The variable that says it: `refuse` or `allow`.
pub(crate) const VARIABLE: &str = "LOOMIS_WOO_PRIVATE_ADDRESSES";

/// Lambda sets it for every function, and no function begins without it.
const IN_LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// Which addresses may be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// All: who runs the program, and whose shops it serves, are one.
    Any,
    /// Those of the public internet.
    Public,
}

impl Addresses {
    /// As `LOOMIS_WOO_PRIVATE_ADDRESSES` says, given by `read`: `allow` or `refuse`. Without it a function on Lambda
    /// refuses, and any other program is open.
    ///
    /// # Errors
    /// The value, when it is neither.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Addresses, String> {
        match read(VARIABLE).as_deref().map(str::trim) {
            Some("allow") => Ok(Addresses::Any),
            Some("refuse") => Ok(Addresses::Public),
            None | Some("") if read(IN_LAMBDA).is_none() => Ok(Addresses::Any),
            None | Some("") => Ok(Addresses::Public),
            Some(other) => Err(other.to_owned()),
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(first: u16, second: u16, third: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), bits)
}

/// What of IPv4 is not public. IANA's special-purpose registry (RFC 6890 and later), and what is no address of one machine.
const V4: [(Ipv4Net, &str); 15] = [
    (v4(0, 0, 0, 0, 8), "an unspecified address"),
    (v4(10, 0, 0, 0, 8), "a private address"),
    (v4(100, 64, 0, 0, 10), "an address shared by a provider's customers"),
    (v4(127, 0, 0, 0, 8), "a loopback address"),
    // With 169.254.169.254, where a cloud keeps its machines' credentials.
    (v4(169, 254, 0, 0, 16), "a link-local address"),
    (v4(172, 16, 0, 0, 12), "a private address"),
    (v4(192, 0, 0, 0, 24), "a reserved address"),
    (v4(192, 0, 2, 0, 24), "an address for documentation"),
    (v4(192, 88, 99, 0, 24), "a reserved address"),
    (v4(192, 168, 0, 0, 16), "a private address"),
    (v4(198, 18, 0, 0, 15), "an address for benchmarks"),
    (v4(198, 51, 100, 0, 24), "an address for documentation"),
    (v4(203, 0, 113, 0, 24), "an address for documentation"),
    (v4(224, 0, 0, 0, 4), "a multicast address"),
    // With 255.255.255.255, broadcast.
    (v4(240, 0, 0, 0, 4), "a reserved address"),
];

/// What of IPv6 is handed out to the public: all else is something else. RFC 4291, section 2.4.
const V6_UNICAST: Ipv6Net = v6(0x2000, 0, 0, 3);

/// What of it is not public all the same, and what people call some of the rest.
const V6: [(Ipv6Net, &str); 13] = [
    // Unspecified, loopback, and IPv4 in its compatible and mapped forms.
    (v6(0, 0, 0, 32), "an address of this machine, or an IPv4 address in disguise"),
    (v6(0x64, 0xff9b, 1, 48), "an IPv4 address in disguise (NAT64)"),
    (v6(0x100, 0, 0, 64), "an address that leads nowhere"),
    // With Teredo (2001::/32), benchmarks (2001:2::/48), ORCHID (2001:10::/28, 2001:20::/28).
    (v6(0x2001, 0, 0, 23), "a reserved address"),
    (v6(0x2001, 0xdb8, 0, 32), "an address for documentation"),
    (v6(0x2002, 0, 0, 16), "an IPv4 address in disguise (6to4)"),
    // The 6bone's, given back.
    (v6(0x3ffe, 0, 0, 16), "a reserved address"),
    (v6(0x3fff, 0, 0, 20), "an address for documentation"),
    (v6(0x5f00, 0, 0, 16), "a reserved address"),
    // With fd00:ec2::254, where AWS keeps its machines' credentials.
    (v6(0xfc00, 0, 0, 7), "a private address"),
    (v6(0xfe80, 0, 0, 10), "a link-local address"),
    (v6(0xfec0, 0, 0, 10), "a private address"),
    (v6(0xff00, 0, 0, 8), "a multicast address"),
];

/// The translated form of IPv4 that a network without IPv4 gives for a public name (DNS64, RFC 6052): what stands in it counts.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

/// What an address is, if it is not one of the public internet.
pub(crate) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, what)| *what),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            not_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => match V6.iter().find(|(net, _)| net.contains(&address)) {
            Some((_, what)) => Some(what),
            None => (!V6_UNICAST.contains(&address)).then_some("a reserved address"),
        },
    }
}

/// What the host of a URL is, if it is written as an address that is not public. reqwest looks up no such host, so the
/// look-ups' guard never sees it; `url` has made every spelling (`0x7f.1`, `2130706433`) into one.
pub(crate) fn literal_not_public(url: &Url) -> Option<&'static str> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => not_public(address.into()),
        Host::Ipv6(address) => not_public(address.into()),
    }
}

/// All addresses of a name are something else than public.
#[derive(Debug, thiserror::Error)]
#[error("it resolves to {0}")]
pub(crate) struct Forbidden(pub(crate) &'static str);

/// A look-up that gives public addresses only.
pub(crate) struct PublicOnly<R>(pub(crate) R);

impl<R: Resolve> Resolve for PublicOnly<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let (mut public, mut forbidden) = (Vec::new(), None);
            for address in found.await? {
                match not_public(address.ip()) {
                    None => public.push(address),
                    Some(what) => forbidden = Some(Forbidden(what)),
                }
            }
            match forbidden {
                Some(forbidden) if public.is_empty() => Err(forbidden.into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// The system's look-up.
pub(crate) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is the URL's: reqwest puts it in.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
