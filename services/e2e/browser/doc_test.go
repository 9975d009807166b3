// Package browser tests the live page in a real Chromium. Most tests show it states that they make up, on a stage that
// speaks the server's protocol (services/live/openapi.yaml); one runs the whole demo. They run where TEST_BROWSER names a
// Chromium: `make test-browser`.
package browser
