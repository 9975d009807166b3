package xstream

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

// Deliver takes a record over, one at a time. It may wait while ctx lives; nothing is read meanwhile.
type Deliver = func(ctx context.Context, record tweet.Raw)

// Options are what a Stream needs. Those under "May be left out" may be.
type Options struct {
	URL          *url.URL      // of the API, without a path of its own
	Token        config.Secret // bearer token of the app
	Rules        []Rule        // wanted on the stream
	OwnAllRules  bool          // remove rules that others have set
	StallTimeout time.Duration // how long X may be silent, before a grace of a second
	Logger       *slog.Logger
	Registerer   prometheus.Registerer

	// May be left out:

	RuleLength        int    // characters that a rule may have on the plan; 0 for rule.MaxLength
	SearchQueryLength int    // characters that a search may have on the plan; 0 for SearchQueryLength
	BackfillMinutes   int    // 1 to 5, where the plan has backfill; 0 for none
	Memory            Memory // what an earlier process has left
	// Remember is told before each connect, and after each that has failed, what the next process has to know. Nothing is
	// read meanwhile: it should not wait for long. Nil for a process without a next one.
	Remember func(ctx context.Context, m Memory)
	// Unknown says that nothing tells where the stream was, although it may have been somewhere.
	Unknown bool
	// Seen says whether this version of a post has passed, and notes that it has now; nil for never. It is called from
	// several goroutines.
	Seen func(id string) bool
	// Simulated marks every record as made up, whoever answers. Without it, records are X's unless the server says of
	// itself that it is our simulator.
	Simulated bool
	Authors   bool                // as in xapi.Options
	Spend     *spend.Governor     // nil for one without budgets
	Dial      xapi.Dialer         // nil for TCP
	Status    func(reason string) // told why nothing is read just now; "" when connected
}

// SearchQueryLength is how many characters a query of recent search may have on the pay-per-use plan.
const SearchQueryLength = 512

// PostPrice is what X takes for a post on the pay-per-use plan, in dollars (docs.x.com, "Pricing", August 2026).
const PostPrice = 0.005

// userAgent tells X who asks.
const userAgent = "catsvdogs-ingest/1.0"

// client returns a client of the API, with a connection for each request.
func (o *Options) client() *client {
	return &client{logger: o.Logger, Client: xapi.New(xapi.Options{
		URL: o.URL, Token: o.Token, UserAgent: userAgent, Needs: "the filtered stream", Dial: o.Dial, Authors: o.Authors, Logger: o.Logger,
	})}
}

func (o *Options) fillInLengths() {
	if o.RuleLength == 0 {
		o.RuleLength = rule.MaxLength
	}
	if o.SearchQueryLength == 0 {
		o.SearchQueryLength = SearchQueryLength
	}
}

func (o *Options) fillIn() {
	o.fillInLengths()
	if o.Remember == nil {
		o.Remember = func(context.Context, Memory) {}
	}
	if o.Seen == nil {
		o.Seen = func(string) bool { return false }
	}
	if o.Spend == nil {
		o.Spend = spend.New(spend.Options{Service: "ingest", PostPrice: PostPrice, Registerer: o.Registerer})
	}
	if o.Status == nil {
		o.Status = func(string) {}
	}
}
