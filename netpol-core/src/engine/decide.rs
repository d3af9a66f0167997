use super::question::Case;
use super::{Engine, Question, QuestionError, Snapshot};
use crate::options::Fragments;
use crate::packet::{Direction, Packet, Traffic, Verdict};
use crate::tables::{Class, ClassId, Identity, Outcome, RuleSetsOfTiers};

/// The two slices of a batch differ in length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{packets} packets do not fit {verdicts} places for verdicts")]
pub struct LengthMismatch {
    packets: usize,
    verdicts: usize,
}

impl LengthMismatch {
    /// Whether so many packets and verdicts belong together.
    pub(crate) const fn check(packets: usize, verdicts: usize) -> Result<(), LengthMismatch> {
        if packets == verdicts { Ok(()) } else { Err(LengthMismatch { packets, verdicts }) }
    }
}

/// How many packets of a batch are looked up before the first is judged, so that their loads
/// overlap.
const STAGE: usize = 32;

impl Engine {
    /// May this packet pass?
    ///
    /// True when the source may send it and the destination may receive it. Never allocates,
    /// locks or panics, whatever the packet.
    ///
    /// Sources: `NetworkPolicySpec` of k8s.io/api/networking/v1, `ClusterNetworkPolicySpec` of
    /// sigs.k8s.io/network-policy-api/apis/v1alpha2.
    #[inline]
    pub fn decide(&self, packet: &Packet) -> Verdict {
        self.0.decide(packet)
    }

    /// May the destination receive this packet? Judges the destination's ingress policies alone.
    #[inline]
    pub fn decide_ingress(&self, packet: &Packet) -> Verdict {
        self.0.decide_one_direction(packet, Direction::Ingress)
    }

    /// May the source send this packet? Judges the source's egress policies alone.
    #[inline]
    pub fn decide_egress(&self, packet: &Packet) -> Verdict {
        self.0.decide_one_direction(packet, Direction::Egress)
    }

    /// Judges many packets: `verdicts[i]` answers `packets[i]`, as [`decide`](Engine::decide)
    /// would.
    ///
    /// # Errors
    ///
    /// When the slices differ in length; then no verdict is written.
    pub fn decide_batch(
        &self,
        packets: &[Packet],
        verdicts: &mut [Verdict],
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::check(packets.len(), verdicts.len())?;
        for (packets, verdicts) in packets.chunks(STAGE).zip(verdicts.chunks_mut(STAGE)) {
            self.0.decide_stage(packets, verdicts);
        }
        Ok(())
    }

    /// May this connection be opened, between endpoints meant by name or handle?
    ///
    /// # Errors
    ///
    /// When the ends have no address family in common, or a handle is of another engine.
    pub fn decide_question(&self, question: &Question) -> Result<Verdict, QuestionError> {
        Ok(self.0.decide_case(&self.0.case_of_question(question)?))
    }

    /// May the destination receive this connection, between endpoints meant by name or handle?
    ///
    /// # Errors
    ///
    /// As [`decide_question`](Engine::decide_question).
    pub fn decide_question_ingress(&self, question: &Question) -> Result<Verdict, QuestionError> {
        Ok(self.0.decide_direction(&self.0.case_of_question(question)?, Direction::Ingress))
    }

    /// May the source open this connection, between endpoints meant by name or handle?
    ///
    /// # Errors
    ///
    /// As [`decide_question`](Engine::decide_question).
    pub fn decide_question_egress(&self, question: &Question) -> Result<Verdict, QuestionError> {
        Ok(self.0.decide_direction(&self.0.case_of_question(question)?, Direction::Egress))
    }

    /// Answers many questions, each as [`decide_question`](Engine::decide_question) would, in
    /// their order. Lazy: a question costs when its answer is taken.
    pub fn decide_questions<'engine>(
        &'engine self,
        questions: impl IntoIterator<Item = &'engine Question>,
    ) -> impl Iterator<Item = Result<Verdict, QuestionError>> {
        questions.into_iter().map(|question| self.decide_question(question))
    }
}

impl Snapshot {
    #[inline]
    fn decide(&self, packet: &Packet) -> Verdict {
        match self.common_ends(packet) {
            Some(ends) => self.decide_common(ends, packet.traffic()),
            None => self.decide_uncommon(packet),
        }
    }

    fn decide_stage(&self, packets: &[Packet], verdicts: &mut [Verdict]) {
        let mut stage = [(ClassId::FLAGGED, ClassId::FLAGGED); STAGE];
        for (packet, ends) in packets.iter().zip(&mut stage) {
            if let Some(common) = self.common_ends(packet) {
                *ends = common;
            }
        }
        for ((packet, verdict), ends) in packets.iter().zip(verdicts).zip(&stage) {
            *verdict = if ends.0.is_flagged() {
                self.decide_uncommon(packet)
            } else {
                self.decide_common(*ends, packet.traffic())
            };
        }
    }

    /// The classes of source and destination of a packet that is common in every way: TCP, UDP or
    /// SCTP over IPv4, with ports, between two addresses that ask for no special rule.
    #[inline(always)]
    pub(super) fn common_ends(&self, packet: &Packet) -> Option<(ClassId, ClassId)> {
        let (source, destination) = packet.common()?;
        let ends = (self.tables.ipv4.lookup(source), self.tables.ipv4.lookup(destination));
        (source != destination && !ends.0.is_either_flagged(ends.1)).then_some(ends)
    }

