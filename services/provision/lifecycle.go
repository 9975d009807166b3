package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// lifecyclePolicy is the name of the policy that every index of the pipeline follows.
const lifecyclePolicy = "catsvdogs"

// keptUnder is the key of the policy's _meta that says what was asked for when it was last put. A policy that says
// something else by now was changed by a person.
const keptUnder = "keep"

// ensureLifecycle makes the policy that deletes indices after keep (0: never), counted from their creation, and returns
// its name, or "" where there is none to follow. A policy that is there is changed only to keep indices for longer,
// and only when no person has changed it: a shorter time would delete indices at once.
//
// A server without index lifecycle management (ILM is of the basic licence, so some builds lack it) is no error.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/ilm-put-lifecycle.html
func (s *indexServer) ensureLifecycle(ctx context.Context, keep time.Duration) (string, error) {
	subject := "lifecycle policy " + lifecyclePolicy
	have, err := s.policy(ctx)
	switch {
	case isNoEndpoint(statusOf(err)):
		s.tell("lifecycle", "this server has no index lifecycle management; indices stay until somebody deletes them")
		return "", nil
	case statusOf(err) == http.StatusForbidden && keep == 0:
		// Nothing is wanted of it, so the right to look is not needed either.
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read it: %w", err)
	case have == nil && keep == 0:
		s.tell("lifecycle", "none; indices stay until somebody deletes them")
		return "", nil
	case have == nil:
		if err := s.putPolicy(ctx, object{}, keep); err != nil {
			return "", err
		}
		s.tell(subject, "made, deletes an index %s after it was made", inDays(keep))
		return lifecyclePolicy, nil
	}
	kept, err := keptBy(have)
	if err != nil {
		s.tell(subject, "different: %v; left as it is", err)
		return lifecyclePolicy, nil
	}
	put, wasPut := at(have, "_meta")[keptUnder].(string)
	asked, err := parseAge(put)
	switch {
	case kept == keep:
		s.tell(subject, "found, deletes an index %s after it was made", inDays(kept))
	case wasPut && err == nil && asked == kept && isLonger(keep, kept):
		if err := s.putPolicy(ctx, have, keep); err != nil {
			return "", err
		}
		s.tell(subject, "changed, deletes an index %s after it was made, not %s", inDays(keep), inDays(kept))
	case isLonger(keep, kept):
		s.tell(subject, "different: a person has set it to delete an index %s after it was made, not %s; left as it is", inDays(kept), inDays(keep))
	default:
		s.tell(subject, "different: deletes an index %s after it was made, not %s; left as it is, because that would delete indices now (PUT _ilm/policy/%s changes it)",
			inDays(kept), inDays(keep), lifecyclePolicy)
	}
	return lifecyclePolicy, nil
}

// isNoEndpoint says that the server does not have the operation at all: the HTTP layer of a build without ILM answers
// 400 or 405, a serverless one 410.
func isNoEndpoint(status int) bool {
	return slices.Contains([]int{http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented}, status)
}

// policy returns the policy, or nil.
func (s *indexServer) policy(ctx context.Context) (object, error) {
	answer, err := s.get(ctx, esapi.ILMGetLifecycleRequest{Policy: lifecyclePolicy})
	return at(answer, lifecyclePolicy, "policy"), err
}

// putPolicy puts what is there with another time to delete, and reads it back.
func (s *indexServer) putPolicy(ctx context.Context, have object, keep time.Duration) error {
	phases := object{"hot": object{"actions": object{}}}
	for name, phase := range at(have, "phases") {
		phases[name] = phase
	}
	delete(phases, "delete")
	if keep > 0 {
		phase := object{"actions": object{"delete": object{}}}
		if old := at(have, "phases", "delete"); old != nil {
			phase = old
		}
		phase["min_age"] = age(keep)
		phases["delete"] = phase
	}
	meta := object{"description": "How long the indices of the pipeline stay. Made by provision.", keptUnder: age(keep)}
	body, err := json.Marshal(object{"policy": object{"phases": phases, "_meta": meta}})
	if err != nil {
		return err
	}
	if err := s.do(ctx, esapi.ILMPutLifecycleRequest{Policy: lifecyclePolicy, Body: bytes.NewReader(body)}); err != nil {
		return err
	}
	now, err := s.policy(ctx)
	if err != nil {
		return fmt.Errorf("read it back: %w", err)
	}
	if kept, err := keptBy(now); now == nil || err != nil || kept != keep {
		return errors.New("it was put, but reads back different; is something else changing it?")
	}
	return nil
}

// keptBy returns how long a policy keeps an index; 0 is for ever.
func keptBy(policy object) (time.Duration, error) {
	phase := at(policy, "phases", "delete")
	if phase == nil {
		return 0, nil
	}
	text, _ := phase["min_age"].(string)
	return parseAge(text)
}

func isLonger(a, b time.Duration) bool { return b != 0 && (a == 0 || a > b) }

// age writes a time as Elasticsearch reads it; --keep-indices has whole hours.
func age(keep time.Duration) string { return strconv.Itoa(int(keep/time.Hour)) + "h" }

// ageUnits are those of https://www.elastic.co/guide/en/elasticsearch/reference/8.19/api-conventions.html#time-units.
var ageUnits = map[string]time.Duration{
	"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second,
	"ms": time.Millisecond, "micros": time.Microsecond, "nanos": time.Nanosecond,
}

func parseAge(text string) (time.Duration, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(digits, 10, 64)
	unit, known := ageUnits[text[len(digits):]]
	if err != nil || !known || n < 0 || n > int64(1<<63-1)/int64(unit) {
		return 0, fmt.Errorf("its time to delete an index is %q, which is no time", text)
	}
	return time.Duration(n) * unit, nil
}

func inDays(d time.Duration) string {
	switch {
	case d == 0:
		return "never"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}
