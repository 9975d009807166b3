//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// Of the loop of kills.
const (
	killedReplicas = 3
	kills          = 14
)

// TestEnrichersThatAreKilledInALoopOnARealBrokerEnrichEachRecordOnce kills one of three enrichers at a random moment, again
// and again, while records flow. What is killed comes back at once under its name, or a while later, or not at all while
// another one comes under a new name; now and then two are killed at a time. Then it accounts for every record.
func TestEnrichersThatAreKilledInALoopOnARealBrokerEnrichEachRecordOnce(t *testing.T) {
	s := realServers(t)
	pristine(t, s)
	cl := kafkatest.Client(t, s.broker())
	if _, err := broker.EnsureTopics(t.Context(), cl, topic.Specs(topic.Partitions, true), 1); err != nil {
		t.Fatal(err)
	}
	binary := builtOnce(t, builtEnricher)
	stream := startStream(t, cl)
	seed := uint64(time.Now().UnixNano())
	realparts.Say("the seed of the moments is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // moments, not secrets
	var running []*process
	var names []string
	newcomers := 0
	start := func(i int) {
		running[i] = startProcess(t, binary, "--kafka-brokers", s.kafka.Addr, "--contest", "../../contest.yaml", "--telemetry-addr", "127.0.0.1:0",
			"--transactional-id", names[i], "--batch-records", "25", "--commit-interval", "0s", "--log-level", "warn")
	}
	for i := range killedReplicas {
		running, names = append(running, nil), append(names, fmt.Sprint("replica-", i))
		start(i)
	}
	awaitMembers(t, cl, killedReplicas)
	for n := range kills {
		// Some kills come while the group has not settled after the one before, the others after all has been made up for.
		if n%2 == 0 {
			awaitEnriched(t, cl, stream.written.Load())
		}
		awaitWritten(t, stream, random.Int64N(streamRate))
		victims := random.Perm(killedReplicas)[:1]
		if n%4 == 3 {
			victims = random.Perm(killedReplicas)[:2]
		}
		for _, i := range victims {
			running[i].signal(t, syscall.SIGKILL)
			<-running[i].Done()
		}
		switch n % 3 {
		case 1:
			awaitWritten(t, stream, streamRate) // it is away for a second
		case 2:
			newcomers++
			names[victims[0]] = fmt.Sprint("newcomer-", newcomers)
		}
		for _, i := range victims {
			start(i)
		}
	}
	stream.stop(t)
	awaitEnriched(t, cl, stream.written.Load())
	for _, p := range running {
		p.signal(t, syscall.SIGTERM)
		p.awaitEnd(t)
	}
	realparts.Say("%d kills", kills)
	accountFor(t, s.broker(), stream.written.Load())
}

// awaitWritten waits until so many more records have been written.
func awaitWritten(t *testing.T, s *stream, more int64) {
	t.Helper()
	until := s.written.Load() + more
	await(t, "the stream", func() bool { return s.written.Load() >= until })
}
