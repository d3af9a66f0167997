use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{Kind, Object};
use netpol_core::{Admission, Options, Packet};

use crate::reference::{
    BackendJudgement, Judgement, Question, QuestionError, ServiceQuestion, World,
};

/// Anything that cases can be put to.
pub trait Implementation {
    /// What reports call it.
    fn name(&self) -> &str;

    /// Starts over with an empty cluster.
    fn reset(&mut self, options: &Options);

    /// Whether it refuses what the API server would refuse. One that does not is spared the steps
    /// that must be refused.
    fn validates(&self) -> bool;

    /// Takes in what happened.
    ///
    /// # Errors
    ///
    /// The refusal, as text.
    fn handle(&mut self, event: &Event) -> Result<(), String>;

    /// Makes everything that happened visible to questions.
    ///
    /// # Errors
    ///
    /// The refusal, as text.
    fn publish(&mut self) -> Result<(), String>;

    /// Answers a question.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] when the question means nothing, or when the implementation contradicts
    /// itself.
    fn ask(&self, ask: &Ask) -> Result<Judgement, Unanswered>;

    /// Answers a question about a Service, in order of backends and ports. `None` where there is no
    /// way to ask that: then it is spared the questions.
    fn ask_service(&self, question: &ServiceQuestion) -> Option<ServiceAnswer> {
        let _ = question;
        None
    }
}

/// What becomes of what is sent to a Service, at each of those who get it.
///
/// # Errors
///
/// As for other questions.
pub type ServiceAnswer = Result<Vec<BackendJudgement>, Unanswered>;

/// Something that happens to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An object is new or has changed.
    Upsert {
        /// The object.
        object: Box<Object>,
        /// Where it comes from.
        admission: Admission,
    },
    /// A whole manifest is applied.
    Apply {
        /// Its text.
        text: String,
        /// Where it comes from.
        admission: Admission,
    },
    /// All objects of a kind are listed anew.
    ReplaceAll {
        /// The kind.
        kind: Kind,
        /// All its objects.
        objects: Vec<Object>,
        /// Where they come from.
        admission: Admission,
    },
    /// An object is gone.
    Delete {
        /// Its kind.
        kind: Kind,
        /// Its namespace; empty for cluster-scoped kinds.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The further addresses of a node are known.
    NodeAddresses {
        /// The node's name.
        node: String,
        /// All of them.
        addresses: Vec<IpAddr>,
    },
    /// A domain name was resolved.
    ResolveDomain {
        /// The name.
        name: String,
        /// What it resolves to.
        addresses: Vec<IpAddr>,
        /// From when on that no longer holds; `None` means never.
        expires: Option<Duration>,
    },
    /// What a domain name resolved to no longer holds.
    WithdrawDomain {
        /// The name.
        name: String,
        /// Which of its addresses; `None` means all.
        addresses: Option<Vec<IpAddr>>,
    },
    /// Time has passed.
    Advance(Duration),
    /// The lists are complete, or no longer are.
    Synced(bool),
}

/// Reads the text of [`Event::Apply`].
pub(crate) fn read(text: &str) -> Manifest {
    Manifest::read(None, text.as_bytes(), &ReadOptions::default())
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// By address.
    Packet(Packet),
    /// By name.
    Question(Question),
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Packet(packet) if packet.is_via_service() => write!(f, "{packet} via a Service"),
            Ask::Packet(packet) => packet.fmt(f),
            Ask::Question(question) => question.fmt(f),
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The question means nothing.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// Two ways to ask the same question gave different answers, or something else went wrong.
    #[error("{0}")]
    Fault(String),
}

impl Unanswered {
    /// The reason as cases spell it.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Unanswered::Question(QuestionError::Unknown(_)) => "unknown",
            Unanswered::Question(QuestionError::Ambiguous(_)) => "ambiguous",
            Unanswered::Question(QuestionError::NoCommonFamily) => "noCommonFamily",
            Unanswered::Question(QuestionError::IsService(_)) => "isService",
            Unanswered::Question(QuestionError::NoPort(_)) => "noPort",
            Unanswered::Question(QuestionError::ExternalName(_)) => "externalName",
            Unanswered::Question(QuestionError::NoBackends(_)) => "noBackends",
            Unanswered::Question(QuestionError::NotUnderstood(_)) => "notUnderstood",
            Unanswered::Question(QuestionError::UnknownPod(_)) => "unknownPod",
            Unanswered::Fault(_) => "fault",
        }
    }
}

/// The reference takes every object for one that a cluster holds; of manifests it refuses those
/// that cannot be read.
impl Implementation for World {
    fn name(&self) -> &str {
        "reference"
    }

    fn reset(&mut self, options: &Options) {
        *self = World::new(options.clone());
    }

    fn validates(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Upsert { object, .. } => {
                self.upsert(Object::clone(object)).map_err(|refused| refused.to_string())?;
            }
            Event::Apply { text, admission } => {
                let manifest = read(text);
                let diagnostics = manifest.diagnostics(*admission);
                if let Some(error) = diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
                    return Err(error.to_string());
                }
                let before = self.clone();
                for object in manifest.objects() {
                    if let Err(refused) = self.upsert(object.clone()) {
                        *self = before;
                        return Err(refused.to_string());
                    }
                }
            }
            Event::ReplaceAll { kind, objects, .. } => {
                self.replace_all(*kind, objects.clone()).map_err(|refused| refused.to_string())?;
            }
            Event::Delete { kind, namespace, name } => {
                self.delete(*kind, namespace, name);
            }
            Event::NodeAddresses { node, addresses } => {
                self.set_node_addresses(node, addresses.clone());
            }
            Event::ResolveDomain { name, addresses, expires } => {
                self.resolve_domain(name, addresses.iter().copied(), *expires);
            }
            Event::WithdrawDomain { name, addresses } => {
                self.withdraw_domain(name, addresses.as_deref());
            }
            Event::Advance(now) => self.advance(*now),
            Event::Synced(synced) => self.synced = *synced,
        }
        Ok(())
    }

    fn publish(&mut self) -> Result<(), String> {
        World::publish(self).map_err(|refused| refused.to_string())
    }

    fn ask(&self, ask: &Ask) -> Result<Judgement, Unanswered> {
        match ask {
            Ask::Packet(packet) => Ok(self.judge(packet)),
            Ask::Question(question) => Ok(self.judge_question(question)?),
        }
    }

    fn ask_service(&self, question: &ServiceQuestion) -> Option<ServiceAnswer> {
        Some(self.judge_service(question).map_err(Unanswered::from))
    }
}
