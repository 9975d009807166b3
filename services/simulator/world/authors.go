package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/pipeline/rule"
)

const (
	authorCount = 20_000
	// A few write much, most write once: a Zipf law with a flat head, so that
	// the busiest author stays below two percent.
	zipfExponent = 1.2
	zipfShift    = 20
)

// Author is an invented user. Authors never change.
type Author struct {
	ID       string // numeric, unique
	Username string // lower case, begins with "sim_"
	Name     string // ends in "(simulated)"
	About    string
	Created  time.Time
	Lang     string

	Followers, Following, Posts, Listed int
	Verified                            bool
}

type crowd struct {
	authors []Author
	zipf    *rand.Zipf
}

func newCrowd(rng *rand.Rand) crowd {
	c := crowd{
		authors: make([]Author, authorCount),
		zipf:    newZipf(rng),
	}
	for i := range c.authors {
		c.authors[i] = newAuthor(rng, i)
	}
	return c
}

// Author returns the author with this id, or with this user name whatever the
// case of its letters; nil for nobody. Unlike the rest of a World it is safe for
// concurrent use: authors never change.
func (w *World) Author(nameOrID string) *Author {
	for i := range w.crowd.authors {
		if a := &w.crowd.authors[i]; a.ID == nameOrID || strings.EqualFold(a.Username, nameOrID) {
			return a
		}
	}
	return nil
}

func newZipf(rng *rand.Rand) *rand.Zipf {
	return rand.NewZipf(rng, zipfExponent, zipfShift, authorCount-1)
}

// pick draws an author, the busy ones more often.
func (c crowd) pick() *Author { return &c.authors[c.zipf.Uint64()] }

func newAuthor(rng *rand.Rand, i int) Author {
	// Fixed years: an account must not be younger in a later run.
	created := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(14 * 365 * 24 * int64(time.Hour)))).Truncate(time.Second)
	// Log-normal, as follower counts are: most have around a hundred.
	followers := int(math.Exp(rng.NormFloat64()*1.6 + 4.8))
	first, last := one(rng, givenNames), one(rng, familyNames)
	return Author{
		ID:        strconv.FormatUint(snowflake(created.UnixMilli(), uint64(i)), 10),
		Username:  fmt.Sprintf("sim_%s_%d", one(rng, handleWords), i),
		Name:      first + " " + last + " (simulated)",
		About:     "An invented account of the Cats v Dogs simulator.",
		Created:   created,
		Lang:      languageAt(rng.Float64()),
		Followers: followers,
		Following: int(math.Exp(rng.NormFloat64() + 5)),
		Posts:     int(math.Exp(rng.NormFloat64()*1.3+6)) + 1,
		Listed:    followers / 90,
		Verified:  rng.IntN(12) == 0,
	}
}

func bucket(id uint64) uint8 { return rule.Bucket(strconv.FormatUint(id, 10)) }

func one[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// handleWords have at most five letters: with prefix and number a handle keeps
// X's limit of 15.
var handleWords = []string{
	"whisk", "paws", "tail", "fuzz", "nap", "woof", "meow", "boop", "zoom", "mitt", "purr", "bork", "toast", "pixel", "moss", "comet",
}

var givenNames = []string{
	"Luna", "Milo", "Nala", "Otis", "Hana", "Bruno", "Ines", "Tomas", "Yuki", "Lea", "Emil", "Rosa", "Kenji", "Clara", "Davi", "Noor", "Ada", "Felix",
}

var familyNames = []string{
	"Whisker", "Pawson", "Tailwind", "Softfoot", "Biscuit", "Marble", "Pebble", "Sunbeam", "Blanket", "Snooze", "Puddle", "Clover", "Acorn", "Button",
}
