package faulthour

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator/faultplan"
)

// connectLimit is how often X lets an app connect in 15 minutes.
const connectLimit = 50

// account compares what tweets.raw holds with what the simulator knows.
func (h *hour) account(t *testing.T) {
	t.Helper()
	fired := h.faults(t)
	found := h.search(t)
	records := kafkatest.ReadAll(t, h.kafka, topic.Raw)
	h.stop()
	made, emitted := readTruth(t, h.available), readTruth(t, h.truth)

	versions, gaps, fills := map[string]int{}, 0, map[string]int{}
	for _, r := range records {
		raw := parse(t, r)
		switch id := xstream.VersionID(raw.Value); {
		case raw.Kind == tweet.KindGap:
			gaps++
			h.log.Info("GAP", "record", string(raw.Value))
		case id != "":
			versions[id]++
			fills[raw.Fill]++
		}
	}
	doubled, missed, lost := 0, 0, 0
	for id, n := range versions {
		if n > 1 {
			doubled++
			h.log.Info("DOUBLED", "id", id, "times", n, "at", made[id])
		}
	}
	for id := range found {
		if versions[id] == 0 {
			missed++
			h.log.Info("MISSED", "id", id, "at", made[id])
		}
	}
	for id, at := range emitted {
		if versions[id] == 0 && !h.diedWithIngest(at) {
			lost++
			h.log.Info("LOST", "id", id, "at", at)
		}
	}
	t.Logf("%d faults of %d kinds, %d ends of ingest, the broker %d times away; of %d versions of posts that were made, %d were told, %d can be found, and the topic has %d: %v, and %d gap events",
		sum(fired), len(fired), len(h.ends), len(h.away), len(made), len(emitted), len(found), len(versions), fills, gaps)
	if doubled+missed+lost > 0 {
		t.Errorf("%d are doubled, %d are missed that search still gives, %d were lost that had been told", doubled, missed, lost)
	}
	h.checkConnects(t)
	// Some find no occasion: ingest asks for no compression, and posts in disorder need a stream that lasts.
	if len(fired) < len(faultplan.Catalogue())-5 || len(h.ends) == 0 || len(found) < 5000 {
		t.Errorf("an hour with faults of %d kinds, %d ends and %d posts to be found shows too little", len(fired), len(h.ends), len(found))
	}
}

// checkConnects compares how often all ingests together have connected with what X allows.
func (h *hour) checkConnects(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	t.Logf("%d connects", len(h.connects))
	for i := connectLimit; i < len(h.connects); i++ {
		if d := h.connects[i].Sub(h.connects[i-connectLimit]); d < 15*time.Minute {
			t.Errorf("%d connects within %s, over all lives of ingest: X locks out who does so", connectLimit+1, d)
			return
		}
	}
	if len(h.connects) < connectLimit {
		t.Errorf("%d connects show too little", len(h.connects))
	}
}

// diedWithIngest says whether a post that was told at that time may have been in the memory of an ingest that was killed, or
// stopped while the broker was away, where it waits without a spool. X tells of a post once; if search gives it still it is
// not lost all the same.
func (h *hour) diedWithIngest(at time.Time) bool {
	for _, end := range h.ends {
		since := end.at
		if end.killed {
			since = since.Add(-15 * time.Second)
		}
		for _, away := range h.away {
			if away.from.Before(end.at) && away.to.After(since) {
				since = away.from
			}
		}
		if at.After(since) && !at.After(end.at) {
			return true
		}
	}
	return false
}

func sum(fired map[faultplan.Name]int64) (n int64) {
	for _, f := range fired {
		n += f
	}
	return n
}

func parse(t *testing.T, r *kgo.Record) tweet.Raw {
	t.Helper()
	raw, err := tweet.ParseRaw(r.Key, r.Value, func(yield func(tweet.Header) bool) {
		for _, h := range r.Headers {
			if !yield(tweet.Header(h)) {
				return
			}
		}
	})
	if err != nil {
		t.Fatalf("offset %d of partition %d: %v", r.Offset, r.Partition, err)
	}
	return raw
}

// readTruth returns when each version of a post in a truth file was made.
func readTruth(t *testing.T, path string) map[string]time.Time {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	made := map[string]time.Time{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct {
			At time.Time `json:"at"`
			ID string    `json:"id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.ID != "" {
			made[line.ID] = line.At
		}
	}
	return made
}

// search returns the ids that recent search gives for the contest's rules, as X would.
func (h *hour) search(t *testing.T) map[string]bool {
	t.Helper()
	rules, err := contest.Load(contestFile)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, rule := range rules.StreamRules() {
		query := url.Values{"query": {rule.Value}, "max_results": {"100"}}
		for {
			var page struct {
				Data []struct{ ID string } `json:"data"`
				Meta struct {
					Next string `json:"next_token"`
				} `json:"meta"`
			}
			h.get(t, "/2/tweets/search/recent?"+query.Encode(), &page)
			for _, p := range page.Data {
				found[p.ID] = true
			}
			if page.Meta.Next == "" {
				break
			}
			query.Set("next_token", page.Meta.Next)
		}
	}
	return found
}

// faults returns how often each fault has happened.
func (h *hour) faults(t *testing.T) map[faultplan.Name]int64 {
	t.Helper()
	var state struct {
		Faults []struct {
			Name  faultplan.Name `json:"name"`
			Fired int64          `json:"fired"`
		} `json:"faults"`
	}
	h.get(t, "/simulator/v1/faults", &state)
	fired := map[faultplan.Name]int64{}
	for _, f := range state.Faults {
		if f.Fired > 0 {
			fired[f.Name] = f.Fired
		}
	}
	return fired
}

func (h *hour) get(t *testing.T, path string, answer any) {
	t.Helper()
	for {
		status, body := h.request(t, http.MethodGet, path)
		if status == http.StatusTooManyRequests {
			time.Sleep(time.Minute)
			continue
		}
		if err := json.Unmarshal(body, answer); err != nil || status != http.StatusOK {
			t.Fatalf("GET %s: %d %s: %v", path, status, body, err)
		}
		return
	}
}

func (h *hour) post(t *testing.T, path string) {
	t.Helper()
	if status, body := h.request(t, http.MethodPost, path); status/100 != 2 {
		t.Fatalf("POST %s: %d %s", path, status, body)
	}
}

func (h *hour) request(t *testing.T, method, path string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.api+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(path, "/2/") {
		req.Header.Set("Authorization", "Bearer made-up")
	}
	client := http.Client{Transport: &http.Transport{DialContext: h.net.dial, DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}
