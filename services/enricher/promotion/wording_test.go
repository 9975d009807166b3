package promotion

import (
	"slices"
	"strings"
	"testing"
)

func TestAnOfferTakesTwoDifferentPhrases(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                                    0,
		"my cat, 5 % asleep":                  0,
		"my cat sleeps 80% off the day":       1,
		"20% off with use code meow":          2,
		"shop now! shop now! shop now!":       1,
		"buy now, free shipping, link in bio": SalesTalkOffers,
	} {
		if got := Offers(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestAPostOfHashtagsIsStuffed(t *testing.T) {
	t.Parallel()
	tags := func(n int) (list []string) {
		for i := range n {
			list = append(list, "longhashtag"+strings.Repeat("x", i))
		}
		return list
	}
	line := func(list []string) string { return strings.TrimSpace("#" + strings.Join(list, " #")) }
	for name, c := range map[string]struct {
		text     string
		hashtags []string
		media    bool
		want     bool
	}{
		"nothing":                            {"", nil, false, false},
		"four tags":                          {line(tags(4)), tags(4), false, false},
		"five tags":                          {line(tags(5)), tags(5), false, true},
		"five tags and a picture":            {line(tags(5)), tags(5), true, false},
		"eight tags and a picture":           {line(tags(8)), tags(8), true, true},
		"five tags below a long text":        {strings.Repeat("a cat that sleeps ", 8) + line(tags(5)), tags(5), false, false},
		"one tag nine times":                 {strings.TrimSpace(strings.Repeat("#cat ", 9)), []string{"cat"}, true, true},
		"tags run together":                  {"#a1#b2#c3#d4#e5", slices.Repeat([]string{"x"}, 5), false, true},
		"nothing but signs":                  {"# # # # # # # # #", nil, false, false},
		"tags beside the text":               {"hi", tags(8), true, true},
		"tags beside a text that says much":  {strings.Repeat("a cat that sleeps ", 20), tags(5), false, false},
		"five tags, four of them beside it":  {"#cat", append([]string{"cat"}, tags(4)...), false, true},
		"multibyte tags are counted as seen": {"#ねこ #ねこ #ねこ #ねこ #ねこ", []string{"ねこ"}, false, true},
	} {
		if got := Stuffed(c.text, c.hashtags, c.media); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
