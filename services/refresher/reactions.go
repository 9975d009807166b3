package refresher

import (
	"strings"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/tweet"
)

const (
	// maxOrphans bounds those that are about no post that is held. They are kept in two generations of this size: a like may
	// come before the post has come through the pipeline, which is seconds, in which the whole network likes.
	maxOrphans = 32_000
)

// reactions counts the likes and reposts of posts that are held. A reaction counts once however often it is told of, and
// no more when it is taken back; of that only its own address is told, so it is remembered what it was about. For one
// goroutine.
type reactions struct {
	of     map[string]string // addresses of reactions, to those of their posts
	counts map[string]tally  // by address of the post
	// young and old are reactions to posts that are not held, and may be soon.
	young, old map[string]string
	most       int // that are remembered; more are not counted
	dropped    int // over the bound, since show has counted them
}

type tally struct{ likes, reposts int64 }

func newReactions(most int) *reactions {
	return &reactions{most: most, of: map[string]string{}, counts: map[string]tally{}, young: map[string]string{}, old: map[string]string{}}
}

// addressOf is the address of a reaction.
func addressOf(e bluesky.Event) string {
	return "at://" + e.DID + "/" + e.Commit.Collection + "/" + e.Commit.RKey
}

// isRepost tells the kinds of reactions apart, by their address.
func isRepost(address string) bool {
	return strings.Contains(address, "/"+bluesky.RepostCollection+"/")
}

// made takes note of a reaction. It says whether that has changed a count.
func (r *reactions) made(address, post string, held bool) bool {
	if _, known := r.of[address]; known {
		return false
	}
	if !held {
		if len(r.young) == maxOrphans {
			r.young, r.old = map[string]string{}, r.young
		}
		r.young[address] = post
		return false
	}
	if len(r.of) >= r.most {
		r.dropped++
		return false
	}
	r.of[address] = post
	r.add(address, post, 1)
	return true
}

// takenBack takes note that a reaction was. It says whether that has changed a count.
func (r *reactions) takenBack(address string) bool {
	delete(r.young, address)
	delete(r.old, address)
	post, known := r.of[address]
	if !known {
		return false
	}
	delete(r.of, address)
	r.add(address, post, -1)
	return true
}

func (r *reactions) add(address, post string, n int64) {
	t := r.counts[post]
	if isRepost(address) {
		t.reposts += n
	} else {
		t.likes += n
	}
	r.counts[post] = t
}

// adopt counts the reactions that came before any of these posts, and returns their addresses.
func (r *reactions) adopt(posts map[string]bool) map[string]string {
	adopted := map[string]string{}
	for _, orphans := range []map[string]string{r.young, r.old} {
		for address, post := range orphans {
			if posts[post] {
				delete(orphans, address)
				if r.made(address, post, true) {
					adopted[address] = post
				}
			}
		}
	}
	return adopted
}

// forget drops what is about posts that are not held any more.
func (r *reactions) forget(held func(post string) bool) {
	for address, post := range r.of {
		if !held(post) {
			delete(r.of, address)
		}
	}
	for post := range r.counts {
		if !held(post) {
			delete(r.counts, post)
		}
	}
}

// metrics are the counts of a post.
func (r *reactions) metrics(post string) tweet.Metrics {
	t := r.counts[post]
	return tweet.Metrics{Likes: t.likes, Retweets: t.reposts}
}
