package verify

import "catsvdogs/services/pipeline/archived"

// upTo takes the records that Kafka has before an offset, which are not in the archive.
func (w *walk) upTo(offset int64) error {
	w.flushDouble()
	for {
		r, err := w.log.peek(w.ctx)
		if err != nil {
			return err
		}
		if r == nil || r.Offset >= offset {
			w.flushMissing()
			return nil
		}
		w.log.pop()
		if r.Offset <= w.told {
			continue
		}
		if w.missing == nil {
			w.missing = &Finding{Kind: Gap, First: r.Offset, Detail: "Kafka has them"}
		}
		w.missing.Last = r.Offset
		w.missing.Records++
	}
}

// gap tells of offsets that no object covers.
func (w *walk) gap(first, last int64) {
	if last < first {
		return
	}
	w.flush()
	w.told = last
	w.found(Finding{Kind: Gap, First: first, Last: last, Detail: "no object covers them"})
}

func (w *walk) doubled(o archived.Object, offset int64) {
	if w.double == nil || w.double.Object != o.Name() {
		w.flushDouble()
		w.double = &Finding{Kind: Double, First: offset, Object: o.Name()}
	}
	w.double.Last = offset
	w.double.Records++
}

func (w *walk) flush() {
	w.flushMissing()
	w.flushDouble()
}

func (w *walk) flushMissing() {
	if w.missing != nil {
		w.found(*w.missing)
		w.missing = nil
	}
}

func (w *walk) flushDouble() {
	if w.double != nil {
		w.found(*w.double)
		w.double = nil
	}
}
