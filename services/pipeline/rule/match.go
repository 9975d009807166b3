package rule

import "slices"

func (n *node) match(p *Post) bool {
	return n.holds(p) != n.negated
}

func (n *node) holds(p *Post) bool {
	switch n.op {
	case opAnd:
		for i := range n.children {
			if !n.children[i].match(p) {
				return false
			}
		}
		return true
	case opOr:
		for i := range n.children {
			if n.children[i].match(p) {
				return true
			}
		}
		return false
	case opFrom:
		return n.text == p.Author || n.text == p.AuthorID
	case opTo:
		return n.text == p.InReplyTo
	case opMinFollowers:
		return p.Followers >= n.number
	case opLang:
		return equalFold(p.Lang, n.text)
	case opSample:
		return int(p.Bucket) < n.number
	case opIsQuote:
		return p.IsQuote
	case opIsReply:
		return p.IsReply
	case opIsRetweet:
		return p.IsRetweet
	case opIsVerified:
		return p.IsVerified
	case opIsNullcast:
		return p.IsNullcast
	default:
		return n.inContent(p) || p.Quoted != nil && n.inContent(p.Quoted)
	}
}

// inContent covers the operators that look at the quoted post as well.
func (n *node) inContent(p *Post) bool {
	switch n.op {
	case opPhrase:
		return containsPhrase(p.Text, n.text)
	case opHashtag:
		return slices.Contains(p.Hashtags, n.text)
	case opMention:
		return slices.Contains(p.Mentions, n.text)
	case opHasHashtags:
		return len(p.Hashtags) > 0
	case opHasMentions:
		return len(p.Mentions) > 0
	case opHasImages:
		return p.HasImages
	case opHasVideos:
		return p.HasVideos
	case opHasMedia:
		return p.HasImages || p.HasVideos || p.HasGIFs
	case opHasLinks:
		return p.HasLinks
	default:
		return false
	}
}
