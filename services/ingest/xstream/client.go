package xstream

import (
	"log/slog"

	"catsvdogs/services/pipeline/xapi"
)

const (
	streamPath      = "/2/tweets/search/stream"
	rulesPath       = streamPath + "/rules"
	searchPath      = "/2/tweets/search/recent"
	connectionsPath = "/2/connections"
	usagePath       = "/2/usage/tweets"
)

// Requests that X allows an app in xapi.LimitWindow.
const (
	connectLimit = 50
	searchLimit  = 450
	searchBurst  = 60 // of those, at once
)

// client sends the requests that go with a stream. Safe for concurrent use.
type client struct {
	*xapi.Client
	logger *slog.Logger
}
