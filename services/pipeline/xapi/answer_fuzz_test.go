package xapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzWhatXSaysIsOneBoundedLine: an answer goes into logs and metrics, whatever a server there sends.
func FuzzWhatXSaysIsOneBoundedLine(f *testing.F) {
	f.Add([]byte(`{"title":"ConnectionException","detail":"\u001b[31m\n","type":"https://api.x.com/2/problems/streaming-connection","errors":[{"message":"x","details":["a","b"]}]}`))
	f.Add([]byte(`{"errors":[null,7,{"title":7,"type":"..","details":{}}]}`))
	f.Add([]byte("<html>\x00\xff\u202e secret"))
	hide := func(s string) string { return strings.ReplaceAll(s, "secret", "[hidden]") }
	f.Fuzz(func(t *testing.T, body []byte) {
		said := problems(body, hide)
		if len(said) > maxProblems+1 {
			t.Errorf("%d problems", len(said))
		}
		for _, p := range said {
			for _, text := range append([]string{p.Type, p.Title, p.Detail, p.DisconnectType, p.ConnectionIssue, p.Reason, p.RegistrationURL, p.Value, p.ID}, p.Details...) {
				if len(text) > maxProblemText || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("%.80q says %q", body, text)
				}
			}
			if strings.ContainsAny(p.String(), "\r\n") {
				t.Errorf("%.80q gives several lines: %q", body, p)
			}
		}
	})
}

// FuzzATimeToWaitIsReadOrNone: of the headers of an answer.
func FuzzATimeToWaitIsReadOrNone(f *testing.F) {
	f.Add("120", "1780481730")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "9223372036854775807")
	f.Add("-1", "1e9")
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, after, reset string) {
		header := http.Header{"Retry-After": {after}, "X-Rate-Limit-Reset": {reset}}
		at := resetTime(header, now)
		if alone := retryAfter(header, now); at.Before(alone) {
			t.Errorf("%q and %q: %s, though %s was asked for", after, reset, at, alone)
		}
	})
}

// FuzzAJobAndItsResultsAreReadOrRefused: a wrong time hides nothing beside it, and texts are printable.
func FuzzAJobAndItsResultsAreReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"id":"1","status":"complete","created_at":"2026-11-23T12:00:00.000Z","upload_url":"https://a.example/","action":"delete","reason":"deleted"}`))
	f.Add([]byte(`{"id":"2","created_at":"never","redacted_at":{},"reason":"\u001b[2J\u202e"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var job Job
		if json.Unmarshal(text, &job) == nil {
			var plain struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(text, &plain); err != nil || plain.ID != job.ID {
				t.Errorf("%q: id %q, want %q", text, job.ID, plain.ID)
			}
		}
		var result Result
		if json.Unmarshal(text, &result) != nil {
			return
		}
		for _, said := range []string{result.Action, result.Reason} {
			if len(said) > maxProblemText || strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q says %q", text, said)
			}
		}
	})
}
