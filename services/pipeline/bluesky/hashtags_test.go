package bluesky

import (
	"strconv"
	"testing"
)

func TestAListOfHashtagsGrowsOnlyUntilItIsTooLong(t *testing.T) {
	t.Parallel()
	var p Post
	for i := range 100_000 {
		p.addHashtag(strconv.Itoa(i))
	}
	if len(p.Hashtags) != maxHashtags+1 {
		t.Errorf("%d hashtags", len(p.Hashtags))
	}
}
