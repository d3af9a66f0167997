/// The kinds of cluster-wide policies, which differ in their words and in what they know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClusterKind {
    Cluster,
    Admin,
    BaselineAdmin,
}

impl ClusterKind {
    /// What its rules may do.
    pub(super) const fn actions(self) -> &'static [&'static str] {
        match self {
            ClusterKind::Cluster => &["Accept", "Deny", "Pass"],
            ClusterKind::Admin => &["Allow", "Deny", "Pass"],
            ClusterKind::BaselineAdmin => &["Allow", "Deny"],
        }
    }
}
