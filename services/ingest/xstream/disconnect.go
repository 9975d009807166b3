package xstream

import (
	"slices"

	"catsvdogs/services/pipeline/xapi"
)

// disconnectTypes are those of OpenAPI 2.159 and later. A metric is counted by them, so others share one label.
var disconnectTypes = []string{
	"OperationalDisconnect", "UpstreamOperationalDisconnect", "ForceDisconnect", "UpstreamUncleanDisconnect",
	"SlowReader", "InternalError", "ClientApplicationStateDegraded", "InvalidRules",
}

// problemTypes are last segments of type URLs that are seen in a stream.
var problemTypes = []string{
	"operational-disconnect", "client-disconnected", "streaming-connection", "usage-capped", "credits",
	"credits-depleted", "rule-cap", "invalid-rules",
}

// label returns a name of the problem from a fixed set, to count by: its disconnect type, else its type, else "other".
func label(p xapi.Problem) string {
	switch {
	case slices.Contains(disconnectTypes, p.DisconnectType):
		return p.DisconnectType
	case slices.Contains(problemTypes, p.Type):
		return p.Type
	}
	return "other"
}

// disconnects says whether the problem is one with which X ends a stream, or tells that the account is not to have one.
// Others come beside posts, about one of them or about something that a stream can do without.
func disconnects(p xapi.Problem) bool {
	return p.DisconnectType != "" || p.ConnectionIssue != "" || slices.Contains(problemTypes, p.Type) || slices.Contains(problemTypes, p.Title)
}
