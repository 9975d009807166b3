package broker

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/stage"
)

// Leave says goodbye to the client's group, so that the others take its partitions over at once and not when its session
// has timed out. It does not wait for a broker that is away.
func Leave(cl *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), stage.LeaveTimeout)
	defer cancel()
	_ = cl.LeaveGroupContext(ctx) // the session timeout does it otherwise
	if instance, ok := cl.OptValues(kgo.InstanceID)[0].(string); ok && instance != "" {
		leaveAs(ctx, cl, instance)
	}
}

// leaveAs ends a static membership, which the client keeps for whoever comes back under the same name (KIP-345). With the
// member's own id, so that a successor that has the name by now stays.
func leaveAs(ctx context.Context, cl *kgo.Client, instance string) {
	member, _ := cl.GroupMetadata()
	if member == "" {
		return // it never joined
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, _ = cl.OptValue(kgo.ConsumerGroup).(string)
	one := kmsg.NewLeaveGroupRequestMember()
	one.MemberID, one.InstanceID = member, &instance
	req.Members = append(req.Members, one)
	_, _ = req.RequestWith(ctx, cl)
}
