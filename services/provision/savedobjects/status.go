package savedobjects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// ErrNotReady is wrapped by Ready while Kibana is coming up.
var ErrNotReady = errors.New("not ready")

// Ready returns Kibana's version as soon as Kibana says that it is available as a whole; the version is empty where
// Kibana tells it only to users and no user was given. It asks once. A Kibana that has just come up answers 200 and
// "degraded" while it migrates its saved objects, and what is imported then may be lost.
// https://www.elastic.co/guide/en/kibana/8.19/access.html#status
func (c *Client) Ready(ctx context.Context) (version string, err error) {
	answer, err := c.do(ctx, http.MethodGet, "/api/status", "", nil)
	var refused *StatusError
	if errors.As(err, &refused) && refused.Status != http.StatusServiceUnavailable {
		return "", err
	}
	if answer == nil && err != nil {
		return "", err
	}
	var status struct {
		Version struct {
			Number string `json:"number"`
		} `json:"version"`
		Status struct {
			Overall struct {
				Level   string `json:"level"`
				Summary string `json:"summary"`
			} `json:"overall"`
		} `json:"status"`
	}
	if decoded := json.Unmarshal(answer, &status); decoded != nil && err == nil {
		return "", fmt.Errorf("%w: what answers at /api/status is not Kibana", ErrNotReady)
	}
	overall := status.Status.Overall
	switch {
	case overall.Level == "available" && err == nil:
		return status.Version.Number, nil
	case overall.Level == "" && err != nil:
		return "", fmt.Errorf("%w: %w", ErrNotReady, err)
	case overall.Summary != "":
		return "", fmt.Errorf("%w: it is %s (%s)", ErrNotReady, overall.Level, overall.Summary)
	}
	return "", fmt.Errorf("%w: it is %q", ErrNotReady, overall.Level)
}
