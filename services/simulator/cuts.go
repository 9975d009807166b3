package simulator

import (
	"context"
	"fmt"

	"catsvdogs/services/simulator/faultplan"
)

// ended is why the server itself has ended a stream.
type ended struct{ reason string }

func (e ended) Error() string { return "ended by the server: " + e.reason }

// cutting takes the order to break off within the batch, if there is one that
// can be carried out.
func (f *feed) cutting(d *delivery) (faultplan.Act, bool) {
	for _, name := range []faultplan.Name{faultplan.CutMidLine, faultplan.TruncatedChunk, faultplan.GzipTruncated} {
		if name == faultplan.GzipTruncated && d.out.zip == nil {
			continue // there is nothing compressed to be cut
		}
		if act, ok := f.board.Take(name); ok {
			return act, true
		}
	}
	return faultplan.Act{}, false
}

// cut writes the batch up to the middle of its last line and ends the stream.
// The lines before it are whole, whatever becomes of the rest.
func (f *feed) cut(ctx context.Context, d *delivery, act faultplan.Act) error {
	begin := len(chunkHead)
	if len(f.lines) > 1 {
		begin = f.lines[len(f.lines)-2].end
	}
	last := append([]byte(chunkHead), f.buf[begin:]...)
	whole := f.buf[:begin]
	if begin > len(chunkHead) {
		n, err := d.out.send(f.deadline(ctx), &whole)
		if err != nil {
			if err := f.settle(d, n); err != nil {
				return err
			}
			return err
		}
	}
	if err := f.settle(d, begin); err != nil {
		return err
	}
	cut := f.lines[len(f.lines)-1]
	err := f.tellPartial(d, cut, d.out.partOf(act, last))
	if err != nil {
		return err
	}
	broken, err := d.out.broken(act, last)
	if err == nil {
		_, err = d.out.write(f.deadline(ctx), broken)
	}
	if err != nil {
		return err
	}
	f.board.Fired(act.Name)
	return ended{string(act.Name)}
}

// broken gives the bytes of a line that is cut, after which the connection is
// to be closed. line begins with chunkHead.
func (o *outlet) broken(act faultplan.Act, line []byte) ([]byte, error) {
	half := middle(line)
	if act.Name == faultplan.CutMidLine {
		line = line[:half]
		return o.frame(&line)
	}
	if act.Variant == "size" {
		return append([]byte("this is no size\r\n"), line[len(chunkHead):]...), nil
	}
	chunk, err := o.frame(&line)
	if err != nil {
		return nil, err
	}
	half = middle(chunk)
	if act.Name == faultplan.TruncatedChunk {
		return chunk[:half], nil
	}
	// A whole response in which only the compression breaks off.
	return fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", half-len(chunkHead), chunk[len(chunkHead):half]), nil
}

// middle is where a chunk is cut.
func middle(chunk []byte) int { return len(chunkHead) + (len(chunk)-len(chunkHead))/2 }

// partOf is what of a line gets through such a cut; nil when only the client
// can know.
func (o *outlet) partOf(act faultplan.Act, line []byte) []byte {
	switch {
	case act.Name == faultplan.CutMidLine:
		return line[len(chunkHead):middle(line)]
	case o.zip == nil && act.Variant != "size":
		// What is cut has the chunk's own end behind the line's.
		return line[len(chunkHead):middle(append(line, "\r\n"...))]
	}
	return nil
}
