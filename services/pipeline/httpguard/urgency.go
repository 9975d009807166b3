package httpguard

import (
	"context"
	"log/slog"
	"strings"
)

// acceptTrouble is how the one message of net/http begins that tells of us and not of a client: no connection can be
// accepted.
const acceptTrouble = "http: Accept error"

// byUrgency logs what net/http says. Nearly all of it is what clients do wrong, which they can do at any rate.
type byUrgency struct{ slog.Handler }

// Enabled implements slog.Handler. The level is known with the message only.
func (byUrgency) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (h byUrgency) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, acceptTrouble) {
		r.Level = slog.LevelWarn
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}
