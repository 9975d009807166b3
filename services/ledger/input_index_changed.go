package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"catsvdogs/services/ledger/account"
)

const (
	// scanPage is how many documents a question asks for; more are asked for in shorter windows of time.
	scanPage = 5000
	// scanAgain is how much later than it tells a bulk may become visible.
	scanAgain = time.Minute
	// mostStrangers bounds the documents that nobody can account for and that are looked at again.
	mostStrangers = 10_000
)

// scan looks at every document that was indexed since the last scan: each must be of a post that was read. What looks
// like a stranger may be of a record behind what this round has read, so it is one in the next round only.
//
// It looks at each document twice: as soon as it is there, and once more with those that became visible late, when the time
// when a bulk is visible at the latest has passed. So a round looks at what has come since the one before, and not at the
// whole time in which something may still come. An audit has no round after, and looks at all of that time.
//
// It says nothing where not every look at every post was read, nor when posts were forgotten.
func (a *auditor) scan(ctx context.Context, out *account.Account) error {
	if a.book.posts.Partial {
		return nil
	}
	if a.scannedTo.IsZero() {
		first, err := a.changed(ctx, time.Time{}, time.Time{}, 1)
		if err != nil {
			return err
		}
		for at := range maps.Values(first) {
			a.scannedTo = at
		}
	}
	if !a.scannedTo.IsZero() {
		fresh := a.scannedTo
		if !a.isAudit && a.glancedTo.After(fresh) {
			fresh = a.glancedTo
		}
		latest, err := a.look(ctx, fresh, out.At.Add(time.Hour)) // the index half's clock may be ahead of ours
		if err != nil {
			return err
		}
		late := latest.Add(-scanAgain)
		if fresh.Before(late) {
			late = fresh // what lies behind was looked at just now
		}
		if late.After(a.scannedTo) {
			if _, err := a.look(ctx, a.scannedTo, late); err != nil {
				return err
			}
		}
		a.glancedTo = latest
		if back := latest.Add(-scanAgain); back.After(a.scannedTo) {
			a.scannedTo = back
		}
	}
	return a.judgeStrangers(ctx, out)
}

// look takes note of every document without a post that was indexed from a time on and before another, and returns when the
// latest document was indexed, or from.
//
// It goes by windows of time that are as long as one answer allows, because to sort all documents for each page of an answer
// takes the index longer than all the rest of a round.
func (a *auditor) look(ctx context.Context, from, end time.Time) (latest time.Time, err error) {
	latest = from
	for window := end.Sub(from); from.Before(end); {
		found, err := a.changed(ctx, from, earlier(from.Add(window), end), scanPage)
		if err != nil {
			return latest, err
		}
		if len(found) >= scanPage && window > time.Millisecond {
			window = max(window/4, time.Millisecond).Truncate(time.Millisecond)
			continue
		}
		for id, at := range found {
			if at.After(latest) {
				latest = at
			}
			if _, known := a.strangers[id]; !known && !a.book.posts.Known(id) && len(a.strangers) < mostStrangers {
				a.strangers[id] = 0
			}
		}
		from = from.Add(window)
		if len(found) < scanPage/4 {
			window *= 2
		}
	}
	return latest, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// changed returns the ids of documents by when they were indexed, most of them at most: from a time on and before another.
// Without these it is the first one ever.
func (a *auditor) changed(ctx context.Context, from, to time.Time, most int) (map[string]time.Time, error) {
	question := map[string]any{"size": most, "track_total_hits": false, "_source": []string{"indexed_at"}}
	if to.IsZero() {
		question["sort"] = []any{map[string]any{"indexed_at": "asc"}}
		question["query"] = map[string]any{"exists": map[string]any{"field": "indexed_at"}}
	} else {
		question["query"] = map[string]any{"range": map[string]any{"indexed_at": map[string]any{
			"gte": from.UTC().Format(time.RFC3339Nano), "lt": to.UTC().Format(time.RFC3339Nano),
		}}}
	}
	hits, err := a.search(ctx, postIndices, question)
	if err != nil {
		return nil, fmt.Errorf("look what was indexed: %w", err)
	}
	found := map[string]time.Time{}
	for _, h := range hits {
		var of struct {
			IndexedAt time.Time `json:"indexed_at"`
		}
		if err := json.Unmarshal(h.Source, &of); err == nil { // one that cannot be read does not stand for its post
			found[h.ID] = of.IndexedAt
		}
	}
	return found, nil
}

func (a *auditor) judgeStrangers(ctx context.Context, out *account.Account) error {
	maps.DeleteFunc(a.strangers, func(id string, _ int) bool { return a.book.posts.Known(id) })
	return a.find(ctx, postIndices, slices.Sorted(maps.Keys(a.strangers)), func(id string, hits []hit) {
		if len(hits) == 0 {
			delete(a.strangers, id)
			return
		}
		if a.strangers[id]++; a.strangers[id] < 2 {
			out.Posts.Pending++
			return
		}
		out.Posts.Findings++
		a.tell(out, account.Nowhere(account.IndexInvented, id, hits[0].Index+" has it, and no record is of it"))
	})
}
