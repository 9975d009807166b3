package headline

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// This file holds every word of the sentences.

const (
	waiting     = "Waiting for the first numbers"
	noneYet     = "No posts yet today"
	noneAtAll   = "No posts on this day"
	noNumbers   = "Nothing was collected on this day"
	noLikesYet  = "No likes or reposts yet today"
	noLikes     = "No likes or reposts on this day"
	andLast     = " and "
	inTenMinute = " in the last ten minutes"
)

// Part is a piece of a sentence.
type Part struct {
	Text string
	Team string // id, when the piece is that team's name
}

// Sentence is what Write returns.
type Sentence struct {
	Kind  Kind
	Parts []Part
}

// String is the sentence as text.
func (s Sentence) String() string {
	var b strings.Builder
	for _, p := range s.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// clause is a sentence in the making; it ends without a full stop.
type clause struct {
	kind  Kind
	parts []Part
}

func sentence(k Kind) clause { return clause{kind: k} }

func (c clause) end() Sentence {
	return Sentence{Kind: c.kind, Parts: c.text(".").parts}
}

func (c clause) say(text string) Sentence { return c.text(text).end() }

// text goes on with words; words after words make one piece.
func (c clause) text(words ...string) clause {
	all := strings.Join(words, "")
	if n := len(c.parts); n > 0 && c.parts[n-1].Team == "" {
		c.parts[n-1].Text += all
		return c
	}
	c.parts = append(c.parts, Part{Text: all})
	return c
}

// name goes on with a team's name: capital at the beginning of the sentence, small after it where the name is a common
// noun. That is taken from its id: a team that is called Cats and has the id cats is named like any cats.
func (c clause) name(s Side) clause {
	name := s.Name
	if len(c.parts) > 0 && strings.ToLower(s.Name) == s.ID {
		name = s.ID
	}
	c.parts = append(c.parts, Part{Text: name, Team: s.ID})
	return c
}

func (c clause) names(sides []Side) clause {
	for i, s := range sides {
		switch {
		case i == 0:
		case i == len(sides)-1:
			c = c.text(andLast)
		default:
			c = c.text(", ")
		}
		c = c.name(s)
	}
	return c
}

func (c clause) catchingUp(percent int) Sentence {
	return c.say("Reading what came before: " + strconv.Itoa(percent) + " %")
}

func (c clause) noPosts(over bool) Sentence {
	if over {
		return c.say(noneAtAll)
	}
	return c.say(noneYet)
}

func (c clause) endedLevel(tied []Side) Sentence {
	return c.names(tied).text(" ended level at ", count(tied[0].Posts)).end()
}

func (c clause) won(ranked []Side) Sentence {
	c = c.name(ranked[0])
	if len(ranked) == 1 {
		return c.text(" ended with ", posts(ranked[0].Posts)).end()
	}
	return c.text(" won by ", margin(ranked), ": ").scores(ranked).end()
}

// scores goes on with the posts of every team, best first.
func (c clause) scores(ranked []Side) clause {
	for i, s := range ranked {
		if i > 0 {
			c = c.text(" to ")
		}
		c = c.text(count(s.Posts))
	}
	return c
}

func (c clause) level(tied []Side) Sentence {
	return c.names(tied).text(" are level at ", count(tied[0].Posts)).end()
}

func (c clause) drought(d time.Duration) clause {
	return c.text("Nothing new for ", lasting(d), "; ")
}

func (c clause) record(postsAMinute int64) clause {
	return c.text("A record: ", posts(postsAMinute), " in one minute; ")
}

func (c clause) surge(percent float64) clause {
	return c.text("A surge: ", signed(percent), inTenMinute, "; ")
}

// standing ends with who is ahead.
func (c clause) standing(ranked, tied []Side) Sentence {
	switch {
	case len(ranked) == 1:
		return c.name(ranked[0]).text(" have ", count(ranked[0].Posts)).end()
	case len(tied) > 1:
		return c.level(tied)
	}
	return c.ahead(ranked).end()
}

// ahead says by how much; whom, too, where there are more than two teams.
func (c clause) ahead(ranked []Side) clause {
	c = c.name(ranked[0]).text(" lead ")
	if len(ranked) > 2 {
		c = c.name(ranked[1]).text(" ")
	}
	return c.text("by ", margin(ranked))
}

func (c clause) takesTheLead(ranked []Side, from Side) Sentence {
	return c.name(ranked[0]).text(" take the lead from ").name(from).text(": ").scores(ranked[:2]).end()
}

func (c clause) upset(leader Side, overcame int64) Sentence {
	return c.text("Upset: ").name(leader).text(" take the lead after trailing by ", count(overcame)).end()
}

// leads is the everyday sentence: who is ahead, and whether that is about to change. What is said of the last ten minutes must
// be true of the moment too: the gap has to be another one than before.
func (c clause) leads(ranked, before []Side) Sentence {
	if len(ranked) == 1 {
		return c.standing(ranked, ranked)
	}
	c = c.ahead(ranked)
	leader, second := ranked[0], ranked[1]
	earlier, known := gap(before, leader.ID, second.ID)
	now := leader.Posts - second.Posts
	if percent, faster := second.trend(); known && faster && second.Last10m > leader.Last10m && now < earlier {
		return c.text("; ").name(second).text(" are catching up: ", signed(percent), inTenMinute).end()
	}
	if percent, faster := leader.trend(); known && faster && leader.Last10m > second.Last10m && now > earlier {
		return c.text(" and are pulling away: ", signed(percent), inTenMinute).end()
	}
	return c.end()
}

func (c clause) cutOff(age time.Duration) Sentence {
	if age < time.Minute {
		return c.say("Cut off from the posts: the numbers are less than a minute old")
	}
	return c.say("Cut off from the posts: the numbers are " + lasting(age) + " old")
}

func (c clause) noLikes(over bool) Sentence {
	if over {
		return c.say(noLikes)
	}
	return c.say(noLikesYet)
}

func (c clause) equallyPopular(tied []Side, over bool) Sentence {
	if over {
		return c.names(tied).text(" ended equally popular").end()
	}
	return c.names(tied).text(" are equally popular").end()
}

// popular says who leads in popularity, and with which shares of all.
func (c clause) popular(ranked []Side, over bool) clause {
	c = c.name(ranked[0])
	if over {
		c = c.text(" won in popularity: ")
	} else {
		c = c.text(" lead in popularity: ")
	}
	var all float64
	for _, s := range ranked {
		all += s.Popularity
	}
	for i, s := range ranked {
		if i > 0 {
			c = c.text(" to ")
		}
		c = c.text(strconv.FormatFloat(100*s.Popularity/all, 'f', 1, 64), " %")
	}
	return c
}

// growing says whose posts gain most likes and reposts.
func (c clause) growing(s Side) Sentence {
	return c.text("; ").name(s).text(" grow fastest: ", signedCount(s.Growth), " an hour").end()
}

func (c clause) havePopularity(only Side) Sentence {
	return c.name(only).text(" have all the likes and reposts").end()
}

func margin(ranked []Side) string { return count(ranked[0].Posts - ranked[1].Posts) }

func posts(n int64) string {
	if n == 1 {
		return "one post"
	}
	return count(n) + " posts"
}

// count groups digits by three: 12,345.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func signed(percent float64) string { return signedCount(percent) + " %" }

func signedCount(x float64) string {
	n := int64(math.Round(x))
	if n < 0 {
		return "−" + count(-n)
	}
	return "+" + count(n)
}

func lasting(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return count(int64(d/time.Hour)) + " hours"
	case d < 2*time.Minute:
		return "one minute"
	}
	return count(int64(d/time.Minute)) + " minutes"
}
