package rule

func (p *parser) judgeNegation(n node) {
	if n.op == opSample && n.negated {
		p.fail(n.offset, "The sample: operator must not be negated")
	}
	if n.op == opIsNullcast && !n.negated {
		p.fail(n.offset, "The is:nullcast operator must be negated: -is:nullcast")
	}
}

// judge refuses rules that would match nearly every post. X states it as "at
// least one standalone operator"; read per alternative, because in
// "#cat OR has:images" the second one stands alone.
func (p *parser) judge(n node) {
	weak, found := unanchored(n)
	if !found {
		return
	}
	if onlyNegated(weak) {
		p.fail(weak.offset, needsNonNegation)
	}
	p.fail(weak.offset, needsPositive)
}

// unanchored finds the first alternative that no positive standalone term
// holds down.
func unanchored(n node) (node, bool) {
	switch n.op {
	case opOr:
		for _, c := range n.children {
			if weak, found := unanchored(c); found {
				return weak, true
			}
		}
		return node{}, false
	case opAnd:
		for _, c := range n.children {
			if _, found := unanchored(c); !found {
				return node{}, false
			}
		}
		return n, true
	default:
		anchored := n.op.standalone() && !n.negated && (n.op != opPhrase || !stopword(n.text))
		return n, !anchored
	}
}

func onlyNegated(n node) bool {
	if n.op != opAnd && n.op != opOr {
		return n.negated
	}
	for _, c := range n.children {
		if !onlyNegated(c) {
			return false
		}
	}
	return true
}
