//! What a shop of some age can do, and in which zone it counts its time.

use jiff::{fmt::temporal::DateTimeParser, tz::TimeZone};

/// What a version of WooCommerce can do, as far as we ask it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Dates in queries can be GMT (`dates_are_gmt`, WooCommerce 5.4); else they are the shop's local time.
    pub dates_are_gmt: bool,
    /// A list can be asked for what changed since a moment (`modified_after`, WooCommerce 5.8). An older shop ignores the
    /// parameter, as any that it doesn't know, and answers with everything.
    pub modified_after: bool,
    /// Asked as an editor (`context=edit`), v3 tells a variation's own image from its parent's (after WooCommerce 5.0,
    /// woocommerce#28498). An older shop shows a variation without an image with its parent's.
    pub own_images: bool,
}

/// All of it: a shop of which nothing else is known.
impl Default for Capabilities {
    fn default() -> Capabilities {
        Capabilities { dates_are_gmt: true, modified_after: true, own_images: true }
    }
}

impl Capabilities {
    /// What a shop of this version can do ([`retail::shop::ShopProfile::version`]: `10.5.0`, `5.8.0-rc.1`). One that keeps
    /// its version to itself is taken for a modern one.
    pub fn of(version: Option<&str>) -> Capabilities {
        let Some(version) = version.and_then(major_minor) else { return Capabilities::default() };
        Capabilities {
            dates_are_gmt: version >= (5, 4),
            modified_after: version >= (5, 8),
            own_images: version >= (5, 1),
        }
    }
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().unwrap_or("0");
    let digits = minor.find(|c: char| !c.is_ascii_digit()).map_or(minor, |end| &minor[..end]);
    Some((major, digits.parse().ok()?))
}

/// The zone that a shop's profile names ([`retail::shop::ShopProfile::time_zone`]): an IANA name, or an offset
/// (`+02:00`). `None` where it names none, or one that nobody knows.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    // The parser would take `UTC+2` too, as POSIX does: for two hours *west* of Greenwich.
    if name.starts_with(['+', '-']) {
        DateTimeParser::new().parse_time_zone(name).ok()
    } else {
        TimeZone::get(name).ok()
    }
}

#[cfg(test)]
mod tests;
