package xstream

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// streamEndpoint is what X calls the filtered stream in its connections endpoints (OpenAPI 2.166, /2/connections).
const streamEndpoint = "filtered_stream"

// attemptSkew is how far X's time of a connection may be from ours.
const attemptSkew = 30 * time.Second

// connection is an open stream as X lists it.
type connection struct {
	ID          string    `json:"id"`
	Endpoint    string    `json:"endpoint_name"`
	ConnectedAt time.Time `json:"connected_at"`
	ClientIP    string    `json:"client_ip"`
}

// openConnections lists the account's open connections to the filtered stream.
func (c *client) openConnections(ctx context.Context) ([]connection, error) {
	var answer struct {
		Data []connection `json:"data"`
	}
	query := url.Values{
		"status": {"active"}, "endpoints": {streamEndpoint}, "max_results": {"100"},
		"connection.fields": {"id,client_ip,connected_at,endpoint_name"},
	}
	if err := c.Call(ctx, "list the open connections", http.MethodGet, connectionsPath, query, nil, &answer); err != nil {
		return nil, err
	}
	var open []connection
	for _, found := range answer.Data {
		if found.Endpoint == streamEndpoint {
			open = append(open, found)
		}
	}
	return open, nil
}

// endConnections ends all connections to the filtered stream and returns how many there were.
func (c *client) endConnections(ctx context.Context) (int, error) {
	var answer struct {
		Data struct {
			Ended int `json:"successful_kills"`
		} `json:"data"`
	}
	err := c.Call(ctx, "end stuck connections", http.MethodDelete, connectionsPath+"/"+streamEndpoint, nil, nil, &answer)
	return answer.Data.Ended, err
}

// ours says whether a connection was opened by a connect of this process, or of one before it that has left its memory,
// that X may still hold. Any other, or one without a time, may belong to a process that lives: two that end each other's
// connection would do so for ever. That it is old says nothing: the other may have been first.
func ours(c connection, places []time.Time) bool {
	return !c.ConnectedAt.IsZero() && slices.ContainsFunc(places, func(at time.Time) bool {
		return c.ConnectedAt.Sub(at).Abs() <= attemptSkew
	})
}

// heal ends connections that X still holds for us although they are gone, and says whether a connect may work now.
func (s *Stream) heal(ctx context.Context) bool {
	open, err := s.client.openConnections(ctx)
	if err != nil {
		s.opts.Logger.Warn("the connections in the way cannot be listed", "error", err)
		return false
	}
	for _, c := range open {
		mine := ours(c, s.places)
		s.opts.Logger.Warn("a connection is in the way", "age", s.client.Now().Sub(c.ConnectedAt).Round(time.Second),
			"client_ip", xapi.Printable(s.client.Hide(c.ClientIP)), "ours", mine)
		if !mine {
			return false
		}
	}
	if len(open) == 0 {
		return false
	}
	ended, err := s.client.endConnections(ctx)
	if err != nil || ended == 0 {
		s.opts.Logger.Warn("the connections in the way could not be ended", "error", err)
		return false
	}
	s.places = nil
	s.metrics.healed.Inc()
	s.opts.Logger.Info("stuck connections were ended", "connections", ended)
	return true
}
