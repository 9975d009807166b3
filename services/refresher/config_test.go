package refresher

import (
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

func good() Config {
	return Config{
		Kafka: broker.Config{KafkaBrokers: []string{"127.0.0.1:9092"}}, Telemetry: telemetry.Config{Process: telemetry.NewProcess(nil)},
		Contest: shippedContest, SimulatorURL: "http://127.0.0.1:8081", RefreshAfter: []time.Duration{time.Hour, time.Minute}, RefreshGrace: time.Hour,
		RefreshPosts: 10, RefreshShare: 20, EnricherGroup: "enricher",
	}
}

func TestAllMistakesAreNamedAtOnceWithTheirFlags(t *testing.T) {
	t.Parallel()
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	bad := Config{RefreshShare: -1, RefreshAfter: []time.Duration{-1}, Compliance: ComplianceConfig{ComplianceEvery: 1}}
	err := bad.Validate()
	if err == nil {
		t.Fatal("it is taken")
	}
	for _, flag := range []string{"--kafka-brokers", "--telemetry-addr", "--contest", "--source", "--refresh-after", "--refresh-posts", "--refresh-share", "--enricher-group", "--compliance-every", "--compliance-ids", "--s3-endpoint"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%s is not named in %v", flag, err)
		}
	}
	bluesky := good()
	bluesky.Source, bluesky.BlueskyURL = tweet.SourceBluesky, []string{"https://example.com"}
	if err := bluesky.Validate(); err == nil || !strings.Contains(err.Error(), "--bluesky-url") {
		t.Error(err)
	}
}

func TestTheTokenOfXIsNotSentToASimulator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token, simulator, want string
	}{{"", "http://127.0.0.1:1", sourceSimulator}, {"secret", "", sourceX}, {"secret", "http://127.0.0.1:1", sourceX}, {"", "", sourceAuto}} {
		cfg := Config{SimulatorURL: c.simulator, API: xapi.Config{XBearerToken: config.Secret(c.token)}}
		if got := cfg.source(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestPausesGrowByKindAndFollowWhatXSays(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var p pauses
	var waits []time.Duration
	for range 8 {
		waits = append(waits, p.next(&xapi.Failure{Kind: xapi.HTTP}, now))
	}
	if !slices.IsSorted(waits[:7]) || waits[0] < httpFirst || waits[7] > httpMax*11/10+1 {
		t.Errorf("%v", waits)
	}
	if w := p.next(&xapi.Failure{Kind: xapi.Network}, now); w > time.Second {
		t.Errorf("the first network error waits for %s", w)
	}
	if w := p.next(&xapi.Failure{Kind: xapi.RateLimited, RetryAt: now.Add(7 * time.Minute)}, now); w < 7*time.Minute || w > 8*time.Minute {
		t.Errorf("a limit with a reset waits for %s", w)
	}
	if w := p.next(&xapi.Failure{Kind: xapi.RateLimited, RetryAt: now.Add(300 * time.Hour)}, now); w < time.Minute || w > 2*time.Minute {
		t.Errorf("a limit with a nonsensical reset waits for %s", w)
	}
	if w := p.next(&xapi.Failure{Kind: xapi.Unauthorized}, now); w < finalPause {
		t.Errorf("a wrong token waits for %s", w)
	}
}
