package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// readBackTimeout bounds the wait until a topic that was made can be seen: the brokers learn of it one after the other.
const readBackTimeout = 15 * time.Second

// ErrUnusableTopic is wrapped when a topic is there and yet nothing could be written to it.
var ErrUnusableTopic = errors.New("nothing can be written to it")

// EnsureTopics makes the topics that are missing, reads each one back, and returns a line for each: made, or found and
// how it differs from what was asked for. replication is the number of copies of each partition; -1 leaves it to the
// broker. A topic that is there is never changed: more partitions would send a key's records to another partition and
// so out of order, and a shorter retention would delete records.
//
// Any number of callers may do this at the same time. The error names the first topic that could not be made or seen;
// the lines are those of the topics before it.
func EnsureTopics(ctx context.Context, cl *kgo.Client, specs []topic.Spec, replication int16) ([]string, error) {
	adm := kadm.NewClient(cl)
	var lines []string
	for _, s := range specs {
		made, err := makeTopic(ctx, adm, s, replication)
		if err != nil {
			return lines, fmt.Errorf("make topic %s: %w", s.Name, err)
		}
		partitions, err := awaitTopic(ctx, adm, s.Name)
		if err != nil {
			return lines, fmt.Errorf("read topic %s back: %w", s.Name, err)
		}
		settings, err := settingsOf(ctx, adm, s.Name)
		if err != nil {
			return lines, fmt.Errorf("read the settings of topic %s: %w", s.Name, err)
		}
		copies := len(partitions[0].Replicas)
		if least, err := strconv.Atoi(settings["min.insync.replicas"]); err == nil && least > copies {
			return lines, fmt.Errorf("topic %s: %w: it has %d copies of each partition and min.insync.replicas is %d; give --replication and --min-insync that fit, or add copies (kafka-reassign-partitions)",
				s.Name, ErrUnusableTopic, copies, least)
		}
		lines = append(lines, describeTopic(s, made, replication, len(partitions), copies, settings))
	}
	return lines, nil
}

// makeTopic says whether the topic was made by this call.
func makeTopic(ctx context.Context, adm *kadm.Client, s topic.Spec, replication int16) (bool, error) {
	settings := map[string]*string{}
	for k, v := range s.Settings {
		settings[k] = &v
	}
	answer, err := adm.CreateTopic(ctx, s.Partitions, replication, settings, s.Name)
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return false, nil
	}
	if err != nil && answer.ErrMessage != "" {
		return false, fmt.Errorf("%w (%s)", err, answer.ErrMessage)
	}
	return err == nil, err
}

// awaitTopic returns the partitions of a topic, in order and at least one, as soon as each has a leader.
func awaitTopic(ctx context.Context, adm *kadm.Client, name string) ([]kadm.PartitionDetail, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, readBackTimeout)
	defer cancel()
	missing := errors.New("the broker has not answered")
	for {
		found, err := adm.ListTopics(ctx, name)
		if err == nil {
			err = found[name].Err
		}
		if err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			missing = err
		}
		if err == nil {
			partitions := found[name].Partitions.Sorted()
			headless := slices.DeleteFunc(slices.Clone(partitions), func(p kadm.PartitionDetail) bool { return p.Leader >= 0 })
			if len(partitions) > 0 && len(headless) == 0 {
				return partitions, nil
			}
			missing = fmt.Errorf("%d of %d partitions have no leader", len(headless), len(partitions))
		}
		if errors.Is(err, kerr.TopicAuthorizationFailed) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w; waited %s", missing, time.Since(began).Round(100*time.Millisecond))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// settingsOf returns the settings of a topic, those included that the broker has by default.
func settingsOf(ctx context.Context, adm *kadm.Client, name string) (map[string]string, error) {
	answers, err := adm.DescribeTopicConfigs(ctx, name)
	if err != nil {
		return nil, err
	}
	answer, err := answers.On(name, nil)
	if err == nil {
		err = answer.Err
	}
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, c := range answer.Configs {
		if c.Value != nil {
			settings[c.Key] = *c.Value
		}
	}
	return settings, nil
}

func describeTopic(s topic.Spec, made bool, replication int16, partitions, copies int, settings map[string]string) string {
	var different []string
	if partitions != int(s.Partitions) {
		different = append(different, fmt.Sprintf("it has %d partitions, not %d", partitions, s.Partitions))
	}
	if replication > 0 && copies != int(replication) {
		different = append(different, fmt.Sprintf("it has %d copies of each partition, not %d", copies, replication))
	}
	for _, key := range slices.Sorted(maps.Keys(s.Settings)) {
		if have, known := settings[key]; known && !sameSetting(have, s.Settings[key]) {
			different = append(different, fmt.Sprintf("%s is %s, not %s", key, have, s.Settings[key]))
		}
	}
	outcome := "found"
	if made {
		outcome = "made"
	}
	line := fmt.Sprintf("topic %s: %s, %d partitions, %d copies", s.Name, outcome, partitions, copies)
	if len(different) > 0 {
		line += "; different from what was asked for: " + strings.Join(different, ", ") + "; left as it is (kafka-configs and kafka-reassign-partitions change a topic)"
	}
	return line
}

// sameSetting compares values as Kafka does: some are lists in which order means nothing, such as cleanup.policy.
func sameSetting(a, b string) bool {
	split := func(s string) []string {
		parts := strings.Split(s, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		slices.Sort(parts)
		return parts
	}
	return slices.Equal(split(a), split(b))
}
