package xstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/xapi"
)

const (
	usageEvery = 15 * time.Minute // X allows 50 requests in that time
	usageRetry = time.Minute
)

// usage asks X what it has counted for the account, for as many days as a month has.
func (c *client) usage(ctx context.Context) (spend.Usage, error) {
	query := url.Values{"days": {"31"}, "usage.fields": {"cap_reset_day,daily_project_usage,project_cap,project_usage"}}
	var answer json.RawMessage
	const doing = "ask for the account's usage"
	if err := c.Call(ctx, doing, http.MethodGet, usagePath, query, nil, &answer); err != nil {
		return spend.Usage{}, err
	}
	u, err := spend.ParseUsage(answer)
	if err != nil {
		return spend.Usage{}, &Failure{Kind: xapi.HTTP, Doing: doing, Status: http.StatusOK, Err: c.HideError(err)}
	}
	return u, nil
}

// reconcile asks for the usage once and returns when to ask again, 0 for never.
func (s *Stream) reconcile(ctx context.Context) time.Duration {
	u, err := s.client.usage(ctx)
	if err == nil {
		s.opts.Spend.Reconcile(u)
		s.usageTold.Do(func() {
			s.opts.Logger.Info("X tells what the account has used", "posts", u.Project, "of", u.Cap, "days", len(u.Days))
		})
		return usageEvery
	}
	var f *Failure
	if errors.As(err, &f) && f.Status >= 400 && f.Status < 500 && f.Status != http.StatusTooManyRequests && f.Status != http.StatusPaymentRequired {
		// Not every plan has the endpoint. What was read before this process is then known from tweets.raw alone.
		s.opts.Logger.Info("X does not tell what the account has used; the count of posts is ours alone", "error", err)
		return 0
	}
	if ctx.Err() == nil {
		s.opts.Logger.Warn("the count of posts could not be compared with X's", "error", err)
	}
	return usageRetry
}

// reconcileRegularly goes on asking, the first time after wait.
func (s *Stream) reconcileRegularly(ctx context.Context, wait time.Duration) {
	for wait > 0 && pause(ctx, wait) == nil {
		wait = s.reconcile(ctx)
	}
}
