package refresher

import (
	"maps"
	"sync"
	"time"

	"catsvdogs/services/refresher/agenda"
)

// View is what the process shows of its looks as JSON (GET /status on the telemetry address). Looks are counted since the
// start of the process.
type View struct {
	Source     string    `json:"source"`
	StandingBy bool      `json:"standing_by"` // another refresher looks, or nobody knows; the rest is then as of At
	At         time.Time `json:"at,omitzero"` // zero before the first schedule
	Posts      int       `json:"posts"`       // kept in mind

	Scheduled int64                   `json:"scheduled"` // looks at those posts that are still to come or to be made
	Free      int                     `json:"due_free"`  // of them due, and costing nothing
	Paid      int                     `json:"due_paid"`
	Oldest    time.Time               `json:"due_since,omitzero"`
	Next      time.Time               `json:"next,omitzero"` // when the next look falls due, or lapses
	Done      int64                   `json:"done"`
	Outcomes  map[string]int64        `json:"outcomes"`
	LeftOut   map[agenda.Reason]int64 `json:"left_out"`

	Budget *BudgetView `json:"budget,omitempty"` // nil where looks cost nothing
}

// BudgetView is what looks may cost. Money is in US dollars, 0 for no bound; posts are those that are billed for.
type BudgetView struct {
	Daily       float64 `json:"daily_usd"` // for looks and ingest together
	Monthly     float64 `json:"monthly_usd"`
	Share       float64 `json:"share"` // of it for looks, 0 to 1
	PostPrice   float64 `json:"post_usd"`
	BilledDay   int64   `json:"billed_today"` // by looks
	BilledMonth int64   `json:"billed_this_month"`
	LeftDay     int     `json:"left_today"` // of the share; ingest may leave less
	LeftMonth   int     `json:"left_this_month"`
}

// status answers who asks. Safe for concurrent use.
type status struct {
	asks chan chan View // the loop answers

	mu   sync.Mutex
	last View
}

// answerWithin is how long the loop may take to answer before what it said last is shown.
const answerWithin = time.Second

func newStatus(source string) *status {
	return &status{asks: make(chan chan View), last: View{Source: source}}
}

func (s *status) standBy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.StandingBy = true
}

func (s *status) view() View {
	patience := time.NewTimer(answerWithin)
	defer patience.Stop()
	reply := make(chan View, 1)
	select {
	case s.asks <- reply:
		v := <-reply
		s.mu.Lock()
		defer s.mu.Unlock()
		v.Source = s.last.Source
		s.last = v
		return v
	case <-patience.C:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.last
	}
}

func viewOf[K agenda.Key](a *agenda.Agenda[K], m *metrics, now time.Time) View {
	p := a.Pending(now.UnixMilli())
	v := View{
		At: now.UTC(), Posts: a.Held(), Scheduled: a.Scheduled(), Free: p.Free, Paid: p.Paid,
		Outcomes: map[string]int64{}, LeftOut: map[agenda.Reason]int64{agenda.Late: 0, agenda.Budget: 0, agenda.Full: 0},
	}
	if p.Oldest > 0 {
		v.Oldest = time.UnixMilli(p.Oldest).UTC()
	}
	if at, ok := a.Next(); ok {
		v.Next = time.UnixMilli(at).UTC()
	}
	maps.Copy(v.Outcomes, m.outcomes)
	v.Done = m.outcomes[refreshed] + m.outcomes[deleted] + m.outcomes[unchanged]
	maps.Copy(v.LeftOut, m.left)
	return v
}

// view is what is left of the purse.
func (p *purse) view() *BudgetView {
	c := p.governor.Count()
	return &BudgetView{
		Daily: p.cfg.XDailyBudget, Monthly: p.cfg.XMonthlyBudget, Share: p.share, PostPrice: p.cfg.XPostPrice,
		BilledDay: c.Day, BilledMonth: c.Month, LeftDay: p.left(p.cfg.XDailyBudget, c.Day), LeftMonth: p.left(p.cfg.XMonthlyBudget, c.Month),
	}
}
