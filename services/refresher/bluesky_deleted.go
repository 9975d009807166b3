package refresher

import (
	"context"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// What Bluesky's stream says of a deletion holds, whatever the clocks say: a look at a post is no news of whether it is there.
// It is ingest that stamps deletions and the refresher that stamps looks, perhaps on hosts whose clocks differ, and the later
// stamp wins. Two ways lead to a look that wins wrongly, and both show in tweets.enriched, which has the records of a post in
// the order of tweets.raw:
//
//	look, deletion with an earlier stamp       ingest's clock is behind
//	deletion, look with a later stamp          the look was written when the deletion was in the log and not yet known
//
// Either time the deletion is written once more, with a stamp behind the look's. It is a record like any other, so page, index
// and archive need to know nothing of it, and a restart finds it in the log. A post that its author makes anew under the
// address of one that was deleted comes by the stream, and is believed; if ingest's clock is behind by more than the time
// between, the deletion that was written again wins over it.

// delete takes note of a deletion.
func (b *blueskyRefresher) delete(post string, at, now time.Time) {
	if until, undone := b.undone[post]; undone && at.UnixMilli() >= until {
		delete(b.undone, post)
	}
	p, _ := b.agenda.Known(post)
	if b.agenda.Delete(post, at.UnixMilli(), now.UnixMilli()) {
		b.undone[post] = p.Seen
	}
}

// deleted says whether a document is that of a look at a post that was deleted before. It is not believed.
func (b *blueskyRefresher) deleted(d *tweet.Document) bool {
	since, gone := b.agenda.Gone(d.TweetID)
	if !gone || d.RefreshedAt == nil || !d.RefreshedAt.Equal(d.ObservedAt) {
		return false
	}
	if at := d.ObservedAt.UnixMilli(); at > since {
		b.undone[d.TweetID] = max(b.undone[d.TweetID], at)
	}
	return true
}

// deleteAgain writes the deletions that looks have undone.
func (b *blueskyRefresher) deleteAgain(ctx context.Context) error {
	var records []*tweet.Raw
	for post, look := range b.undone {
		if len(records) == maxRefreshes {
			break
		}
		records = append(records, &tweet.Raw{
			Key: []byte(post), Value: []byte(`{"deleted":"before it was looked at"}`), Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky,
			Kind: tweet.KindDelete, ObservedAt: time.UnixMilli(look).UTC(), Traceparent: b.traces.Next(),
		})
	}
	if len(records) == 0 {
		return nil
	}
	safe, err := b.out.write(ctx, records)
	now := time.Now().UnixMilli()
	for i, r := range records {
		if post := string(r.Key); safe[i] {
			b.metrics.deletions.WithLabelValues("again").Inc()
			b.agenda.Delete(post, r.ObservedAt.UnixMilli(), now)
			delete(b.undone, post)
		}
	}
	if err != nil {
		return fmt.Errorf("write %d deletions again: %w", len(records), err)
	}
	return nil
}
