//go:build unix

package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

type brokerQuestion = question[*brokerUnderTest]

func brokerQuestions() []brokerQuestion {
	return slices.Concat(topicQuestions(), recordQuestions(), transactionQuestions(), offsetQuestions(), []brokerQuestion{
		{"what the compaction lag keeps", compactionLag, []string{"2"}},
		{"records over connections that break", brokenConnections, []string{"2000 records, each once, in order"}},
	})
}

// brokerDifferences are the answers in which the embedded broker is known to differ.
func brokerDifferences() map[string]difference {
	return map[string]difference{
		"a setting that is none":        {[]string{"ok", "TOPIC_ALREADY_EXISTS"}, "kfake keeps any setting of any name; what provision sets is checked against a real Kafka"},
		"what a commit keeps":           {[]string{"GROUP_ID_NOT_FOUND", "ok", "7 " + intentMetadata, "ok", "7"}, "kfake tells of a group that has never been, where Kafka has no offsets of it"},
		"metadata that is too long":     {[]string{"ok", "ok"}, "kfake has no offset.metadata.max.bytes; an intent has some hundred bytes"},
		"what the compaction lag keeps": {[]string{"1"}, "kfake ignores min.compaction.lag.ms, so the demo's topics are not compacted at all"},
	}
}

func topicQuestions() []brokerQuestion {
	create := func(t *testing.T, x *brokerUnderTest, copies int16, name string, settings map[string]*string) string {
		_, err := x.admin.CreateTopic(t.Context(), 1, copies, settings, name)
		return code(err)
	}
	return []brokerQuestion{
		{"the settings of our topics", func(t *testing.T, x *brokerUnderTest) (said []string) {
			for _, spec := range topic.Specs(3, false) {
				var pairs []string
				for name, value := range spec.Settings {
					pairs = append(pairs, name, value)
				}
				made := x.topic(t, pairs...)
				configs, err := x.admin.DescribeTopicConfigs(t.Context(), made)
				if err != nil || len(configs) != 1 {
					return []string{fmt.Sprint(err)}
				}
				var line []string
				for _, c := range configs[0].Configs {
					if want, ours := spec.Settings[c.Key]; ours && c.MaybeValue() == want {
						line = append(line, c.Key)
					}
				}
				slices.Sort(line)
				said = append(said, strings.Join(line, " "))
			}
			return said
		}, []string{"compression.type max.message.bytes retention.ms", "cleanup.policy compression.type max.message.bytes min.compaction.lag.ms retention.ms", "compression.type max.message.bytes retention.ms", "cleanup.policy compression.type segment.bytes segment.ms", "cleanup.policy compression.type retention.ms segment.bytes segment.ms"}},
		{"a topic that is there already", func(t *testing.T, x *brokerUnderTest) []string {
			return []string{create(t, x, 1, x.topic(t), nil)}
		}, []string{"TOPIC_ALREADY_EXISTS"}},
		{"more copies than brokers", func(t *testing.T, x *brokerUnderTest) []string {
			return []string{create(t, x, 1000, x.prefix+"copies", nil)}
		}, []string{"INVALID_REPLICATION_FACTOR"}},
		{"as many copies as the broker likes", func(t *testing.T, x *brokerUnderTest) []string {
			return []string{create(t, x, -1, x.prefix+"default", nil)}
		}, []string{"ok"}},
		{"a setting that is none", func(t *testing.T, x *brokerUnderTest) []string {
			value, long := "1", "long"
			return []string{create(t, x, 1, x.prefix+"nonsense", map[string]*string{"nonsense": &value}), create(t, x, 1, x.prefix+"nonsense", map[string]*string{"retention.ms": &long})}
		}, []string{"INVALID_CONFIG", "INVALID_CONFIG"}},
		{"more and fewer partitions", func(t *testing.T, x *brokerUnderTest) []string {
			name := x.topic(t)
			more, err1 := x.admin.UpdatePartitions(t.Context(), 3, name)
			fewer, err2 := x.admin.UpdatePartitions(t.Context(), 2, name)
			return []string{code(errors.Join(err1, more[name].Err)), code(errors.Join(err2, fewer[name].Err))}
		}, []string{"ok", "INVALID_PARTITIONS"}},
		{"another setting", func(t *testing.T, x *brokerUnderTest) []string {
			name, value := x.topic(t, "retention.ms", "1000"), "2000"
			answers, err := x.admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}, name)
			said := []string{code(errors.Join(err, answers[0].Err))}
			configs, err := x.admin.DescribeTopicConfigs(t.Context(), name)
			if err != nil {
				return append(said, code(err))
			}
			for _, c := range configs[0].Configs {
				if c.Key == "retention.ms" {
					said = append(said, c.MaybeValue())
				}
			}
			return said
		}, []string{"ok", "2000"}},
		{"a topic that is missing", func(t *testing.T, x *brokerUnderTest) []string {
			topics, err := x.admin.ListTopics(t.Context(), x.prefix+"missing")
			cl := x.client(t, kgo.UnknownTopicRetries(0), kgo.RecordRetries(0))
			return []string{code(errors.Join(err, topics[x.prefix+"missing"].Err)), code(x.produce(t, cl, x.prefix+"missing", "x"))}
		}, []string{"UNKNOWN_TOPIC_OR_PARTITION", "UNKNOWN_TOPIC_OR_PARTITION"}},
	}
}

