//! Domain names: what a name in `domainNames` means, and what names resolve to.
//!
//! Nobody here asks a name server: the caller says what was resolved, and for how long that holds.
//!
//! Sources: `DomainName` in `sigs.k8s.io/network-policy-api/apis/v1alpha2/shared_types.go`, and
//! NPEP-133.

use std::net::IpAddr;
use std::time::Duration;

use super::World;

/// One address of one name, as it was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRecord {
    /// The name, in lower case and without a dot at its end.
    pub name: String,
    /// The address, IPv4 in its own form.
    pub address: IpAddr,
    /// The time from which on it is gone; `None` means never.
    pub expires: Option<Duration>,
}

impl World {
    /// Adds the addresses of a name. An address that the name has already stays until the later of
    /// the two times; what has expired adds nothing.
    pub fn resolve_domain(
        &mut self,
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
        expires: Option<Duration>,
    ) {
        if expires.is_some_and(|expires| expires <= self.now) {
            return;
        }
        let name = comparable(name);
        for address in addresses {
            let address = address.to_canonical();
            let record = self
                .domains
                .iter_mut()
                .find(|record| record.name == name && record.address == address);
            match record {
                Some(record) => {
                    record.expires = match (record.expires, expires) {
                        (Some(one), Some(other)) => Some(one.max(other)),
                        _ => None,
                    };
                }
                None => self.domains.push(DomainRecord { name: name.clone(), address, expires }),
            }
        }
    }

    /// Takes back some addresses of a name, or all of them; whether there was any.
    pub fn withdraw_domain(&mut self, name: &str, addresses: Option<&[IpAddr]>) -> bool {
        let name = comparable(name);
        let before = self.domains.len();
        self.domains.retain(|record| {
            let meant = addresses.is_none_or(|addresses| {
                addresses.iter().any(|address| address.to_canonical() == record.address)
            });
            record.name != name || !meant
        });
        before != self.domains.len()
    }

    /// Says what time it is, which never goes back.
    pub fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
        let now = self.now;
        self.domains.retain(|record| record.expires.is_none_or(|expires| expires > now));
    }

    /// Whether a name that the pattern means resolves to `address`.
    pub(super) fn resolves_to(&self, pattern: &DomainPattern<'_>, address: IpAddr) -> bool {
        self.domains.iter().any(|record| record.address == address && pattern.means(&record.name))
    }
}

/// What an entry of `domainNames` means.
#[derive(Clone, Copy, Debug)]
pub(super) enum DomainPattern<'a> {
    /// `example.com`: that name.
    Name(&'a str),
    /// `*.example.com`: every name with one or more labels in front of that one.
    Below(&'a str),
}

impl<'a> DomainPattern<'a> {
    /// Reads what the schema takes: two or more labels, `*.` in front and a dot at the end if one
    /// likes.
    pub(super) fn parse(text: &'a str) -> Option<DomainPattern<'a>> {
        let (make, name): (fn(&'a str) -> DomainPattern<'a>, _) = match text.strip_prefix("*.") {
            Some(name) => (DomainPattern::Below, name),
            None => (DomainPattern::Name, text),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let labels = name.split('.');
        (labels.clone().count() >= 2 && labels.clone().all(is_label)).then(|| make(name))
    }

    /// Whether the pattern means `name`, which is comparable.
    fn means(self, name: &str) -> bool {
        match self {
            DomainPattern::Name(own) => name == comparable(own),
            DomainPattern::Below(own) => name
                .strip_suffix(&comparable(own))
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty()),
        }
    }
}

/// Names compare without regard to case and to a dot at the end.
fn comparable(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// `[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?`, in which `A-z` takes in some punctuation as well.
fn is_label(label: &str) -> bool {
    let may_begin = |c: char| c.is_ascii_digit() || ('A'..='z').contains(&c);
    let mut rest = label.chars();
    let Some(first) = rest.next() else { return false };
    let inside = rest.clone().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    may_begin(first) && inside && rest.last().is_none_or(|last| last.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use netpol_core::Options;

    use super::{DomainPattern, World, comparable};

    #[test]
    fn what_the_schema_takes() {
        for text in ["a.b", "*.a.b", "k8s.io.", "a_b.c-d.e", "A.B", "_x.io", "1.2", "a.[", "*.^.x"]
        {
            assert!(DomainPattern::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            ".",
            "*",
            "*.",
            "*.com",
            "localhost",
            "com.",
            "a..b",
            ".a.b",
            "a.b..",
            "-a.b",
            "a.b-",
            "a.b_",
            "*a.b",
            "a.*.b",
            "**.a.b",
            "a b.c",
            "é.io",
        ] {
            assert!(DomainPattern::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_meant() {
        let means = |pattern, name| {
            DomainPattern::parse(pattern).expect("a pattern").means(&comparable(name))
        };
        assert!(means("k.io", "k.io") && means("K.io", "k.IO.") && means("k.io.", "k.io"));
        assert!(!means("k.io", "a.k.io") && !means("k.io", "ak.io"));
        assert!(means("*.k.io", "a.k.io") && means("*.K.io.", "b.a.k.io."));
        assert!(!means("*.k.io", "k.io") && !means("*.k.io", "ak.io") && !means("*.k.io", ".k.io"));
    }

    #[test]
    fn the_later_time_wins() {
        let seconds = |number| Some(Duration::from_secs(number));
        let address: IpAddr = "192.0.2.1".parse().expect("an address");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        let pattern = DomainPattern::parse("db.example").expect("a pattern");
        let mut world = World::new(Options::default());
        let resolves = |world: &World| world.resolves_to(&pattern, address);

        world.resolve_domain("DB.example.", [mapped], seconds(60));
        world.resolve_domain("db.example", [address], seconds(30));
        world.advance(Duration::from_secs(59));
        assert!(resolves(&world));
        world.advance(Duration::from_secs(60));
        world.advance(Duration::from_secs(1));
        world.resolve_domain("db.example", [address], seconds(60));
        assert!(!resolves(&world));

        world.resolve_domain("db.example", [address], None);
        world.resolve_domain("db.example", [address], seconds(70));
        world.advance(Duration::from_secs(100));
        assert!(resolves(&world));
        assert!(!world.withdraw_domain("other.example", None));
        assert!(!world.withdraw_domain("db.example", Some(&[])));
        assert!(world.withdraw_domain("DB.example", Some(&[mapped])));
        assert!(!resolves(&world) && !world.withdraw_domain("db.example", None));
    }
}
