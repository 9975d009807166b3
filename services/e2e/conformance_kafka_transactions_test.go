//go:build unix

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
)

// transact begins a transaction, writes values, sees them at the broker, and ends it.
func (x *brokerUnderTest) transact(t *testing.T, cl *kgo.Client, name string, end kgo.TransactionEndTry, values ...string) error {
	t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		return err
	}
	if err := x.produce(t, cl, name, values...); err != nil { // waits: what was never sent could not be seen either
		return err
	}
	if err := cl.EndTransaction(t.Context(), end); err != nil {
		return err
	}
	awaitSettled(t, x.admin, name)
	return nil
}

func transactionQuestions() []brokerQuestion {
	transactional := func(t *testing.T, x *brokerUnderTest, id string) *kgo.Client {
		return x.client(t, kgo.TransactionalID(x.prefix+id), kgo.TransactionTimeout(20*time.Second))
	}
	seen := func(t *testing.T, x *brokerUnderTest, name string) []string {
		return []string{"committed: " + strings.Join(x.values(t, name, true), " "), "all: " + strings.Join(x.values(t, name, false), " ")}
	}
	return []brokerQuestion{
		{"what is seen of transactions", func(t *testing.T, x *brokerUnderTest) []string {
			name, cl := x.topic(t), transactional(t, x, "seen")
			if err := errors.Join(x.transact(t, cl, name, kgo.TryCommit, "a", "b"), x.transact(t, cl, name, kgo.TryAbort, "c"), x.transact(t, cl, name, kgo.TryCommit, "d")); err != nil {
				return []string{code(err)}
			}
			return seen(t, x, name)
		}, []string{"committed: a b d", "all: a b c d"}},
		{"what is seen behind an open transaction", func(t *testing.T, x *brokerUnderTest) []string {
			name, cl := x.topic(t), transactional(t, x, "open")
			if err := errors.Join(cl.BeginTransaction(), x.produce(t, cl, name, "open"), x.produce(t, x.client(t), name, "plain")); err != nil {
				return []string{code(err)}
			}
			before := seen(t, x, name)
			if err := cl.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
				return []string{code(err)}
			}
			awaitSettled(t, x.admin, name)
			return append(before, seen(t, x, name)...)
		}, []string{"committed: ", "all: open plain", "committed: open plain", "all: open plain"}},
		{"a producer whose name another has taken", func(t *testing.T, x *brokerUnderTest) []string {
			name, first := x.topic(t), transactional(t, x, "fenced")
			if err := errors.Join(first.BeginTransaction(), x.produce(t, first, name, "old")); err != nil {
				return []string{code(err)}
			}
			second := transactional(t, x, "fenced")
			if err := x.transact(t, second, name, kgo.TryCommit, "new"); err != nil {
				return []string{code(err)}
			}
			late := x.produce(t, first, name, "late")
			ended := first.EndTransaction(t.Context(), kgo.TryCommit)
			return append([]string{fmt.Sprint("refused: ", late != nil || ended != nil)}, "committed: "+strings.Join(x.values(t, name, true), " "))
		}, []string{"refused: true", "committed: new"}},
		{"offsets in transactions", func(t *testing.T, x *brokerUnderTest) (said []string) {
			in, out, group := x.topic(t), x.topic(t), x.prefix+"transactions"
			if err := x.produce(t, x.client(t), in, "1", "2"); err != nil {
				return []string{code(err)}
			}
			session, err := kgo.NewGroupTransactSession(append(broker.GroupOptions(group, in), kgo.SeedBrokers(x.cfg.KafkaBrokers...), kgo.TransactionalID(x.prefix+"session"))...)
			if err != nil {
				return []string{code(err)}
			}
			defer session.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for _, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
				n := 0
				for n < 2 && ctx.Err() == nil {
					if fetches := session.PollFetches(ctx); fetches.NumRecords() > 0 {
						n += fetches.NumRecords()
					}
				}
				if err := errors.Join(session.Begin(), x.produce(t, session.Client(), out, fmt.Sprint("end ", bool(end)))); err != nil {
					return append(said, code(err))
				}
				committed, err := session.End(ctx, end)
				awaitSettled(t, x.admin, out)
				if committed { // the group's topic hears of it by itself
					await(t, "the group's offset", func() bool { return x.committed(t, group, in) != "none" })
				}
				said = append(said, fmt.Sprint(committed, " ", code(err)), x.committed(t, group, in))
			}
			return append(said, strings.Join(x.values(t, out, true), " "))
		}, []string{"false ok", "none", "true ok", "2", "end true"}},
	}
}

