package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

const maxLookup = 100

// lookup is GET /2/tweets. Posts come in the order of the question, each once.
// Those that are lost or were never made are told of beside the others, with
// status 200; so are those of which nothing is remembered.
func (s *server) lookup(w http.ResponseWriter, r *http.Request) {
	fields, mistakes := wire.Request(r.URL.Query(), "ids", "post.fields")
	ids, wrong := readIDs(r.URL.Query().Get("ids"))
	if mistakes = append(mistakes, wrong...); len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	posts, absent := s.look(ids, "ids")
	answer := s.answering(kindLook, byLookup)
	body := wire.AppendPage([]byte{'{'}, posts, fields, answer.add)
	answer.done()
	writeBytes(w, envelope(body, absent, nil))
}

// lookupOne is GET /2/tweets/{id}.
func (s *server) lookupOne(w http.ResponseWriter, r *http.Request) {
	fields, mistakes := wire.Request(r.URL.Query(), "post.fields")
	id := r.PathValue("id")
	if !isRuleID(id) {
		mistakes = append(mistakes, wire.Mistake{Parameter: "id", Values: []string{id}, Message: "The `id` query parameter value [" + id + "] is not valid"})
	}
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	posts, absent := s.look([]string{id}, "id")
	answer := s.answering(kindLook, byLookup)
	body := []byte{'{'}
	if len(posts) > 0 {
		body = wire.AppendOne(body, posts[0], fields, answer.add)
	}
	answer.done()
	writeBytes(w, envelope(body, absent, nil))
}

func readIDs(list string) ([]string, []wire.Mistake) {
	if list == "" {
		return nil, []wire.Mistake{{Parameter: "ids", Values: []string{""}, Message: "The `ids` query parameter can not be empty"}}
	}
	ids := strings.Split(list, ",")
	var wrong []wire.Mistake
	if len(ids) > maxLookup {
		wrong = append(wrong, wire.Mistake{
			Parameter: "ids", Values: []string{list},
			Message: fmt.Sprintf("The number of values in the `ids` query parameter list [%d] is not between 1 and %d", len(ids), maxLookup),
		})
	}
	for _, id := range ids {
		if !isRuleID(id) {
			wrong = append(wrong, wire.Mistake{Parameter: "ids", Values: []string{list}, Message: "The `ids` query parameter value [" + id + "] is not valid"})
			break
		}
	}
	return ids, wrong
}

// look finds posts, each once, and bills those that are there.
func (s *server) look(ids []string, parameter string) ([]*world.Post, []missing) {
	seen := map[string]bool{}
	var names []string
	var numbers []uint64
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			number, _ := strconv.ParseUint(id, 10, 64) // checked to be digits; 19 of them fit
			names, numbers = append(names, id), append(numbers, number)
		}
	}
	now := s.now()
	found := s.chronicle.Get(numbers, now)
	there := 0
	for _, p := range found {
		if p != nil {
			there++
		}
	}
	sees := s.blind(there)
	var posts []*world.Post
	var absent []missing
	for i, nth := 0, 0; i < len(found); i++ {
		if found[i] == nil {
			absent = append(absent, absence(parameter, names[i], s.chronicle.Whereabouts(numbers[i], now)))
			continue
		}
		if sees(nth) {
			posts = append(posts, found[i])
		} else {
			absent = append(absent, notFound("tweet", parameter, names[i]))
		}
		nth++
	}
	s.read(posts)
	return posts, absent
}

// read takes note of posts that an answer gives out.
func (s *server) read(posts []*world.Post) {
	ids := make([]uint64, 0, len(posts))
	for _, p := range posts {
		ids = append(ids, p.ID)
	}
	s.chronicle.Bill(s.now(), ids...)
	s.chronicle.Tell(ids...)
}

// envelope completes an answer that begins with '{' and what it holds.
func envelope(body []byte, absent []missing, meta any) []byte {
	add := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			return // structs of strings and numbers always encode
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, "%q:%s", name, text)
	}
	if len(absent) > 0 {
		add("errors", absent)
	}
	if meta != nil {
		add("meta", meta)
	}
	return append(body, '}', '\n')
}

func writeBytes(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a client that has gone cannot be told
}
