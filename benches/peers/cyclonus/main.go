// Asks the matcher of cyclonus, which predicts what its probes should find.
package main

import (
	"net/netip"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"netpol.example/peers/harness"
)

func main() {
	harness.Run(read)
}

func read(world string, packets []harness.Packet) (func() (harness.Decide, error), error) {
	namespaces, err := harness.Objects[corev1.Namespace](world, "namespaces")
	if err != nil {
		return nil, err
	}
	pods, err := harness.Objects[corev1.Pod](world, "pods")
	if err != nil {
		return nil, err
	}
	policies, err := harness.Objects[networkingv1.NetworkPolicy](world, "policies")
	if err != nil {
		return nil, err
	}
	questions := questions(namespaces, pods, packets)
	return func() (harness.Decide, error) {
		policy := matcher.BuildNetworkPolicies(true, policies)
		return func(packet int) (bool, error) {
			return policy.IsTrafficAllowed(&questions[packet]).IsAllowed(), nil
		}, nil
	}, nil
}

// questions are the packets as the matcher takes them: who has an address and what a port is called
// is for the caller to find out.
func questions(namespaces []*corev1.Namespace, pods []*corev1.Pod,
	packets []harness.Packet) []matcher.Traffic {
	labels := map[string]map[string]string{}
	for _, namespace := range namespaces {
		labels[namespace.Name] = namespace.Labels
	}
	byAddress := map[netip.Addr]*corev1.Pod{}
	peers := map[netip.Addr]*matcher.InternalPeer{}
	for _, pod := range pods {
		peer := &matcher.InternalPeer{
			PodLabels:       pod.Labels,
			NamespaceLabels: labels[pod.Namespace],
			Namespace:       pod.Namespace,
		}
		for _, address := range pod.Status.PodIPs {
			byAddress[netip.MustParseAddr(address.IP)] = pod
			peers[netip.MustParseAddr(address.IP)] = peer
		}
	}
	questions := make([]matcher.Traffic, len(packets))
	for number, packet := range packets {
		protocol := corev1.Protocol(packet.Protocol)
		questions[number] = matcher.Traffic{
			Source: &matcher.TrafficPeer{
				Internal: peers[packet.Source], IP: packet.Source.String(),
			},
			Destination: &matcher.TrafficPeer{
				Internal: peers[packet.Destination], IP: packet.Destination.String(),
			},
			ResolvedPort:     packet.DestinationPort,
			ResolvedPortName: portName(byAddress[packet.Destination], protocol, packet.DestinationPort),
			Protocol:         protocol,
		}
	}
	return questions
}

func portName(pod *corev1.Pod, protocol corev1.Protocol, number int) string {
	if pod == nil {
		return ""
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Protocol == protocol && int(port.ContainerPort) == number {
				return port.Name
			}
		}
	}
	return ""
}
