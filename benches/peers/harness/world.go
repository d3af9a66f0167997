// Package harness is what all runners share: it reads a world and its packets, times the loop, and
// writes verdicts and numbers where netpol-peers looks for them.
package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// Objects reads the objects of one kind: a file with one JSON object in a line.
func Objects[T any](world, kind string) ([]*T, error) {
	var objects []*T
	err := lines(filepath.Join(world, kind+".jsonl"), func(line string) error {
		object := new(T)
		if err := json.Unmarshal([]byte(line), object); err != nil {
			return err
		}
		objects = append(objects, object)
		return nil
	})
	return objects, err
}

// Packet is a connection being opened.
type Packet struct {
	Source, Destination netip.Addr
	// TCP, UDP or SCTP.
	Protocol                    string
	SourcePort, DestinationPort int
}

// Packets reads the packets of a world: protocol, source, source port, destination and destination
// port in a line.
func Packets(world string) ([]Packet, error) {
	var packets []Packet
	err := lines(filepath.Join(world, "packets.txt"), func(line string) error {
		var source, destination string
		packet := Packet{}
		_, err := fmt.Sscan(line, &packet.Protocol, &source, &packet.SourcePort,
			&destination, &packet.DestinationPort)
		if err != nil {
			return err
		}
		if packet.Source, err = netip.ParseAddr(source); err != nil {
			return err
		}
		if packet.Destination, err = netip.ParseAddr(destination); err != nil {
			return err
		}
		packets = append(packets, packet)
		return nil
	})
	return packets, err
}

func lines(path string, each func(string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader := bufio.NewScanner(file)
	reader.Buffer(make([]byte, 1<<20), 1<<26)
	for number := 1; reader.Scan(); number++ {
		if err := each(strings.TrimSpace(reader.Text())); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return reader.Err()
}
