package promotion

import "strings"

// Link returns what speaks for an advertisement in a link: AffiliateLink, ShortenedLink, both or none. It looks at the
// host and the names of query parameters of an http or https URL as they are written; anything else has neither.
func Link(url string) Reasons {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return 0
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host := hostOf(rest)
	var found Reasons
	found = found.With(ShortenedLink, isShortener(host))
	return found.With(AffiliateLink, isAffiliate(host) || paysAVisit(query, isAmazon(host)))
}

// hostOf is the host of what stands between :// and the query, in lower case, without www.
func hostOf(rest string) string {
	authority, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:] // a name before the @ is a trick to show another host
	}
	host, _, _ := strings.Cut(authority, ":")
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(host), "www."), ".")
}

func isShortener(host string) bool {
	switch host {
	case "bit.ly", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly", "shorturl.at", "rb.gy", "t.ly", "lnkd.in":
		return true
	}
	return false
}

func isAffiliate(host string) bool {
	switch host {
	case "amzn.to", "go.magik.ly", "rstyle.me", "shareasale.com", "awin1.com", "linksynergy.com", "clickbank.net", "s.click.aliexpress.com":
		return true
	}
	// Networks give each of their customers a host of its own.
	_, network, _ := strings.Cut(host, ".")
	switch network {
	case "linksynergy.com", "clickbank.net", "shareasale.com", "awin1.com":
		return true
	}
	return false
}

func isAmazon(host string) bool {
	return strings.HasPrefix(host, "amazon.") || strings.HasPrefix(host, "smile.amazon.")
}

// paysAVisit says whether a parameter is one by which shops and networks pay for a visit.
func paysAVisit(query string, onAmazon bool) bool {
	for query != "" {
		var parameter string
		parameter, query, _ = strings.Cut(query, "&")
		name, _, _ := strings.Cut(parameter, "=")
		switch strings.ToLower(name) {
		case "aff_id", "affid", "affiliate", "affiliate_id", "ref_id", "irclickid", "clickref", "awc":
			return true
		case "tag": // the tracking id of Amazon Associates; elsewhere anything
			if onAmazon {
				return true
			}
		}
	}
	return false
}
