package rule_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"catsvdogs/services/pipeline/rule"
)

func mustParse(t testing.TB, value string) *rule.Rule {
	t.Helper()
	r, err := rule.Parse(value)
	if err != nil {
		t.Fatalf("Parse(%q): %v", value, err)
	}
	return r
}

func TestARuleMatchesWhatItsOperatorsSay(t *testing.T) {
	t.Parallel()
	photo := rule.Post{Text: "My #Cat naps", Hashtags: []string{"cat"}, HasImages: true, Lang: "en"}
	tests := []struct {
		name string
		rule string
		post rule.Post
		want bool
	}{
		{"hashtag", "#cat", photo, true},
		{"hashtag in another case", "#CAT", photo, true},
		{"another hashtag", "#cats", photo, false},
		{"hashtag is not a substring", "#ca", photo, false},
		{"unicode hashtag", "#Кошка", rule.Post{Hashtags: []string{"кошка"}}, true},
		{"japanese hashtag", "#猫", rule.Post{Hashtags: []string{"猫"}}, true},
		{"diacritics are exact in hashtags", "#gato", rule.Post{Hashtags: []string{"gató"}}, false},

		{"and holds", "#cat has:images", photo, true},
		{"and fails on one", "#cat has:videos", photo, false},
		{"or weaker than and, left", "#dog OR #cat has:images", photo, true},
		{"or weaker than and, right", "#cat has:videos OR #dog", photo, false},
		{"group before and", "(#dog OR #cat) has:videos", photo, false},
		{"group after and", "has:images (#dog OR #cat)", photo, true},
		{"nested groups", "((#dog) OR (#cat (has:videos OR has:images)))", photo, true},
		{"negation", "#cat -has:videos", photo, true},
		{"negation excludes", "#cat -has:images", photo, false},
		{"negated keyword", "#cat -naps", photo, false},
		{"negated hashtag", "naps -#dog", photo, true},

		{"keyword", "naps", photo, true},
		{"keyword in another case", "NAPS", photo, true},
		{"keyword is a whole word", "nap", photo, false},
		{"keyword inside another", "aps", photo, false},
		{"keyword finds the hashtag's word", "cat", photo, true},
		{"keyword beside punctuation", "naps", rule.Post{Text: "(naps!)"}, true},
		{"underscore splits words", "case", rule.Post{Text: "snake_case"}, true},
		{"diacritics are exact in keywords", "cafe", rule.Post{Text: "café"}, false},
		{"keyword with diacritics", "CAFÉ", rule.Post{Text: "le café"}, true},
		{"later occurrence counts", "cat", rule.Post{Text: "category cat"}, true},
		{"japanese needs no blanks", "猫", rule.Post{Text: "うちの猫がいる"}, true},
		{"emoji", "😺", rule.Post{Text: "look😺here"}, true},
		{"emoji of several code points", "👩🏽‍🦰", rule.Post{Text: "me 👩🏽‍🦰!"}, true},
		{"emoji with variation selector", "❤️", rule.Post{Text: "I❤️cats"}, true},
		{"keyword after an emoji", "cats", rule.Post{Text: "I❤️cats"}, true},
		{"invalid UTF-8 is only text", "cat", rule.Post{Text: "\xffcat\xfe"}, true},

		{"phrase", `"my #cat"`, photo, true},
		{"phrase in another order", `"cat my"`, photo, false},
		{"phrase over a line break", `"good  dog"`, rule.Post{Text: "Good\n dog."}, true},
		{"phrase with punctuation", `"coca-cola"`, rule.Post{Text: "a Coca-Cola."}, true},
		{"phrase with other punctuation", `"coca-cola"`, rule.Post{Text: "coca cola"}, false},
		{"phrase at a word's edge", `"good dog"`, rule.Post{Text: "good dogs"}, false},
		{"negated phrase", `#cat -"my #cat"`, photo, false},

		{"mention", "@Some_One", rule.Post{Mentions: []string{"some_one"}}, true},
		{"from", "from:Some_One", rule.Post{Author: "some_one"}, true},
		{"from another", "from:someone", rule.Post{Author: "some_one"}, false},
		{"from an id", "from:1234567890123456", rule.Post{AuthorID: "1234567890123456"}, true},
		{"to", "to:someone", rule.Post{InReplyTo: "someone"}, true},
		{"lang", "#cat lang:EN", photo, true},
		{"another lang", "#cat lang:es", photo, false},
		{"lang of a region", "猫 lang:zh-cn", rule.Post{Text: "猫", Lang: "zh-CN"}, true},
		{"enough followers", "cat min_followers:10", rule.Post{Text: "cat", Followers: 10}, true},
		{"too few followers", "cat min_followers:10", rule.Post{Text: "cat", Followers: 9}, false},

		{"images", "cat has:images", rule.Post{Text: "cat", HasImages: true}, true},
		{"a video is no image", "cat has:images", rule.Post{Text: "cat", HasVideos: true}, false},
		{"videos", "cat has:videos", rule.Post{Text: "cat", HasVideos: true}, true},
		{"video_link is the same", "cat has:video_link", rule.Post{Text: "cat", HasVideos: true}, true},
		{"a GIF is no video", "cat has:videos", rule.Post{Text: "cat", HasGIFs: true}, false},
		{"a GIF is media", "cat has:media", rule.Post{Text: "cat", HasGIFs: true}, true},
		{"no media", "cat has:media", rule.Post{Text: "cat"}, false},
		{"links", "cat has:links", rule.Post{Text: "cat", HasLinks: true}, true},
		{"hashtags", "my has:hashtags naps", photo, true},
		{"mentions", "cat has:mentions", rule.Post{Text: "cat", Mentions: []string{"x"}}, true},
		{"retweet", "cat -is:retweet", rule.Post{Text: "cat", IsRetweet: true}, false},
		{"reply", "cat is:reply", rule.Post{Text: "cat", IsReply: true}, true},
		{"quote", "cat is:quote", rule.Post{Text: "cat", IsQuote: true}, true},
		{"verified", "cat is:verified", rule.Post{Text: "cat", IsVerified: true}, true},
		{"nullcast", "cat -is:nullcast", rule.Post{Text: "cat", IsNullcast: true}, false},
		{"inside the sample", "cat sample:10", rule.Post{Text: "cat", Bucket: 9}, true},
		{"outside the sample", "cat sample:10", rule.Post{Text: "cat", Bucket: 10}, false},

		{"media of the quoted post", "#cat has:images", rule.Post{Hashtags: []string{"cat"}, IsQuote: true, Quoted: &rule.Post{HasImages: true}}, true},
		{"hashtag of the quoted post", "#cat", rule.Post{IsQuote: true, Quoted: &rule.Post{Hashtags: []string{"cat"}}}, true},
		{"words do not run across", `"big cat"`, rule.Post{Text: "big", Quoted: &rule.Post{Text: "cat"}}, false},
		{"author of the quoted post", "from:a", rule.Post{Author: "b", Quoted: &rule.Post{Author: "a"}}, false},
		{"a negation looks at both", "#cat -dog", rule.Post{Hashtags: []string{"cat"}, Quoted: &rule.Post{Text: "dog"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := mustParse(t, tt.rule).Match(tt.post); got != tt.want {
				t.Errorf("%q on %+v = %v, want %v", tt.rule, tt.post, got, tt.want)
			}
		})
	}
}

func TestHashtagsAreThePositiveOnesInOrder(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "(#Dog OR #PUPPY OR #dog) has:images -#cat (walk OR #Кот)")
	if got, want := r.Hashtags(), []string{"dog", "puppy", "кот"}; !slices.Equal(got, want) {
		t.Errorf("Hashtags() = %q, want %q", got, want)
	}
}

