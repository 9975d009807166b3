package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// sourceTimeout bounds a question to the simulator.
const sourceTimeout = 5 * time.Second

// sourceFaults are those of the simulator that a person can see something of.
var sourceFaults = []struct{ name, order, says string }{
	{"stall_silent", `{"for":"10s"}`, "X sends nothing for ten seconds, not even that it lives."},
	{"cut_mid_line", ``, "X's connection closes in the middle of a post."},
	{"reset", ``, "X's connection is reset."},
	{"duplicates", `{"count":20}`, "X sends the last twenty posts again."},
	{"disorder", `{"count":20}`, "X sends twenty posts in another order."},
	{"edits", `{"count":20}`, "The authors of the last twenty posts edit them."},
	{"deletions", `{"count":10}`, "The authors of the last ten posts delete them."},
	{"rules_silently_lost", ``, "X forgets what it was asked for, and says nothing."},
	{"connect_503", `{"times":3}`, "X is not available at the next three connects."},
	{"flood", `{"count":10,"for":"20s"}`, "Ten times as many posts come, for twenty seconds."},
}

// Source are the faults of the simulator at url. An order is no hit: what has come of it Fired tells.
func Source(url string) []Fault {
	var all []Fault
	for _, f := range sourceFaults {
		all = append(all, Fault{Name: "source_" + f.name, Says: f.says, Begin: func(ctx context.Context, _ func()) error {
			return order(ctx, url+"/simulator/v1/faults/"+f.name, f.order)
		}})
	}
	return all
}

// Fired asks the simulator at url how often each fault of Source has really happened, by its name here.
func Fired(ctx context.Context, url string) (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/simulator/v1/faults", nil)
	if err != nil {
		return nil, fmt.Errorf("ask which faults have fired: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask which faults have fired: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Faults []struct {
			Name  string
			Fired int64
		}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read which faults have fired: %w", err)
	}
	fired := map[string]int64{}
	for _, f := range answer.Faults {
		fired["source_"+f.Name] = f.Fired
	}
	return fired, nil
}

func order(ctx context.Context, url, body string) error {
	ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct{ Error string }
	_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer)
	return fmt.Errorf("the simulator answers %s: %s", resp.Status, answer.Error)
}
