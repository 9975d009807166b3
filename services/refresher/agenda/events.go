package agenda

// events is a binary heap of posts by the time of their next event (Williams 1964, Algorithm 232). Each post knows its
// position, so that one in the middle can be moved or taken out.
type events[K Key] []*entry[K]

// put adds a post, or moves it to where its event belongs now.
func (h *events[K]) put(e *entry[K]) {
	if e.inEvents < 0 {
		e.inEvents = int32(len(*h))
		*h = append(*h, e)
	}
	h.fix(int(e.inEvents))
}

// remove takes a post out; one that is not in it is left alone.
func (h *events[K]) remove(e *entry[K]) {
	if e.inEvents < 0 {
		return
	}
	i, last := int(e.inEvents), len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	e.inEvents = -1
	if i < last {
		h.fix(i)
	}
}

func (h *events[K]) swap(i, j int) {
	s := *h
	s[i], s[j] = s[j], s[i]
	s[i].inEvents, s[j].inEvents = int32(i), int32(j)
}

func (h *events[K]) fix(i int) {
	s := *h
	for i > 0 && s[i].event < s[(i-1)/2].event {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(s); child++ {
			if s[child].event < s[least].event {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}
