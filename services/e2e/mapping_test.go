//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/tweet"
)

const (
	mutants  = 6000 // lines of which many give a document
	wreckage = 1500 // documents that are damaged
)

// enrichedMoment is when the lines of the corpus are enriched: long after any post in it.
var enrichedMoment = time.Date(2026, 6, 3, 10, 15, 30, 123_000_000, time.UTC)

var fractionOfAMillisecond = regexp.MustCompile(`"(@timestamp|[a-z]+_at)":(\[.*)?-?[0-9]+(\.|e)`)

func TestTheEmbeddedIndexTakesEveryDocumentThatTheEnricherCanMake(t *testing.T) {
	t.Parallel()
	takesAll(t, embeddedIndex(t), enrichedCorpus(t))
}

func TestRealElasticsearchTakesEveryDocumentThatTheEnricherCanMake(t *testing.T) {
	s := realServers(t)
	documents := enrichedCorpus(t)
	takesAll(t, newIndexUnderTest(t, s.elastic(), s.index.Given()), documents)
	realparts.Say("%d documents were stored", len(documents))
}

// Documents that the enricher never makes must find the same verdict in both, or a demo would hide what happens in
// production.
func TestRealElasticsearchAndTheEmbeddedIndexJudgeDamagedDocumentsAlike(t *testing.T) {
	s := realServers(t)
	documents := damaged(enrichedCorpus(t), wreckage)
	index := newIndexUnderTest(t, s.elastic(), s.index.Given())
	want, got := verdictsOn(t, index, documents), verdictsOn(t, embeddedIndex(t), documents)
	refused, differ := 0, 0
	for i, document := range documents {
		if want[i] != stored {
			refused++
		}
		// By which name a document is refused only tells a reader why; see indexDifferences, which also has the fractions.
		if want[i][:1] == got[i][:1] || fractionOfAMillisecond.MatchString(document) {
			continue
		}
		if differ++; differ <= 20 {
			t.Errorf("real: %s, embedded: %s: %.2000s", want[i], got[i], document)
		}
	}
	if refused < len(documents)/10 || refused > len(documents)*9/10 {
		t.Errorf("%d of %d were refused, which compares little", refused, len(documents))
	}
	realparts.Say("of %d damaged documents %d were refused; on %d the two servers differ", len(documents), refused, differ)
}

// enrichedCorpus is what the enricher makes of the corpus, with what the sink adds, each document once.
func enrichedCorpus(t *testing.T) []string {
	t.Helper()
	c, err := contest.Load("../../contest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := enrich.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var documents []string
	seen := map[string]bool{}
	corpus := rawCorpus(t, c)
	for _, raw := range corpus {
		document, err := e.Enrich(raw, enrichedMoment)
		if err != nil {
			continue // a refusal, which has its own tests
		}
		encoded, err := tweet.Encode(document)
		if err != nil {
			t.Fatal(err)
		}
		stamped := strings.TrimSuffix(string(bytes.TrimSpace(encoded)), "}") + `,"indexed_at":"2026-06-03T10:15:31.000Z","index_ms":877}`
		if !seen[stamped] {
			documents, seen[stamped] = append(documents, stamped), true
		}
	}
	if len(documents) < len(corpus)/5 {
		t.Fatalf("of %d lines only %d give documents", len(corpus), len(documents))
	}
	return documents
}

func takesAll(t *testing.T, x *indexUnderTest, documents []string) {
	t.Helper()
	bad := 0
	for i, verdict := range verdictsOn(t, x, documents) {
		if verdict != stored {
			if bad++; bad <= 10 {
				t.Errorf("%s: %.3000s", verdict, documents[i])
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d documents are not stored", bad, len(documents))
	}
}

// verdictsOn indexes documents under the pipeline's mapping, each under an id of its own.
func verdictsOn(t *testing.T, x *indexUnderTest, documents []string) []string {
	t.Helper()
	const bulkBytes, bulkDocuments = 2 << 20, 200 // far below what a node can hold
	var verdicts []string
	var body strings.Builder
	pending := 0
	flush := func() {
		if pending == 0 {
			return
		}
		got := x.send(t.Context(), t, "POST /$-tweets-corpus/_bulk", body.String()).verdicts()
		if len(got) != pending {
			t.Fatalf("%d verdicts on %d documents: %v", len(got), pending, slices.Compact(got))
		}
		verdicts = append(verdicts, got...)
		body.Reset()
		pending = 0
	}
	for i, document := range documents {
		fmt.Fprintf(&body, `{"index":{"_id":"%d"}}`+"\n%s\n", i, document)
		if pending++; pending == bulkDocuments || body.Len() > bulkBytes {
			flush()
		}
	}
	flush()
	return verdicts
}
