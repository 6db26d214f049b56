//! One side of a level 2 book: price levels in a sorted array, the best at its end.
//!
//! Both sides are one type: a side counts prices in keys, the price on the bid side and its
//! negative on the ask side, so that on either a higher key is a better price. Most changes are
//! near the best price, so little is moved when a level comes or goes.

use alloc::vec::Vec;

use crate::book::Level;

/// A price level, and what it was before the change under way.
#[derive(Clone, Copy, Debug)]
struct Cell {
    key: i64,
    quantity: i64,
    orders: u32,
    /// The change that touched it last.
    touched: u64,
}

/// A level that the change under way touched, as it was before.
#[derive(Clone, Copy, Debug)]
struct Before {
    key: i64,
    quantity: i64,
    orders: u32,
}

/// One side of a book.
#[derive(Clone, Debug)]
pub struct LevelSide {
    /// 1 for bids, −1 for asks: what turns a price into a key and back.
    sign: i64,
    cells: Vec<Cell>,
    touched: Vec<Before>,
}

impl LevelSide {
    /// An empty side.
    pub fn new(sign: i64) -> Self {
        Self { sign, cells: Vec::new(), touched: Vec::new() }
    }

    /// The levels, best first.
    pub fn levels(&self) -> impl Iterator<Item = Level> + '_ {
        self.cells.iter().rev().map(|cell| Level {
            price: cell.key * self.sign,
            quantity: cell.quantity,
            orders: cell.orders,
        })
    }

    /// The best level.
    #[inline]
    pub fn best(&self) -> Option<Level> {
        self.levels().next()
    }

    /// How many levels there are.
    pub fn depth(&self) -> usize {
        self.cells.len()
    }

    /// Where a key stands, or would stand; looked for from the best.
    #[inline]
    fn find(&self, key: i64) -> Result<usize, usize> {
        match self.cells.last() {
            Some(best) if best.key == key => Ok(self.cells.len() - 1),
            Some(best) if best.key < key => Err(self.cells.len()),
            _ => self.cells.binary_search_by_key(&key, |cell| cell.key),
        }
    }

    /// Adds to what is shown at a price, as part of change number `change`; `None` if less than
    /// nothing would be shown there. A level that becomes empty stays until [`Self::finish`].
    #[inline]
    pub fn add(&mut self, price: i64, quantity: i64, orders: i32, change: u64) -> Option<()> {
        let key = price * self.sign;
        let at = match self.find(key) {
            Ok(at) => at,
            Err(at) => {
                self.cells.insert(at, Cell { key, quantity: 0, orders: 0, touched: 0 });
                at
            }
        };
        let cell = &mut self.cells[at];
        if cell.touched != change {
            cell.touched = change;
            self.touched.push(Before { key, quantity: cell.quantity, orders: cell.orders });
        }
        cell.quantity = cell.quantity.checked_add(quantity).filter(|&sum| sum >= 0)?;
        cell.orders = cell.orders.checked_add_signed(orders)?;
        ((cell.quantity == 0) == (cell.orders == 0)).then_some(())
    }

    /// Ends the change under way: hands over every level that differs from before, as it is now,
    /// and takes out the empty ones.
    pub fn finish(&mut self, mut differs: impl FnMut(Level)) {
        for index in 0..self.touched.len() {
            let Before { key, quantity, orders } = self.touched[index];
            let Ok(at) = self.find(key) else { continue };
            let cell = self.cells[at];
            if (cell.quantity, cell.orders) != (quantity, orders) {
                let price = key * self.sign;
                differs(Level { price, quantity: cell.quantity, orders: cell.orders });
            }
            if cell.orders == 0 {
                self.cells.remove(at);
            }
        }
        self.touched.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn changed(side: &mut LevelSide) -> Vec<(i64, i64, u32)> {
        let mut levels = vec![];
        side.finish(|level| levels.push((level.price, level.quantity, level.orders)));
        levels
    }

    fn book(side: &LevelSide) -> Vec<(i64, i64, u32)> {
        side.levels().map(|level| (level.price, level.quantity, level.orders)).collect()
    }

    #[test]
    fn asks_stand_lowest_first_and_bids_highest_first() {
        for (sign, first_to_last) in [(-1, [5, 7, 9]), (1, [9, 7, 5])] {
            let mut side = LevelSide::new(sign);
            for price in [7, 5, 9] {
                side.add(price, 10, 1, 1).expect("an order comes");
            }
            assert_eq!(changed(&mut side), [(7, 10, 1), (5, 10, 1), (9, 10, 1)]);
            assert_eq!(book(&side), first_to_last.map(|price| (price, 10, 1)));
        }
    }

    #[test]
    fn a_change_names_each_level_once_and_only_if_it_differs() {
        let mut side = LevelSide::new(1);
        side.add(5, 10, 1, 1).expect("an order comes");
        side.finish(|_| {});
        side.add(5, -10, -1, 2).expect("it goes");
        side.add(6, 10, 1, 2).expect("another comes");
        side.add(6, -10, -1, 2).expect("and goes");
        side.add(5, 10, 1, 2).expect("and the first is back");
        side.add(4, 3, 1, 2).expect("a third");
        assert_eq!(changed(&mut side), [(4, 3, 1)]);
        assert_eq!(book(&side), [(5, 10, 1), (4, 3, 1)]);
        side.add(4, -3, -1, 3).expect("it goes");
        assert_eq!(changed(&mut side), [(4, 0, 0)]);
        assert_eq!(book(&side), [(5, 10, 1)]);
    }

    #[test]
    fn less_than_nothing_is_not_shown() {
        assert_eq!(LevelSide::new(1).add(5, -1, -1, 1), None);
        assert_eq!(LevelSide::new(1).add(5, 1, 0, 1), None, "a quantity of nobody");
    }
}
