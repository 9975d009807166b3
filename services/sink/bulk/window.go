package bulk

import "time"

// trouble is why a window shrinks, as it stands in metrics; "" for none.
type trouble string

const (
	pushedBack trouble = "pushed_back" // a 429, of the request or of an item
	failed     trouble = "failed"      // no usable answer, or a server's error
	tooLarge   trouble = "too_large"   // a 413
	slower     trouble = "latency"     // answers take longer than they used to
)

const (
	growthSteps   = 16   // additive growth of the bytes: a sixteenth of the bound
	gentleShrink  = 0.8  // multiplicative decrease on rising latency, which may be a passing thing
	hardShrink    = 0.5  // and on a refusal
	tolerance     = 2.0  // how many times the usual latency is taken for queueing
	recentWeight  = 0.25 // of a new measurement in the recent latency
	usualWeight   = 1. / 64
	usualRecovers = 0.95 // per measurement, when answers have become much faster
)

// window is how much is put on Elasticsearch at a time: bulks of this many bytes, this many of them. It is a value; after
// gives the next one.
//
// It grows by addition and shrinks by multiplication, which is what lets several sinks that share a cluster come to an even
// and stable share (D. Chiu, R. Jain: Analysis of the Increase and Decrease Algorithms for Congestion Avoidance, 1989). It
// grows once in a round of answers and only where it was used up, because an unused window says nothing of what the server
// could do (RFC 7661). It shrinks once for all requests that were under way together, as TCP does for one loss event
// (RFC 5681). Latency is compared with its own long average, both per byte, as Netflix's Gradient2
// (https://github.com/Netflix/concurrency-limits) and Vector's adaptive concurrency do, so nobody has to know what is
// normal for a cluster.
type window struct {
	bounds      Bounds
	bytes       int
	concurrency int

	fine     int       // full requests that went well since the last growth
	shrunkAt time.Time // what was sent before says nothing of the present size
	recent   float64   // seconds a byte, of full requests
	usual    float64
}

// Bounds are what a Writer's requests stay within. Each is at least 1, and MinBytes is at most MaxBytes.
type Bounds struct {
	MinBytes, MaxBytes int // of a request, before compression; a larger document goes alone
	MaxConcurrency     int // requests under way
}

// observation is how one request went.
type observation struct {
	sentAt  time.Time
	took    time.Duration
	bytes   int  // of the request, before compression
	crowded bool // as many requests were under way as might be
	trouble trouble
}

// newWindow starts low: where nothing is known, a gentle start costs a few small requests.
func newWindow(b Bounds) window {
	return window{bounds: b, bytes: max(b.MinBytes, min(b.MaxBytes, 1<<20)), concurrency: min(2, b.MaxConcurrency)}
}

// after returns the window after an answer, and why it is smaller than before; "" when it is not.
func (w window) after(o observation, now time.Time) (window, trouble) {
	full := o.bytes >= w.bytes*3/4
	if o.trouble == "" && full {
		o.trouble = w.measure(o)
	}
	if o.trouble == "" {
		if full {
			w.grow(o.crowded)
		}
		return w, ""
	}
	if o.sentAt.Before(w.shrunkAt) {
		return w, ""
	}
	factor := hardShrink
	if o.trouble == slower {
		factor = gentleShrink
	}
	w.bytes = max(w.bounds.MinBytes, int(float64(w.bytes)*factor))
	if o.trouble != tooLarge { // fewer requests would not make one of them smaller
		w.concurrency = max(1, int(float64(w.concurrency)*factor))
	}
	w.fine, w.shrunkAt, w.recent = 0, now, w.usual
	return w, o.trouble
}

func (w *window) measure(o observation) trouble {
	cost := o.took.Seconds() / float64(max(o.bytes, 1))
	if w.usual == 0 {
		w.usual, w.recent = cost, cost
		return ""
	}
	w.recent += recentWeight * (cost - w.recent)
	w.usual += usualWeight * (cost - w.usual)
	if w.usual > tolerance*w.recent {
		w.usual *= usualRecovers
	}
	if w.recent > tolerance*w.usual {
		return slower
	}
	return ""
}

func (w *window) grow(crowded bool) {
	if w.fine++; w.fine < w.concurrency {
		return
	}
	w.fine = 0
	w.bytes = min(w.bounds.MaxBytes, w.bytes+max(1, w.bounds.MaxBytes/growthSteps))
	if crowded {
		w.concurrency = min(w.bounds.MaxConcurrency, w.concurrency+1)
	}
}
