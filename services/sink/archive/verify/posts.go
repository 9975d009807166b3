package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/tweet"
)

const (
	batchPosts = 500     // that the index is asked for at once
	batchBytes = 4 << 20 // of their documents, but for the last one's
	// maxAnswerBytes bounds an answer: the documents, each twice where it is in two indices, and not as they were sent.
	maxAnswerBytes = 64 << 20
	// deadLetters are the indices that the sink keeps dead letters in, each under the place of what was refused.
	deadLetters = "dead-letters-20*.*"
)

// posts holds what tweets.enriched says of posts against the index. Every observation is asked for, batch by batch, and the
// newest of a batch must be there or be followed by a newer one.
type posts struct {
	index esapi.Transport
	batch map[string][]observation
	size  int
	// ahead are posts of which the index has what no observation so far accounts for. A later one may.
	ahead map[string]ahead
}

// observation is what a record says of its post.
type observation struct {
	at       int64 // Unix milliseconds
	deleted  bool
	offset   int64
	document []byte
	// isSuppressed says that the list has a deletion that takes it.
	isSuppressed bool
}

// newer orders observations of a post. At the same millisecond a deletion wins, and otherwise what comes later in the log.
func newer(a, b observation) int {
	return cmp.Or(cmp.Compare(a.at, b.at), rank(a.deleted)-rank(b.deleted), cmp.Compare(a.offset, b.offset))
}

func rank(deleted bool) int {
	if deleted {
		return 1
	}
	return 0
}

// ahead is what the index has of a post.
type ahead struct {
	at      int64
	finding Finding
}

// newPosts makes what was indexed before this moment visible to its questions.
func newPosts(ctx context.Context, index esapi.Transport) (*posts, error) {
	allowNone := true
	_, err := elastic.Do(ctx, index, esapi.IndicesRefreshRequest{Index: []string{tweet.IndexPattern, deadLetters}, AllowNoIndices: &allowNone}, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("refresh the index: %w", err)
	}
	return &posts{index: index, batch: map[string][]observation{}, ahead: map[string]ahead{}}, nil
}

// observe reads a record of tweets.enriched.
func observe(r *kgo.Record) (id string, o observation) {
	id, o = string(r.Key), observation{offset: r.Offset, deleted: r.Value == nil, at: broker.ObservedAt(r).UnixMilli(), document: r.Value}
	if !o.deleted {
		var document struct {
			TweetID    string    `json:"tweet_id"`
			ObservedAt time.Time `json:"observed_at"`
		}
		if err := tweet.DecodeJSON(r.Value, &document); err == nil {
			id, o.at = document.TweetID, document.ObservedAt.UnixMilli()
		}
	}
	return id, o
}

// take notes what a line says of its post.
func (p *posts) take(ctx context.Context, w *walk, r *kgo.Record) error {
	if r.Offset >= w.span.indexed {
		w.sum.Pending++
		return nil
	}
	id, o := observe(r)
	o.isSuppressed = w.v.deleted.Matches(r)
	w.sum.Posts++
	if a, ok := p.ahead[id]; ok && o.at >= a.at {
		delete(p.ahead, id) // it is asked for itself
	}
	p.batch[id] = append(p.batch[id], o)
	p.size += len(o.document)
	if len(p.batch) < batchPosts && p.size < batchBytes {
		return nil
	}
	return p.ask(ctx, w)
}

// ask asks the index for the posts of the batch.
func (p *posts) ask(ctx context.Context, w *walk) error {
	if len(p.batch) == 0 {
		return nil
	}
	ids := make([]string, 0, len(p.batch))
	for id, of := range p.batch {
		ids = append(ids, id)
		slices.SortFunc(of, func(a, b observation) int { return newer(b, a) })
	}
	hits, err := p.find(ctx, tweet.IndexPattern, ids)
	if err != nil {
		return err
	}
	var places []string // of what the index may have refused
	for id, of := range p.batch {
		if isBehind(of[0], hits[id]) {
			for _, o := range of {
				places = append(places, w.place(o))
			}
		}
	}
	refused := map[string][]hit{}
	for some := range slices.Chunk(places, batchPosts) {
		found, err := p.find(ctx, deadLetters, some)
		if err != nil {
			return err
		}
		for place, letters := range found {
			refused[place] = letters
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		of := p.batch[id]
		for len(of) > 0 && isBehind(of[0], hits[id]) && len(refused[w.place(of[0])]) > 0 {
			w.sum.Refused++
			of = of[1:] // what was there before must still be
		}
		if len(of) > 0 {
			p.judge(w, id, of[0], hits[id])
		}
	}
	clear(p.batch)
	p.size = 0
	return nil
}

// place is under what the dead letter of an observation is kept.
func (w *walk) place(o observation) string {
	return fmt.Sprintf("%s-%d-%d", w.sum.Topic, w.sum.Partition, o.offset)
}

// find returns the documents with these ids in any of the indices.
func (p *posts) find(ctx context.Context, indices string, ids []string) (map[string][]hit, error) {
	body, err := json.Marshal(map[string]any{
		"size":  2 * len(ids),
		"query": map[string]any{"ids": map[string]any{"values": ids}},
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
