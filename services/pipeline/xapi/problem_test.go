package xapi

import (
	"strings"
	"testing"
)

func TestWhatXSaysIsBoundedAndPrintable(t *testing.T) {
	t.Parallel()
	hostile := `{"title":"a\u0000b\n\u001b[31m","detail":"` + strings.Repeat("ü", 5000) + `","type":"https://api.x.com/2/problems/invalid-rules","details":["one","two"]}`
	got := problems([]byte(hostile), asIs)
	if len(got) != 1 || got[0].Type != "invalid-rules" || len(got[0].Detail) > maxProblemText || strings.ContainsAny(got[0].String(), "\x00\n\x1b") {
		t.Errorf("problems: %q", got)
	}
	if many := problems([]byte(`{"errors":[`+strings.Repeat(`{},`, 10000)+`{}]}`), asIs); len(many) != maxProblems {
		t.Errorf("%d problems were taken", len(many))
	}
	if text := problems([]byte("upstream\xff said no"), asIs); len(text) != 1 || text[0].String() != "upstream\uFFFD said no" {
		t.Errorf("a body that is no JSON: %q", text)
	}
}

func asIs(s string) string { return s }
