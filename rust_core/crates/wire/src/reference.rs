//! Reference data as FILLS tells it: which symbols and accounts there are.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use engine::pod::{unpadded, Account, Instrument};
use engine::FillsView;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The longest symbol or account name, in bytes.
pub const MAX_NAME_BYTES: usize = 32;

/// A hasher for keys of a few words that operators, not clients, choose; fast rather than keyed.
#[derive(Clone, Copy, Debug, Default)]
pub struct WordHasher(u64);

impl Hasher for WordHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let mixed = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15;
        self.0 = mixed as u64 ^ (mixed >> 64) as u64;
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map with that hasher.
pub type WordMap<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// A symbol or account name in zero-padded words.
pub type Name = [u64; 4];

/// The name made of these bytes; `None` unless they match `^[A-Z0-9][A-Z0-9_-]{0,31}$`.
#[must_use]
#[inline]
pub fn name(text: &[u8]) -> Option<Name> {
    let (&first, rest) = text.split_first()?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let fits = text.len() <= MAX_NAME_BYTES
        && plain(first)
        && rest.iter().all(|&byte| plain(byte) || byte == b'_' || byte == b'-');
    fits.then(|| {
        let mut words = Name::default();
        bytemuck::bytes_of_mut(&mut words)[..text.len()].copy_from_slice(text);
        words
    })
}

/// The bytes of a name.
#[must_use]
pub fn text(name: &Name) -> &[u8] {
    unpadded(bytemuck::bytes_of(name))
}

/// Instruments and accounts, by id and by name.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    instruments: Vec<Option<Instrument>>,
    symbols: WordMap<Name, u32>,
    accounts: WordMap<u32, Account>,
    names: WordMap<Name, u32>,
}

impl Reference {
    /// Takes over what took effect in a message. Names and ids never change their meaning.
    pub fn apply(&mut self, fills: &FillsView<'_>) {
        fills.instruments.iter().for_each(|instrument| self.set_instrument(instrument));
        fills.accounts.iter().for_each(|account| self.set_account(account));
    }

    /// Adds an instrument, whose reader has checked its id, or takes over its new terms.
    pub fn set_instrument(&mut self, instrument: &Instrument) {
        let place = instrument.id as usize;
        if self.instruments.len() <= place {
            self.instruments.resize(place + 1, None);
        }
        self.instruments[place] = Some(*instrument);
        self.symbols.insert(instrument.symbol, instrument.id);
    }

    /// Adds an account, or takes over its new terms.
    pub fn set_account(&mut self, account: &Account) {
        self.accounts.insert(account.id, *account);
        self.names.insert(account.name, account.id);
    }

    /// The instrument with this id.
    #[must_use]
    #[inline]
    pub fn instrument(&self, id: u32) -> Option<&Instrument> {
        self.instruments.get(id as usize)?.as_ref()
    }

    /// The instrument with this symbol.
    #[must_use]
    #[inline]
    pub fn by_symbol(&self, symbol: &Name) -> Option<&Instrument> {
        self.instrument(*self.symbols.get(symbol)?)
    }

    /// The account with this id.
    #[must_use]
    #[inline]
    pub fn account(&self, id: u32) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account with this name, if the firm owns it: a stranger's looks like none. Without a
    /// firm whoever's it is.
    #[must_use]
    #[inline]
    pub fn account_of(&self, name: &Name, firm: Option<u32>) -> Option<&Account> {
        let account = self.account(*self.names.get(name)?)?;
        firm.is_none_or(|firm| account.firm == firm).then_some(account)
    }

    /// Every account, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Every instrument, by id.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_pattern() {
        for good in ["A", "AMZN", "BTC-USD_2", "0", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"] {
            let words = name(good.as_bytes()).expect(good);
            assert_eq!(text(&words), good.as_bytes());
        }
        let long = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456";
        for bad in ["", "-A", "_A", "amzn", "A.B", "A*", "A>", "A B", "A\r\n", "Ä", long] {
            assert_eq!(name(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
