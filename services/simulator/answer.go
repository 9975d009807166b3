package simulator

import (
	"catsvdogs/services/simulator/world"
)

// answer collects the posts of an answer to a question, for the truth.
type answer struct {
	server *server
	kind   lineKind
	by     handedBy
	posts  []handover
}

func (s *server) answering(kind lineKind, by handedBy) *answer {
	return &answer{server: s, kind: kind, by: by}
}

// add takes note of a post and its object.
func (a *answer) add(p *world.Post, object []byte) {
	if a.server.truth == nil {
		return
	}
	a.posts = append(a.posts, handover{
		at: p.At, handed: a.server.now(), id: p.ID, first: p.First, kind: a.kind, by: a.by, sum: sumOf(object),
	})
}

// done writes them down, before the answer goes out: nobody is to have what
// nobody is known to have been given. Whether a client reads it is not known.
func (a *answer) done() {
	// An error is the truth file's, which stops the server.
	_, _ = a.server.truth.record(a.posts)
}
