use super::ValidateOptions;
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::IpBlock;
use crate::net::Cidr;

/// Every fault of an ipBlock at `path`.
///
/// Without faults (and without [leniency](ValidateOptions::grandfathered_cidrs)) it is one that
/// [`net::IpBlock::parse`](crate::net::IpBlock::parse) reads.
///
/// Source: `ValidateIPBlock` of kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn ip_block(block: &IpBlock, options: &ValidateOptions, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let cidr_path = path.child("cidr");
    if block.cidr.is_empty() {
        errors.push(Error::required(&cidr_path, "", origin::CIDR_REQUIRED));
        return errors;
    }
    let Some(range) = cidr(&block.cidr, options, &cidr_path, &mut errors) else {
        return errors;
    };
    for (index, text) in block.except.iter().enumerate() {
        let path = path.child("except").index(index);
        let Some(except) = cidr(text, options, &path, &mut errors) else { continue };
        if !except.is_strict_subset_of(&range) {
            let detail = "must be a strict subset of `cidr`";
            errors.push(Error::invalid(&path, text, detail, origin::EXCEPT_SUBSET));
        }
    }
    errors
}

/// Reads a CIDR of a field that is older than the strict reading, adding its fault to `errors`.
/// `None` when it does not parse at all; an error of strictness leaves it usable.
///
/// Source: `IsValidCIDRForLegacyField` of k8s.io/apimachinery/pkg/util/validation.
pub(super) fn cidr(
    text: &str,
    options: &ValidateOptions,
    path: &Path,
    errors: &mut ErrorList,
) -> Option<Cidr> {
    match Cidr::parse(text) {
        Ok(cidr) => {
            if let Some(objection) = cidr.objection().filter(|_| options.is_strict_about(text)) {
                errors.push(Error::invalid(path, text, objection.as_str(), origin::CIDR_STRICT));
            }
            Some(cidr)
        }
        Err(error) => {
            if !options.grandfathered_cidrs.contains(text) {
                errors.push(Error::invalid(path, text, error.to_string(), origin::CIDR));
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ip_block;
    use crate::field::ErrorKind::{Invalid, Required};
    use crate::field::{ErrorKind, Path, origin};
    use crate::model::IpBlock;
    use crate::net;
    use crate::options::CidrStrictness;
    use crate::validate::ValidateOptions;
    use crate::validate::assertions::assert_errors;

    fn block(cidr: &str, except: &[&str]) -> IpBlock {
        IpBlock {
            cidr: cidr.to_owned(),
            except: except.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check(cidr: &str, except: &[&str], expected: &[(ErrorKind, &str, &str)]) {
        let errors =
            ip_block(&block(cidr, except), &ValidateOptions::default(), &Path::new("ipBlock"));
        assert_errors(&errors, expected);
        assert_eq!(net::IpBlock::parse(cidr, except).is_ok(), expected.is_empty());
    }

    #[test]
    fn an_empty_cidr_is_the_only_error() {
        check("", &["x", ""], &[(Required, "ipBlock.cidr", origin::CIDR_REQUIRED)]);
    }

    #[test]
    fn excepts_of_an_unreadable_cidr_are_not_checked() {
        for cidr in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fd00::/129", " 10.0.0.0/8", " "] {
            check(cidr, &["x"], &[(Invalid, "ipBlock.cidr", origin::CIDR)]);
        }
    }

    #[test]
    fn an_unreadable_except_has_no_subset_error() {
        let first = (Invalid, "ipBlock.except[0]", origin::CIDR);
        let second = (Invalid, "ipBlock.except[1]", origin::CIDR);
        check("10.0.0.0/8", &["", " "], &[first, second]);
        check("10.0.0.0/8", &["10.1.0.0/16", "10.2.0.0"], &[second]);
    }

    #[test]
    fn excepts_are_strict_subsets() {
        let subset = (Invalid, "ipBlock.except[0]", origin::EXCEPT_SUBSET);
        check("10.0.0.0/8", &["10.0.0.0/9", "10.1.2.3/16", "10.1.2.3/16"], &[]);
        check("10.0.0.0/8", &["10.0.0.0/8"], &[subset]);
        check("10.0.0.0/8", &["10.0.0.0/7"], &[subset]);
        check("10.0.0.0/8", &["11.0.0.0/16"], &[subset]);
        check("10.0.0.0/8", &["fd00::/16"], &[subset]);
        check("::/0", &["10.0.0.0/8"], &[subset]);
        check("::ffff:10.0.0.0/104", &["10.1.0.0/16"], &[subset]);
        check("10.0.0.0/8", &["::ffff:10.1.0.0/112"], &[]);
        check("0.0.0.0/0", &["::ffff:0:0/96"], &[]);
    }

    #[test]
    fn strictness_adds_at_most_one_error_and_hides_none() {
        let options =
            ValidateOptions { cidrs: CidrStrictness::Strict, ..ValidateOptions::default() };
        let path = Path::new("ipBlock");
        let cidr = (Invalid, "ipBlock.cidr", origin::CIDR_STRICT);
        for (text, detail) in [
            ("010.1.2.3/8", "must not have leading 0s in IP or prefix length"),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
            ("::ffff:10.1.2.3/104", "must not have an IPv4-mapped IPv6 address"),
            ("10.1.2.3/8", "must not have bits set beyond the prefix length"),
        ] {
            check(text, &[], &[]);
            let errors = ip_block(&block(text, &[]), &options, &path);
            assert_errors(&errors, &[cidr]);
            assert_eq!(errors.iter().next().map(|error| error.detail()), Some(detail));
        }
        assert_errors(&ip_block(&block("FD00:0:0::/16", &[]), &options, &path), &[]);
        assert_errors(
            &ip_block(&block("10.1.2.3/8", &["011.0.0.0/16", "x"]), &options, &path),
            &[
                cidr,
                (Invalid, "ipBlock.except[0]", origin::CIDR_STRICT),
                (Invalid, "ipBlock.except[0]", origin::EXCEPT_SUBSET),
                (Invalid, "ipBlock.except[1]", origin::CIDR),
            ],
        );
    }

    #[test]
    fn a_grandfathered_cidr_still_binds_its_excepts() {
        let options = ValidateOptions {
            cidrs: CidrStrictness::Strict,
            grandfathered_cidrs: ["010.0.0.0/8", "11.0.0.0/16", "bad", ""]
                .map(str::to_owned)
                .into(),
            ..ValidateOptions::default()
        };
        let path = Path::new("ipBlock");
        assert_errors(&ip_block(&block("bad", &["worse"]), &options, &path), &[]);
        assert_errors(&ip_block(&block("010.0.0.0/8", &["bad"]), &options, &path), &[]);
        assert_errors(
            &ip_block(&block("010.0.0.0/8", &["11.0.0.0/16"]), &options, &path),
            &[(Invalid, "ipBlock.except[0]", origin::EXCEPT_SUBSET)],
        );
        assert_errors(
            &ip_block(&block("", &[]), &options, &path),
            &[(Required, "ipBlock.cidr", origin::CIDR_REQUIRED)],
        );
    }
}
