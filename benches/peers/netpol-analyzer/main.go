// Asks the evaluator of np-guard's netpol-analyzer, which is behind its command `eval`.
package main

import (
	"net/netip"
	"strconv"

	"github.com/np-guard/netpol-analyzer/pkg/netpol/eval"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"netpol.example/peers/harness"
)

func main() {
	harness.Run(read)
}

// question is a packet as CheckIfAllowed takes it.
type question struct {
	source, destination, protocol, port string
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
	// It knows pods by name and everybody else by address.
	names := map[netip.Addr]string{}
	for _, pod := range pods {
		for _, address := range pod.Status.PodIPs {
			names[netip.MustParseAddr(address.IP)] = pod.Namespace + "/" + pod.Name
		}
	}
	name := func(address netip.Addr) string {
		if name, found := names[address]; found {
			return name
		}
		return address.String()
	}
	questions := make([]question, len(packets))
	for number, packet := range packets {
		questions[number] = question{
			name(packet.Source), name(packet.Destination), packet.Protocol,
			strconv.Itoa(packet.DestinationPort),
		}
	}
	return func() (harness.Decide, error) {
		// Warnings about port names that a pod lacks would be written anew with every decision.
		engine, err := eval.NewPolicyEngineWithOptionsList(eval.WithLogger(silence{}))
		if err != nil {
			return nil, err
		}
		insert := func(object runtime.Object) {
			if err == nil {
				err = engine.InsertObject(object)
			}
		}
		for _, namespace := range namespaces {
			insert(namespace)
		}
		for _, pod := range pods {
			insert(pod)
		}
		for _, policy := range policies {
			insert(policy)
		}
		return func(packet int) (bool, error) {
			asked := &questions[packet]
			return engine.CheckIfAllowed(asked.source, asked.destination, asked.protocol, asked.port)
		}, err
	}, nil
}

// silence is a logger that says nothing.
type silence struct{}

func (silence) Debugf(string, ...any)        {}
func (silence) Infof(string, ...any)         {}
func (silence) Warnf(string, ...any)         {}
func (silence) Errorf(error, string, ...any) {}
