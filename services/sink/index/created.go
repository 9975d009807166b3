package index

import (
	"time"

	"catsvdogs/services/pipeline/delivery"
)

const (
	// lastYear is the last one of which there may be posts.
	lastYear = 2099
	// clockSkew is how far a source's clock may be ahead of ours; the enricher grants it as much.
	clockSkew = time.Hour
)

// firstPost is the day of the first post on Twitter.
var firstPost = time.Date(2006, 3, 21, 0, 0, 0, 0, time.UTC)

// checkCreated refuses what says that it was created when there are no posts, or after it was seen. Whoever may write to
// tweets.enriched could else open indices of all times, until the cluster takes no other. It looks at no clock of ours:
// one that is wrong would refuse everything.
func checkCreated(reason string, created, observed time.Time) error {
	if created.Before(firstPost) || created.UTC().Year() > lastYear || created.After(observed.Add(clockSkew)) {
		return delivery.Refuse(reason, "it was created at %s and seen at %s, which no post was", created.Format(time.RFC3339), observed.Format(time.RFC3339))
	}
	return nil
}
