package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/tweet"
)

const (
	batchPosts = 500 // that the index is asked for at once
	// maxAnswerBytes bounds an answer: two times and an id for each post, twice where it is in two indices.
	maxAnswerBytes = 8 << 20
	// deadLetters are the indices that the sink keeps dead letters in, each under the place of what was refused.
	deadLetters = "dead-letters-20*.*"
)

// posts holds what tweets.enriched says of posts against the index. Every observation is asked for, so that it need not be
// known which is the newest: the index must have none older.
type posts struct {
	index esapi.Transport
	batch map[string]expected
}

// expected is the newest version of a post in a batch.
type expected struct {
	version int64
	deleted bool
	offset  int64
}

// newPosts makes what was indexed before this moment visible to its questions.
func newPosts(ctx context.Context, index esapi.Transport) (*posts, error) {
	allowNone := true
	_, err := elastic.Do(ctx, index, esapi.IndicesRefreshRequest{Index: []string{tweet.IndexPattern, deadLetters}, AllowNoIndices: &allowNone}, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("refresh the index: %w", err)
	}
	return &posts{index: index, batch: map[string]expected{}}, nil
}

// take notes what a line says of its post.
func (p *posts) take(ctx context.Context, w *walk, l archived.Line) error {
	if l.Suppressed {
		return nil // its deletion is asked for
	}
	if l.Offset >= w.span.indexed {
		w.sum.Pending++
		return nil
	}
	id, e := string(l.Key), expected{offset: l.Offset, deleted: l.Value == nil, version: tweet.Version(broker.ObservedAt(l.Record))}
	if !e.deleted {
		var document struct {
			TweetID    string    `json:"tweet_id"`
			ObservedAt time.Time `json:"observed_at"`
		}
		if err := tweet.DecodeJSON(l.Value, &document); err == nil {
			id, e.version = document.TweetID, tweet.Version(document.ObservedAt)
		}
	}
	w.sum.Posts++
	if old, ok := p.batch[id]; !ok || e.version >= old.version {
		p.batch[id] = e
	}
	if len(p.batch) < batchPosts {
		return nil
	}
	return p.ask(ctx, w)
}

// hit is a document of the index.
type hit struct {
	Index  string `json:"_index"`
	ID     string `json:"_id"`
	Source struct {
		ObservedAt time.Time `json:"observed_at"`
		DeletedAt  time.Time `json:"deleted_at"` // of a stub
	} `json:"_source"`
}

// ask asks the index for the posts of the batch.
func (p *posts) ask(ctx context.Context, w *walk) error {
	if len(p.batch) == 0 {
		return nil
	}
	ids := make([]string, 0, len(p.batch))
	for id := range p.batch {
		ids = append(ids, id)
	}
	hits, err := p.find(ctx, tweet.IndexPattern, ids)
	if err != nil {
		return err
	}
	var absent []string // places of posts that the index does not have, as their dead letters would have them
	missing := map[string]string{}
	for id, e := range p.batch {
		if len(hits[id]) == 0 {
			place := fmt.Sprintf("%s-%d-%d", w.sum.Topic, w.sum.Partition, e.offset)
			absent = append(absent, place)
			missing[place] = id
		}
	}
	refused := map[string][]hit{}
	if len(absent) > 0 {
		if refused, err = p.find(ctx, deadLetters, absent); err != nil {
			return err
		}
	}
	for place, id := range missing {
		if len(refused[place]) > 0 {
			w.sum.Refused++
			continue
		}
		p.found(w, IndexMissing, id, "")
	}
	for id, e := range p.batch {
		p.judge(w, id, e, hits[id])
	}
	clear(p.batch)
	return nil
}

func (p *posts) found(w *walk, k Kind, id, detail string) {
	at := p.batch[id].offset
	w.found(Finding{Kind: k, First: at, Last: at, Records: 1, Key: id, Detail: detail})
}

func (p *posts) judge(w *walk, id string, e expected, hits []hit) {
	if len(hits) > 1 {
		p.found(w, IndexDouble, id, hits[0].Index+" and "+hits[1].Index)
	}
	for _, h := range hits {
		has := max(version(h.Source.ObservedAt), version(h.Source.DeletedAt))
		switch {
		case has < e.version:
			p.found(w, IndexStale, id, fmt.Sprintf("%s has version %d, not %d", h.Index, has, e.version))
		case has == e.version && e.deleted && h.Source.DeletedAt.IsZero():
			p.found(w, IndexStale, id, h.Index+" has the post, which was deleted")
		}
	}
}

func version(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return tweet.Version(t)
}

// find returns the documents with these ids in any of the indices.
func (p *posts) find(ctx context.Context, indices string, ids []string) (map[string][]hit, error) {
	body, err := json.Marshal(map[string]any{
		"size":    2 * len(ids),
		"query":   map[string]any{"ids": map[string]any{"values": ids}},
		"_source": []string{"observed_at", "deleted_at"},
	})
	if err != nil {
		return nil, fmt.Errorf("ask the index: %w", err)
	}
	allowNone := true
	answer, err := elastic.Do(ctx, p.index, esapi.SearchRequest{
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
	hits := map[string][]hit{}
	for _, h := range found.Hits.Hits {
		hits[h.ID] = append(hits[h.ID], h)
	}
	return hits, nil
}
