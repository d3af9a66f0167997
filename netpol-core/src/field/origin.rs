//! The rules an error can come from, one constant each.
//!
//! Upstream sets `Origin` on few errors (`format=k8s-label-key`, `format=k8s-label-value`); where
//! it does, the text is upstream's. The others are ours, in the same style.

macro_rules! origins {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// Every origin, in declaration order.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

origins! {
    /// A label or selector key is no qualified name.
    LABEL_KEY = "format=k8s-label-key";
    /// A label or selector value is malformed.
    LABEL_VALUE = "format=k8s-label-value";
    /// An annotation key is no qualified name.
    ANNOTATION_KEY = "format=k8s-annotation-key";
    /// The annotations are too large together.
    ANNOTATIONS_SIZE = "maxBytes=annotations";
    /// An object has neither name nor generateName.
    NAME_REQUIRED = "required=name";
    /// A name is no DNS-1123 subdomain.
    NAME_SUBDOMAIN = "format=dns-subdomain";
    /// A name is no DNS-1123 label.
    NAME_LABEL = "format=dns-label";
    /// A name is no DNS-1035 label.
    NAME_LABEL_1035 = "format=dns-1035-label";
    /// A generateName cannot begin a name.
    GENERATE_NAME = "format=generate-name";
    /// A namespaced object names no namespace.
    NAMESPACE_REQUIRED = "required=namespace";
    /// A cluster-scoped object names a namespace.
    NAMESPACE_FORBIDDEN = "forbidden=namespace";
    /// A generation is negative.
    GENERATION = "minimum=generation";
    /// An update lowers the generation.
    GENERATION_DECREMENTED = "increasing=generation";
    /// An owner reference is incomplete or malformed.
    OWNER_REFERENCE = "format=owner-reference";
    /// An owner reference is to a kind that owns nothing.
    OWNER_BANNED = "forbidden=owner";
    /// More than one owner claims to be the controller.
    OWNER_CONTROLLER = "unique=controller";
    /// A finalizer is no qualified name.
    FINALIZER = "format=finalizer";
    /// A finalizer without a prefix is none of the standard ones.
    FINALIZER_STANDARD = "enum=finalizer";
    /// Two finalizers contradict each other.
    FINALIZERS_EXCLUSIVE = "exclusive=finalizers";
    /// An entry of managedFields is malformed.
    MANAGED_FIELDS = "format=managed-fields";
    /// A field that never changes was changed.
    IMMUTABLE = "immutable";
    /// An update names no resource version.
    RESOURCE_VERSION = "required=resource-version";
    /// A finalizer was added while the object is being deleted.
    FINALIZER_ADDED = "forbidden=finalizer-added";
    /// `In` or `NotIn` without values.
    SELECTOR_VALUES_REQUIRED = "required=selector-values";
    /// `Exists` or `DoesNotExist` with values.
    SELECTOR_VALUES_FORBIDDEN = "forbidden=selector-values";
    /// An unknown selector operator.
    SELECTOR_OPERATOR = "enum=selector-operator";
    /// An unknown protocol.
    PROTOCOL = "enum=protocol";
    /// A port number out of range.
    PORT_NUMBER = "range=port";
    /// A malformed port name.
    PORT_NAME = "format=port-name";
    /// An endPort out of range or below its port.
    END_PORT = "range=endPort";
    /// An endPort without a numeric port.
    END_PORT_FORBIDDEN = "forbidden=endPort";
    /// A peer with nothing set.
    PEER_REQUIRED = "required=peer";
    /// A peer with an ipBlock and a selector.
    PEER_EXCLUSIVE = "forbidden=peer";
    /// An ipBlock without cidr.
    CIDR_REQUIRED = "required=cidr";
    /// A CIDR that does not parse.
    CIDR = "format=cidr";
    /// A CIDR that only the legacy parser accepts.
    CIDR_STRICT = "format=cidr-strict";
    /// An except that is no strict subset of its cidr.
    EXCEPT_SUBSET = "subset=except";
    /// Too many policyTypes.
    POLICY_TYPES_MAX = "maxItems=policyTypes";
    /// An unknown policy type.
    POLICY_TYPE = "enum=policyTypes";
    /// An address that does not parse.
    IP = "format=ip";
    /// Two addresses or ranges of one family where each family may have one.
    FAMILY_UNIQUE = "unique=family";
    /// An element of a list that has no place for duplicates stands in it twice.
    UNIQUE = "unique";
    /// The first element of a list is not the single value that it has to repeat.
    FIRST_OF_LIST = "equal=first";
    /// A container port without a number.
    CONTAINER_PORT_REQUIRED = "required=containerPort";
    /// Two ports of a container have one name.
    PORT_NAME_UNIQUE = "unique=port-name";
    /// A name is too long for what will be made of it.
    NAME_LENGTH = "maxLength=name";
    /// A workload without a selector.
    WORKLOAD_SELECTOR_REQUIRED = "required=selector";
    /// A workload whose selector is empty.
    WORKLOAD_SELECTOR_EMPTY = "minProperties=selector";
    /// A workload whose selector does not match its own pods.
    TEMPLATE_LABELS = "match=template-labels";
    /// A Service without ports.
    SERVICE_PORTS_REQUIRED = "required=service-ports";
    /// A port of a Service without a name, beside others.
    SERVICE_PORT_NAME_REQUIRED = "required=service-port-name";
    /// A port of a Service, or of an EndpointSlice, whose name is no DNS-1123 label.
    SERVICE_PORT_NAME = "format=service-port-name";
    /// Two ports of a Service have one number and protocol.
    SERVICE_PORT_UNIQUE = "unique=service-port";
    /// An unknown type of Service.
    SERVICE_TYPE = "enum=service-type";
    /// Addresses of its own in a type of Service that has none, or has to have one.
    CLUSTER_IPS = "forbidden=clusterIPs";
    /// The addresses of a Service contradict each other.
    CLUSTER_IPS_AGREE = "match=clusterIPs";
    /// Too many addresses of a Service.
    CLUSTER_IPS_MAX = "maxItems=clusterIPs";
    /// An unknown address family.
    IP_FAMILY = "enum=ipFamily";
    /// Address families of a Service that has no addresses.
    IP_FAMILIES_FORBIDDEN = "forbidden=ipFamilies";
    /// An ExternalName Service that names nothing.
    EXTERNAL_NAME_REQUIRED = "required=externalName";
    /// An unknown traffic policy of a Service.
    TRAFFIC_POLICY = "enum=trafficPolicy";
    /// An address that can be nobody's: unspecified, loopback or link-local.
    SPECIAL_IP = "forbidden=special-ip";
    /// An EndpointSlice that does not say what its addresses are.
    ADDRESS_TYPE_REQUIRED = "required=addressType";
    /// An unknown type of addresses.
    ADDRESS_TYPE = "enum=addressType";
    /// An endpoint of an EndpointSlice without an address.
    ADDRESSES_REQUIRED = "required=addresses";
    /// Too many addresses of an endpoint.
    ADDRESSES_MAX = "maxItems=addresses";
    /// Too many endpoints of an EndpointSlice.
    ENDPOINTS_MAX = "maxItems=endpoints";
    /// A cluster-wide policy without a tier.
    TIER_REQUIRED = "required=tier";
    /// An unknown tier.
    TIER = "enum=tier";
    /// A cluster-wide policy without a priority.
    PRIORITY_REQUIRED = "required=priority";
    /// A priority out of range.
    PRIORITY = "range=priority";
    /// A cluster-wide policy without a subject.
    SUBJECT_REQUIRED = "required=subject";
    /// A subject with none or several of its fields.
    SUBJECT_ONE_OF = "oneOf=subject";
    /// A selector of pods, in a subject or peer, that is missing.
    POD_SELECTOR_REQUIRED = "required=podSelector";
    /// A selector of namespaces, in a subject or peer, that is missing.
    NAMESPACE_SELECTOR_REQUIRED = "required=namespaceSelector";
    /// A requirement of a selector without a key.
    SELECTOR_KEY_REQUIRED = "required=selector-key";
    /// A requirement of a selector without an operator.
    SELECTOR_OPERATOR_REQUIRED = "required=selector-operator";
    /// Too many rules.
    RULES_MAX = "maxItems=rules";
    /// A rule whose name is too long.
    RULE_NAME = "maxLength=rule-name";
    /// A rule without an action.
    ACTION_REQUIRED = "required=action";
    /// An unknown action.
    ACTION = "enum=action";
    /// A rule without peers.
    PEERS_REQUIRED = "required=peers";
    /// Too many peers.
    PEERS_MAX = "maxItems=peers";
    /// A peer of a cluster-wide policy with none or several of its fields.
    PEER_ONE_OF = "oneOf=peer";
    /// A field that other peers have and these do not.
    PEER_FIELD = "forbidden=peer-field";
    /// A list of networks with nothing in it.
    NETWORKS_MIN = "minItems=networks";
    /// Too many networks.
    NETWORKS_MAX = "maxItems=networks";
    /// A network that is too long for one.
    NETWORK_LENGTH = "maxLength=network";
    /// A network that is no CIDR.
    NETWORK = "format=network";
    /// A list of domain names with nothing in it.
    DOMAIN_NAMES_MIN = "minItems=domainNames";
    /// Too many domain names.
    DOMAIN_NAMES_MAX = "maxItems=domainNames";
    /// A malformed domain name.
    DOMAIN_NAME = "pattern=domainName";
    /// A list of ports or protocols with nothing in it.
    PORTS_MIN = "minItems=ports";
    /// Too many ports or protocols.
    PORTS_MAX = "maxItems=ports";
    /// A port or protocol with none or several of its fields.
    PORT_ONE_OF = "oneOf=port";
    /// A protocol that says nothing of ports.
    DESTINATION_PORT_REQUIRED = "minProperties=protocol";
    /// A port without a number.
    PORT_NUMBER_REQUIRED = "required=port";
    /// A range of ports without one of its ends.
    PORT_RANGE_REQUIRED = "required=port-range";
    /// A range of ports that ends where it begins, or before.
    PORT_RANGE = "order=port-range";
    /// A named port in a rule for destinations that name no ports.
    NAMED_PORT_PEER = "forbidden=named-port";
    /// The only object of its kind has another name.
    SINGLETON_NAME = "singleton=name";
    /// A timestamp that does not parse.
    TIMESTAMP = "format=date-time";
    /// A value of the wrong JSON type.
    TYPE = "type";
    /// A field the type does not have.
    UNKNOWN_FIELD = "unknown-field";
    /// A field given twice.
    DUPLICATE_FIELD = "duplicate-field";
    /// A document without a usable apiVersion or kind.
    TYPE_META = "required=type-meta";
}

#[cfg(test)]
mod tests {
    #[test]
    fn origins_are_unique() {
        let mut all = super::ALL.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), super::ALL.len());
    }
}
