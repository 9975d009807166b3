package simulator

import (
	"net/http"

	"catsvdogs/services/simulator/wire"
)

// userByID is GET /2/users/{id}.
func (s *server) userByID(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !isRuleID(id) {
		writeProblem(w, invalidRequest(mistaken("id", []string{id}, "The `id` query parameter value ["+id+"] is not valid")))
		return
	}
	s.user(w, r, "id", id)
}

// userByName is GET /2/users/by/username/{username}.
func (s *server) userByName(w http.ResponseWriter, r *http.Request) {
	s.user(w, r, "username", r.PathValue("username"))
}

// user answers with an author of the world. There are no other users.
func (s *server) user(w http.ResponseWriter, r *http.Request, parameter, nameOrID string) {
	fields, mistakes := wire.Request(r.URL.Query())
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	a := s.authors.Author(nameOrID)
	if a == nil {
		writeBytes(w, envelope([]byte{'{'}, []missing{notFound("user", parameter, nameOrID)}, nil))
		return
	}
	writeBytes(w, envelope(wire.AppendAuthor([]byte{'{'}, a, fields), nil, nil))
}
