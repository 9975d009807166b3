package account

import (
	"math/rand/v2"
	"testing"
)

// In whatever order records and what was made of them are read, each pair is judged once, and the same is found.
func TestCopiesAreJudgedInAnyOrder(t *testing.T) {
	t.Parallel()
	const pairs = 200
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		c := Copies{Most: 10 * pairs}
		found, wrong := 0, 0
		turns := random.Perm(2 * pairs)
		for _, turn := range turns {
			at := Place{Topic: "tweets.raw", Partition: int32(turn / 2 % 3), Offset: int64(turn / 2)}
			due := Copy{Made: AsDocument}
			due.Said[Text], due.Said[Lang] = uint32(turn/2)+1, 7
			made := due
			made.Said[Teams] = 9 // the record says nothing of it
			if turn/2%5 == 0 {
				made.Said[Text]++
				wrong++
			}
			if turn%2 == 0 {
				found += len(c.Record(at, "key", due))
			} else {
				found += len(c.Make(at, made))
			}
		}
		if found != wrong/2 || c.Judged != pairs || len(c.made)+len(c.records) != 0 {
			t.Errorf("seed %d: %d of %d are found, %d judged, %d and %d left", seed, found, wrong/2, c.Judged, len(c.made), len(c.records))
		}
	}
}

func TestWhatWaitsForItsRecordIsBounded(t *testing.T) {
	t.Parallel()
	c := Copies{Most: 100}
	for offset := range int64(1000) {
		c.Make(Place{Offset: offset}, Copy{Made: AsDocument})
		c.Record(Place{Partition: 1, Offset: offset}, "", Copy{Made: AsDocument})
	}
	if len(c.made) != 100 || len(c.records) != 100 || c.Dropped != 2*900 {
		t.Errorf("%d and %d are remembered, %d are not", len(c.made), len(c.records), c.Dropped)
	}
}

func TestWhatIsMadeOfARecordMustBeWhatIsDueToIt(t *testing.T) {
	t.Parallel()
	whole, other := Digest{1}, Digest{2}
	for name, c := range map[string]struct {
		due, made Copy
		want      Kind
	}{
		"a post is refused":            {Copy{Made: AsDocument, Whole: whole}, Copy{Made: AsLetter, Whole: whole}, EnrichRefused},
		"a post is taken for gone":     {Copy{Made: AsDocument}, Copy{Made: AsDeletion}, EnrichDiffers},
		"a deletion is a document":     {Copy{Made: AsDeletion}, Copy{Made: AsDocument}, EnrichDiffers},
		"a gap is a document":          {Copy{Made: AsLetter}, Copy{Made: AsDocument}, EnrichDiffers},
		"another record was refused":   {Copy{Whole: whole}, Copy{Made: AsLetter, Whole: other}, LetterDiffers},
		"an odd line is refused":       {Copy{Whole: whole}, Copy{Made: AsLetter, Whole: whole}, ""},
		"a letter holds a part only":   {Copy{Whole: whole}, Copy{Made: AsLetter}, ""},
		"an odd line is a document":    {Copy{}, Copy{Made: AsDocument}, ""},
		"a gap is refused":             {Copy{Made: AsLetter, Whole: whole}, Copy{Made: AsLetter, Whole: whole}, ""},
		"a deletion is made of itself": {Copy{Made: AsDeletion}, Copy{Made: AsDeletion}, ""},
	} {
		copies := Copies{Most: 1}
		copies.Record(Place{Topic: "tweets.raw", Offset: 5}, "key", c.due)
		found := copies.Make(Place{Topic: "tweets.raw", Offset: 5}, c.made)
		if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || found[0].Kind != c.want || found[0].First != 5 || found[0].Key != "key") {
			t.Errorf("%s: %v, want %q", name, found, c.want)
		}
	}
}
