//! Protobuf's wire format, read in place and written in place.
//!
//! The hot messages are read field by field from the request's bytes and written field by field
//! into the response's, without a message object between; tests hold them against prost's.

/// Bytes that are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The value of a field as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Integers, enumerations and truth values.
    Varint(u64),
    /// Strings, bytes and messages.
    Bytes(&'a [u8]),
    /// Four or eight bytes; no message of ours has such a field.
    Fixed,
}

/// A walk over the fields of a message. A field that the caller doesn't know is passed over.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A walk from the start of a message.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field's number and value.
    ///
    /// # Errors
    ///
    /// If the bytes are not a message; groups, which proto3 has not, are none either.
    #[inline]
    pub fn field(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| Malformed)?;
        if number == 0 || number >= 1 << 29 {
            return Err(Malformed);
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Malformed),
        };
        Ok(Some((number, value)))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for (place, &byte) in self.rest.iter().take(10).enumerate() {
            // The tenth byte holds the 64th bit alone.
            if place == 9 && byte > 1 {
                return Err(Malformed);
            }
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                self.rest = &self.rest[place + 1..];
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}

/// Appends a number.
#[inline]
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends an integer, enumeration or truth value; zero, the default, takes no bytes.
#[inline]
pub fn uint(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        varint(out, u64::from(field) << 3);
        varint(out, value);
    }
}

/// Appends a string; an empty one, the default, takes no bytes.
#[inline]
pub fn string(out: &mut Vec<u8>, field: u32, text: &[u8]) {
    if !text.is_empty() {
        varint(out, u64::from(field) << 3 | 2);
        varint(out, text.len() as u64);
        out.extend_from_slice(text);
    }
}

/// Appends a message, or a string, that `write` appends; it is there even when it is empty.
#[inline]
pub fn nested(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    varint(out, u64::from(field) << 3 | 2);
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    if length < 0x80 {
        out[start] = length as u8;
        return;
    }
    // The length takes more bytes than the one kept for it: move the message up.
    let mut prefix = Vec::with_capacity(10);
    varint(&mut prefix, length as u64);
    out.splice(start..=start, prefix);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(message: &[u8]) -> Result<Vec<(u32, Value<'_>)>, Malformed> {
        let mut reader = Reader::new(message);
        let mut all = Vec::new();
        while let Some(field) = reader.field()? {
            all.push(field);
        }
        Ok(all)
    }

    #[test]
    fn what_was_written_is_read() {
        let mut out = Vec::new();
        uint(&mut out, 1, 0);
        uint(&mut out, 2, u64::MAX);
        string(&mut out, 3, b"");
        string(&mut out, 1000, &[7; 300]);
        nested(&mut out, 4, |out| out.extend_from_slice(&[1; 200]));
        nested(&mut out, 5, |_| {});
        let wanted = vec![
            (2, Value::Varint(u64::MAX)),
            (1000, Value::Bytes(&[7; 300])),
            (4, Value::Bytes(&[1; 200])),
            (5, Value::Bytes(&[])),
        ];
        assert_eq!(fields(&out), Ok(wanted));
    }

    #[test]
    fn truncated_and_overlong_bytes_are_malformed() {
        let bad: [&[u8]; 8] = [
            &[0x08],             // a key without its value
            &[0x00, 0x01],       // field number 0
            &[0x0b],             // a group
            &[0x0a, 0x05, b'a'], // five bytes promised, one there
            &[0x09, 1, 2],       // eight promised, two there
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], // 65 bits
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ];
        for message in bad {
            assert_eq!(fields(message), Err(Malformed), "{message:?}");
        }
    }
}
