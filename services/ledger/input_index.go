package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/topic"
)

// Indices by the patterns of their templates (schemas/index/tweets.json, dead-letters.json).
const (
	postIndices   = "tweets-20*.*"
	letterIndices = "dead-letters-20*.*"
)

const (
	askedAtOnce = 500
	// postsAgain is how many posts a watch holds against the index again in againEvery that were well before: one question.
	postsAgain = askedAtOnce
	// maxAnswerBytes bounds an answer: the documents, each twice where it is in two indices.
	maxAnswerBytes = 64 << 20
)

// hit is a document of the index.
type hit struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

func (h hit) document() account.Document {
	var of struct {
		ObservedAt time.Time `json:"observed_at"`
		DeletedAt  time.Time `json:"deleted_at"`
	}
	// What cannot be read is older than everything.
	_ = json.Unmarshal(h.Source, &of)
	d := account.Document{Index: h.Index}
	switch {
	case !of.DeletedAt.IsZero():
		d.At, d.Deleted = of.DeletedAt.UnixMilli(), true
	case !of.ObservedAt.IsZero():
		d.At, d.Digest = of.ObservedAt.UnixMilli(), documentDigest(h.Source)
	}
	return d
}

// refresh makes what was indexed before this moment visible to questions.
func (a *auditor) refresh(ctx context.Context) error {
	allowNone := true
	_, err := elastic.Do(ctx, a.index, esapi.IndicesRefreshRequest{Index: []string{postIndices, letterIndices}, AllowNoIndices: &allowNone}, 1<<20)
	if err != nil {
		return fmt.Errorf("refresh the index: %w", err)
	}
	return nil
}

// find returns the documents with these ids in any of the indices.
func (a *auditor) find(ctx context.Context, indices string, ids []string, each func(id string, hits []hit)) error {
	for some := range slices.Chunk(ids, askedAtOnce) {
		hits, err := a.search(ctx, indices, map[string]any{
			"size": 2 * len(some), "track_total_hits": false,
			"query": map[string]any{"ids": map[string]any{"values": some}},
		})
		if err != nil {
			return err
		}
		found := map[string][]hit{}
		for _, h := range hits {
			found[h.ID] = append(found[h.ID], h)
		}
		for _, id := range some {
			each(id, found[id])
		}
	}
	return nil
}

func (a *auditor) search(ctx context.Context, indices string, question map[string]any) ([]hit, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, fmt.Errorf("ask the index: %w", err)
	}
	allowNone := true
	answer, err := elastic.Do(ctx, a.index, esapi.SearchRequest{
		Index: []string{indices}, Body: bytes.NewReader(body), AllowNoIndices: &allowNone,
	}, maxAnswerBytes)
	if err != nil {
		return nil, fmt.Errorf("ask the index: %w", err)
	}
	var found struct {
		TimedOut bool `json:"timed_out"`
		Shards   struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
		Hits struct {
			Hits []hit `json:"hits"`
		} `json:"hits"`
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, fmt.Errorf("ask the index: %w", err)
	}
	if found.TimedOut || found.Shards.Failed > 0 {
		return nil, fmt.Errorf("ask the index: it answered in part, %d shards failed", found.Shards.Failed)
	}
	return found.Hits.Hits, nil
}

// judgePosts holds every post that has changed against the index.
func (a *auditor) judgePosts(ctx context.Context, p progress, out *account.Account) error {
	open, pending := a.book.posts.Open(func(partition int32) int64 { return at(p.indexed, topic.Enriched, partition) }, a.limit(topic.Enriched))
	out.Posts.Pending += pending
	excused := 0
	err := a.find(ctx, postIndices, open, func(key string, hits []hit) {
		if len(hits) == 0 && a.book.posts.Excuse(key, func(index string) bool { return a.indices[index] }) {
			excused++
			return
		}
		var documents []account.Document
		for _, h := range hits {
			documents = append(documents, h.document())
		}
		a.book.judged++
		pending, found := a.book.posts.Judge(key, documents)
		if pending {
			out.Posts.Pending++
		}
		out.Posts.Findings += int64(len(found))
		a.tell(out, found...)
		a.tellProgress("posts", topic.Enriched, -1, a.book.judged)
	})
	if excused > 0 {
		a.notes = append(a.notes, fmt.Sprintf("of %d posts that were in the index the whole index is gone, as a lifecycle deletes it; ledger audit misses them", excused))
	}
	return err
}

// judgeLetters holds every refusal that is new against the dead letters of the index.
func (a *auditor) judgeLetters(ctx context.Context, p progress, out *account.Account) error {
	open, pending := a.book.letters.Open(func(partition int32) int64 { return at(p.lettered, topic.DeadLetter, partition) }, a.limit(topic.DeadLetter))
	out.DeadLetters.Pending += pending
	return a.find(ctx, letterIndices, open, func(id string, hits []hit) {
		var indices []string
		for _, h := range hits {
			indices = append(indices, h.Index)
		}
		pending, found := a.book.letters.Judge(id, indices)
		if pending {
			out.DeadLetters.Pending++
		}
		a.tell(out, found...)
	})
}
