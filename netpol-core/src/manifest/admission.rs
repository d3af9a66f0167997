use serde::{Deserialize, Serialize};

/// How strictly an input is taken.
///
/// The question is what a refusal does. A file that a person is about to apply should be refused
/// for anything kube-apiserver would refuse it for. An object that a cluster already holds must not
/// be: refusing its update would leave an older, perhaps more open, policy in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "a third admission should break those who match on it")]
pub enum Admission {
    /// For files and people: what `kubectl create` with strict field validation would refuse is
    /// refused, with all its errors at once.
    #[default]
    Create,
    /// For objects that a cluster already holds (watch events, dumps): what parses is never
    /// refused, and each fault is a warning. The uninterpretable peers, ports and rules of a policy
    /// match nothing while its subject stays isolated.
    Stored,
}
