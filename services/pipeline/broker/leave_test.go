package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestAMemberThatLeavesIsGoneAtOnceWithOrWithoutAName(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]kgo.Opt{"dynamic": nil, "static": {kgo.InstanceID("replica")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, cfg := kafkatest.Start(t, 2)
			options := append(options, kgo.SessionTimeout(5*time.Minute)) // longer than the test waits
			member := kafkatest.Client(t, cfg, append(broker.GroupOptions("group", topic.Raw), options...)...)
			admin := kadm.NewClient(kafkatest.Client(t, cfg))
			awaitMembers(t, admin, 1)
			broker.Leave(member)
			awaitMembers(t, admin, 0)
		})
	}
}

func awaitMembers(t *testing.T, admin *kadm.Client, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		groups, err := admin.DescribeGroups(ctx, "group")
		if err == nil && len(groups["group"].Members) == n && (n == 0 || groups["group"].State == "Stable") {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the group has not come to %d members: %v, %v", n, groups, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
