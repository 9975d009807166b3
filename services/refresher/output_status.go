package refresher

import (
	"encoding/json"
	"net/http"
)

// ServeHTTP answers with the View as JSON.
func (s *status) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	text := json.NewEncoder(w)
	text.SetIndent("", "  ")
	_ = text.Encode(s.view()) // who has gone away does not need it
}
