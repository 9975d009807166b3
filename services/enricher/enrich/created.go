package enrich

import (
	"time"

	"catsvdogs/services/pipeline/delivery"
)

// checkCreated refuses times that no post can have. The index is named after the creation of a post, so made-up times
// would open indices without end.
func checkCreated(created, observed time.Time) error {
	if created.Before(firstPost) {
		return delivery.Refuse("unknown_creation_time", "it says %s, before there were posts", created.Format(time.RFC3339))
	}
	if created.After(observed.Add(maxClockSkew)) {
		return delivery.Refuse("created_in_the_future", "created at %s, seen at %s", created.Format(time.RFC3339), observed.Format(time.RFC3339))
	}
	return nil
}

// firstPost is the day of the first post on Twitter. Posts on Bluesky can be as old: people bring theirs along.
var firstPost = time.Date(2006, 3, 21, 0, 0, 0, 0, time.UTC)

// maxClockSkew is how far the source's clock may be ahead of ours.
const maxClockSkew = time.Hour

// millis is the precision of the index.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
