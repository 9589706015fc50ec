//! Barcodes that WooCommerce takes as GTIN.

/// The barcode as a GTIN of 8, 12, 13 or 14 digits with a right check digit; `None` otherwise. GS1 General
/// Specifications, section 7.9.
pub fn gtin(barcode: &str) -> Option<String> {
    let digits: Vec<u32> = barcode.trim().chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if !matches!(digits.len(), 8 | 12 | 13 | 14) {
        return None;
    }
    let (check, rest) = digits.split_last()?;
    let sum: u32 =
        rest.iter().rev().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    ((10 - sum % 10) % 10 == *check).then(|| barcode.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::gtin;

    #[test]
    fn takes_what_has_a_right_check_digit() {
        for good in ["7038010009457", " 96385074 ", "036000291452", "10614141000415"] {
            assert_eq!(gtin(good).as_deref(), Some(good.trim()), "{good}");
        }
        for bad in ["", "7038010009456", "123", "70380100A9457", "978014300722", "7038010009457 1"] {
            assert_eq!(gtin(bad), None, "{bad}");
        }
    }
}
