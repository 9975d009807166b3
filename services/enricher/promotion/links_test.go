package promotion

import "testing"

func TestALinkTellsByHostAndParametersWhetherItPays(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]Reasons{
		"https://bit.ly/3abc":                                of(ShortenedLink),
		"HTTPS://WWW.Bit.LY:443/3abc":                        of(ShortenedLink),
		"https://bit.ly/x?aff_id=1":                          of(ShortenedLink, AffiliateLink),
		"https://www.amazon.com/dp/B0?th=1&tag=me-20":        of(AffiliateLink),
		"https://amazon.de/dp/B0?TAG=me-21":                  of(AffiliateLink),
		"https://shop.example/p?irclickid=1":                 of(AffiliateLink),
		"https://click.linksynergy.com/deeplink?id=1":        of(AffiliateLink),
		"https://amzn.to/3xyz":                               of(AffiliateLink),
		"https://cats.example/why?tag=cute":                  0,
		"https://cats.example/why#?aff_id=1":                 0,
		"https://notbit.ly/x":                                0,
		"https://bit.ly.example/x":                           0,
		"https://bit.ly@cats.example/":                       0,
		"https://cats.example@bit.ly/x":                      of(ShortenedLink),
		"https://cats.example/https://bit.ly/x":              0,
		"ftp://bit.ly/x":                                     0,
		"bit.ly/x":                                           0,
		"::":                                                 0,
		"":                                                   0,
		"https://":                                           0,
		"https://?&&=&aff_id":                                of(AffiliateLink),
		"https://www.amazon.com/s?k=tag":                     0,
		"https://cats.example/?q=affiliate&x=irclickid&&&;=": 0,
	} {
		if got := Link(link); got != want {
			t.Errorf("Link(%q) = %b, want %b", link, got, want)
		}
	}
}

func FuzzAnyLinkIsRead(f *testing.F) {
	for _, link := range []string{"https://bit.ly/x?tag=1#a", "http://a@b:c/d?e&f=%zz", "https://[::1]:8/?"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if got := Link(link); got&^of(ShortenedLink, AffiliateLink) != 0 {
			t.Errorf("a link gives %b", got)
		}
	})
}
