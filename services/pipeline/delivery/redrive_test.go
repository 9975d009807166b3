package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/topic"
)

func TestADeadLetterIsRestoredToTheRecordThatWasRefused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 26))
	for range 2000 {
		want := anyRecord(random)
		letter := DeadLetter(want, StageEnricher, &Refusal{Reason: "invalid_json", Detail: "it ends too early"})
		got, err := Restore(letter)
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, got, want)
	}
}

func TestARecordComesBackAsItWasWithACountHoweverOftenItIsRefused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 26))
	for range 500 {
		first := anyRecord(random)
		refused := first
		for n := range 5 {
			letter := DeadLetter(refused, StageEnricher, &Refusal{Reason: "internal"})
			letter.Partition, letter.Offset = 2, int64(100+n)
			if got := Attempt(letter); got != n {
				t.Fatalf("attempt %d counts as %d: %v", n, got, letter.Headers)
			}
			again, err := Redriven(letter)
			if err != nil {
				t.Fatal(err)
			}
			added := again.Headers[len(first.Headers):]
			want := []kgo.RecordHeader{
				{Key: "redrive_attempt", Value: fmt.Append(nil, n+1)},
				{Key: "redrive_of", Value: fmt.Appendf(nil, "tweets.dlq/2/%d", 100+n)},
			}
			if diff := cmp.Diff(want, added); diff != "" {
				t.Fatal(diff)
			}
			origin := *again
			origin.Headers = again.Headers[:len(first.Headers)]
			checkSame(t, &origin, first)
			refused = again
		}
	}
}

func TestHeadersThatOnlyLookLikeACountAreTheRecordsOwn(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "0", "-1", "+1", "01", "1 ", "1000000", "9223372036854775808", "one"} {
		origin := &kgo.Record{Topic: topic.Raw, Headers: []kgo.RecordHeader{
			{Key: "redrive_attempt", Value: []byte(value)}, {Key: "redrive_of", Value: []byte("x")},
		}}
		letter := DeadLetter(origin, StageEnricher, &Refusal{})
		again, err := Redriven(letter)
		if err != nil || Attempt(letter) != 0 || len(again.Headers) != 4 || string(again.Headers[2].Value) != "1" {
			t.Errorf("%q counts as %d and becomes %v, %v", value, Attempt(letter), again, err)
		}
	}
}

func TestWhatIsNoDeadLetterOfOursIsNotRestored(t *testing.T) {
	t.Parallel()
	letter := func(change func(*kgo.Record)) *kgo.Record {
		r := DeadLetter(&kgo.Record{Topic: topic.Raw, Value: []byte("v")}, StageEnricher, &Refusal{})
		change(r)
		return r
	}
	value := func(i int, v string) func(*kgo.Record) {
		return func(r *kgo.Record) { r.Headers[i].Value = []byte(v) }
	}
	for name, test := range map[string]struct {
		change func(*kgo.Record)
		want   error
	}{
		"no headers":            {func(r *kgo.Record) { r.Headers = nil }, ErrNoDeadLetter},
		"one header missing":    {func(r *kgo.Record) { r.Headers = r.Headers[1:] }, ErrNoDeadLetter},
		"another order":         {func(r *kgo.Record) { slices.Reverse(r.Headers) }, ErrNoDeadLetter},
		"something behind":      {func(r *kgo.Record) { r.Headers = append(r.Headers, kgo.RecordHeader{Key: "x"}) }, ErrNoDeadLetter},
		"a topic not ours":      {value(3, "payments"), ErrForeignOrigin},
		"the topic itself":      {value(3, topic.DeadLetter), ErrForeignOrigin},
		"no topic":              {value(3, ""), ErrForeignOrigin},
		"a huge partition":      {value(4, "2147483648"), ErrInvalidOrigin},
		"a negative partition":  {value(4, "-1"), ErrInvalidOrigin},
		"no partition":          {value(4, ""), ErrInvalidOrigin},
		"an offset with a sign": {value(5, "+1"), ErrInvalidOrigin},
		"an offset with zeros":  {value(5, "007"), ErrInvalidOrigin},
		"a huge offset":         {value(5, "9223372036854775808"), ErrInvalidOrigin},
		"nothing wrong":         {func(*kgo.Record) {}, nil},
	} {
		r := letter(test.change)
		restored, err := Restore(r)
		if !errors.Is(err, test.want) || (err == nil) != (restored != nil) {
			t.Errorf("%s: got %v, %v, want %v", name, restored, err, test.want)
		}
		if _, err := Redriven(r); !errors.Is(err, test.want) {
			t.Errorf("%s: put back with %v", name, err)
		}
	}
}

