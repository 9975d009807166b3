package archive

import (
	"io"

	"catsvdogs/services/pipeline/archived"
)

// keptPackers bounds those that wait to be used again: as many as there are partitions of two topics, and more.
const keptPackers = 64

// packers keeps packers to be used again, since making one costs more memory than many an object has. The assignment's
// lock guards it.
type packers map[archived.Format][]archived.Packer

func (p packers) get(f archived.Format, w io.Writer) (archived.Packer, error) {
	if kept := p[f]; len(kept) > 0 {
		last := kept[len(kept)-1]
		p[f] = kept[:len(kept)-1]
		last.Reset(w)
		return last, nil
	}
	return f.NewPacker(w)
}

func (p packers) put(f archived.Format, used archived.Packer) {
	if len(p[f]) < keptPackers {
		used.Reset(io.Discard) // it must not hold on to the object
		p[f] = append(p[f], used)
	}
}
