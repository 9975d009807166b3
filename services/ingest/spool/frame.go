package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"catsvdogs/services/pipeline/topic"
)

// A frame is a record on disk: its length and a checksum, 32 bits each, little endian, and so many bytes. The checksum
// (CRC-32C) goes over the length as well, so that a run of zeros, which is what some file systems leave behind a crash, is
// no frame.
const frameHeader = 8

// maxPayload is more than the broker would take, and bounds what a damaged length can ask for.
const maxPayload = 2 * topic.MaxRecordBytes

var (
	errDamaged  = errors.New("damaged")
	errTooLarge = fmt.Errorf("a record of over %d bytes", maxPayload)

	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// sealFrame fills in the header of a frame whose payload has been appended behind room for it.
func sealFrame(frame []byte) {
	binary.LittleEndian.PutUint32(frame, uint32(len(frame)-frameHeader))
	binary.LittleEndian.PutUint32(frame[4:], checksum(frame, frame[frameHeader:]))
}

func checksum(header, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(header[:4], castagnoli), castagnoli, payload)
}

// payloadSize is how many bytes follow a header; errDamaged when that cannot be.
func payloadSize(header []byte) (int, error) {
	n := binary.LittleEndian.Uint32(header)
	if n > maxPayload {
		return 0, errDamaged
	}
	return int(n), nil
}

// readFrame reads one frame from r and returns its payload, in buf when that is large enough. The error is io.EOF before
// a frame, io.ErrUnexpectedEOF within one, errDamaged, or the reader's own.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	n, err := payloadSize(header[:])
	if err != nil {
		return nil, err
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if binary.LittleEndian.Uint32(header[4:]) != checksum(header[:], buf) {
		return nil, errDamaged
	}
	return buf, nil
}