func TestAResolutionNamesItsDeadLetterAndNothingElsePassesForOne(t *testing.T) {
	t.Parallel()
	schema, err := schemas.Compile(schemas.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(8, 26))
	at := time.Date(2026, 6, 4, 8, 0, 0, 5, time.FixedZone("", 3600))
	for range 1000 {
		letter := DeadLetter(anyRecord(random), StageSinkIndex, &Refusal{Reason: "invalid_document", Detail: "d"})
		letter.Partition, letter.Offset, letter.Timestamp = 3, 41, at.Add(-time.Hour)
		r := Resolution(letter, at)
		if string(r.Key) != string(letter.Key) || r.Value != nil || r.Partition != 3 || r.Topic != topic.DeadLetter || !r.Timestamp.Equal(letter.Timestamp) {
			t.Fatalf("%+v", r)
		}
		r.Offset = 42
		if p, ok := Resolved(r); !ok || p != (Place{topic.DeadLetter, 3, 41}) {
			t.Fatalf("it resolves %v, %t", p, ok)
		}
		headers := map[string]any{}
		for _, h := range r.Headers[len(r.Headers)-8:] {
			headers[h.Key] = string(h.Value)
		}
		if err := schema.Validate(headers); err != nil {
			t.Fatal(err)
		}

		letter.Offset = 43
		for _, h := range [][]kgo.RecordHeader{letter.Headers, r.Headers} { // of one whose origin had just these headers
			hostile := DeadLetter(&kgo.Record{Topic: topic.Raw, Headers: h}, StageEnricher, &Refusal{})
			hostile.Partition, hostile.Offset = 3, 44
			if p, ok := Resolved(hostile); ok {
				t.Fatalf("a dead letter passes for the resolution of %v", p)
			}
		}
		for _, change := range []func(*kgo.Record){
			func(r *kgo.Record) { r.Partition = 2 },
			func(r *kgo.Record) { r.Offset = 41 },
			func(r *kgo.Record) { r.Value = []byte{} },
			func(r *kgo.Record) { r.Headers = r.Headers[:len(r.Headers)-1] },
			func(r *kgo.Record) { r.Headers[len(r.Headers)-1].Value = []byte("tweets.raw/3/41") },
		} {
			other := *r
			other.Headers = slices.Clone(r.Headers)
			change(&other)
			if p, ok := Resolved(&other); ok {
				t.Fatalf("%+v resolves %v", other, p)
			}
		}
	}
}

func TestAResolutionOfHugeHeadersKeepsTheDeadLettersOwn(t *testing.T) {
	t.Parallel()
	origin := &kgo.Record{Topic: topic.Raw, Headers: []kgo.RecordHeader{{Key: "x", Value: bytes.Repeat([]byte("x"), 3<<20)}}}
	r := Resolution(DeadLetter(origin, StageEnricher, &Refusal{}), time.Unix(0, 0))
	if n := bytesOf(r.Headers); n > maxResolutionBytes || len(r.Headers) != 8 || r.Headers[0].Key != topic.HeaderErrorStage {
		t.Errorf("it has %d headers of %d bytes", len(r.Headers), n)
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, seed := range []string{"", "tweets.dlq/3/41", "a/b/c", "a/2147483648/1", "a/0/9223372036854775807", "//", "a/00/1", "a/1/2/3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePlace(text)
		if err == nil && (p.String() != text || p.Partition < 0 || p.Offset < 0 || p.Topic == "") {
			t.Errorf("%q became %+v", text, p)
		}
	})
}

// anyRecord makes a record of a topic of posts, often with headers that are called like those of a dead letter.
func anyRecord(random *rand.Rand) *kgo.Record {
	blob := func(most int) []byte {
		if random.IntN(5) == 0 {
			return nil
		}
		b := make([]byte, random.IntN(most))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	r := &kgo.Record{Topic: []string{topic.Raw, topic.Enriched}[random.IntN(2)], Partition: random.Int32(), Offset: random.Int64(), Key: blob(9), Value: blob(99)}
	names := append(strings.Fields("source schema redrive_of redriven_at \xff"), written[:]...)
	for range random.IntN(9) {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: names[random.IntN(len(names))], Value: blob(9)})
	}
	switch random.IntN(4) {
	case 0: // as if it were a dead letter itself
		r.Headers = DeadLetter(r, StageSinkIndex, &Refusal{Reason: "x"}).Headers
	case 1: // or a resolution
		r.Headers = Resolution(r, time.Unix(1, 0)).Headers
	}
	return r
}

func checkSame(t *testing.T, got, want *kgo.Record) {
	t.Helper()
	same := got.Topic == want.Topic && got.Partition == want.Partition && got.Offset == want.Offset &&
		sameBytes(got.Key, want.Key) && sameBytes(got.Value, want.Value) &&
		slices.EqualFunc(got.Headers, want.Headers, func(a, b kgo.RecordHeader) bool { return a.Key == b.Key && sameBytes(a.Value, b.Value) })
	if !same {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

// sameBytes tells nothing from empty, as Kafka does.
func sameBytes(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }
