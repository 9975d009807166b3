package xstream

import (
	"context"
	"net/http"
	"net/url"
	"time"
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
	if err := c.call(ctx, "list the open connections", http.MethodGet, connectionsPath, query, nil, &answer); err != nil {
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
	err := c.call(ctx, "end stuck connections", http.MethodDelete, connectionsPath+"/"+streamEndpoint, nil, nil, &answer)
	return answer.Data.Ended, err
}

// ours says whether a connection was opened by one of our attempts, or before the first of them, by an earlier process.
// One that was opened since by someone else belongs to a process that lives: two that end each other's connection would
// do so for ever.
func ours(c connection, attempts []time.Time) bool {
	for i, at := range attempts {
		if d := c.ConnectedAt.Sub(at); d.Abs() <= attemptSkew || i == 0 && d < 0 {
			return true
		}
	}
	return false
}

// heal ends connections that X still holds for us although they are gone, and says whether a connect may work now.
func (s *Stream) heal(ctx context.Context) bool {
	open, err := s.client.openConnections(ctx)
	if err != nil {
		s.opts.Logger.Warn("the connections in the way cannot be listed", "error", err)
		return false
	}
	for _, c := range open {
		mine := ours(c, s.attempts())
		s.opts.Logger.Warn("a connection is in the way", "age", time.Since(c.ConnectedAt).Round(time.Second),
			"client_ip", bounded(s.client.hide(c.ClientIP)), "ours", mine)
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
	s.metrics.healed.Inc()
	s.opts.Logger.Info("stuck connections were ended", "connections", ended)
	return true
}

// attempts returns when this process has tried to connect, the first time first.
func (s *Stream) attempts() []time.Time {
	return append([]time.Time{s.first, s.last}, s.limiter.at...)
}
