package simulator

import (
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"catsvdogs/services/simulator/wire"
)

const (
	defaultResults = 10
	maxResults     = 100
)

type searchMeta struct {
	Newest string `json:"newest_id,omitempty"`
	Oldest string `json:"oldest_id,omitempty"`
	Count  int    `json:"result_count"`
	Next   string `json:"next_token,omitempty"`
}

// search is GET /2/tweets/search/recent: the posts of the last seven days that
// match a query, newest first, whether or not the stream gave them out. Only
// posts that some rule asked for at the time exist. X has left reposts out of
// the answers since May 2026. sort_order=relevancy gives the same order: how X
// ranks is not documented.
func (s *server) search(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	fields, mistakes := wire.Request(query, append([]string{"max_results", "next_token", "pagination_token", "post.fields", "sort_order"}, queryParameters...)...)
	q, wrong := s.readQuery(query)
	mistakes = append(mistakes, wrong...)
	size := defaultResults
	if query.Has("max_results") {
		mistakes = append(mistakes, wire.Whole(query, "max_results", defaultResults, maxResults)...)
		size, _ = strconv.Atoi(query.Get("max_results")) // checked
	}
	if query.Has("sort_order") {
		mistakes = append(mistakes, oneOf(query, []string{"recency", "relevancy"})("sort_order")...)
	}
	after, wrong := readNext(query)
	mistakes = append(mistakes, wrong...)
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	if after != 0 {
		q.Until = after
	}
	posts, more, err := s.chronicle.Find(r.Context(), q, size, s.now())
	if err != nil {
		return // the client has gone
	}
	s.read(posts)
	meta := searchMeta{Count: len(posts)}
	if len(posts) > 0 {
		oldest := posts[len(posts)-1].ID
		meta.Newest, meta.Oldest = strconv.FormatUint(posts[0].ID, 10), strconv.FormatUint(oldest, 10)
		if more {
			meta.Next = nextToken(oldest, query.Get("query"))
		}
	}
	answer := s.answering(kindFound, bySearch)
	body := wire.AppendPage([]byte{'{'}, posts, fields, answer.add)
	answer.done()
	writeBytes(w, envelope(body, nil, meta))
}

// tokens are written in X's alphabet: base 32 in lower case.
var tokens = base32.HexEncoding.WithPadding(base32.NoPadding)

// nextToken is where a search goes on: behind a post, so that posts that come
// meanwhile move none from page to page. It belongs to its query.
func nextToken(oldest uint64, query string) string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:], oldest)
	binary.BigEndian.PutUint32(b[8:], crc32.ChecksumIEEE([]byte(query)))
	return strings.ToLower(tokens.EncodeToString(b[:]))
}

// readNext reads either name of the token; 0 stands for the beginning.
func readNext(query url.Values) (uint64, []wire.Mistake) {
	name := "next_token"
	if !query.Has(name) {
		name = "pagination_token"
	}
	if !query.Has(name) {
		return 0, nil
	}
	value := query.Get(name)
	if b, err := tokens.DecodeString(strings.ToUpper(value)); err == nil && len(b) == 12 {
		if oldest := binary.BigEndian.Uint64(b); nextToken(oldest, query.Get("query")) == value {
			return oldest, nil
		}
	}
	return 0, []wire.Mistake{{Parameter: name, Values: []string{value}, Message: "The `" + name + "` query parameter value [" + value + "] is not valid"}}
}
