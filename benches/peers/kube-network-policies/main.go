// Asks the engine of kube-network-policies, as its agent does for every packet that the kernel
// hands it, but without the kernel.
package main

import (
	"context"
	"flag"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"netpol.example/peers/harness"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

var provider = flag.String("provider", "informer",
	"who says which pod has an address: informer, as in the agent, or map, made beforehand")

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
	questions := make([]network.Packet, len(packets))
	for number, packet := range packets {
		questions[number] = question(number, packet)
	}
	return func() (harness.Decide, error) {
		engine, err := load(namespaces, pods, policies)
		if err != nil {
			return nil, err
		}
		ctx := context.Background()
		return func(packet int) (bool, error) {
			return engine.EvaluatePacket(ctx, &questions[packet])
		}, nil
	}, nil
}

// load fills the stores of informers that are never started.
func load(namespaces []*corev1.Namespace, pods []*corev1.Pod,
	policies []*networkingv1.NetworkPolicy) (*networkpolicy.PolicyEngine, error) {
	factory := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	podInformer := factory.Core().V1().Pods()
	namespaceInformer := factory.Core().V1().Namespaces()
	policyInformer := factory.Networking().V1().NetworkPolicies()
	// It adds an index, so it has to come before the pods.
	resolver, err := podinfo.NewInformerResolver(podInformer.Informer())
	if err != nil {
		return nil, err
	}
	standard := networkpolicy.NewStandardNetworkPolicy("node", namespaceInformer, podInformer,
		policyInformer)
	for _, namespace := range namespaces {
		if err := namespaceInformer.Informer().GetStore().Add(namespace); err != nil {
			return nil, err
		}
	}
	for _, pod := range pods {
		if err := podInformer.Informer().GetStore().Add(pod); err != nil {
			return nil, err
		}
	}
	for _, policy := range policies {
		if err := policyInformer.Informer().GetStore().Add(policy); err != nil {
			return nil, err
		}
	}
	informer := podinfo.NewInformerProvider(podInformer, namespaceInformer, nil,
		[]podinfo.IPResolver{resolver})
	switch *provider {
	case "informer":
		return networkpolicy.NewPolicyEngine(informer, []api.PolicyEvaluator{standard}), nil
	case "map":
		byAddress := directory{}
		for _, pod := range pods {
			for _, address := range pod.Status.PodIPs {
				if info, found := informer.GetPodInfoByIP(address.IP); found {
					byAddress[address.IP] = info
				}
			}
		}
		return networkpolicy.NewPolicyEngine(byAddress, []api.PolicyEvaluator{standard}), nil
	default:
		return nil, fmt.Errorf("there is no provider %q", *provider)
	}
}

// directory knows all pods beforehand: what remains is to judge.
type directory map[string]*api.PodInfo

func (pods directory) GetPodInfoByIP(address string) (*api.PodInfo, bool) {
	info, found := pods[address]
	return info, found
}

func question(number int, packet harness.Packet) network.Packet {
	family := corev1.IPv4Protocol
	if packet.Source.Is6() {
		family = corev1.IPv6Protocol
	}
	return network.Packet{
		ID:      uint32(number),
		Family:  family,
		SrcIP:   packet.Source.AsSlice(),
		DstIP:   packet.Destination.AsSlice(),
		Proto:   corev1.Protocol(packet.Protocol),
		SrcPort: packet.SourcePort,
		DstPort: packet.DestinationPort,
	}
}
