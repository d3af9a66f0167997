use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::net::DomainPattern;

/// What domain names resolve to, and until when.
///
/// Source: NPEP-133 of sigs.k8s.io/network-policy-api, which leaves resolving to the
/// implementation and asks it to mind the time to live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    /// By name in the form in which names compare.
    records: BTreeMap<Box<str>, BTreeMap<IpAddr, Expiry>>,
    now: Duration,
    /// Nothing expires before this.
    next: Option<Duration>,
    /// Names whose addresses may have changed since somebody last took note.
    changed: BTreeSet<Box<str>>,
}

/// When an address stops to be one of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expiry {
    At(Duration),
    Never,
}

impl Domains {
    /// Adds the addresses of an answer. One that is there already stays until the later moment.
    pub(crate) fn resolve(
        &mut self,
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
        expires: Option<Duration>,
    ) {
        let expiry = expires.map_or(Expiry::Never, Expiry::At);
        if expiry <= Expiry::At(self.now) {
            return;
        }
        let mut addresses = addresses.into_iter().peekable();
        if addresses.peek().is_none() {
            return;
        }
        if let Expiry::At(at) = expiry {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
        let name: Box<str> = DomainPattern::normal(name).into();
        self.changed.insert(name.clone());
        let record = self.records.entry(name).or_default();
        for address in addresses {
            let known = record.entry(address.to_canonical()).or_insert(expiry);
            *known = expiry.max(*known);
        }
    }

    /// Removes addresses of a name, all of them for `None`. Says whether there was one.
    pub(crate) fn withdraw(&mut self, name: &str, addresses: Option<&[IpAddr]>) -> bool {
        let name = DomainPattern::normal(name);
        if self.records.contains_key(&*name) {
            self.changed.insert((&*name).into());
        }
        let Some(addresses) = addresses else {
            return self.records.remove(&*name).is_some();
        };
        let Some(record) = self.records.get_mut(&*name) else { return false };
        let before = record.len();
        for address in addresses {
            record.remove(&address.to_canonical());
        }
        let removed = record.len() < before;
        if record.is_empty() {
            self.records.remove(&*name);
        }
        removed
    }

    /// Removes what has expired by now.
    pub(crate) fn advance(&mut self, now: Duration) {
        if now <= self.now {
            return;
        }
        self.now = now;
        if self.next.is_none_or(|next| next > now) {
            return;
        }
        let mut next = Expiry::Never;
        self.records.retain(|name, record| {
            let before = record.len();
            record.retain(|_, expiry| *expiry > Expiry::At(now));
            if record.len() < before {
                self.changed.insert(name.clone());
            }
            next = record.values().copied().fold(next, Expiry::min);
            !record.is_empty()
        });
        self.next = match next {
            Expiry::At(next) => Some(next),
            Expiry::Never => None,
        };
    }

    /// Every name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(|name| &**name)
    }

    /// The addresses of a name in its normal form.
    pub(crate) fn addresses(&self, name: &str) -> impl Iterator<Item = IpAddr> {
        self.records.get(name).into_iter().flat_map(|record| record.keys().copied())
    }

    /// What time it is.
    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    /// Every name with its addresses, and when each of them expires.
    pub(crate) fn records(
        &self,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = (IpAddr, Option<Duration>)>)> {
        self.records.iter().map(|(name, record)| {
            let addresses = record.iter().map(|(address, expiry)| match expiry {
                Expiry::At(at) => (*address, Some(*at)),
                Expiry::Never => (*address, None),
            });
            (&**name, addresses)
        })
    }

    /// Whether addresses of a name may have changed since the last call of
    /// [`take_changed`](Self::take_changed).
    pub(crate) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The names whose addresses may have changed since the last call.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<Box<str>> {
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::Domains;

    fn addresses(domains: &Domains, name: &str) -> Vec<IpAddr> {
        domains.addresses(name).collect()
    }

    #[test]
    fn answers_add_up_until_the_last_of_them_expires() {
        let at = |seconds| Some(Duration::from_secs(seconds));
        let [one, two]: [IpAddr; 2] = [[192, 0, 2, 1].into(), [192, 0, 2, 2].into()];
        let mut domains = Domains::default();
        domains.resolve("DB.example.com.", [one], at(10));
        domains.resolve("db.example.com", [one, two], at(5));
        domains.resolve("db.example.com", ["::ffff:192.0.2.2".parse().unwrap()], at(7));
        domains.advance(Duration::from_secs(6));
        assert_eq!(addresses(&domains, "db.example.com"), [one, two]);
        domains.advance(Duration::from_secs(7));
        assert_eq!(addresses(&domains, "db.example.com"), [one]);
        // Time that goes back is ignored, and what has expired adds nothing.
        domains.advance(Duration::from_secs(1));
        domains.resolve("db.example.com", [two], at(7));
        assert_eq!(addresses(&domains, "db.example.com"), [one]);
        domains.resolve("db.example.com", [two], None);
        domains.advance(Duration::MAX);
        assert_eq!(addresses(&domains, "db.example.com"), [two]);
        assert!(!domains.withdraw("db.example.com", Some(&[one])));
        assert!(domains.withdraw("db.Example.com", Some(&[two])));
        assert!(!domains.withdraw("db.example.com", None));
        assert_eq!(domains.names().count(), 0);
    }
}
