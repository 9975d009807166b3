//go:build unix

package e2e

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// accountFor wants each of the stream's first n records once, in the topic where it belongs and in the order of its post.
func accountFor(t *testing.T, cfg broker.Config, n int64) {
	t.Helper()
	seen := make([]int, n)
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	for _, name := range []string{topic.Enriched, topic.DeadLetter} {
		awaitSettled(t, admin, name)
		last := map[string]int{}
		records := kafkatest.ReadAll(t, cfg, name)
		for _, r := range records {
			i, err := numberOf(r)
			if err != nil || i < 0 || int64(i) >= n {
				t.Fatalf("%s holds something else: %s (%v)", name, r.Value, err)
			}
			if brokenRecord(i) != (name == topic.DeadLetter) {
				t.Errorf("record %d is in %s", i, name)
			}
			if before, ok := last[string(r.Key)]; ok && before >= i {
				t.Errorf("%s: record %d of post %s comes after %d", name, i, r.Key, before)
			}
			last[string(r.Key)] = i
			seen[i]++
		}
		ends, err := admin.ListEndOffsets(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		written := int64(0)
		ends.Each(func(o kadm.ListedOffset) { written += o.Offset })
		realparts.Say("%s: %d records are committed; %d offsets are markers, or records that were aborted", name, len(records), written-int64(len(records)))
	}
	lost, doubled := 0, 0
	for _, times := range seen {
		lost += max(0, 1-times)
		doubled += max(0, times-1)
	}
	if lost != 0 || doubled != 0 || n == 0 {
		t.Errorf("of %d records %d are lost and %d are there too often", n, lost, doubled)
	}
	realparts.Say("each of %d records came out once", n)
}

// numberOf reads the number of a record of the stream from what it became.
func numberOf(r *kgo.Record) (int, error) {
	if r.Topic == topic.DeadLetter {
		// The line lacks its last brace.
		var line struct {
			Data struct {
				Metrics struct {
					Likes int `json:"like_count"`
				} `json:"public_metrics"`
			} `json:"data"`
		}
		err := json.Unmarshal(append(append([]byte{}, r.Value...), '}'), &line)
		return line.Data.Metrics.Likes, err
	}
	var document struct {
		Metrics struct {
			Likes json.Number `json:"likes"`
		} `json:"metrics"`
	}
	if err := json.Unmarshal(r.Value, &document); err != nil {
		return 0, err
	}
	return strconv.Atoi(document.Metrics.Likes.String())
}