func TestBucketsAreEvenAndStayTheSame(t *testing.T) {
	t.Parallel()
	const ids = 100_000
	var counts [100]int
	for i := range ids {
		id := strconv.Itoa(1_900_000_000_000_000_000 + i<<22)
		b := rule.Bucket(id)
		if b != rule.Bucket(id) {
			t.Fatalf("Bucket(%s) changed", id)
		}
		counts[b]++
	}
	for b, n := range counts {
		if n < ids/100*8/10 || n > ids/100*12/10 {
			t.Errorf("bucket %d holds %d of %d ids", b, n, ids)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	r := mustParse(t, `(#cat OR #kitten OR "good boy" OR naps) has:images lang:en -is:retweet -@someone sample:90`)
	p := rule.Post{Text: "A long text with CAFÉ and naps 😺", Lang: "en", HasImages: true, Quoted: &rule.Post{Text: "x"}}
	matched := 0
	if n := testing.AllocsPerRun(100, func() {
		if r.Match(p) {
			matched++
		}
	}); n != 0 || matched == 0 {
		t.Errorf("%v allocations, %d matches", n, matched)
	}
}

func BenchmarkMatchOfTheFourRules(b *testing.B) {
	var rules []*rule.Rule
	for _, tags := range []string{"#cat OR #kitty OR #cats OR #kitten", "#dog OR #doggo OR #doggy OR #puppy"} {
		for _, media := range []string{"has:images", "has:videos"} {
			rules = append(rules, mustParse(b, fmt.Sprintf("(%s) %s", tags, media)))
		}
	}
	p := rule.Post{Text: "text", Hashtags: []string{"monday", "puppy", "love"}, HasVideos: true}
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range rules {
			r.Match(p)
		}
	}
}
