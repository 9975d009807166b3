package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// lifecyclePolicy is the name of the policy that every index of the pipeline follows.
const lifecyclePolicy = "catsvdogs"

// putAge is the key of the policy's _meta that says at what age it deleted indices when it was last put. A policy that
// says something else by now was changed by a person.
const putAge = "keep"

// longestPeriod is the time that one index covers at most: a month; of dead letters and accounts always, of posts unless the
// sink's --index-period says day. The policy counts from when the index was made, and its youngest post came that much
// later.
const longestPeriod = 31 * 24 * time.Hour

// deletionAge is how old an index has to be so that each post in it has stayed for keep. 0 is for ever, in both.
func deletionAge(keep time.Duration) time.Duration {
	if keep == 0 {
		return 0
	}
	return keep + longestPeriod
}

// ensureLifecycle makes the policy that deletes indices when each of their posts has stayed for keep (0: never), and
// returns its name, or "" where there is none to follow. A policy that is there is changed only to keep indices for
// longer, and only when no person has changed it: a shorter time would delete indices at once.
//
// A server without index lifecycle management (ILM is of the basic licence, so some builds lack it) is no error.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/ilm-put-lifecycle.html
func (s *indexServer) ensureLifecycle(ctx context.Context, keep time.Duration) (string, error) {
	subject := "lifecycle policy " + lifecyclePolicy
	want := deletionAge(keep)
	have, err := s.policy(ctx)
	switch {
	case isNoEndpoint(err):
		s.tell("lifecycle", "this server has no index lifecycle management; indices stay until somebody deletes them")
		return "", nil
	case statusOf(err) == http.StatusForbidden && keep == 0:
		// Nothing is wanted of it, so the right to look is not needed either.
		return s.followedPolicy(ctx)
	case err != nil:
		return "", fmt.Errorf("read it: %w", err)
	case have == nil && keep == 0:
		s.tell("lifecycle", "none; indices stay until somebody deletes them")
		return "", nil
	case have == nil:
		if err := s.putPolicy(ctx, object{}, want); err != nil {
			return "", err
		}
		s.tell(subject, "made, %s", promise(keep))
		return lifecyclePolicy, nil
	}
	old, err := deletedAt(have)
	if err != nil {
		s.tell(subject, "different: %v; left as it is", err)
		return lifecyclePolicy, nil
	}
	put, wasPut := at(have, "_meta")[putAge].(string)
	asked, err := parseAge(put)
	switch {
	case old == want:
		s.tell(subject, "found, %s", promise(keep))
	case wasPut && err == nil && asked == old && isLonger(want, old):
		if err := s.putPolicy(ctx, have, want); err != nil {
			return "", err
		}
		s.tell(subject, "changed, %s; before, it was %s", promise(keep), inDays(old))
	case isLonger(want, old):
		s.tell(subject, "different: a person has set it: it %s; asked for: it %s; left as it is", deletion(old), deletion(want))
	default:
		s.tell(subject, "different: it %s; asked for: it %s; left as it is, because that would delete indices now (PUT _ilm/policy/%s changes it)",
			deletion(old), deletion(want), lifecyclePolicy)
	}
	return lifecyclePolicy, nil
}

// followedPolicy is the policy when the settings name it already, otherwise "": what cannot be looked at stays as it is.
func (s *indexServer) followedPolicy(ctx context.Context) (string, error) {
	settings, err := s.template(ctx, componentTemplate, settingsComponent)
	if err != nil || flatSettings(at(settings, "template", "settings"))["lifecycle.name"] != lifecyclePolicy {
		return "", err
	}
	return lifecyclePolicy, nil
}

// isNoEndpoint says that the server does not have the operation at all. A build without ILM says so in its HTTP layer
// (seen on 8.19.13), serverless Elasticsearch with 410. Any other refusal may pass, and indices without their policy
// would stay for ever.
func isNoEndpoint(err error) bool {
	var answer *elastic.StatusError
	if !errors.As(err, &answer) {
		return false
	}
	_, reason := indexRefusal(answer)
	switch answer.Status {
	case http.StatusBadRequest:
		return strings.HasPrefix(reason, "no handler found for uri")
	case http.StatusMethodNotAllowed:
		return strings.HasPrefix(reason, "Incorrect HTTP method for uri")
	}
	return answer.Status == http.StatusGone
}

// policy returns the policy, or nil.
func (s *indexServer) policy(ctx context.Context) (object, error) {
	answer, err := s.get(ctx, esapi.ILMGetLifecycleRequest{Policy: lifecyclePolicy})
	return at(answer, lifecyclePolicy, "policy"), err
}

// putPolicy puts what is there with another age to delete indices at (0: never), and reads it back.
func (s *indexServer) putPolicy(ctx context.Context, have object, limit time.Duration) error {
	phases := object{"hot": object{"actions": object{}}}
	for name, phase := range at(have, "phases") {
		phases[name] = phase
	}
	delete(phases, "delete")
	if limit > 0 {
		phase := object{"actions": object{"delete": object{}}}
		if before := at(have, "phases", "delete"); before != nil {
			phase = before
		}
		phase["min_age"] = age(limit)
		phases["delete"] = phase
	}
	meta := object{"description": "How long the indices of the pipeline stay. Made by provision.", putAge: age(limit)}
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
	if stored, err := deletedAt(now); now == nil || err != nil || stored != limit {
		return errors.New("it was put, but reads back different; is something else changing it?")
	}
	return nil
}

// deletedAt returns the age at which a policy deletes an index; 0 is never.
func deletedAt(policy object) (time.Duration, error) {
	phase := at(policy, "phases", "delete")
	if phase == nil {
		return 0, nil
	}
	text, _ := phase["min_age"].(string)
	limit, err := parseAge(text)
	if err == nil && limit == 0 {
		return 0, errors.New("it deletes an index at once")
	}
	return limit, err
}

func isLonger(a, b time.Duration) bool { return b != 0 && (a == 0 || a > b) }

// promise says what a policy of our own making does.
func promise(keep time.Duration) string {
	if keep == 0 {
		return deletion(0)
	}
	return fmt.Sprintf("%s, so that each post stays %s at least", deletion(deletionAge(keep)), inDays(keep))
}

func deletion(limit time.Duration) string {
	if limit == 0 {
		return "deletes no index"
	}
	return fmt.Sprintf("deletes an index %s after it was made", inDays(limit))
}