func recordQuestions() []brokerQuestion {
	return []brokerQuestion{
		{"what a record keeps", func(t *testing.T, x *brokerUnderTest) (said []string) {
			name, at := x.topic(t), time.UnixMilli(1700000000123)
			cl := x.client(t, kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			err := cl.ProduceSync(t.Context(),
				&kgo.Record{Topic: name, Timestamp: at, Key: []byte("k\x00"), Value: []byte("v\xff"), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}, {Key: "h", Value: []byte{}}, {Key: "", Value: nil}}},
				&kgo.Record{Topic: name, Timestamp: at, Value: []byte{}},
				&kgo.Record{Topic: name, Timestamp: at, Key: []byte{}, Value: nil}).FirstErr()
			if err != nil {
				return []string{code(err)}
			}
			for len(said) < 3 {
				fetches := cl.PollFetches(t.Context())
				for _, r := range fetches.Records() {
					said = append(said, fmt.Sprintf("%d %d %#v %#v %q", r.Offset, r.Timestamp.UnixMilli(), string(r.Key), r.Value, fmt.Sprint(r.Headers, r.Key == nil)))
				}
			}
			return said
		}, []string{
			`0 1700000000123 "k\x00" []byte{0x76, 0xff} "[{h [49]} {h []} { []}] false"`,
			`1 1700000000123 "" []byte{} "[] true"`,
			`2 1700000000123 "" []byte(nil) "[] false"`,
		}},
		{"a record that is too large", func(t *testing.T, x *brokerUnderTest) []string {
			name := x.topic(t, "max.message.bytes", "10000")
			cl := x.client(t, kgo.ProducerBatchCompression(kgo.NoCompression()))
			return []string{code(x.produce(t, cl, name, strings.Repeat("x", 9000))), code(x.produce(t, cl, name, strings.Repeat("x", 20000)))}
		}, []string{"ok", "MESSAGE_TOO_LARGE"}},
		{"when the last record before a time came", func(t *testing.T, x *brokerUnderTest) []string {
			name := x.topic(t)
			cl := x.client(t)
			for i := range 3 {
				if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: name, Timestamp: time.UnixMilli(int64(1000 * (i + 1)))}).FirstErr(); err != nil {
					return []string{code(err)}
				}
			}
			var said []string
			for _, ms := range []int64{0, 1001, 3000, 3001} {
				listed, err := x.admin.ListOffsetsAfterMilli(t.Context(), ms, name)
				o, _ := listed.Lookup(name, 0)
				said = append(said, fmt.Sprint(o.Offset, cmp.Or(err, o.Err)))
			}
			return said
		}, []string{"0 <nil>", "1 <nil>", "2 <nil>", "3 <nil>"}},
	}
}