    /// Judges TCP, UDP and SCTP with ports between two addresses of these classes, none of which
    /// asks for a special rule.
    #[inline]
    fn decide_common(&self, ends: (ClassId, ClassId), traffic: &Traffic) -> Verdict {
        let source = self.tables.classes.at(ends.0.record());
        let destination = self.tables.classes.at(ends.1.record());
        // Most packets that are denied are denied here.
        if source.is_cut_off_from(destination) {
            return Verdict::Deny;
        }
        if source.egress.is_ordered() || destination.ingress.is_ordered() {
            return self.decide_tiers(source, destination, traffic);
        }
        self.decide_policies(source, destination, traffic)
    }

    /// The same by NetworkPolicies, when nothing is settled by the classes alone.
    #[inline(never)]
    fn decide_policies(&self, source: &Class, destination: &Class, traffic: &Traffic) -> Verdict {
        let key = traffic.key();
        let (of_source, of_destination) = (source.as_source(), destination.as_destination());
        Verdict::from_allowed(
            self.tables.admits(destination.ingress.isolating, of_source, key)
                && self.tables.admits(source.egress.isolating, of_destination, key),
        )
    }

    /// Judges packets of every kind.
    #[inline(never)]
    fn decide_uncommon(&self, packet: &Packet) -> Verdict {
        let source = self.tables.class_of(packet.source());
        let destination = self.tables.class_of(packet.destination());
        if self.is_exceptional(source, destination, packet) {
            self.decide_case(&self.case_of_packet(packet))
        } else if packet.traffic().is_other_protocol() {
            let source = self.tables.classes.at(source.record());
            let destination = self.tables.classes.at(destination.record());
            self.decide_tiers(source, destination, packet.traffic())
        } else {
            self.decide_common((source, destination), packet.traffic())
        }
    }

    /// Whether the packet or one of its addresses, of these classes, asks for a special rule.
    #[inline]
    pub(super) fn is_exceptional(
        &self,
        source: ClassId,
        destination: ClassId,
        packet: &Packet,
    ) -> bool {
        // Equal addresses have equal classes, so most packets spare comparing addresses.
        !packet.traffic().is_plain()
            || source.is_either_flagged(destination)
            || source == destination && packet.is_to_itself()
    }

    /// The same with the ordered tiers.
    #[inline(never)]
    fn decide_tiers(&self, source: &Class, destination: &Class, traffic: &Traffic) -> Verdict {
        Verdict::from_allowed(
            self.allows(&destination.ingress, source.as_source(), traffic)
                && self.allows(&source.egress, destination.as_destination(), traffic),
        )
    }

    /// Whether the tiers of one direction let a peer pass.
    ///
    /// Source: the comments of `ClusterNetworkPolicySpec.Tier` of
    /// sigs.k8s.io/network-policy-api/apis/v1alpha2.
    #[inline]
    fn allows(&self, sets: &RuleSetsOfTiers, peer: Identity, traffic: &Traffic) -> bool {
        let key = traffic.key();
        match self.tables.first_match(sets.before(), peer, key) {
            Some(Outcome::Accept) => return true,
            Some(Outcome::Deny) => return false,
            Some(Outcome::Pass) | None => {}
        }
        if sets.isolates() {
            return self.tables.admits(sets.isolating, peer, key)
                || self.after_policies(traffic).is_some();
        }
        self.tables.first_match(sets.after(), peer, key) != Some(Outcome::Deny)
    }

    #[inline]
    fn decide_one_direction(&self, packet: &Packet, direction: Direction) -> Verdict {
        self.decide_direction(&self.case_of_packet(packet), direction)
    }

    pub(super) fn decide_case(&self, case: &Case) -> Verdict {
        let allowed = self.decide_direction(case, Direction::Ingress).is_allow()
            && self.decide_direction(case, Direction::Egress).is_allow();
        Verdict::from_allowed(allowed)
    }

    fn decide_direction(&self, case: &Case, direction: Direction) -> Verdict {
        if let Some((verdict, _)) = self.before_policies(case, direction) {
            return verdict;
        }
        let subject = self.tables.classes.at(case.subject(direction).class.record());
        let peer = self.tables.classes.at(case.peer(direction).class.record());
        let (sets, peer) = (subject.rule_sets(direction), peer.identity(direction));
        if case.traffic.is_fragment()
            && self.options.fragments == Fragments::Deny
            && self.denies_fragment(sets, peer, case.traffic.key())
        {
            return Verdict::Deny;
        }
        Verdict::from_allowed(self.allows(sets, peer, &case.traffic))
    }

    /// Whether the option denies a fragment: where a NetworkPolicy isolates, unless what is asked
    /// before has decided.
    fn denies_fragment(&self, sets: &RuleSetsOfTiers, peer: Identity, key: u32) -> bool {
        let first = self.tables.first_match(sets.before(), peer, key);
        sets.isolates() && !matches!(first, Some(Outcome::Accept))
    }
}
