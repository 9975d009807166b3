package ingest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/tweet"
)

func key(n int) string { return tweet.TID(uint64(n) << 10).String() }

func TestWhatIsHeldIsForgottenOldestFirst(t *testing.T) {
	t.Parallel()
	h := newHeld(10)
	for n := range 100 {
		h.add(fmt.Sprint("did:plc:", n%3), key(n))
		if h.posts() > 10 {
			t.Fatalf("%d posts are held after %d", h.posts(), n+1)
		}
		for back := range min(n+1, 5) {
			if !h.has(fmt.Sprint("did:plc:", (n-back)%3), key(n-back)) {
				t.Fatalf("after %d posts, the one %d before is forgotten", n+1, back)
			}
		}
	}
	if h.has("did:plc:0", key(0)) {
		t.Error("the first one is still held")
	}
	h.add("did:plc:0", "self")
	if h.has("did:plc:0", "self") {
		t.Error("a post that cannot be placed is held")
	}
}

func TestAnAccountGivesAllItsPostsOnce(t *testing.T) {
	t.Parallel()
	h := newHeld(8)
	for _, n := range []int{5, 1, 4, 2, 3, 3, 1} {
		h.add("did:plc:a", key(n))
		h.add("did:plc:b", key(9))
	}
	h.remove("did:plc:a", key(2))
	h.remove("did:plc:a", key(7))
	if diff := cmp.Diff([]string{key(1), key(3), key(4), key(5)}, h.take("did:plc:a")); diff != "" {
		t.Error(diff)
	}
	if again := h.take("did:plc:a"); again != nil || h.posts() != 1 || !h.has("did:plc:b", key(9)) {
		t.Errorf("then %v, and %d posts are left", again, h.posts())
	}
}
