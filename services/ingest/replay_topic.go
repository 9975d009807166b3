package ingest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// checkTopicFor looks whether tweets.raw takes and keeps records as old as earliest. A topic that would not keep them as
// they are is an error; one that would soon delete them is a warning, because what reads the topic now still sees them.
func checkTopicFor(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, earliest time.Time) error {
	cl, err := kgo.NewClient(broker.Options(cfg, "ingest-replay", tel)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	answers, err := kadm.NewClient(cl).DescribeTopicConfigs(ctx, topic.Raw)
	if err == nil {
		_, err = answers.On(topic.Raw, func(c *kadm.ResourceConfig) error { return c.Err })
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tel.Logger.Warn("cannot see whether the topic keeps records of that time", "topic", topic.Raw, "error", err)
		return nil
	}
	settings := map[string]string{}
	for _, c := range answers[0].Configs {
		settings[c.Key] = c.MaybeValue()
	}
	if settings["message.timestamp.type"] == "LogAppendTime" {
		return fmt.Errorf("topic %s has message.timestamp.type LogAppendTime and would change the records' time; set it to CreateTime", topic.Raw)
	}
	age := time.Since(earliest)
	if most, ok := milliseconds(settings["message.timestamp.before.max.ms"]); ok && age > most {
		return fmt.Errorf("topic %s takes no records older than %s (message.timestamp.before.max.ms), and the first are of %s; raise it, or give a later --replay-from",
			topic.Raw, most, earliest.Format(time.RFC3339))
	}
	if kept, ok := milliseconds(settings["retention.ms"]); ok && age > kept {
		tel.Logger.Warn("the broker will soon delete what is replayed again: its records are older than the topic's retention; raise retention.ms of the topic for as long as they are needed",
			"topic", topic.Raw, "retention", kept, "first_records", earliest.Format(time.RFC3339))
	}
	return nil
}

// milliseconds reads a setting; it says false for one that is not there, or without a limit.
func milliseconds(setting string) (time.Duration, bool) {
	n, err := strconv.ParseInt(setting, 10, 64)
	if err != nil || n < 0 || n > int64(1<<63-1)/int64(time.Millisecond) {
		return 0, false
	}
	return time.Duration(n) * time.Millisecond, true
}
