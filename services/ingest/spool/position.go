package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
)

const positionName = "position"

// position is a place in the spool: everything before it is done with.
type position struct {
	segment uint64
	offset  int64
}

const positionBytes = 20

// readPosition reads what writePosition wrote. A position that is not there, or was being written when the power went, is
// none: then some records come out twice.
func readPosition(f *os.File) (position, error) {
	var b [positionBytes]byte
	if _, err := f.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return position{}, err
	}
	if binary.LittleEndian.Uint32(b[16:]) != crc32.Checksum(b[:16], castagnoli) {
		return position{}, nil
	}
	return position{binary.LittleEndian.Uint64(b[:]), int64(binary.LittleEndian.Uint64(b[8:]))}, nil
}

// writePosition writes it over the one before. It is not synced: an older one costs repetitions, never a record.
func writePosition(f *os.File, p position) error {
	var b [positionBytes]byte
	binary.LittleEndian.PutUint64(b[:], p.segment)
	binary.LittleEndian.PutUint64(b[8:], uint64(p.offset))
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[:16], castagnoli))
	_, err := f.WriteAt(b[:], 0)
	return err
}
