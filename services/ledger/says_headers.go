package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// Names of headers that are read only where a document is held against its record (schemas/raw-tweet.v1.json).
const (
	headerMatchedRules = "matched_rules"
	headerEarlier      = "earlier"
	headerCounts       = "counts"
	headerSample       = "sample"
)

// plain says that what headers hold is such as ingest and the refresher write it. What is made of a record with others, and
// whether it is refused, is for the pipeline to say.
func plain(headers []kgo.RecordHeader) bool {
	for _, h := range headers {
		told, ok := string(h.Value), true
		switch h.Key {
		case topic.HeaderSource:
			ok = told != "" && utf8.ValidString(told)
		case topic.HeaderTruncatedLength, topic.HeaderTruncatedSHA256:
			ok = false // the value is no line
		case headerMatchedRules:
			_, ok = readRules(json.RawMessage(told))
			ok = ok && strings.HasPrefix(told, "[")
		case headerEarlier:
			_, ok = readEarlier(told)
		case headerCounts:
			_, ok = readOurCounts(told)
		case headerSample:
			_, err := strconv.Atoi(told)
			ok = err == nil
		}
		if !ok {
			return false
		}
	}
	return true
}

// readTime reads a time of an age in which there are posts, in whole milliseconds.
func readTime(told string) (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, told)
	return t.Truncate(time.Millisecond), err == nil && t.Year() >= 2006 && t.Year() < 2200
}

// looksBefore is what a look knows of the looks before it.
type looksBefore struct {
	arrived      time.Time
	observations int
}

func readEarlier(told string) (e looksBefore, ok bool) {
	var is struct {
		ArrivedAt    string `json:"arrived_at"`
		ObservedAt   string `json:"observed_at"`
		Observations int    `json:"observations"`
	}
	if json.Unmarshal([]byte(told), &is) != nil || is.Observations < 1 {
		return e, false
	}
	e.observations = is.Observations
	_, ok = readTime(is.ObservedAt)
	if ok {
		e.arrived, ok = readTime(is.ArrivedAt)
	}
	return e, ok
}

// readOurCounts reads counts by the names that documents have for them.
func readOurCounts(told string) (counts map[string]int64, ok bool) {
	err := json.Unmarshal([]byte(told), &counts)
	return counts, err == nil && counts != nil
}
