package browser

import (
	"testing"
)

// withTop is the evening with the post of the hour changed.
func withTop(t *testing.T, changes document) document {
	t.Helper()
	d := evening(t)
	real(d)
	post := d.at("top_posts", "1993000000000000101")
	for name, value := range changes {
		if value == nil {
			delete(post, name)
			continue
		}
		post[name] = value
	}
	return d.clone(t)
}

func TestAPostOfXIsShownWithItsAuthorAndItsLinks(t *testing.T) {
	t.Parallel()
	s := newStage(t, withTop(t, nil))
	b := newBrowser(t).open(t, s.URL)
	b.await(t, "document.querySelector('.post-author').textContent === 'Invented Author @invented'")
	want := map[string]string{
		"Invented Author @invented":       "https://x.com/invented",
		"X":                               "https://x.com/i/web/status/1993000000000000101",
		"@invented_cats":                  "https://x.com/invented_cats",
		"#cats":                           "https://x.com/hashtag/cats",
		"https://example.org/box?of=cats": "https://example.org/box?of=cats",
		"Read it there":                   "https://x.com/i/web/status/1993000000000000101",
		"19:02, 23 Nov 2026":              "https://x.com/i/web/status/1993000000000000101",
	}
	got := evaluate[map[string]string](t, b, "Object.fromEntries([...document.querySelectorAll('#top-post a')].map((a) => [a.textContent, a.getAttribute('href')]))")
	for words, address := range want {
		if got[words] != address {
			t.Errorf("%q links to %q, want %q", words, got[words], address)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the links are %q", got)
	}
	b.await(t, "document.querySelector('.post-looked').textContent === '+1,205 an hour · counted at 19:40, 7 min ago'")
	b.clean(t, s)
}

func TestAPostOfXWithoutItsAuthorsNameKeepsItsTextBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, withTop(t, document{"author_name": nil, "refreshed_at": nil, "growth_per_hour": nil}))
	b := newBrowser(t).open(t, s.URL)
	b.await(t, "document.querySelector('.post-withheld a').href === 'https://x.com/i/web/status/1993000000000000101'")
	if text := evaluate[string](t, b, "document.getElementById('top-post').textContent"); text == "" || evaluate[bool](t, b, "document.getElementById('top-post').textContent.includes('box')") {
		t.Errorf("the card says %q", text)
	}
	b.await(t, "document.querySelector('.post-metrics').textContent.includes('19K') && document.querySelector('.post-looked').textContent === 'counts as it arrived'")
}

func TestAPostOfBlueskyIsShownWithItsTextAndLink(t *testing.T) {
	t.Parallel()
	s := newStage(t, withTop(t, document{"source": "bluesky", "url": "https://bsky.app/profile/did:plc:invented/post/3k", "author_id": "did:plc:invented", "author_name": nil, "author_username": nil, "cut": false, "text": "Two cats, says @cats.example.org #größe"}))
	b := newBrowser(t).open(t, s.URL)
	b.await(t, "document.querySelector('.post-text').textContent === 'Two cats, says @cats.example.org #größe'")
	got := evaluate[[]string](t, b, "[...document.querySelectorAll('#top-post a')].map((a) => a.getAttribute('href'))")
	for _, address := range []string{"https://bsky.app/profile/did:plc:invented", "https://bsky.app/profile/did:plc:invented/post/3k", "https://bsky.app/profile/cats.example.org", "https://bsky.app/hashtag/gr%C3%B6%C3%9Fe"} {
		found := false
		for _, a := range got {
			found = found || a == address
		}
		if !found {
			t.Errorf("nothing links to %s: %q", address, got)
		}
	}
}

func TestNoCharacterTurnsTextAround(t *testing.T) {
	t.Parallel()
	state := withTop(t, document{"text": "before \u202egro.elpmaxe//:sptth\u2066 after\u0000 \u202d", "author_name": "\u2067Name\u202e"})
	for _, v := range state.views() {
		v["hashtags"] = tags("tag\u202egat", 10, "")
	}
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.await(t, "document.querySelector('.post-text')?.textContent.startsWith('before ')")
	if turned := evaluate[bool](t, b, `/[\u202A-\u202E\u2066-\u2069\u0000]/.test(document.body.textContent)`); turned {
		t.Error("a character of a post turns the page's text around")
	}
}

func TestPopularityStandsBesideTheCount(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.await(t, "document.getElementById('beside').textContent.includes('47.3 % of popularity +413 an hour')")
	b.await(t, "document.getElementById('beside').textContent.includes('52.7 % of popularity −3 an hour')")
	delete(state.at("popularity", "cats"), "growth_per_hour")
	s.show(state)
	b.await(t, "document.getElementById('beside').textContent.includes('47.3 % of popularity Dogs')")
}
