package throughput

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// posts makes posts up, as ingest writes those that the contest's rules ask for.
type posts struct {
	world    *world.World
	fields   wire.Fields
	matching [][]byte
}

func newPosts() (*posts, error) {
	asked, err := contest.Load(contestFile)
	if err != nil {
		return nil, err
	}
	m := &posts{world: world.New(1, 500, time.Now().Add(-time.Hour))}
	var rules []*rule.Rule
	for i, r := range asked.StreamRules() {
		parsed, err := rule.Parse(r.Value)
		if err != nil {
			return nil, err
		}
		rules, m.matching = append(rules, parsed), append(m.matching, wire.Rule(strconv.Itoa(i+1), r.Tag))
	}
	fields, mistakes := wire.Request(url.Values{
		"tweet.fields": {"attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets"},
		"expansions":   {"attachments.media_keys,referenced_tweets.id,referenced_tweets.id.attachments.media_keys"},
		"media.fields": {"media_key,type,url,preview_image_url,width,height,duration_ms,alt_text"},
	})
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("the fields: %v", mistakes)
	}
	m.fields = fields
	m.world.SetRules(rules)
	return m, nil
}

// next returns a record for tweets.raw, of a post that no other record has.
func (m *posts) next() *kgo.Record {
	p := m.world.Next()
	for p == nil {
		p = m.world.Next()
	}
	raw := tweet.Raw{
		Key: strconv.AppendUint(nil, p.First, 10), Value: wire.AppendPost(nil, p, m.fields, m.matching), Schema: tweet.SchemaX, Kind: tweet.KindStream,
		Source: tweet.SourceSimulator, ObservedAt: p.At,
	}
	r := &kgo.Record{Topic: topic.Raw, Key: raw.Key, Value: raw.Value}
	for _, h := range raw.Headers() {
		r.Headers = append(r.Headers, kgo.RecordHeader(h))
	}
	return r
}
