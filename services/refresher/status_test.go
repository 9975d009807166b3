package refresher

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/refresher/agenda"
)

func (r *running) status(t *testing.T) (v View) {
	t.Helper()
	server := httptest.NewServer(r.shown)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return v
}

func TestTheStatusShowsWhatATooSmallBudgetLeavesOut(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	const posts, price, paid = 120, 0.005, 50
	age := 40 * time.Hour // none of them is of today
	fillWithPosts(t, kafka, posts, age)
	x := &biller{billed: map[string]bool{}}
	server := httptest.NewServer(x)
	t.Cleanup(server.Close)
	saveSpent(t, kafka, 0)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}, cfg: Config{
		Kafka: kafka, Contest: shippedContest, SimulatorURL: server.URL, RefreshAfter: []time.Duration{30 * time.Hour, 39 * time.Hour}, RefreshGrace: time.Hour + 25*time.Second,
		RefreshPosts: 1000, RefreshShare: 60, EnricherGroup: "enricher", Budget: spend.Config{XPostPrice: price, XDailyBudget: price * paid, XMonthlyBudget: 100},
	}}
	r := w.refresher(w.cfg)
	eventually(t, 20*time.Second, "the schedule is shown", func() bool { v := r.status(t); return v.Posts == posts && v.Scheduled == posts && v.Paid > 0 })
	if v := r.status(t); v.Source != tweet.SourceSimulator || v.StandingBy || v.Next.IsZero() || v.Budget == nil || v.Budget.Daily != price*paid || v.Budget.Share != 0.6 {
		t.Errorf("%+v, %+v", v, v.Budget)
	}
	eventually(t, 60*time.Second, "all looks are over", func() bool { v := r.status(t); return v.Posts == 0 })
	v := r.status(t)
	if v.Done == 0 || v.Done != int64(x.count()) || v.Done > paid*60/100 || v.Outcomes[refreshed] != v.Done {
		t.Errorf("%d looks are done, %d were billed, %d are paid for: %v", v.Done, x.count(), paid*60/100, v.Outcomes)
	}
	if left := v.LeftOut[agenda.Budget] + v.LeftOut[agenda.Late]; left != posts-v.Done || v.LeftOut[agenda.Budget] < posts-paid {
		t.Errorf("%d looks of %d are done, left out are %v", v.Done, posts, v.LeftOut)
	}
	if v.Scheduled != 0 || v.Budget.BilledDay != v.Done || int64(v.Budget.LeftDay) != paid*60/100-v.Done {
		t.Errorf("%+v, %+v", v, v.Budget)
	}
	other := w.refresher(w.cfg)
	eventually(t, 20*time.Second, "another one stands by", func() bool { return other.standsBy(t) && other.status(t).StandingBy })
	other.stop(t)
	r.stop(t)
}
