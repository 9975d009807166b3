//go:build unix

package e2e

import (
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

var (
	builtSink      = sync.OnceValues(func() (string, error) { return build("sink", "sink") })
	builtIngest    = sync.OnceValues(func() (string, error) { return build("ingest", "ingest") })
	builtLedger    = sync.OnceValues(func() (string, error) { return build("ledger", "ledger") })
	builtProvision = sync.OnceValues(func() (string, error) { return build("provision", "provision") })
)

// recovery is the servers that are lost and recovered.
type recovery struct {
	kafka   broker.Config
	elastic elastic.Config
	s3      objectstore.Config
}

// flags are what a program of ours needs to find the servers that it uses.
func (r recovery) flags(program string) []string {
	flags := []string{"--kafka-brokers", strings.Join(r.kafka.KafkaBrokers, ",")}
	if program != "sink" && program != "ledger" {
		flags = append(flags, "--contest", "../../contest.yaml")
	}
	if program != "demo" && program != "provision" {
		flags = append(flags, "--telemetry-addr", "127.0.0.1:0")
	}
	if program == "sink" || program == "ledger" || program == "demo" || program == "provision" {
		flags = append(flags, "--elasticsearch-url", r.elastic.ElasticsearchURL)
	}
	if program != "enricher" {
		flags = append(flags, "--s3-endpoint", r.s3.S3Endpoint, "--s3-access-key", r.s3.S3AccessKey,
			"--s3-secret-key", string(r.s3.S3SecretKey), "--s3-bucket", r.s3.S3Bucket)
	}
	return flags
}

// begin starts a program of ours.
func (r recovery) begin(t *testing.T, program string, args ...string) *process {
	t.Helper()
	binary := map[string]func() (string, error){
		"sink": builtSink, "ingest": builtIngest, "enricher": builtEnricher, "ledger": builtLedger, "provision": builtProvision,
	}[program]
	return startProcess(t, builtOnce(t, binary), append(args, r.flags(program)...)...)
}

// command runs a program of ours to its end and returns what it prints.
func (r recovery) command(t *testing.T, program string, args ...string) string {
	t.Helper()
	p := r.begin(t, program, args...)
	p.awaitEnd(t)
	return string(p.printed("stdout"))
}

// awaitStored waits until every group has done every record that Kafka holds.
func (r recovery) awaitStored(t *testing.T) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, r.kafka))
	wait := func(topicName string, groups ...string) {
		awaitSettled(t, admin, topicName)
		last := r.lastRecords(t, admin, topicName)
		for _, group := range groups {
			await(t, group+" to have done "+topicName, func() bool {
				done, err := admin.FetchOffsets(t.Context(), group)
				if err != nil {
					return false
				}
				for partition, offset := range last {
					if at, ok := done.Lookup(topicName, partition); !ok || at.At <= offset || at.Metadata != "" && group == "sink-archive" {
						return false
					}
				}
				return true
			})
		}
	}
	wait(topic.Raw, "enricher", "sink-archive")
	wait(topic.Enriched, "sink-index", "sink-archive")
	wait(topic.DeadLetter, "sink-dead-letters")
}

// lastRecords returns the offset of the last committed record of each partition that has one.
func (r recovery) lastRecords(t *testing.T, admin *kadm.Client, topicName string) map[int32]int64 {
	t.Helper()
	starts, err1 := admin.ListStartOffsets(t.Context(), topicName)
	ends, err2 := admin.ListCommittedOffsets(t.Context(), topicName)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	open, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, ok := starts.Lookup(topicName, end.Partition); ok && start.Offset < end.Offset {
			open[end.Partition], from[end.Partition] = end.Offset-1, kgo.NewOffset().AtStart()
		}
	})
	last := map[int32]int64{}
	if len(open) == 0 {
		return last
	}
	// The end of a transaction may be the last offset, so the client hands that out, too.
	cl := kafkatest.Client(t, r.kafka, kgo.KeepControlRecords(), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: from}))
	for len(open) > 0 {
		fetches := cl.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			if !record.Attrs.IsControl() {
				last[record.Partition] = record.Offset
			}
			if record.Offset >= open[record.Partition] {
				delete(open, record.Partition)
			}
		})
	}
	return last
}
