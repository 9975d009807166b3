package ingest

import (
	"hash/maphash"
	"slices"

	"catsvdogs/services/pipeline/tweet"
)

// held knows which posts of Bluesky were delivered, so that of all deletions in the network only those are passed on that
// are about a post further down. A post takes some 60 bytes: its record key is a number (tweet.TID) and can be written
// out again; of the account only a hash is kept, with a seed of this process so that nobody can choose accounts that
// collide. Two that do would cost a deletion of a post that nobody has, which changes nothing.
//
// Posts are kept in two generations. When the younger one is full, the older one is dropped. For one goroutine.
type held struct {
	bound      int // posts in a generation
	young, old generation
	seed       maphash.Seed
}

type generation struct {
	byAccount map[uint64][]tweet.TID // sorted; never empty
	posts     int
}

func newHeld(bound int) *held {
	return &held{bound: max(bound/2, 1), young: newGeneration(), old: newGeneration(), seed: maphash.MakeSeed()}
}

func newGeneration() generation { return generation{byAccount: map[uint64][]tweet.TID{}} }

func (h *held) account(did string) uint64 { return maphash.String(h.seed, did) }

// add remembers a post. One whose record key is no TID is passed over: it is refused further down, because nothing tells
// in which index it would have to be deleted.
func (h *held) add(did, rkey string) {
	id, ok := tweet.ParseTID(rkey)
	if !ok {
		return
	}
	account := h.account(did)
	if h.young.has(account, id) {
		return
	}
	h.old.remove(account, id) // it is young again
	if h.young.posts >= h.bound {
		h.old, h.young = h.young, newGeneration()
	}
	h.young.add(account, id)
}

// has says whether the post was delivered.
func (h *held) has(did, rkey string) bool {
	id, ok := tweet.ParseTID(rkey)
	account := h.account(did)
	return ok && (h.young.has(account, id) || h.old.has(account, id))
}

// remove forgets a post.
func (h *held) remove(did, rkey string) {
	if id, ok := tweet.ParseTID(rkey); ok {
		account := h.account(did)
		h.young.remove(account, id)
		h.old.remove(account, id)
	}
}

// take forgets all posts of an account and returns their record keys, oldest first.
func (h *held) take(did string) []string {
	account := h.account(did)
	ids := slices.Concat(h.old.byAccount[account], h.young.byAccount[account])
	slices.Sort(ids)
	var keys []string
	for _, id := range ids {
		keys = append(keys, id.String())
		h.young.remove(account, id)
		h.old.remove(account, id)
	}
	return keys
}

// posts is how many are held.
func (h *held) posts() int { return h.young.posts + h.old.posts }

func (g *generation) has(account uint64, id tweet.TID) bool {
	_, found := slices.BinarySearch(g.byAccount[account], id)
	return found
}

func (g *generation) add(account uint64, id tweet.TID) {
	at, _ := slices.BinarySearch(g.byAccount[account], id)
	g.byAccount[account] = slices.Insert(g.byAccount[account], at, id)
	g.posts++
}

func (g *generation) remove(account uint64, id tweet.TID) {
	ids := g.byAccount[account]
	at, found := slices.BinarySearch(ids, id)
	if !found {
		return
	}
	g.posts--
	if len(ids) == 1 {
		delete(g.byAccount, account)
		return
	}
	g.byAccount[account] = slices.Delete(ids, at, at+1)
}
