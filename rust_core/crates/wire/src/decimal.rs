//! Decimals as text outside, integers with a scale inside; never a float between.

use core::fmt;
use core::ops::{Add, Mul};

/// The longest decimal, in characters.
pub const MAX_CHARACTERS: usize = 38;

/// Why a text is not a number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not sign, digits, fraction.
    Syntax,
    /// More digits behind the point than the scale has.
    Scale(u8),
    /// Beyond the bound that the caller gave.
    Range,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => {
                write!(
                    out,
                    "must be a decimal such as 12.5, of at most {MAX_CHARACTERS} characters"
                )
            }
            Self::Scale(scale) => write!(out, "must have at most {scale} fraction digits"),
            Self::Range => write!(out, "is out of range"),
        }
    }
}

/// Reads a decimal as units of 10^-`scale`: optional sign, digits, optional point and digits.
///
/// # Errors
///
/// If it is anything else, finer than the scale, or its magnitude is above `bound`.
#[inline]
pub fn parse(text: &[u8], scale: u8, bound: i128) -> Result<i128, DecimalError> {
    if text.len() > MAX_CHARACTERS {
        return Err(DecimalError::Syntax);
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // 19 digits are below 2^64, 38 below 2^127.
    let (units, places) = if digits.len() < 20 {
        let (units, places) = read_digits::<u64>(digits)?;
        (i128::from(units), places)
    } else {
        read_digits::<i128>(digits)?
    };
    let missing = scale.checked_sub(places).ok_or(DecimalError::Scale(scale))?;
    let units = match missing {
        0 => units,
        _ => units.checked_mul(10_i128.pow(u32::from(missing))).ok_or(DecimalError::Range)?,
    };
    if units > bound {
        return Err(DecimalError::Range);
    }
    Ok(if negative { -units } else { units })
}

/// The number that the digits make without their point, and how many stand behind it.
#[inline]
fn read_digits<T>(digits: &[u8]) -> Result<(T, u8), DecimalError>
where
    T: From<u8> + Add<Output = T> + Mul<Output = T>,
{
    let mut number = T::from(0);
    let mut point = None;
    for (place, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * T::from(10) + T::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return Err(DecimalError::Syntax),
        }
    }
    let whole = point.unwrap_or(digits.len());
    let places = digits.len() - point.map_or(digits.len(), |point| point + 1);
    if whole == 0 || (point.is_some() && places == 0) {
        return Err(DecimalError::Syntax);
    }
    Ok((number, places as u8))
}

/// Appends units of 10^-`scale` as a decimal with `scale` fraction digits. No allocation of its
/// own.
#[inline]
pub fn write(out: &mut Vec<u8>, units: i128, scale: u8) {
    // 39 digits and more zeros before the point than any scale asks for.
    let mut digits = [b'0'; 64];
    let mut start = digits.len();
    let mut rest = units.unsigned_abs();
    while rest > u128::from(u64::MAX) {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    // Nearly all are this small, and dividing them takes a fraction of the time.
    let mut rest = rest as u64;
    while rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let point = digits.len() - usize::from(scale).min(32);
    if units < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start.min(point - 1)..point]);
    if point < digits.len() {
        out.push(b'.');
        out.extend_from_slice(&digits[point..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: i128 = 1_000_000_000_000;

    fn text(units: i128, scale: u8) -> String {
        let mut out = Vec::new();
        write(&mut out, units, scale);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn decimals_become_units() {
        for (decimal, scale, units) in [
            ("223.18", 2, 22_318),
            ("223.18", 4, 2_231_800),
            ("+7", 0, 7),
            ("-0.5", 1, -5),
            ("0", 12, 0),
            ("007", 0, 7),
            ("1000000000000", 0, BOUND),
            ("1", 12, BOUND),
            ("00000000000000000000000000000000000001", 0, 1),
        ] {
            assert_eq!(parse(decimal.as_bytes(), scale, BOUND), Ok(units), "{decimal}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        let syntax = [
            "",
            "-",
            "+",
            ".",
            "1.",
            ".5",
            "1.2.3",
            "1e5",
            "1,5",
            " 1",
            "1 ",
            "0x10",
            "NaN",
            "--1",
            "\u{661}",
            "1_000",
            "inf",
            "000000000000000000000000000000000000001",
        ];
        for decimal in syntax {
            assert_eq!(parse(decimal.as_bytes(), 8, BOUND), Err(DecimalError::Syntax), "{decimal}");
        }
        assert_eq!(parse(b"1.234", 2, BOUND), Err(DecimalError::Scale(2)));
        assert_eq!(parse(b"1.0", 0, BOUND), Err(DecimalError::Scale(0)));
        assert_eq!(parse(b"1000000000001", 0, BOUND), Err(DecimalError::Range));
        assert_eq!(
            parse(b"99999999999999999999999999999999999999", 12, BOUND),
            Err(DecimalError::Range)
        );
    }

    #[test]
    fn units_become_decimals() {
        assert_eq!(text(22_318, 2), "223.18");
        assert_eq!(text(5, 2), "0.05");
        assert_eq!(text(0, 0), "0");
        assert_eq!(text(0, 4), "0.0000");
        assert_eq!(text(-5, 1), "-0.5");
        assert_eq!(text(i128::MIN, 0), i128::MIN.to_string());
        assert_eq!(text(i128::MAX, 12).replace('.', ""), i128::MAX.to_string());
    }
}
