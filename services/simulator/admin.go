package simulator

import "net/http"

// statusBody is what GET /simulator/v1/status tells. The totals are over the
// whole truth file, earlier runs included, and missing without one.
//
// Emitted, posts and the like are what the stream's client was handed. Available
// are the distinct posts that were made while rules were set, whether or not a
// client was there; found are those that search or look-up gave out and the
// stream had not.
type statusBody struct {
	Emitted      int64   `json:"emitted"`
	Posts        int64   `json:"posts"`
	Malformed    int64   `json:"malformed"`
	Edits        int64   `json:"edits"`
	Finished     bool    `json:"finished"`
	Connected    bool    `json:"connected"`
	Rate         float64 `json:"rate"`
	Duplicates   int64   `json:"duplicates"`
	Available    int64   `json:"available"`
	Found        int64   `json:"found"`
	Paused       bool    `json:"paused"`
	TotalEmitted *int64  `json:"total_emitted,omitempty"`
	TotalPosts   *int64  `json:"total_posts,omitempty"`
}

func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	counts := s.feed.state()
	body := statusBody{
		Emitted: counts.emitted(), Posts: counts.posts, Malformed: counts.malformed, Edits: counts.edits,
		Finished: s.feed.finished(counts), Connected: s.connections.open(), Rate: s.cfg.Rate, Paused: counts.paused,
		Duplicates: counts.duplicates, Available: counts.available, Found: s.chronicle.Found(),
	}
	if totals, ok := s.truth.totals(); ok {
		body.TotalEmitted, body.TotalPosts = &totals.lines, &totals.posts
	}
	writeJSON(w, http.StatusOK, body)
}

// pause stops the posts and answers when none is on its way any more: from
// then on the counts stand still. The connection stays open.
func (s *server) pause(w http.ResponseWriter, r *http.Request) {
	s.feed.pause()
	s.status(w, r)
}

func (s *server) resume(w http.ResponseWriter, r *http.Request) {
	s.feed.resume()
	s.status(w, r)
}
