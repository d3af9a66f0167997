package harness

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Decide says whether the packet of this number may pass.
type Decide func(packet int) (bool, error)

// Report is what a run says about itself, as netpol-peers reads it.
type Report struct {
	// Seconds to read the objects, and to make the engine of them.
	Read float64 `json:"read"`
	Load float64 `json:"load"`
	// Bytes of resident memory when everything is loaded, packets included, and at most.
	Resident int64 `json:"resident"`
	Peak     int64 `json:"peak"`
	// How many packets of the list were judged before time was up.
	Packets int `json:"packets"`
	// Nanoseconds per decision: the median of blocks of the loop, and percentiles of single calls.
	Median float64 `json:"median"`
	Best   float64 `json:"best"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	// Heap allocations per decision, and their bytes.
	Allocations    float64 `json:"allocations"`
	AllocatedBytes float64 `json:"allocatedBytes"`
}

// blocks of a loop, of whose times the median is reported.
const blocks = 11

// Run is the whole of a runner: it reads with read, which reads the objects and gives back what
// makes the engine of them, and asks that about every packet, as long as there is time.
//
// The time to read JSON is counted apart, since nobody who embeds an engine reads it.
func Run(read func(world string, packets []Packet) (load func() (Decide, error), err error)) {
	if err := run(read); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(read func(world string, packets []Packet) (load func() (Decide, error), err error)) error {
	world := flag.String("world", "", "directory with the objects and packets")
	verdicts := flag.String("verdicts", "", "file to write verdicts to")
	seconds := flag.Float64("seconds", 10, "time for the loop")
	flag.Parse()

	packets, err := Packets(*world)
	if err != nil {
		return err
	}
	start := time.Now()
	load, err := read(*world, packets)
	if err != nil {
		return err
	}
	report := Report{Read: time.Since(start).Seconds()}
	start = time.Now()
	decide, err := load()
	if err != nil {
		return err
	}
	report.Load = time.Since(start).Seconds()
	debug.FreeOSMemory()
	report.Resident = status("VmRSS")

	answers := report.throughput(decide, len(packets), time.Duration(*seconds*float64(time.Second)))
	report.percentiles(decide, len(answers), time.Duration(*seconds*float64(time.Second)/2))
	report.Peak = status("VmHWM")
	if err := write(*verdicts, answers); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// throughput judges packet after packet until time is up, after some that are not counted.
func (report *Report) throughput(decide Decide, packets int, limit time.Duration) []string {
	start := time.Now()
	for packet := 0; packet < packets && time.Since(start) < limit/10; packet++ {
		_, _ = decide(packet)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	answers := make([]string, 0, packets)
	var times []float64
	start = time.Now()
	size := (packets + blocks - 1) / blocks
	// Large enough for the clock not to matter, small enough to stop in time.
	const stride = 16
	for first := 0; first < packets && time.Since(start) < limit; {
		block := time.Now()
		begin := first
		for first < min(begin+size, packets) && time.Since(start) < limit {
			for end := min(first+stride, packets); first < end; first++ {
				allowed, err := decide(first)
				answers = append(answers, answer(allowed, err))
			}
			// A block ends early when packets take long, so that there is a median.
			if time.Since(block) > limit/blocks {
				break
			}
		}
		times = append(times, float64(time.Since(block).Nanoseconds())/float64(first-begin))
	}
	runtime.ReadMemStats(&after)
	report.Packets = len(answers)
	slices.Sort(times)
	report.Median = times[len(times)/2]
	report.Best = times[0]
	report.Allocations = float64(after.Mallocs-before.Mallocs) / float64(len(answers))
	report.AllocatedBytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(len(answers))
	return answers
}

// percentiles times calls one by one; the clock's own time is in them, some fifty nanoseconds.
func (report *Report) percentiles(decide Decide, packets int, limit time.Duration) {
	times := make([]float64, 0, packets)
	for start, packet := time.Now(), 0; packet < packets && time.Since(start) < limit; packet++ {
		call := time.Now()
		_, _ = decide(packet)
		times = append(times, float64(time.Since(call).Nanoseconds()))
	}
	slices.Sort(times)
	report.P50 = times[len(times)/2]
	report.P99 = times[len(times)*99/100]
}

func answer(allowed bool, err error) string {
	switch {
	case err != nil:
		return "error " + strings.ReplaceAll(err.Error(), "\n", " ")
	case allowed:
		return "allow"
	default:
		return "deny"
	}
}

func write(path string, answers []string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	writer := bufio.NewWriter(file)
	for _, answer := range answers {
		if _, err := fmt.Fprintln(writer, answer); err != nil {
			return err
		}
	}
	return writer.Flush()
}

// status gives a number of bytes from the process's own status, or 0 where there is none.
func status(field string) int64 {
	var kilobytes int64
	_ = lines("/proc/self/status", func(line string) error {
		if rest, found := strings.CutPrefix(line, field+":"); found {
			_, err := fmt.Sscan(rest, &kilobytes)
			return err
		}
		return nil
	})
	return kilobytes << 10
}
