package xstream

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// century is when tests of gaps begin: the clock of a bubble starts before X's first id.
const century = 26 * 365 * 24 * time.Hour

// postingX is X as an account sees it: posts are made all the time, the stream delivers them to who is connected, a
// search finds them later, and each that is read is billed. Call its methods from within a bubble.
type postingX struct {
	*scriptedX
	every time.Duration // between posts
	page  int           // posts of an answer to a search
	// fault decides what becomes of the n-th connect.
	fault func(n int) streamFault
	// refuseSearch answers a search instead; it says whether it did.
	refuseSearch func(n int, w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	random   *rand.Rand
	posts    []madePost
	readers  map[chan madePost]bool
	billed   map[string]map[string]bool // day, id
	searches []map[string]string
	open     []connection
	kills    int
	stubborn bool // connections that are ended stay in the way
	usage    http.HandlerFunc
}

// now is what its clock says.
func (x *scriptedX) now() time.Time { return time.Now().Add(x.ahead) }

type madePost struct {
	id      uint64
	at      time.Time
	matches []string // tags
}

// streamFault is what happens to a stream.
type streamFault struct {
	status int    // of a refusal; 0 for none
	body   string // of a refusal
	after  time.Duration
	how    string // "close", "cut", "stall", "told"; "" for a stream that stays
	twice  bool   // every fifth post comes again
	late   bool   // some posts come seconds later than newer ones
}

func newPostingX(t *testing.T, every time.Duration) *postingX {
	after(t, century)
	x := &postingX{every: every, page: searchPage, fault: func(int) streamFault { return streamFault{} }, random: rand.New(rand.NewPCG(1, 2)), readers: map[chan madePost]bool{}, billed: map[string]map[string]bool{}}
	x.scriptedX = newScriptedX(t, x.serveStream)
	x.others = x.serveOthers
	stop := make(chan struct{})
	var making sync.WaitGroup
	making.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				x.make()
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); making.Wait() })
	return x
}

var bothTags = []string{catImages.Tag, dogImages.Tag}

func (x *postingX) make() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.every == 0 {
		return
	}
	p := madePost{id: firstID(x.now()) | uint64(len(x.posts)%4096), at: x.now()}
	p.matches = [][]string{bothTags[:1], bothTags[1:], bothTags}[x.random.IntN(3)]
	x.posts = append(x.posts, p)
	for r := range x.readers {
		r <- p
	}
}

// data is the post's JSON, with characters that an encoder would write in another way.
func (p madePost) data() string {
	return fmt.Sprintf(`{"text":"a made-up <post> \u0026 \ud83d\ude3a","id":"%d","edit_history_tweet_ids":["%d"],"attachments":{"media_keys":["3_%d"]}}`, p.id, p.id, p.id)
}

func (p madePost) media() string {
	return fmt.Sprintf(`{"type":"photo","media_key":"3_%d"}`, p.id)
}

func (x *postingX) line(p madePost) string {
	var rules []string
	x.scriptedX.mu.Lock()
	for _, r := range x.account {
		if slices.Contains(p.matches, r.Tag) {
			rules = append(rules, fmt.Sprintf(`{"id":%q,"tag":%q}`, r.ID, r.Tag))
		}
	}
	x.scriptedX.mu.Unlock()
	if len(rules) == 0 {
		return ""
	}
	return fmt.Sprintf(`{"data":%s,"includes":{"media":[%s]},"matching_rules":[%s]}`, p.data(), p.media(), strings.Join(rules, ","))
}

func (x *postingX) bill(p madePost) {
	x.mu.Lock()
	defer x.mu.Unlock()
	day := x.now().UTC().Format(time.DateOnly)
	if x.billed[day] == nil {
		x.billed[day] = map[string]bool{}
	}
	x.billed[day][formatID(p.id)] = true
}

func (x *postingX) billedOn(day string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.billed[day])
}

