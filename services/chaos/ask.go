//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// asking is the client for the run's own questions: nothing is kept open, because servers come and go.
var asking = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// refusedError is an answer that is no success.
type refusedError struct {
	status int
	answer string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("it answers %d: %.500s", e.status, e.answer)
}

// askJSON sends a request with a body, if there is one, and reads the answer into what into points to, if anything.
func askJSON(ctx context.Context, method, address, body string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := asking.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	defer func() { _ = resp.Body.Close() }() // its connection is not kept
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("ask %s: %w", address, &refusedError{resp.StatusCode, string(answer)})
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	return nil
}
