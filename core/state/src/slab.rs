//! Rows by slot: a small number that indexes name instead of a 16-byte id, reused after removal.
//!
//! Slots are private to one replica: a restored state numbers its rows anew. Nothing that `apply` decides may depend
//! on them.

use imbl::Vector;

#[derive(Clone, Debug)]
pub(crate) struct Slab<T: Clone> {
    rows: Vector<Option<T>>,
    free: Vector<u32>,
}

impl<T: Clone> Default for Slab<T> {
    fn default() -> Self {
        Self { rows: Vector::new(), free: Vector::new() }
    }
}

impl<T: Clone> Slab<T> {
    /// Memory ends long before the numbers do: a row is at least eight bytes and there are 2^32 slots.
    pub(crate) fn insert(&mut self, row: T) -> u32 {
        if let Some(slot) = self.free.pop_back() {
            if let Some(place) = self.rows.get_mut(slot as usize) {
                *place = Some(row);
            }
            return slot;
        }
        let slot = self.len();
        self.rows.push_back(Some(row));
        slot
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.rows.get(slot as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.rows.get_mut(slot as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let row = self.rows.get_mut(slot as usize)?.take()?;
        self.free.push_back(slot);
        Some(row)
    }

    /// Slots in use and free.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Occupied slots in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.rows.iter()).filter_map(|(slot, row)| Some((slot, row.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused_and_clones_do_not_see_it() {
        let mut slab = Slab::default();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        let before = slab.clone();
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!(slab.remove(a), None);
        assert_eq!(slab.insert("c"), a);
        assert_eq!((slab.get(a), slab.get(b), before.get(a)), (Some(&"c"), Some(&"b"), Some(&"a")));
        assert_eq!(slab.iter().collect::<Vec<_>>(), [(0, &"c"), (1, &"b")]);
    }
}
