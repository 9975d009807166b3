package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"catsvdogs/services/simulator/wire"
)

const (
	maxUUIDs         = 100
	maxUUIDsBody     = 64 << 10
	connectionsPage  = 10
	maxConnections   = 100
	filteredEndpoint = "filtered_stream"
)

// streamEndpoints are all that X knows; of these only the first exists here.
var streamEndpoints = []string{
	filteredEndpoint, "sample_stream", "sample10_stream", "firehose_stream", "tweets_compliance_stream", "users_compliance_stream",
	"tweet_label_stream", "firehose_stream_lang_en", "firehose_stream_lang_ja", "firehose_stream_lang_ko", "firehose_stream_lang_pt",
	"likes_firehose_stream", "likes_sample10_stream", "likes_compliance_stream",
}

var connectionFields = []string{"client_ip", "connected_at", "disconnect_reason", "disconnected_at", "endpoint_name", "id"}

// shownConnection is a connection as the API tells of it. All fields are given,
// whichever are asked for.
type shownConnection struct {
	ID             string `json:"id"`
	Endpoint       string `json:"endpoint_name"`
	ConnectedAt    string `json:"connected_at"`
	DisconnectedAt string `json:"disconnected_at,omitempty"`
	Reason         string `json:"disconnect_reason,omitempty"`
	IP             string `json:"client_ip"`
}

// readConnections is GET /2/connections.
// https://docs.x.com/x-api/connections/get-connection-history
func (s *server) readConnections(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	mistakes := checkConnectionsQuery(query)
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	size, from := connectionsPage, 0
	if query.Has("max_results") {
		size, _ = strconv.Atoi(query.Get("max_results")) // checked
	}
	if query.Has("pagination_token") {
		from, _ = strconv.Atoi(query.Get("pagination_token")) // checked
	}
	type meta struct {
		Count int    `json:"result_count"`
		Next  string `json:"next_token,omitempty"`
	}
	body := struct {
		Data []shownConnection `json:"data,omitempty"`
		Meta meta              `json:"meta"`
	}{}
	status, endpoints := query.Get("status"), query.Get("endpoints")
	seen := 0
	for _, c := range s.connections.past() {
		if c.active() == (status == "inactive") && status != "all" || endpoints != "" && !slices.Contains(strings.Split(endpoints, ","), filteredEndpoint) {
			continue
		}
		if seen++; seen <= from {
			continue
		}
		if len(body.Data) == size {
			body.Meta.Next = strconv.Itoa(from + size)
			break
		}
		shown := shownConnection{ID: c.id, Endpoint: filteredEndpoint, ConnectedAt: c.at.UTC().Format(wire.TimeFormat), IP: c.ip}
		if !c.active() {
			shown.DisconnectedAt, shown.Reason = c.ended.UTC().Format(wire.TimeFormat), c.reason
		}
		body.Data = append(body.Data, shown)
	}
	body.Meta.Count = len(body.Data)
	writeJSON(w, http.StatusOK, body)
}

func checkConnectionsQuery(query url.Values) []wire.Mistake {
	return checkQuery(query, map[string]func(string) []wire.Mistake{
		"status":    oneOf(query, []string{"active", "inactive", "all"}),
		"endpoints": oneOf(query, streamEndpoints), "connection.fields": oneOf(query, connectionFields),
		"max_results":      func(name string) []wire.Mistake { return wire.Whole(query, name, 1, maxConnections) },
		"pagination_token": func(name string) []wire.Mistake { return wire.Whole(query, name, 0, maxPast) },
	})
}

// endConnections is DELETE /2/connections/all and /2/connections/{endpoint_id}.
func (s *server) endConnections(w http.ResponseWriter, r *http.Request) {
	endpoint := r.PathValue("endpoint")
	if endpoint != "all" && !slices.Contains(streamEndpoints, endpoint) {
		writeProblem(w, invalidRequest(mistaken("endpoint_id", []string{endpoint},
			"The `endpoint_id` path parameter value ["+endpoint+"] is not one of ["+strings.Join(streamEndpoints, ",")+"]")))
		return
	}
	killed := s.connections.kill(func(*connection) bool { return endpoint == "all" || endpoint == filteredEndpoint })
	uuids := make([]string, 0, len(killed))
	for _, c := range killed {
		uuids = append(uuids, c.id)
	}
	writeKilled(w, uuids, killed)
}

// endConnectionsByID is DELETE /2/connections with {"uuids":[…]}.
func (s *server) endConnectionsByID(w http.ResponseWriter, r *http.Request) {
	var body struct {
		UUIDs []string `json:"uuids"`
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUUIDsBody))
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err == nil && (len(body.UUIDs) == 0 || len(body.UUIDs) > maxUUIDs) {
		err = errors.New("the `uuids` list must have 1 to 100 values")
	}
	if err != nil {
		writeProblem(w, invalidRequest(mistaken("", nil, "The request body is not a list of connections: "+err.Error())))
		return
	}
	killed := s.connections.kill(func(c *connection) bool { return slices.Contains(body.UUIDs, c.id) })
	writeKilled(w, body.UUIDs, killed)
}

// writeKilled tells what has become of each of the connections.
func writeKilled(w http.ResponseWriter, uuids []string, killed []*connection) {
	type result struct {
		UUID    string `json:"uuid"`
		Success bool   `json:"success"`
		Message string `json:"error_message,omitempty"`
	}
	type results struct {
		Good    int      `json:"successful_kills"`
		Bad     int      `json:"failed_kills"`
		Results []result `json:"results,omitempty"`
	}
	var data results
	for _, id := range uuids {
		if slices.ContainsFunc(killed, func(c *connection) bool { return c.id == id }) {
			data.Good++
			data.Results = append(data.Results, result{UUID: id, Success: true})
			continue
		}
		data.Bad++
		data.Results = append(data.Results, result{UUID: id, Message: "There is no active connection with this UUID"})
	}
	writeJSON(w, http.StatusOK, struct {
		Data results `json:"data"`
	}{data})
}
