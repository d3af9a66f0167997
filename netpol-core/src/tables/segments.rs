/// A range of addresses that lead to one class, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<A, C = u32> {
    /// First address.
    pub(crate) first: A,
    /// Last address.
    pub(crate) last: A,
    /// What the addresses lead to.
    pub(crate) class: C,
}

/// Lays nested ranges flat: from prefixes, of which the innermost counts, to the points at which
/// the class changes.
///
/// `ranges` are sorted by first address, outer before inner, and two that are equal later before
/// earlier wins; any two are nested or disjoint. The answer starts at address 0, which leads to
/// `outside` where nothing covers it, and has at most `2 * ranges + 1` points. `next` is the
/// address after another, `None` at the last one.
pub(crate) fn flatten<A: Copy + Ord + Default>(
    ranges: impl Iterator<Item = Segment<A>>,
    outside: u32,
    next: impl Fn(A) -> Option<A>,
) -> Vec<(A, u32)> {
    let mut points = vec![(A::default(), outside)];
    let mut open: Vec<Segment<A>> = Vec::new();
    let mut change = |at: A, class: u32| match points.last_mut() {
        Some((last, value)) if *last == at => *value = class,
        Some((_, value)) if *value == class => {}
        _ => points.push((at, class)),
    };
    for range in ranges {
        while let Some(done) = open.pop_if(|top| top.last < range.first) {
            if let Some(after) = next(done.last) {
                change(after, open.last().map_or(outside, |outer| outer.class));
            }
        }
        change(range.first, range.class);
        open.push(range);
    }
    while let Some(done) = open.pop() {
        if let Some(after) = next(done.last) {
            change(after, open.last().map_or(outside, |outer| outer.class));
        }
    }
    // Closing several ranges at one point may leave two neighbours with one class.
    points.dedup_by_key(|(_, class)| *class);
    points
}

#[cfg(test)]
mod tests {
    use super::{Segment, flatten};

    #[test]
    fn innermost_wins_and_ends_are_exact() {
        let segment = |first: u8, last: u8, class| Segment { first, last, class };
        let ranges = [
            segment(0, 127, 1),
            segment(0, 63, 2),
            segment(10, 10, 3),
            segment(63, 63, 4),
            segment(200, 255, 5),
            segment(255, 255, 6),
        ];
        let points = flatten(ranges.into_iter(), 0, |address: u8| address.checked_add(1));
        let class_of = |address: u8| {
            points.iter().rev().find(|(start, _)| *start <= address).map(|(_, class)| *class)
        };
        for address in 0..=255 {
            let expected =
                ranges.iter().rev().find(|range| range.first <= address && address <= range.last);
            assert_eq!(
                class_of(address),
                Some(expected.map_or(0, |range| range.class)),
                "{address}"
            );
        }
    }
}
