package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"catsvdogs/services/simulator/wire"
)

// handover is one line of the truth. As JSON:
//
//	{"at":"2026-11-01T12:00:00.000Z","id":"…","first_id":"…","kind":"post","n":17,"handed_at":"2026-11-01T12:00:00.123456789Z",
//	 "by":"stream","connection":"…","sha256":"…"}
//
// at is the post's created_at, ids are empty on a malformed line. A line is a
// post when it is the first that the stream's clients were given of its
// first_id: the edit of a post that nobody saw is one too, an edit that comes
// after is not. sha256 is of the line without its end; of a post that was found
// or looked up, of its object in the answer's data. n counts from 1. Fields that
// are not known are missing, as all behind kind are in files of former versions.
//
//	{…,"kind":"partial",…}
//
// is the beginning of a line that was cut on purpose, which is as much as the
// client can have of it.
//
//	{"at":"…","id":"","first_id":"","kind":"cut","n":21,"cut":"…","after":12}
//
// says of a connection that has ended: of what it was handed after line 12 it is
// not sure that the client has read it. What is sure was read, not kept: of what
// a client does with it the simulator knows nothing.
type handover struct {
	at, handed time.Time
	id, first  uint64 // 0 when malformed
	kind       lineKind
	by         handedBy
	connection string   // of the stream, else empty
	sum        [32]byte // zero when not known
	after      int64    // of a cut only
}

// handedBy is the way on which something was handed over.
type handedBy uint8

const (
	byStream handedBy = iota
	byBackfill
	bySearch
	byLookup
)

func (b handedBy) String() string {
	return [...]string{"stream", "backfill", "search", "lookup"}[b]
}

// sumOf is the digest by which a line is known again.
func sumOf(text []byte) [32]byte { return sha256.Sum256(text) }

func (h *handover) append(dst []byte, n int64) []byte {
	dst = appendMade(dst, h.at, h.id, h.first, h.kind)
	dst = append(dst, `,"n":`...)
	dst = strconv.AppendInt(dst, n, 10)
	if h.kind == kindCut {
		dst = append(dst, `,"cut":"`...)
		dst = append(dst, h.connection...)
		dst = append(dst, `","after":`...)
		dst = strconv.AppendInt(dst, h.after, 10)
		return append(dst, "}\n"...)
	}
	dst = append(dst, `,"handed_at":"`...)
	dst = h.handed.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","by":"`...)
	dst = append(dst, h.by.String()...)
	if h.connection != "" {
		dst = append(dst, `","connection":"`...)
		dst = append(dst, h.connection...)
	}
	if h.sum != [32]byte{} {
		dst = append(dst, `","sha256":"`...)
		dst = hex.AppendEncode(dst, h.sum[:])
	}
	return append(dst, "\"}\n"...)
}

// appendMade appends what every line of such a file begins with, and leaves the
// object open.
func appendMade(dst []byte, at time.Time, id, first uint64, kind lineKind) []byte {
	dst = append(dst, `{"at":"`...)
	dst = at.UTC().AppendFormat(dst, wire.TimeFormat)
	dst = append(dst, `","id":"`...)
	if id != 0 {
		dst = strconv.AppendUint(dst, id, 10)
	}
	dst = append(dst, `","first_id":"`...)
	if first != 0 {
		dst = strconv.AppendUint(dst, first, 10)
	}
	dst = append(dst, kindKey...)
	dst = append(dst, kind.String()...)
	return append(dst, '"')
}

const kindKey = `","kind":"`
