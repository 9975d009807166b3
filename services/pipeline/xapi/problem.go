package xapi

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is what X says about a failure, in an answer or in the stream: an object after RFC 7807 with fields of X's
// own. Every text is bounded, printable and free of the token; a field that X left out is empty.
type Problem struct {
	Type            string   // last segment of the type URL, such as "invalid-rules"; the host before it has changed
	Title           string   // such as "ConnectionException"
	Detail          string   // a sentence for people
	DisconnectType  string   // why a stream was ended, such as "UpstreamOperationalDisconnect"
	ConnectionIssue string   // why a connect was refused, such as "TooManyConnections"
	Reason          string   // why an app is refused, such as "client-not-enrolled"
	RegistrationURL string   // where an app can be enrolled
	Value           string   // the rule that it is about
	ID              string   // of the rule that it is about
	Details         []string // what is wrong with the rule
}

// Bounds on what is taken from an answer: it comes from outside and goes into logs.
const (
	maxProblems    = 50
	maxProblemText = 300 // bytes of one text
)

// String puts what X said into one line.
func (p Problem) String() string {
	var parts []string
	for _, s := range []string{p.Title, p.DisconnectType, p.ConnectionIssue, p.Reason, p.Detail, strings.Join(p.Details, "; "), p.RegistrationURL} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	if p.Value != "" {
		parts = append(parts, fmt.Sprintf("rule %q", p.Value))
	}
	if len(parts) == 0 {
		return "no reason given"
	}
	return strings.Join(parts, ": ")
}

// OutOfCredit says whether the account may read no more posts. Two spellings of the type have been seen since
// pay-per-use; usage-capped is the older one.
func (p Problem) OutOfCredit() bool {
	return p.Type == "credits" || p.Type == "credits-depleted" || p.Type == "usage-capped"
}

// problems reads the body of an answer that is no success: one problem, a list of them under "errors", both, or
// something else altogether, which becomes a problem that quotes it.
func problems(body []byte, hide func(string) string) []Problem {
	var top map[string]any
	if err := json.Unmarshal(body, &top); err != nil {
		text := Printable(hide(string(body)))
		if text == "" {
			return nil
		}
		return []Problem{{Detail: text}}
	}
	var out []Problem
	if p := ReadProblem(top, hide); p.Title != "" || p.Type != "" || p.Detail != "" {
		out = append(out, p)
	}
	list, _ := top["errors"].([]any)
	return append(out, ReadProblems(list, hide)...)
}

// ReadProblems reads what stands under "errors" in an answer, the first maxProblems of it. hide takes the token out.
func ReadProblems(list []any, hide func(string) string) []Problem {
	var out []Problem
	for _, item := range list[:min(len(list), maxProblems)] {
		fields, _ := item.(map[string]any)
		out = append(out, ReadProblem(fields, hide))
	}
	return out
}

// ReadProblem reads one problem of an answer: it takes the fields that are texts and passes over the others: a wrong type in one field must not hide the rest.
func ReadProblem(fields map[string]any, hide func(string) string) Problem {
	text := func(name string) string {
		s, _ := fields[name].(string)
		return Printable(hide(s))
	}
	p := Problem{
		Title: text("title"), Detail: text("detail"), DisconnectType: text("disconnect_type"),
		ConnectionIssue: text("connection_issue"), Reason: text("reason"), RegistrationURL: text("registration_url"),
		Value: text("value"), ID: text("id"),
	}
	if t := text("type"); t != "" && t != "about:blank" {
		p.Type = path.Base(t)
	}
	if p.Detail == "" {
		p.Detail = text("message") // the errors of version 1.1, still sent for rate limits
	}
	details, _ := fields["details"].([]any)
	for _, d := range details[:min(len(details), maxProblems)] {
		if s, ok := d.(string); ok {
			p.Details = append(p.Details, Printable(hide(s)))
		}
	}
	return p
}

// Printable makes text printable, on one line, valid UTF-8 and at most maxProblemText bytes.
func Printable(text string) string {
	if len(text) > maxProblemText {
		cut := maxProblemText - len("…")
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}