// committed is the group's offset of partition 0 with its metadata.
func (x *brokerUnderTest) committed(t *testing.T, group, name string) string {
	t.Helper()
	offsets, err := x.admin.FetchOffsets(t.Context(), group)
	if err != nil {
		return code(err)
	}
	o, ok := offsets.Lookup(name, 0)
	if !ok || o.At < 0 {
		return "none"
	}
	if strings.HasPrefix(o.Metadata, "kgo-") {
		o.Metadata = "" // the client's default, the member's id
	}
	return strings.TrimSpace(fmt.Sprint(o.At, " ", o.Metadata))
}

// intentMetadata is what the archive keeps beside an offset.
const intentMetadata = `{"object":"tweets.raw/dt=2026-06-03/hour=10/é.ndjson.zst","last":41}`

func offsetQuestions() []brokerQuestion {
	commit := func(t *testing.T, x *brokerUnderTest, group, name string, at int64, metadata string) string {
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: name, Partition: 0, At: at, LeaderEpoch: -1, Metadata: metadata})
		answers, err := x.admin.CommitOffsets(t.Context(), group, offsets)
		if err == nil {
			err = answers.Error()
		}
		return code(err)
	}
	return []brokerQuestion{
		{"what a commit keeps", func(t *testing.T, x *brokerUnderTest) []string {
			group, name := x.prefix+"metadata", x.topic(t)
			said := []string{x.committed(t, group, name), commit(t, x, group, name, 7, intentMetadata), x.committed(t, group, name)}
			return append(said, commit(t, x, group, name, 7, ""), x.committed(t, group, name))
		}, []string{"none", "ok", "7 " + intentMetadata, "ok", "7"}},
		{"metadata that is too long", func(t *testing.T, x *brokerUnderTest) []string {
			group, name := x.prefix+"long", x.topic(t)
			return []string{commit(t, x, group, name, 1, strings.Repeat("x", 4096)), commit(t, x, group, name, 1, strings.Repeat("x", 4097))}
		}, []string{"ok", "OFFSET_METADATA_TOO_LARGE"}},
		{"offsets that are forgotten", func(t *testing.T, x *brokerUnderTest) []string {
			group, name := x.prefix+"forgotten", x.topic(t)
			said := []string{commit(t, x, group, name, 7, "")}
			var set kadm.TopicsSet
			set.Add(name, 0)
			deleted, err := x.admin.DeleteOffsets(t.Context(), group, set)
			if err == nil {
				err = deleted.Error()
			}
			return append(said, code(err), x.committed(t, group, name))
		}, []string{"ok", "ok", "none"}},
		{"a commit by someone who is not a member", func(t *testing.T, x *brokerUnderTest) []string {
			group, name := x.prefix+"members", x.topic(t)
			if err := x.produce(t, x.client(t), name, "1"); err != nil {
				return []string{code(err)}
			}
			member := x.client(t, append(broker.GroupOptions(group, name), kgo.DisableAutoCommit())...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for member.PollFetches(ctx).NumRecords() == 0 && ctx.Err() == nil {
			}
			said := []string{commit(t, x, group, name, 1, "")}
			if err := member.CommitUncommittedOffsets(ctx); err != nil {
				return append(said, code(err))
			}
			said = append(said, x.committed(t, group, name))
			if err := member.LeaveGroupContext(ctx); err != nil {
				return append(said, code(err))
			}
			return append(said, commit(t, x, group, name, 0, ""))
		}, []string{"UNKNOWN_MEMBER_ID", "1", "ok"}},
	}
}
