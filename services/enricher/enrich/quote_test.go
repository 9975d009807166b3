package enrich

import (
	"slices"
	"testing"

	"catsvdogs/services/pipeline/tweet"
)

func TestARuleAsksForMediaOnlyWhereItCannotMatchWithout(t *testing.T) {
	t.Parallel()
	image, video := []string{tweet.MediaImage}, []string{tweet.MediaVideo}
	for rule, want := range map[string][]string{
		"(#cat OR #kitty) has:images":             image,
		"has:videos (#cat OR #kitty) -is:retweet": video,
		"#cat (has:images OR has:videos)":         {tweet.MediaImage, tweet.MediaVideo},
		"#cat has:media":                          {tweet.MediaImage, tweet.MediaVideo},
		"#cat (has:images OR has:links)":          nil,
		"#cat has:images OR @thedodo #cat":        nil,
		"(#cat has:images) OR #dog":               nil,
		"#cat":                                    nil,
		"#cat has:images )":                       nil,
	} {
		if got := wantedMedia(rule); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", rule, got, want)
		}
	}
}
