package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// chunkHead is the space for the size line of a chunk (RFC 9112, section 7.1);
// leading zeros are allowed, so the size can be filled in afterwards.
const chunkHead = "00000000\r\n"

// deadlineWriter is the part of a net.Conn that a stream needs.
type deadlineWriter interface {
	io.Writer
	SetWriteDeadline(t time.Time) error
}

// keepAlive is the chunk of a blank line.
func keepAlive() []byte { return []byte("2\r\n\r\n\r\n") }

// lastChunk ends the response as a whole one.
func lastChunk() []byte { return []byte("0\r\n\r\n") }

// writeFilled completes the chunk in buf, which begins with chunkHead, and
// writes it in one go. It returns how many bytes of buf were written.
func writeFilled(conn deadlineWriter, deadline time.Time, buf *[]byte) (int, error) {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(*buf)-len(chunkHead)))
	hex.Encode(*buf, size[:])
	*buf = append(*buf, "\r\n"...)
	return writeBy(conn, deadline, *buf)
}

func writeBy(conn deadlineWriter, deadline time.Time, data []byte) (int, error) {
	if err := conn.SetWriteDeadline(deadline); err != nil {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	n, err := conn.Write(data)
	if err != nil {
		return n, fmt.Errorf("write to the stream: %w", err)
	}
	return n, nil
}