func (x *postingX) serveStream(n int, w http.ResponseWriter, r *http.Request) {
	f := x.fault(n)
	if f.status != 0 {
		refuse(f.status, f.body)(n, w, r)
		return
	}
	posts := make(chan madePost, 1<<16)
	x.mu.Lock()
	x.readers[posts] = true
	if minutes, _ := strconv.Atoi(r.URL.Query().Get("backfill_minutes")); minutes > 0 {
		for _, p := range x.posts {
			if p.at.After(x.now().Add(-time.Duration(minutes) * time.Minute)) {
				posts <- p
			}
		}
	}
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		delete(x.readers, posts)
		x.mu.Unlock()
	}()
	send(w, "\r\n")
	keepAlive := time.NewTicker(10 * time.Second)
	defer keepAlive.Stop()
	var end <-chan time.Time
	if f.how != "" {
		end = time.After(f.after)
	}
	late := make(chan madePost, 1<<16)
	for count := 0; ; count++ {
		deliver := func(p madePost) {
			if text := x.line(p); text != "" && x.takes(p) {
				x.bill(p)
				send(w, text+"\r\n")
				if f.twice && count%5 == 0 {
					send(w, text+"\r\n")
				}
			}
		}
		select {
		case p := <-posts:
			if f.late && count%7 == 0 {
				time.AfterFunc(6*time.Second, func() { late <- p })
				continue
			}
			deliver(p)
		case p := <-late:
			deliver(p)
		case <-keepAlive.C:
			send(w, "\r\n")
		case <-end:
			switch f.how {
			case "cut":
				p := madePost{id: firstID(x.now()) | 4099, at: x.now(), matches: bothTags}
				x.mu.Lock()
				x.posts = append(x.posts, p)
				x.mu.Unlock()
				text := x.line(p)
				send(w, text[:len(text)/2])
				panic(http.ErrAbortHandler)
			case "told":
				send(w, `{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}`+"\r\n")
			case "stall":
				<-r.Context().Done()
			}
			return
		case <-r.Context().Done():
			return
		}
	}
}

// takes says whether a sampled rule takes the post.
func (x *postingX) takes(p madePost) bool {
	x.scriptedX.mu.Lock()
	defer x.scriptedX.mu.Unlock()
	percent := 0
	for _, r := range x.account {
		share := 100
		if _, n, ok := strings.Cut(r.Value, " sample:"); ok {
			share, _ = strconv.Atoi(n)
		}
		percent = max(percent, share)
	}
	return int(p.id>>snowflakeShift/uint64(x.every.Milliseconds())%100) < percent
}

func (x *postingX) serveOthers(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == searchPath:
		x.serveSearch(w, r)
	case r.URL.Path == connectionsPath && r.Method == http.MethodGet:
		x.mu.Lock()
		defer x.mu.Unlock()
		answer(w, 200, map[string]any{"data": x.open, "meta": map[string]any{"result_count": len(x.open)}})
	case r.URL.Path == connectionsPath+"/filtered_stream" && r.Method == http.MethodDelete:
		x.mu.Lock()
		defer x.mu.Unlock()
		x.kills++
		n := len(x.open)
		if !x.stubborn {
			x.open = nil
		}
		answer(w, 200, map[string]any{"data": map[string]any{"successful_kills": n, "failed_kills": 0}})
	case r.URL.Path == usagePath && x.usage != nil:
		x.usage(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (x *postingX) serveSearch(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	x.mu.Lock()
	n := len(x.searches)
	x.searches = append(x.searches, map[string]string{"query": q.Get("query"), "since_id": q.Get("since_id"), "until_id": q.Get("until_id"), "next_token": q.Get("next_token")})
	x.mu.Unlock()
	if x.refuseSearch != nil && x.refuseSearch(n, w, r) {
		return
	}
	since, err1 := strconv.ParseUint(q.Get("since_id"), 10, 64)
	until, err2 := strconv.ParseUint(q.Get("until_id"), 10, 64)
	if err1 != nil || err2 != nil || until > firstID(x.now().Add(-10*time.Second)) || q.Get("max_results") != "100" {
		x.t.Errorf("the search %s is not one that X takes", r.URL.RawQuery)
	}
	tag := catImages.Tag
	if q.Get("query") == dogImages.Value {
		tag = dogImages.Tag
	}
	x.mu.Lock()
	var hits []madePost
	for _, p := range slices.Backward(x.posts) {
		if p.id > since && p.id < until && slices.Contains(p.matches, tag) {
			hits = append(hits, p)
		}
	}
	x.mu.Unlock()
	slices.SortStableFunc(hits, func(a, b madePost) int { return -int(int64(a.id - b.id)) })
	from, _ := strconv.Atoi(q.Get("next_token"))
	hits = hits[min(from, len(hits)):]
	meta := map[string]any{"result_count": min(len(hits), x.page)}
	if len(hits) > x.page {
		hits = hits[:x.page]
		meta["next_token"] = fmt.Sprint(from + x.page)
	}
	var data, media []json.RawMessage
	for _, p := range hits {
		x.bill(p)
		data, media = append(data, json.RawMessage(p.data())), append(media, json.RawMessage(p.media()))
	}
	var parts []string
	for _, list := range [][]json.RawMessage{data, media} {
		var texts []string
		for _, o := range list {
			texts = append(texts, string(o))
		}
		parts = append(parts, strings.Join(texts, ","))
	}
	metaText, _ := json.Marshal(meta)
	fmt.Fprintf(w, `{"data":[%s],"includes":{"media":[%s]},"meta":%s}`, parts[0], parts[1], metaText)
}

// searched returns the searches so far.
func (x *postingX) searched() []map[string]string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.searches)
}
