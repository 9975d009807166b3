package archived

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestANameFollowsFromTheFirstRecordAndIsReadBack(t *testing.T) {
	t.Parallel()
	first := &kgo.Record{Topic: "tweets.raw", Partition: 3, Offset: 12, Timestamp: time.Date(2026, 6, 3, 23, 30, 0, 0, time.FixedZone("", 3600))}
	for format, want := range map[Format]string{
		Zstd: "tweets.raw/dt=2026-06-03/hour=22/tweets.raw-3-00000000000000000012.ndjson.zst",
		Gzip: "tweets.raw/dt=2026-06-03/hour=22/tweets.raw-3-00000000000000000012.ndjson.gz",
	} {
		o := ObjectOf(first, format)
		if o.Name() != want {
			t.Errorf("got %s, want %s", o.Name(), want)
		}
		if got, ok := ParseName(o.Name()); !ok || got != o {
			t.Errorf("%s is read as %+v, %t", o.Name(), got, ok)
		}
	}
	o := ObjectOf(first, Zstd)
	if got := o.SuppressedName(); got != "suppressed/tweets.raw/dt=2026-06-03/hour=22/tweets.raw-3-00000000000000000012.ndjson" {
		t.Error(got)
	}
	if got := o.ParquetName(); got != "parquet/tweets.raw/dt=2026-06-03/hour=22/tweets.raw-3-00000000000000000012.parquet" {
		t.Error(got)
	}
}

func TestANameThatIsNoObjectsIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	good := "tweets.raw/dt=2026-06-03/hour=22/tweets.raw-3-00000000000000000012.ndjson.zst"
	for _, name := range []string{
		"", good + ".bak", strings.Replace(good, "dt=2026-06-03", "dt=2026-13-03", 1), strings.Replace(good, "hour=22", "hour=24", 1),
		strings.Replace(good, "tweets.raw-3", "tweets.enriched-3", 1), strings.Replace(good, "-3-", "-x-", 1),
		strings.Replace(good, "00000000000000000012", "99999999999999999999", 1), "suppressed/" + good,
	} {
		if o, ok := ParseName(name); ok {
			t.Errorf("%q is taken for %+v", name, o)
		}
	}
}

func TestARangeComesBackFromItsMetadata(t *testing.T) {
	t.Parallel()
	want := Range{Start: 5, Last: 19, Records: 12, Suppressed: 1}
	m := want.Metadata()
	if got, err := ParseRange(func(name string) string { return m[name] }); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	m[metaLast] = "-1"
	for _, broken := range []map[string]string{{}, m} {
		if got, err := ParseRange(func(name string) string { return broken[name] }); err == nil {
			t.Errorf("%v is read as %+v", broken, got)
		}
	}
}
